"""Small changes of a configuration: one hyperparameter at a time, by a little on its own scale."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from .hyperparameters import Hyperparameter
from .kinds import Categorical, Float, Int
from .possible import why_impossible_configuration
from .space import Space
from .values import Configuration, Value, is_number, same

STEP = 0.1
"""Of a range, logarithmic where it is: on 0.001..0.1:log a step is a factor of 1.6."""
ROOM = 0.5
"""Of a step that there must be room for; else the value lies at its bound, and changes the other way only."""
MOST_CHOICES = 3
"""Other choices that are tried of one hyperparameter, the first ones of its list."""


@dataclass(frozen=True)
class SmallChange:
    """A configuration in which one hyperparameter differs from where a search starts."""

    name: str
    configuration: Configuration
    """With recommended values for what the change makes active, and without what it makes inactive."""


def small_changes(space: Space) -> tuple[SmallChange, ...]:
    """Return small changes of the recommended configuration: the first one of each hyperparameter, then the second ones.

    Only active hyperparameters are changed. What cannot be trained is left out.
    """
    start = space.recommended()
    of_each = [
        [SmallChange(one.name, space.changed(start, one.name, value)) for value in near_values(one, value)]
        for one in space
        if (value := start.get(one.name, _INACTIVE)) is not _INACTIVE
    ]
    rounds = itertools.zip_longest(*of_each)
    return tuple(
        change
        for changes in rounds
        for change in changes
        if change is not None and why_impossible_configuration(change.configuration) is None
    )


_INACTIVE: Value = object()  # type: ignore[assignment]  # no value of a configuration is it


def near_values(hyperparameter: Hyperparameter, value: Value) -> list[Value]:
    """Return the values beside one: a step up and a step down; of choices the neighbours among numbers, else a few others."""
    if isinstance(hyperparameter, Categorical):
        return _near_choices(hyperparameter.choices, value)
    found = (_moved(hyperparameter, value, direction) for direction in (1, -1))
    return [moved for moved in found if moved is not None]


def _near_choices(choices: tuple[Value, ...], value: Value) -> list[Value]:
    if not all(map(is_number, choices)):
        return [choice for choice in choices if not same(choice, value)][:MOST_CHOICES]
    ordered = sorted(choices)  # type: ignore[type-var]  # all of them are numbers
    place = next(place for place, choice in enumerate(ordered) if same(choice, value))
    return [*ordered[place + 1 : place + 2], *ordered[max(place - 1, 0) : place]]


def _moved(hyperparameter: Hyperparameter, value: Value, direction: int) -> Value:
    """Return a value a step further; None where the range ends before."""
    here = hyperparameter.to_unit(value)
    there = min(max(here + direction * STEP, 0.0), 1.0)
    if isinstance(hyperparameter, Float):
        if abs(there - here) < ROOM * STEP:
            return None
        moved = hyperparameter.from_unit(there)
        rounded = float(f"{moved:.3g}")  # as people write it
        within = hyperparameter.low <= rounded <= hyperparameter.high
        near = within and abs(hyperparameter.to_unit(rounded) - there) < ROOM * STEP
        found = rounded if near else moved
        return None if same(found, value) else found
    assert isinstance(hyperparameter, Int)  # noqa: S101 - there is no other kind
    return _moved_whole(hyperparameter, hyperparameter.check(value), there, direction)


def _moved_whole(hyperparameter: Int, value: int, there: float, direction: int) -> int | None:
    moved = hyperparameter.from_unit(there)
    if moved == value:  # a step of the scale is less than one of the values
        moved = value + direction * hyperparameter.step
    return moved if hyperparameter.low <= moved <= hyperparameter.high else None


def changed_name(start: Configuration, other: Configuration) -> str | None:
    """Return the one hyperparameter that two configurations give different values; None where there is none, or several."""
    differing = list(_differing(start, other))
    return differing[0] if len(differing) == 1 else None


def _differing(start: Configuration, other: Configuration) -> Iterator[str]:
    for name, value in start.items():
        if name in other and not same(value, other[name]):
            yield name
