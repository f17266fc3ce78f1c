"""A space as coordinates, in which configurations are drawn and compared."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...spaces import Categorical, Configuration, Space
from .dependent import Dependent, chosen

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


@dataclass(frozen=True)
class Deviations:
    """How points of the prior lie to the recommended values, all ``(n, hyperparameters)``."""

    moves: np.ndarray
    """Of numbers, on the unit interval."""
    anywhere: np.ndarray
    """Choices instead of the recommended ones."""
    kept: np.ndarray
    """Whether a choice is the recommended one."""


class Coordinates:
    """Maps configurations to the unit cube, one coordinate a hyperparameter, and to what a model compares.

    For a model a choice is one coordinate for each of its values, and what is inactive has its recommended value.
    """

    def __init__(self, space: Space) -> None:
        self._space = space
        self._choices = np.array([_choices(one) for one in space.hyperparameters])
        self._dependent = Dependent(space)
        self.groups = np.repeat(np.arange(len(self._choices)), np.maximum(1, self._choices))
        """Which hyperparameter each coordinate is of that a model compares."""
        self._widths = np.array(
            [max(WIDTHS[one.confidence], 0.5 / one.cardinality) for one in space.hyperparameters]
        )
        self._kept = np.array([KEPT[one.confidence] for one in space.hyperparameters])
        self._near = np.array([max(NEAR, 0.5 / one.cardinality) for one in space.hyperparameters])
        self._conditional = any(one.conditions for one in space.hyperparameters)
        self._known: dict[bytes, np.ndarray] = {}
        """Points -> what they settle to, and what is recommended there."""

    def unit(self, configuration: Configuration) -> np.ndarray:
        """Return a configuration's point of the unit cube; what is inactive is as recommended."""
        point = self._dependent.usual.copy()
        for place, one in enumerate(self._space.hyperparameters):
            if one.name in configuration:
                point[place] = one.to_unit(configuration[one.name])
        return point

    def configuration(self, point: np.ndarray) -> Configuration:
        """Return the configuration at a point of the unit cube."""
        return self._space.from_unit(point.tolist())

    def features(self, points: np.ndarray) -> np.ndarray:
        """Return what a model compares, ``(n, coordinates)``, of points of the unit cube, ``(n, hyperparameters)``."""
        return self._features(self._settled(points)[0])

    def bumps(self, points: np.ndarray) -> np.ndarray:
        """Return how near points are to each recommended value, in (0, 1]: ``(n, hyperparameters)``."""
        return self._bumps(*self._settled(points))

    def features_and_bumps(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return both, for less than each alone."""
        settled, centres = self._settled(points)
        return self._features(settled), self._bumps(settled, centres)

    def _features(self, settled: np.ndarray) -> np.ndarray:
        return np.concatenate(
            [self._column(settled[:, place], place) for place in range(settled.shape[1])], axis=1
        )

    def _settled(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return points at which all that is inactive is as recommended, and what is recommended there.

        Both are kept: those of trials are asked for with every decision.
        """
        if not self._conditional:
            return points, self._dependent.recommended(points)
        keys = [point.tobytes() for point in points]
        if len(self._known) + len(keys) > MOST_SETTLED:
            self._known = {}
        new = [place for place, key in enumerate(keys) if key not in self._known]
        settled = self._dependent.settled(points[new])
        both = np.stack([settled, self._dependent.recommended(settled)], axis=1)
        self._known.update(zip([keys[place] for place in new], both, strict=True))
        found = np.array([self._known[key] for key in keys])
        return found[:, 0], found[:, 1]

    def _column(self, values: np.ndarray, place: int) -> np.ndarray:
        count = self._choices[place]
        if count == 0:
            return values[:, None]
        return np.asarray(
            np.eye(count)[chosen(values, count)] / np.sqrt(2.0)
        )  # any two choices are a distance of one apart

    def _bumps(self, points: np.ndarray, centres: np.ndarray) -> np.ndarray:
        counts = np.maximum(self._choices, 1)
        near = np.exp(-0.5 * ((points - centres) / self._widths) ** 2)
        return np.asarray(
            np.where(self._choices > 0, chosen(points, counts) == chosen(centres, counts), near)
        )

    def draw_uniform(self, generator: np.random.Generator, count: int) -> np.ndarray:
        """Draw points anywhere."""
        return generator.random((count, len(self._space)))

    def draw_prior(self, generator: np.random.Generator, count: int) -> np.ndarray:
        """Draw points around the recommended values."""
        drawn = self.draw_deviations(generator, count)
        return self.around(drawn, np.zeros_like(drawn.moves), np.ones_like(drawn.kept))

    def draw_deviations(self, generator: np.random.Generator, count: int) -> Deviations:
        """Draw how points of the prior lie to the recommended values."""
        shape = (count, len(self._space))
        moves = generator.normal(size=shape) * self._widths
        return Deviations(moves, generator.random(shape), generator.random(shape) < self._kept)

    def around(self, drawn: Deviations, points: np.ndarray, own: np.ndarray) -> np.ndarray:
        """Return points whose own coordinates lie around the values that are recommended for what the points have there.

        Args:
            drawn: How they lie to the recommended values.
            points: What the other coordinates are, ``(n, hyperparameters)``.
            own: Which coordinates are drawn.
        """
        centres = np.tile(self._dependent.usual, (len(points), 1))
        found = np.where(own, self._deviating(drawn, centres), points)
        for place in self._dependent.advised:
            centres[:, place] = self._dependent.recommended_of(place, found)
            found = np.where(own, self._deviating(drawn, centres), points)
        return found

    def _deviating(self, drawn: Deviations, centres: np.ndarray) -> np.ndarray:
        choice = np.where(drawn.kept, centres, drawn.anywhere)
        return np.where(self._choices > 0, choice, _reflected(centres + drawn.moves))

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
