"""Choices that are tuples: windows, widths of layers. They go to files, studies, Optuna and back, and lists are tuples."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import optuna
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from kerasweep.errors import SpaceError
from kerasweep.spaces import (
    Categorical,
    Condition,
    Int,
    Space,
    apply_overrides,
    configuration_key,
    read_space,
    space_from_dict,
    space_from_optuna,
    space_text,
    space_to_dict,
    space_to_keras_tuner,
    space_to_optuna,
    value_text,
)
from kerasweep.spaces.overrides import parse_value
from kerasweep.spaces.values import restored, stored

WINDOWS = Space(
    (
        Categorical("window", ((3, 3), (5, 5), 7, "same", None), recommended=(5, 5)),
        Categorical("widths", ((64,), (64, 32), ()), grid=((64, 32), (64,))),
        Int("depth", 1, 3, conditions=(Condition("window", ((3, 3), 7)),)),
    )
)
PARTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3).map(tuple),
    max_leaves=5,
)


def test_lists_are_tuples_wherever_they_stand() -> None:
    listed = Categorical("window", ([3, 3], [5, [5, 7]]), recommended=[5, [5, 7]], grid=([3, 3],))
    assert listed == Categorical("window", ((3, 3), (5, (5, 7))), recommended=(5, (5, 7)), grid=((3, 3),))
    assert listed.check([3, 3]) == (3, 3)


@pytest.mark.parametrize("way", ["dict", "json", "yaml", "file", "optuna"])
def test_a_space_with_tuples_comes_back(way: str, tmp_path: Path) -> None:
    data = space_to_dict(WINDOWS)
    if way == "file":
        text = space_text(WINDOWS)
        assert "\n    recommended: [5, 5]\n" in text
        (tmp_path / "space.yaml").write_text(text)
        assert read_space(tmp_path / "space.yaml") == WINDOWS
    elif way == "optuna":
        back = space_from_optuna(space_to_optuna(WINDOWS))
        assert [list(one.values()) for one in back] == [list(one.values()) for one in WINDOWS]
    else:
        ways = {
            "json": lambda: json.loads(json.dumps(data)),
            "yaml": lambda: yaml.safe_load(yaml.safe_dump(data, sort_keys=False)),
        }
        assert space_from_dict(ways.get(way, lambda: data)()) == WINDOWS


@settings(max_examples=200)
@given(PARTS)
def test_a_value_is_itself_after_a_study(value: object) -> None:
    if not isinstance(value, str):
        assert repr(restored(stored(value))) == repr(value)
    assert configuration_key({"a": value}) == configuration_key({"a": stored(value)})


def test_optuna_holds_texts_without_a_warning_and_asks_for_tuples() -> None:
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(20):
            configuration = WINDOWS.suggest(study.ask())
            assert WINDOWS.check(configuration) == configuration
    assert all(isinstance(trial.params["widths"], str) for trial in study.trials)
    assert WINDOWS.check({"window": "(5, 5)", "widths": "(64, 32)"}) == {"window": (5, 5), "widths": (64, 32)}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("(3,3)", (3, 3)),
        ("[3, 3]", (3, 3)),
        ("(64,)", (64,)),
        ("()", ()),
        ("((1,2),relu,none)", ((1, 2), "relu", None)),
        ("(3", "(3"),
    ],
)
def test_tuples_as_people_type_them(text: str, value: object) -> None:
    assert parse_value(text) == value
    if isinstance(value, tuple):
        assert parse_value(value_text(value)) == value


def test_ranges_and_fixed_values_of_the_command_line() -> None:
    both = apply_overrides(WINDOWS, {"window": "(3,3),(7, 7),1"}, {"widths": "(64,32)"})
    assert both["window"].choices == ((3, 3), (7, 7), 1)
    assert both["widths"].choices == ((64, 32),)
    with pytest.raises(SpaceError, match=r"^window: the brackets of '\(3,3' do not match\.$"):
        apply_overrides(WINDOWS, {"window": "(3,3"}, {})


def test_what_a_study_cannot_tell_apart_or_hold_is_refused() -> None:
    with pytest.raises(SpaceError, match=r"cannot tell the choices \(3, 3\) and \(3, 3\) apart"):
        Categorical("window", ((3, 3), "(3, 3)"))
    with pytest.raises(SpaceError, match="stands twice"):
        Categorical("window", ((3, 3), [3, 3]))
    for wrong in ((3, {}), (3, (float("nan"),))):
        with pytest.raises(SpaceError, match="a choice must be "):
            Categorical("window", (wrong,))


@pytest.mark.trains
def test_keras_tuner_has_no_tuples() -> None:
    with pytest.raises(
        SpaceError, match=r"^widths: KerasTuner has no choice that is a tuple; write it as text\.$"
    ):
        space_to_keras_tuner(Space((Categorical("widths", ((64,), (64, 32))),)))
