"""What a training takes in seconds, learned from what others took, for a search whose budget is time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...spaces import Float, Space
from .coordinates import Coordinates

NOISE = 0.3
"""Deviation of the logarithm of the seconds of one training."""
BY_POINT, BY_COST, BY_PROGRAM = 1.0, 0.5, 0.7
"""Deviations of the weights: of a coordinate of the point, of the logarithm of the cost beside 1, and of a program that must be traced."""


class Seconds:
    """A log-linear model: seconds are a power of the cost, times a factor for each hyperparameter and for a new program.

    A program is new where no earlier trial had the same whole numbers and choices. The weights are those of ridge regression,
    the posterior mean of Bayesian linear regression (Bishop 2006, section 3.3).
    """

    def __init__(
        self,
        space: Space,
        coordinates: Coordinates,
        points: np.ndarray,
        costs: Sequence[float],
        seconds: Sequence[float],
    ) -> None:
        """Fit the model.

        Args:
            space: What is searched.
            coordinates: Of the space.
            points: Of the unit cube, ``(trials, hyperparameters)``, in the order in which they were begun; at least one.
            costs: Epochs of single folds that each was trained for.
            seconds: That each took.
        """
        self._coordinates = coordinates
        self._traced_for = [
            place for place, one in enumerate(space.hyperparameters) if not isinstance(one, Float)
        ]
        self._hyperparameters = space.hyperparameters
        self._known: set[tuple[object, ...]] = set()
        fresh = []
        for key in self._programs(points):
            fresh.append(key not in self._known)
            self._known.add(key)
        columns = self._columns(points, np.log(costs), np.array(fresh, float))
        self._middle = columns.mean(axis=0)
        y = np.log(seconds) - np.log(costs)
        self._mean = float(y.mean())
        deviations = np.array([*[BY_POINT] * (columns.shape[1] - 2), BY_COST, BY_PROGRAM])
        x = columns - self._middle
        precision = x.T @ x / NOISE**2 + np.diag(deviations**-2)
        self._weights = np.linalg.solve(precision, x.T @ (y - self._mean) / NOISE**2)

    def of(self, points: np.ndarray, cost: float) -> np.ndarray:
        """Return the seconds that training to a cost is expected to take, at points of the unit cube."""
        fresh = np.array([key not in self._known for key in self._programs(points)], float)
        columns = self._columns(points, np.full(len(points), np.log(cost)), fresh)
        return np.asarray(cost * np.exp(self._mean + (columns - self._middle) @ self._weights))

    def _columns(self, points: np.ndarray, costs: np.ndarray, fresh: np.ndarray) -> np.ndarray:
        return np.column_stack([self._coordinates.features(points), costs, fresh])

    def _programs(self, points: np.ndarray) -> list[tuple[object, ...]]:
        """Return what of each point a program is traced for."""
        return [
            tuple(self._hyperparameters[place].from_unit(float(point[place])) for place in self._traced_for)
            for point in points
        ]
