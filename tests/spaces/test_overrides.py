"""Ranges and values as people type them after ``--set`` and ``--fix``."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kerasweep.errors import SpaceError
from kerasweep.spaces import Categorical, Condition, Float, Int, Space, apply_overrides, parse_range, preset
from kerasweep.spaces.overrides import parse_value

SPACE = Space(
    (
        Categorical("optimizer", ("adam", "sgd"), meaning="rule"),
        Float("learning_rate", 0.001, 0.1, log=True, recommended=0.02, grid=(0.01, 0.02)),
        Int("layers", 0, 3),
        Int("units", 8, 64, conditions=(Condition("layers", (1, 2, 3)),)),
        Categorical("batch_size", (32, 100)),
        Categorical("normalize", (False, True)),
    )
)


@pytest.mark.parametrize(
    ("name", "written", "made"),
    [
        ("learning_rate", "0.01..0.5", Float("learning_rate", 0.01, 0.5, recommended=0.02)),
        ("learning_rate", "1e-4..1e-1:log", Float("learning_rate", 1e-4, 0.1, log=True, recommended=0.02)),
        ("learning_rate", "1..2", Float("learning_rate", 1.0, 2.0)),
        ("learning_rate", "0.02,0.5", Categorical("learning_rate", (0.02, 0.5))),
        ("learning_rate", "0.5, 0.02", Categorical("learning_rate", (0.5, 0.02), recommended=0.02)),
        ("learning_rate", "1", Categorical("learning_rate", (1.0,))),
        ("learning_rate", [1, 0.5], Categorical("learning_rate", (1.0, 0.5))),
        ("learning_rate", {"type": "float", "low": 0, "high": 1}, Float("learning_rate", 0, 1)),
        ("layers", "1..3", Int("layers", 1, 3)),
        ("layers", "-3..-1", Int("layers", -3, -1)),
        ("layers", "1..9:log", Int("layers", 1, 9, log=True)),
        ("layers", "1..9:step=2", Int("layers", 1, 9, step=2)),
        ("layers", "2", Categorical("layers", (2,))),
        ("batch_size", "16..128:step=16", Int("batch_size", 16, 128, step=16, recommended=32)),
        ("batch_size", "50,100", Categorical("batch_size", (50, 100))),
        ("batch_size", 64, Categorical("batch_size", (64,))),
        ("normalize", "true", Categorical("normalize", (True,))),
        ("optimizer", "sgd,rmsprop", Categorical("optimizer", ("sgd", "rmsprop"), meaning="rule")),
    ],
)
def test_ranges(name: str, written, made) -> None:
    found = apply_overrides(SPACE, {name: written}, {})[name]
    if name == "learning_rate" and found.recommended == 0.02:
        assert made.check(0.02) == 0.02
    assert found == type(made)(**{**vars(made), "recommended": found.recommended})
    assert found.recommended == parse_range(name, written, SPACE[name]).recommended


@pytest.mark.parametrize(
    ("name", "written", "message"),
    [
        ("learning_rate", "0.1..0.01", "learning_rate: the range 0.1..0.01 is empty; the lower bound must be below the upper one."),
        ("learning_rate", "0..0.1:log", "learning_rate: a log scale cannot start at 0; choose a lower bound above zero."),
        ("learning_rate", "..0.1", "learning_rate: '..0.1' is not a range of numbers; write low..high, for example 0.001..0.1."),
        ("learning_rate", "a..b", "learning_rate: 'a..b' is not a range of numbers; write low..high, for example 0.001..0.1."),
        ("learning_rate", "true..0.1", "learning_rate: 'true..0.1' is not a range of numbers; write low..high, for example 0.001..0.1."),
        ("learning_rate", "0.1..inf", "learning_rate: a bound must be a finite number, got inf."),
        ("learning_rate", "0.1..0.2:lin", "learning_rate: 'lin' is not known after a range; use :log or :step=n."),
        ("learning_rate", "0.1..0.2:log=2", "learning_rate: 'log=2' is not known after a range; use :log or :step=n."),
        ("learning_rate", "0.1..0.2:step=1", "learning_rate: a step belongs to a range of whole numbers."),
        ("learning_rate", "0.001-0.1", "learning_rate must be a number, got '0.001-0.1'."),
        ("learning_rate", "0.1,true", "learning_rate must be a number, got True."),
        ("learning_rate", "nan,0.1", "nan is not a finite number for learning_rate."),
        ("learning_rate", "0.1,,0.2", "learning_rate: a value is empty; write learning_rate=a,b,c or learning_rate=low..high."),
        ("learning_rate", "", "learning_rate: a value is empty; write learning_rate=a,b,c or learning_rate=low..high."),
        ("learning_rate", {"type": "flaot", "low": 0, "high": 1}, "learning_rate: there is no type 'flaot'. Did you mean 'float'?"),
        ("layers", "0.5..2", "layers is a whole number; '0.5..2' is not a range of whole numbers."),
        ("layers", "1..9:step=0", "layers: the step must be 1 or more, got 0."),
        ("layers", "1..9:step=²", "layers: 'step=²' is not known after a range; use :log or :step=n."),
        ("layers", "1..9:step=2:log", "layers: a log scale has no step; drop one of the two."),
        ("layers", "1.5,2", "layers must be a whole number, got 1.5."),
        ("layers", "two", "layers must be a whole number, got 'two'."),
        ("batch_size", "big", "batch_size must be a number, got 'big'."),
        ("batch_size", "32,32", "batch_size: the choice 32 stands twice."),
        ("normalize", "yes", "normalize must be one of false,true, got 'yes'."),
        ("optimizer", "1..3", "optimizer has the choices adam,sgd, not a range of numbers."),
        ("unit", "1..3", "There is no hyperparameter 'unit' here. Did you mean 'units'?"),
    ],
)  # fmt: skip
def test_ranges_that_cannot_be(name: str, written, message: str) -> None:
    with pytest.raises(SpaceError) as caught:
        apply_overrides(SPACE, {name: written}, {})
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("name", "written", "value"),
    [
        ("learning_rate", "0.5", 0.5),
        ("learning_rate", "1", 1.0),
        ("learning_rate", 2, 2.0),
        ("learning_rate", "1e-3", 0.001),
        ("layers", "7", 7),
        ("batch_size", "17", 17),
        ("normalize", "TRUE", True),
        ("optimizer", "sgd", "sgd"),
    ],
)
def test_fixed_values(name: str, written, value) -> None:
    made = apply_overrides(SPACE, {}, {name: written})[name]
    assert isinstance(made, Categorical)
    assert [(choice, type(choice)) for choice in made.choices] == [(value, type(value))]
    assert made.meaning == SPACE[name].meaning
    assert made.recommended == made.grid[0] == value


@pytest.mark.parametrize(
    ("name", "written", "message"),
    [
        ("learning_rate", "nan", "nan is not a finite number for learning_rate."),
        ("learning_rate", "fast", "learning_rate must be a number, got 'fast'."),
        ("learning_rate", True, "learning_rate must be a number, got True."),
        ("layers", "1.5", "layers must be a whole number, got 1.5."),
        ("layers", None, "layers must be a whole number, got None."),
        ("optimizer", "admw", "optimizer must be one of adam,sgd, got 'admw'."),
        ("optimizer", "", "optimizer: a value is empty; write optimizer=value."),
        ("normalize", "no", "normalize must be one of false,true, got 'no'."),
        ("momentum", "0.9", "There is no hyperparameter 'momentum' here. The catalogue has it: name it in --space, beside all others that shall vary."),
    ],
)  # fmt: skip
def test_fixed_values_that_cannot_be(name: str, written, message: str) -> None:
    with pytest.raises(SpaceError) as caught:
        apply_overrides(SPACE, {}, {name: written})
    assert str(caught.value) == message


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(SpaceError) as caught:
        apply_overrides(SPACE, {"unit": "1", "layers": "2..1", "units": "8"}, {"units": "8", "lr": "x"})
    assert str(caught.value) == (
        "There is no hyperparameter 'unit' here. Did you mean 'units'? "
        "layers: the range 2..1 is empty; the lower bound must be below the upper one. "
        "units is both set and fixed; drop one of the two. "
        "There is no hyperparameter 'lr' here. "
        "Known: optimizer, learning_rate, layers, units, batch_size, normalize."
    )


def test_narrowing_a_parent_narrows_its_children() -> None:
    assert apply_overrides(SPACE, {"layers": "1..2"}, {})["units"].conditions == (
        Condition("layers", (1, 2)),
    )
    assert apply_overrides(SPACE, {}, {"layers": "1"})["units"].conditions == (Condition("layers", (1,)),)
    assert "units" not in apply_overrides(SPACE, {}, {"layers": "0"}).names
    with pytest.raises(SpaceError, match=r"^units is never active with these changes; drop it\.$"):
        apply_overrides(SPACE, {}, {"layers": "0", "units": "16"})


@pytest.mark.parametrize("family", ["nn", "ann", "dnn", "cnn", "own"])
def test_every_hyperparameter_of_a_preset_can_be_fixed(family: str) -> None:
    space = preset(family)
    for hyperparameter in space:
        changed = apply_overrides(space, {}, {hyperparameter.name: hyperparameter.recommended})
        assert changed[hyperparameter.name].cardinality == 1
        changed.check(changed.recommended())


def test_own_models_may_read_what_they_like() -> None:
    space = apply_overrides(SPACE, {"폭": "1..3"}, {"momentum": "0.9", "kind": "a b"}, may_add=True)
    assert space["폭"] == Int("폭", 1, 3)
    assert space["momentum"] == Categorical("momentum", (0.9,))
    assert space["kind"].recommended == "a b"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("1.0", 1.0),
        ("1e3", 1000.0),
        (" adam ", "adam"),
        ("True", True),
        ("none", None),
        ("NULL", None),
        (False, False),
        ("서울", "서울"),
    ],
)
def test_words(text, value) -> None:
    found = parse_value(text)
    assert (found, type(found)) == (value, type(value))


@given(st.floats(1e-9, 1e9), st.floats(1.001, 1e6), st.booleans())
def test_a_range_reads_back_what_it_shows(low: float, factor: float, log: bool) -> None:
    made = Float("a", low, low * factor, log=log)
    assert parse_range("a", made.range_text(), made) == Float("a", low, low * factor, log=log)
