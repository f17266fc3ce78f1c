"""The recommended values at points of the unit cube: those of some hyperparameters follow from what was chosen before."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...spaces import Categorical, Condition, Space
from ...spaces.conditions import admits


class Recommended:
    """Where recommended values lie, one coordinate a hyperparameter."""

    def __init__(self, space: Space) -> None:
        self._hyperparameters = space.hyperparameters
        self._places = {name: place for place, name in enumerate(space.names)}
        self.usual = np.array([one.to_unit(one.recommended) for one in space.hyperparameters])
        """Of each hyperparameter where nothing else is recommended; of what is inactive, too."""
        self.advised = tuple(place for place, one in enumerate(space.hyperparameters) if one.recommended_when)
        """Places of the hyperparameters whose recommended value depends on others, parents before their children."""

    def at(self, points: np.ndarray) -> np.ndarray:
        """Return the recommended value of every hyperparameter at points, ``(n, hyperparameters)``, given the others there."""
        found = np.tile(self.usual, (len(points), 1))
        for place in self.advised:
            found[:, place] = self.of(place, points)
        return found

    def of(self, place: int, points: np.ndarray) -> np.ndarray:
        """Return that of one hyperparameter, ``(n,)``; of the points, only what it depends on counts."""
        one = self._hyperparameters[place]
        found = np.full(len(points), self.usual[place])
        for advice in reversed(one.recommended_when):  # the first that holds counts
            found[self._hold((*one.conditions, *advice.conditions), points)] = one.to_unit(advice.value)
        return found

    def _hold(self, conditions: Sequence[Condition], points: np.ndarray) -> np.ndarray:
        """Tell at which points all conditions hold: each parent is active, and has one of the values."""
        held = np.ones(len(points), bool)
        for condition in conditions:
            place = self._places[condition.parent]
            held &= self._hold(self._hyperparameters[place].conditions, points)
            held &= self._admitted(condition, points[:, place])
        return held

    def _admitted(self, condition: Condition, column: np.ndarray) -> np.ndarray:
        parent = self._hyperparameters[self._places[condition.parent]]
        if isinstance(parent, Categorical):
            among = [any(admits(named, choice) for named in condition.values) for choice in parent.choices]
            return np.asarray(np.array(among)[chosen(column, len(among))])
        values = map(parent.from_unit, column.tolist())
        return np.array([any(admits(named, one) for named in condition.values) for one in values], bool)


def chosen(units: np.ndarray, counts: np.ndarray | int) -> np.ndarray:
    """Return which of so many choices positions on the unit interval are."""
    return np.asarray(np.minimum((units * counts).astype(int), np.subtract(counts, 1)))
