"""Conditions on values and on ranges of numbers, wherever a space is read, narrowed, written or handed on."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kerasweep.errors import SpaceError
from kerasweep.spaces import (
    Between,
    Categorical,
    Condition,
    Float,
    Int,
    Recommendation,
    Space,
    apply_overrides,
    named_text,
    pick,
    preset,
    read_space,
    space_from_dict,
    space_to_keras_tuner,
)
from kerasweep.spaces.conditions import admits, common

NUMBERS = st.integers(-9, 9) | st.floats(-9, 9)
RANGES = st.tuples(NUMBERS, NUMBERS).map(lambda pair: Between(*sorted(pair)))
NAMED = st.none() | st.booleans() | st.sampled_from(["a", "b"]) | NUMBERS | RANGES


@given(st.lists(NAMED, max_size=3), st.lists(NAMED, max_size=3), NAMED.filter(lambda one: not isinstance(one, Between)))  # fmt: skip
def test_what_is_common_is_named_by_both(left: list, right: list, value) -> None:
    both = common(left, right)
    in_all = [any(admits(named, value) for named in side) for side in (left, right)]
    assert any(admits(named, value) for named in both) == all(in_all)


@pytest.mark.parametrize(
    ("between", "text"),
    [
        (Between(8, 32), "8..32"),
        (Between(low=0.5), "0.5 or more"),
        (Between(high=32), "32 or less"),
    ],
)
def test_in_words(between: Between, text: str) -> None:
    assert named_text(between) == str(between) == text


def test_no_text_and_no_truth_lies_in_a_range() -> None:
    assert [value in Between(0, 5) for value in (0, 5.0, 6, True, "1", None)] == [True, True] + [False] * 4


@pytest.mark.parametrize(
    ("bounds", "message"),
    [
        ((3, 1), r"^The range 3\.\.1 is empty\.$"),
        (("1", 2), r"^A bound must be a number, got '1'\.$"),
        ((True, 2), r"^A bound must be a number, got True\.$"),
        ((math.nan, 2), r"^A bound must be a number, got nan\.$"),
        ((-math.inf, math.inf), r"^A range needs a lower or an upper bound\.$"),
    ],
)
def test_what_is_no_range(bounds, message: str) -> None:
    with pytest.raises(SpaceError, match=message):
        Between(*bounds)


def space_with(*values, parent=None) -> Space:
    return Space((parent or Int("layers", 0, 12, step=3), Int("units", 1, 9, conditions=(Condition("layers", values),))))  # fmt: skip


def test_active_in_a_range() -> None:
    space = space_with(Between(low=4))
    assert [("units" in space.from_unit([unit, 0.5])) for unit in (0.0, 0.3, 0.5, 0.9)] == [False, False, True, True]  # fmt: skip
    assert sum(1 for _ in space.configurations()) == 2 + 3 * 9


@pytest.mark.parametrize(
    ("parent", "between"),
    [
        (Int("layers", 0, 12, step=3), Between(4, 5)),
        (Int("layers", 0, 14, step=3), Between(low=13)),
        (Float("layers", 0, 1), Between(low=1.5)),
        (Float("layers", 0, 1), Between(low=10**400)),
        (Int("layers", 0, 9), Between(low=10**400)),
        (Int("layers", 0, 9), Between(high=-(10**400))),
        (Categorical("layers", ("1", True, 7)), Between(high=6)),
    ],
)
def test_a_range_without_a_value_of_the_parent(parent, between: Between) -> None:
    with pytest.raises(
        SpaceError,
        match=rf"^units has a condition that never holds: layers is .*, never {named_text(between)}\.$",
    ):
        space_with(between, parent=parent)


def test_ranges_that_contradict_each_other() -> None:
    layers, units = space_with(Between(low=4))
    child = Int("width", 1, 2, conditions=(Condition("units", (3,)), Condition("layers", (Between(high=3),))))
    with pytest.raises(
        SpaceError,
        match=r"^width can never be active: it wants layers 3 or less and units wants layers 4 or more\.$",
    ):
        Space((layers, units, child))


def test_a_changed_parent_keeps_the_ranges_that_it_still_meets() -> None:
    space = space_with(Between(low=4))
    assert apply_overrides(space, {"layers": "0..90"}, {})["units"].conditions == space["units"].conditions
    assert "units" not in apply_overrides(space, {"layers": "0..3"}, {})
    assert "units" in apply_overrides(preset("nn"), {"hidden_layers": "4..6"}, {})


@pytest.mark.parametrize(
    ("optimizer", "batch_size", "rate"),
    [("sgd", 16, 0.01), ("sgd", 32, 0.01), ("sgd", 100, 0.02), ("sgd", 256, 0.04), ("adam", 256, 0.001)],
)
def test_the_recommended_rate_follows_optimizer_and_batch(
    optimizer: str, batch_size: int, rate: float
) -> None:
    space = preset("dnn", "full")
    configuration = {"optimizer": optimizer, "batch_size": batch_size}
    assert space["learning_rate"].recommended_for(configuration) == rate


def test_what_is_picked_is_made_active_in_a_range() -> None:
    assert "units" in pick("cnn", ["units"])
    assert pick("cnn", ["units"])["head_layers"].recommended == 1


FILE = """\
version: 2
hyperparameters:
  layers: {{type: int, low: 0, high: 12}}
  units:
    type: int
    low: 1
    high: 9
    when: {{layers: {0}}}
"""


@pytest.mark.parametrize(
    ("written", "named"),
    [
        ("{low: 4}", (Between(4),)),
        ("{low: 4, high: 6}", (Between(4, 6),)),
        ("[0, {high: 3.5}]", (0, Between(high=3.5))),
    ],
)
def test_in_a_file(tmp_path, written: str, named: tuple) -> None:
    file = tmp_path / "space.yaml"
    file.write_text(FILE.format(written))
    assert read_space(file)["units"].conditions == (Condition("layers", named),)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("{}", r"line 8: units: a range of 'when' is {low: 8, high: 32}, or one of the two\.$"),
        ("{lo: 1}", r"line 8: units: a range of 'when' is {low: 8, high: 32}, or one of the two\.$"),
        ("{low: many}", r"line 8: units: A bound must be a number, got 'many'\.$"),
        ("{low: 4, high: 1}", r"line 8: units: The range 4\.\.1 is empty\.$"),
        ("{low: 13}", r"line 8: units has a condition that never holds: layers is 0\.\.12, never 13 or more\.$"),
        ("[[1]]", r"line 8: units has a condition that never holds: layers must be a whole number in .*, got \(1,\)\.$"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_file(tmp_path, written: str, message: str) -> None:
    file = tmp_path / "space.yaml"
    file.write_text(FILE.format(written))
    with pytest.raises(SpaceError, match=message):
        read_space(file)


def test_plain_data_says_where_a_range_is_wrong() -> None:
    units = {"type": "int", "low": 1, "high": 9, "when": {"layers": {"low": 3, "step": 1}}}
    with pytest.raises(SpaceError, match=r"^units: a range of 'when' is"):
        space_from_dict({"layers": {"type": "int", "low": 0, "high": 9}, "units": units})


@pytest.mark.trains
def test_keras_tuner_gets_the_values_of_a_range() -> None:
    from kerasweep.search.oracles.encoding import Encoding
    from kerasweep.training.quiet import import_tensorflow

    import_tensorflow()
    theirs = space_to_keras_tuner(space_with(Between(low=4)))
    assert theirs.space[1].conditions[0].values == [6, 9, 12]
    continuous = space_with(Between(low=4), parent=Float("layers", 0, 9))
    with pytest.raises(SpaceError, match=r"^units: KerasTuner has no condition on a range of layers\.$"):
        space_to_keras_tuner(continuous)
    encoding = Encoding(continuous)
    space_to_keras_tuner(encoding.space)
    assert encoding.decode({"layers": 3.0, "units": 2}) == {"layers": 3.0}
    assert encoding.decode({"layers": 4.0, "units": 2}) == {"layers": 4.0, "units": 2}


def test_a_recommendation_in_a_range_is_told() -> None:
    rate = Float("rate", 0, 1, recommended_when=(Recommendation(0.7, (Condition("layers", (Between(4),)),)),))
    assert Space((Int("layers", 0, 9), rate)).recommended() == {"layers": 5, "rate": 0.7}
