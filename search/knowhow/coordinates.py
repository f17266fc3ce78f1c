"""A space as coordinates, in which configurations are drawn and compared."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ...spaces import Categorical, Configuration, Space

WIDTHS = {"high": 0.1, "medium": 0.2, "low": 0.4}
"""Of the prior around a recommended value, as the deviation on the unit interval, by the confidence in it."""
KEPT = {"high": 0.8, "medium": 0.6, "low": 0.4}
"""How often the prior draws a recommended choice; else any."""
NEAR = 0.1
"""Deviation of a neighbour on the unit interval."""
CHANGED = 0.5
"""Share of the hyperparameters that a neighbour changes; one at least."""

MOST_SETTLED = 20_000
"""Points of which it is kept what is active there."""


class Coordinates:
    """Maps configurations to the unit cube, one coordinate a hyperparameter, and to what a model compares.

    For a model a choice is one coordinate for each of its values, and what is inactive has its recommended value.
    """

    def __init__(self, space: Space) -> None:
        self._space = space
        self._choices = np.array([_choices(one) for one in space.hyperparameters])
        every = [one.to_unit(one.recommended) for one in space.hyperparameters]
        self.recommended = np.array(every)
        """Of each hyperparameter, active or not, on the unit interval."""
        self.groups = np.repeat(np.arange(len(self._choices)), np.maximum(1, self._choices))
        """Which hyperparameter each coordinate is of that a model compares."""
        self._widths = np.array(
            [max(WIDTHS[one.confidence], 0.5 / one.cardinality) for one in space.hyperparameters]
        )
        self._kept = np.array([KEPT[one.confidence] for one in space.hyperparameters])
        self._near = np.array([max(NEAR, 0.5 / one.cardinality) for one in space.hyperparameters])
        self._conditional = any(one.conditions for one in space.hyperparameters)
        self._settle = lru_cache(MOST_SETTLED)(
            lambda point: self.unit(self.configuration(np.frombuffer(point)))
        )

    def unit(self, configuration: Configuration) -> np.ndarray:
        """Return a configuration's point of the unit cube; what is inactive is as recommended."""
        point = self.recommended.copy()
        for place, one in enumerate(self._space.hyperparameters):
            if one.name in configuration:
                point[place] = one.to_unit(configuration[one.name])
        return point

    def configuration(self, point: np.ndarray) -> Configuration:
        """Return the configuration at a point of the unit cube."""
        return self._space.from_unit(point.tolist())

    def features(self, points: np.ndarray) -> np.ndarray:
        """Return what a model compares, ``(n, coordinates)``, of points of the unit cube, ``(n, hyperparameters)``."""
        points = self._settled(points)
        return np.concatenate(
            [self._column(points[:, place], place) for place in range(points.shape[1])], axis=1
        )

    def _settled(self, points: np.ndarray) -> np.ndarray:
        """Return points at which all that is inactive is as recommended; those of trials are asked for with every decision."""
        return np.array([self._settle(point.tobytes()) for point in points]) if self._conditional else points

    def _column(self, values: np.ndarray, place: int) -> np.ndarray:
        count = self._choices[place]
        if count == 0:
            return values[:, None]
        chosen = np.minimum((values * count).astype(int), count - 1)
        return np.asarray(np.eye(count)[chosen] / np.sqrt(2.0))  # any two choices are a distance of one apart

    def bumps(self, points: np.ndarray) -> np.ndarray:
        """Return how near points are to each recommended value, in (0, 1]: ``(n, hyperparameters)``."""
        points = self._settled(points)
        off = points - self.recommended
        near = np.exp(-0.5 * (off / self._widths) ** 2)
        same = self._chosen(points) == self._chosen(self.recommended[None])
        return np.asarray(np.where(self._choices > 0, same, near))

    def _chosen(self, points: np.ndarray) -> np.ndarray:
        count = np.maximum(self._choices, 1)
        return np.asarray(np.minimum((points * count).astype(int), count - 1))

    def draw_uniform(self, generator: np.random.Generator, count: int) -> np.ndarray:
        """Draw points anywhere."""
        return generator.random((count, len(self._space)))

    def draw_prior(self, generator: np.random.Generator, count: int) -> np.ndarray:
        """Draw points around the recommended values."""
        shape = (count, len(self._space))
        around = _reflected(self.recommended + generator.normal(size=shape) * self._widths)
        anywhere, keep = generator.random(shape), generator.random(shape) < self._kept
        return np.where(self._choices > 0, np.where(keep, self.recommended, anywhere), around)

    def draw_near(self, generator: np.random.Generator, centers: np.ndarray) -> np.ndarray:
        """Draw a neighbour of each of some points, ``(n, hyperparameters)``."""
        shape = centers.shape
        changed = generator.random(shape) < CHANGED
        changed[np.arange(shape[0]), generator.integers(shape[1], size=shape[0])] = True
        moved = _reflected(centers + generator.normal(size=shape) * self._near)
        anywhere = generator.random(shape)
        return np.where(changed, np.where(self._choices > 0, anywhere, moved), centers)

    def refine(
        self, generator: np.random.Generator, centers: np.ndarray, width: float, share: float
    ) -> np.ndarray:
        """Draw points very near to others: a share of the numbers moves by about so much, and choices stay."""
        moves = generator.normal(size=centers.shape) * width * (generator.random(centers.shape) < share)
        return np.where(self._choices > 0, centers, _reflected(centers + moves))


def _choices(hyperparameter: object) -> int:
    return len(hyperparameter.choices) if isinstance(hyperparameter, Categorical) else 0


def _reflected(points: np.ndarray) -> np.ndarray:
    """Return points of the unit cube: what lies beyond a face is mirrored at it."""
    folded = np.abs(points)
    return np.asarray(np.clip(np.where(folded > 1.0, 2.0 - folded, folded), 0.0, 1.0))
