"""One hyperparameter: which definitions are refused, and which values are taken for which."""

from __future__ import annotations

import dataclasses
import math

import pytest
from kerasweep.errors import SpaceError
from kerasweep.spaces import (
    Categorical,
    Condition,
    Float,
    Int,
    Recommendation,
    Space,
    space_from_dict,
    space_to_dict,
    value_text,
)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: Float("a=b", 0, 1),
            "A hyperparameter's name must be printable text without '=', got 'a=b'.",
        ),
        (lambda: Float("", 0, 1), "A hyperparameter's name must be printable text without '=', got ''."),
        (
            lambda: Float("a", 1, 1),
            "a: the range 1..1 is empty; the lower bound must be below the upper one.",
        ),
        (lambda: Int("a", 5, 2), "a: the range 5..2 is empty; the lower bound must be below the upper one."),
        (
            lambda: Float("a", 0, 1, log=True),
            "a: a log scale cannot start at 0; choose a lower bound above zero.",
        ),
        (
            lambda: Int("a", -3, 4, log=True),
            "a: a log scale cannot start at -3; choose a lower bound above zero.",
        ),
        (lambda: Float("a", math.nan, 1), "a: a bound must be a finite number, got nan."),
        (lambda: Float("a", 0, math.inf), "a: a bound must be a finite number, got inf."),
        (lambda: Float("a", False, 1), "a: a bound must be a finite number, got False."),
        (lambda: Float("a", "0.1", 1), "a: a bound must be a finite number, got '0.1'."),
        (
            lambda: Float("a", -1e308, 1.5e308),
            "a: the range -1e+308..1.5e+308 is too wide for a computer's numbers.",
        ),
        (lambda: Int("a", 0.5, 2), "a: a bound must be a whole number, got 0.5."),
        (lambda: Int("a", 0, True), "a: a bound must be a whole number, got True."),
        (lambda: Int("a", 0, 4, step=0), "a: the step must be 1 or more, got 0."),
        (lambda: Int("a", 1, 4, step=2, log=True), "a: a log scale has no step; drop one of the two."),
        (lambda: Float("a", 1, 2, log="no"), "a: log must be true or false, got 'no'."),
        (
            lambda: Float("a", 0, 1, confidence="sure"),
            "a: confidence must be low, medium or high, got 'sure'.",
        ),
        (lambda: Float("a", 0, 1, recommended=2), "a: the recommended value 2 lies outside 0..1."),
        (lambda: Int("a", 1, 9, grid=(1, 10)), "a: the grid value 10 lies outside 1..9."),
        (lambda: Int("a", 1, 9, grid=(2, 2.0)), "a: the grid value 2 stands twice."),
        (
            lambda: Categorical("a", ("x",), recommended="y"),
            "a: the recommended value 'y' lies outside x.",
        ),
        (lambda: Categorical("a", ()), "a: needs at least one choice."),
        (lambda: Categorical("a", "relu"), "a: needs at least one choice."),
        (lambda: Categorical("a", ("x", "x")), "a: the choice x stands twice."),
        (
            lambda: Categorical("a", (math.nan,)),
            "a: a choice must be finite, got nan.",
        ),
        (
            lambda: Categorical("a", ((1, {2}),)),
            "a: a choice must be text, a number, true, false, none or a tuple of these, got (1, {2}).",
        ),
        (
            lambda: Categorical("a", (True, 1)),
            "a: a study cannot tell the choices true and 1 apart; drop one of the two.",
        ),
        (
            lambda: Categorical("a", (2, 2.0)),
            "a: a study cannot tell the choices 2 and 2 apart; drop one of the two.",
        ),
    ],
)
def test_definitions_that_cannot_be(make, message: str) -> None:
    with pytest.raises(SpaceError) as caught:
        make()
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("hyperparameter", "given", "canonical"),
    [
        (Float("a", 0, 2), 1, 1.0),
        (Float("a", 0, 2), 0.5, 0.5),
        (Int("a", 0, 40), 32.0, 32),
        (Int("a", 0, 40, step=8), 16, 16),
        (Categorical("a", (1, 2)), 2.0, 2),
        (Categorical("a", (1.0, 2.5)), 1, 1.0),
        (Categorical("a", (False, True)), True, True),
        (Categorical("a", (None, "l2")), None, None),
        (Categorical("a", ("서울", "b")), "서울", "서울"),
    ],
)
def test_values_that_are_taken(hyperparameter, given, canonical) -> None:
    found = hyperparameter.check(given)
    assert (found, type(found)) == (canonical, type(canonical))


@pytest.mark.parametrize(
    ("hyperparameter", "given"),
    [
        (Float("a", 0, 2), True),
        (Float("a", 0, 2), "1"),
        (Float("a", 0, 2), None),
        (Float("a", 0, 2), math.nan),
        (Float("a", 0, 2), math.inf),
        (Float("a", 0, 2), 10**400),
        (Int("a", 0, 40), 32.5),
        (Int("a", 0, 40), True),
        (Int("a", 0, 40), "3"),
        (Int("a", 0, 40), math.nan),
        (Int("a", 0, 40), math.inf),
        (Int("a", 0, 40), 10**400),
        (Int("a", 0, 40, step=8), 12),
        (Categorical("a", (1, 2)), True),
        (Categorical("a", (False, True)), 1),
        (Categorical("a", ("1",)), 1),
        (Categorical("a", ("relu",)), "Relu"),
        (Categorical("a", ("none",)), None),
    ],
)
def test_values_that_are_refused(hyperparameter, given) -> None:
    with pytest.raises(SpaceError, match=r"^a must be .*, got "):
        hyperparameter.check(given)


def test_what_is_left_out_is_derived() -> None:
    rate = Float("a", 0.001, 0.1, log=True)
    assert (rate.recommended, rate.grid) == (0.01, (0.001, 0.01, 0.1))
    assert Int("a", 1, 4).grid == (1, 2, 3, 4)
    units = Int("a", 16, 512, log=True)
    assert units.grid == (16, units.recommended, 512)
    assert Categorical("a", ("x", "y")).recommended == "x"
    assert Categorical("a", (None, "y")).recommended is None
    assert Float("a", 1.0, math.nextafter(1.0, 2)).grid == (1.0, math.nextafter(1.0, 2))


def test_a_hyperparameter_does_not_change() -> None:
    made = Float("a", 0, 1, grid=[0.25, 0.5])
    assert made.grid == (0.25, 0.5)
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.low = 2
    assert made == Float("a", 0.0, 1.0, grid=(0.25, 0.5))
    assert len({made, Float("a", 0.0, 1.0, grid=(0.25, 0.5))}) == 1


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "none"),
        (True, "true"),
        (0.001, "0.001"),
        (0.123456789, "0.123456789"),
        ("relu", "relu"),
        (3, "3"),
    ],
)
def test_values_as_people_write_them(value, text: str) -> None:
    assert value_text(value) == text


def test_ranges_as_people_write_them() -> None:
    assert Float("a", 0.0001234567, 1, log=True).range_text() == "0.0001234567..1:log"
    assert Int("a", 16, 64, step=16).range_text() == "16..64:step=16"
    assert Categorical("a", (False, None, "x")).range_text() == "false,none,x"


def test_a_recommended_value_may_depend_on_what_was_chosen_before() -> None:
    optimizer = Categorical("optimizer", ("adam", "sgd", "lion"))
    rate = Float(
        "learning_rate",
        1e-4,
        0.1,
        log=True,
        recommended=0.001,
        recommended_when=(Recommendation(0.02, (Condition("optimizer", ("sgd",)),)),),
        grid=(0.001,),
    )
    space = Space((optimizer, rate))
    assert space.recommended() == {"optimizer": "adam", "learning_rate": 0.001}
    assert rate.recommended_for({"optimizer": "sgd"}) == 0.02
    assert [point["learning_rate"] for point in space.grid()] == [0.001, 0.02, 0.001]
    assert space_from_dict(space_to_dict(space)) == space
    fixed_to_sgd = space.with_hyperparameter(Categorical("optimizer", ("sgd",)))
    assert fixed_to_sgd.recommended() == {"optimizer": "sgd", "learning_rate": 0.02}
    without_sgd = space.with_hyperparameter(Categorical("optimizer", ("adam", "lion")))
    assert without_sgd["learning_rate"].recommended_when == ()
    with pytest.raises(SpaceError, match=r"^learning_rate: the recommended value 2\.0 lies outside"):
        dataclasses.replace(
            rate, recommended_when=(Recommendation(2.0, (Condition("optimizer", ("sgd",)),)),)
        )
    with pytest.raises(
        SpaceError, match=r"^learning_rate depends on optimizer, which is not in the space\.$"
    ):
        Space((rate,))
