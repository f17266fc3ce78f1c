"""What depends on other values, at many points of the unit cube at once: what is active, and which values are recommended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...spaces import Categorical, Condition, Float, Hyperparameter, Int, Space, Value
from ...spaces.conditions import admits


@dataclass(frozen=True)
class _Test:
    """A condition on a hyperparameter."""

    place: int
    """Of the parent."""
    parent: Hyperparameter
    condition: Condition
    among: np.ndarray | None
    """Of each of the parent's choices, whether it is one of those; None for a number."""

    def admitted(self, points: np.ndarray) -> np.ndarray:
        """Tell at which points the parent, if it is active, has one of the values."""
        column = points[:, self.place]
        if self.among is not None:
            return np.asarray(self.among[chosen(column, len(self.among))])
        values, which = np.unique(_values(self.parent, column), return_inverse=True)
        return np.array([_admits(self.condition, value) for value in values.tolist()], bool)[which]


class Dependent:
    """The conditions and the recommended values of a space, one coordinate a hyperparameter."""

    def __init__(self, space: Space) -> None:
        self._hyperparameters = space.hyperparameters
        self._places = {name: place for place, name in enumerate(space.names)}
        self._conditions = [self._tests(one.conditions) for one in space.hyperparameters]
        self._advice = [
            [(one.to_unit(advice.value), self._tests(advice.conditions)) for advice in one.recommended_when]
            for one in space.hyperparameters
        ]
        self.usual = np.array([one.to_unit(one.recommended) for one in space.hyperparameters])
        """What is recommended of each hyperparameter where nothing else is; of what is inactive, too."""
        self.advised = tuple(place for place, advice in enumerate(self._advice) if advice)
        """Places of the hyperparameters whose recommended value depends on others, parents before their children."""

    def _tests(self, conditions: Sequence[Condition]) -> list[_Test]:
        return [self._test(condition) for condition in conditions]

    def _test(self, condition: Condition) -> _Test:
        place = self._places[condition.parent]
        parent, among = self._hyperparameters[place], None
        if isinstance(parent, Categorical):
            among = np.array([_admits(condition, choice) for choice in parent.choices])
        return _Test(place, parent, condition, among)

    def recommended(self, points: np.ndarray) -> np.ndarray:
        """Return the recommended value of every hyperparameter at points, ``(n, hyperparameters)``, given the others there."""
        found = np.tile(self.usual, (len(points), 1))
        for place in self.advised:
            found[:, place] = self.recommended_of(place, points)
        return found

    def recommended_of(self, place: int, points: np.ndarray) -> np.ndarray:
        """Return that of one hyperparameter, ``(n,)``; of the points, only what it depends on counts."""
        found = np.full(len(points), self.usual[place])
        active = self._hold(self._conditions[place], points)
        for unit, tests in reversed(self._advice[place]):  # the first that holds counts
            found[active & self._hold(tests, points)] = unit
        return found

    def _hold(self, tests: Sequence[_Test], points: np.ndarray) -> np.ndarray:
        """Tell at which points all conditions hold: each parent is active, and has one of the values."""
        held = np.ones(len(points), bool)
        for test in tests:
            held &= self._hold(self._conditions[test.place], points) & test.admitted(points)
        return held

    def settled(self, points: np.ndarray) -> np.ndarray:
        """Return points at which active values are as in the configuration there, and inactive ones are as usually recommended."""
        found, active = np.tile(self.usual, (len(points), 1)), np.ones(points.shape, bool)
        for place, one in enumerate(self._hyperparameters):
            for test in self._conditions[place]:
                active[:, place] &= active[:, test.place] & test.admitted(points)
            here = active[:, place]
            found[here, place] = _settled(one, points[here, place])
        return found


def chosen(units: np.ndarray, counts: np.ndarray | int) -> np.ndarray:
    """Return which of so many choices positions on the unit interval are."""
    return np.asarray(np.minimum((units * counts).astype(int), np.subtract(counts, 1)))


def _settled(one: Hyperparameter, units: np.ndarray) -> np.ndarray:
    """Return the positions of the values at positions."""
    if isinstance(one, Categorical):
        return np.asarray((chosen(units, len(one.choices)) + 0.5) / len(one.choices))
    if isinstance(one, Float) and not one.log:
        width = one.high - one.low
        return np.asarray((np.clip(one.low + units * width, one.low, one.high) - one.low) / width)
    values, which = np.unique(_values(one, units), return_inverse=True)
    return np.array([one.to_unit(value) for value in values.tolist()])[which]


def _values(one: Hyperparameter, units: np.ndarray) -> np.ndarray:
    """Return the numbers at positions."""
    if isinstance(one, Int) and not one.log:
        return np.asarray(one.low + one.step * chosen(units, int(one.cardinality)))
    if isinstance(one, Int):
        low, high = np.log(one.low - 0.5), np.log(one.high + 0.5)
        rounded = np.round(np.exp(low + units * (high - low))).astype(int)
        return np.asarray(np.clip(rounded, one.low, one.high))
    return np.array([one.from_unit(unit) for unit in units.tolist()])


def _admits(condition: Condition, value: Value) -> bool:
    return any(admits(named, value) for named in condition.values)
