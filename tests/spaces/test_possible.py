"""What a hyperparameter of the catalogue can be at all, held against every value however it comes."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kerasweep.errors import SpaceError
from kerasweep.spaces import Categorical, Float, Int, Space, read_space
from kerasweep.spaces.catalogue import CATALOGUE
from kerasweep.spaces.catalogue.possible import POSSIBLE, Possible
from kerasweep.spaces.possible import check_possible, why_impossible

NUMBERS = [name for name, one in CATALOGUE.items() if one.possible is not None]
WORDS = [name for name in CATALOGUE if name not in NUMBERS]


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def impossible_values(bounds: Possible) -> list[float]:
    """Return numbers just outside of the bounds, far outside, and between whole ones."""
    found: list[float] = []
    if bounds.low > -math.inf:
        found += [bounds.low - 1, bounds.low - 1000] + [bounds.low] * bounds.above
    if bounds.high < math.inf:
        found += [bounds.high + 1, bounds.high + 1000] + [bounds.high] * bounds.below
    if bounds.integer:
        found.append(bounds.low + 1.5)
    return found


def test_the_bounds_are_those_of_all_numbers_of_the_catalogue_and_of_no_others() -> None:
    of_numbers = {
        name
        for name, one in CATALOGUE.items()
        if isinstance(one.hyperparameter, Float | Int) or all(map(is_number, one.hyperparameter.values()))
    }
    assert set(POSSIBLE) == of_numbers == set(NUMBERS)


@pytest.mark.parametrize("name", NUMBERS)
def test_what_is_worth_searching_is_possible_and_whole_numbers_are_whole(name: str) -> None:
    which, bounds = CATALOGUE[name].hyperparameter, CATALOGUE[name].possible
    ends = which.values() if isinstance(which, Categorical) else (which.low, which.high)
    for value in (*ends, which.recommended, *which.grid):
        assert value in bounds
    assert bounds.integer == all(isinstance(value, int) for value in ends)


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_that_cannot_be_is_refused_with_what_can_be(name: str) -> None:
    bounds = CATALOGUE[name].possible
    for value in impossible_values(bounds):
        for own in (False, True):
            with pytest.raises(SpaceError) as caught:
                check_possible(Space((Categorical(name, (value,)),)), own=own)
            (line,) = str(caught.value).splitlines()
            assert line.startswith(f"{name} must be {bounds}, got ")
    low = min(impossible_values(bounds), default=None)
    if low is not None and not bounds.integer and bounds.low > low:
        with pytest.raises(SpaceError, match=f"^{name} must be a number "):
            check_possible(Space((Float(name, low, bounds.low + 0.5),)), own=True)


@given(name=st.sampled_from(NUMBERS), value=st.floats(-10, 100) | st.integers(-10, 100))
def test_numbers_are_refused_exactly_where_they_are_outside(name: str, value: float) -> None:
    bounds = CATALOGUE[name].possible
    told = why_impossible(name, value)
    inside = bounds.low <= value <= bounds.high
    inside = (
        inside and not (bounds.above and value == bounds.low) and not (bounds.below and value == bounds.high)
    )
    inside = inside and (not bounds.integer or value == int(value))
    assert (told is None) == inside


@pytest.mark.parametrize("name", WORDS)
def test_a_word_that_no_family_knows_is_refused_and_a_functions_own_is_not(name: str) -> None:
    for space in (
        Space((Categorical(name, (CATALOGUE[name].hyperparameter.recommended, "nonsense")),)),
        Space((Int(name, 1, 3),)),
    ):
        with pytest.raises(SpaceError, match=rf"^{name} (must be one of|has the choices) "):
            check_possible(space, own=False)
        check_possible(space, own=True)


@pytest.mark.parametrize("name", ["dropout", "units"])
def test_a_functions_flag_may_have_the_name_of_a_number(name: str) -> None:
    flag = Space((Categorical(name, (False, True)),))
    check_possible(flag, own=True)  # hp.Boolean("dropout"), as KerasTuner's guide has it
    with pytest.raises(SpaceError, match="got false"):
        check_possible(flag, own=False)


def test_a_file_is_told_the_line(tmp_path: Path) -> None:
    file = tmp_path / "space.yaml"
    lines = (
        "version: 2",
        "hyperparameters:",
        "  dropout: 1",
        "  units:",
        "    low: 0",
        "    high: 8",
        "    log: false",
    )
    file.write_text("\n".join(lines))
    with pytest.raises(SpaceError) as caught:
        read_space(file)
    assert str(caught.value).splitlines() == [
        f"{file} line 3: dropout must be a number of 0 or more and below 1, got 1.",
        f"{file} line 5: units must be a whole number of 1 or more, got 0.",
    ]


@pytest.mark.parametrize("own", [False, True])
def test_names_that_are_not_the_catalogues_are_free(own: bool) -> None:
    check_possible(Space((Int("width", -5, 5), Categorical("mode", (-1, "x", None)))), own=own)
    assert why_impossible("width", -5) is None
