"""Where new configurations come from: around the recommended values, near the best trials, from anywhere, or all that are left."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Container, Iterable, Iterator, Sequence

import numpy as np

from ...spaces import Configuration, Space, configuration_key
from .coordinates import Coordinates
from .surrogate import Observed

SHARES = {"prior": 0.25, "near": 0.25, "uniform": 0.5}
"""Of candidates; that of the prior is weighted by the trust in it."""
BEST = 3
"""Trials whose neighbours are drawn."""
COUNT, REFINED, WIDTHS = 300, 100, (0.1, 0.03)
"""Points that the model is asked about, then points near to the best five of them, within these deviations."""
DRAWS = 20
"""Before a source is given up that keeps drawing what there has been."""
LISTED = 2_000
"""Configurations of a finite space of which the model is asked about all."""

Gain = Callable[[np.ndarray], np.ndarray]
"""What the model expects of points of the unit cube, ``(n, hyperparameters)``, one number each."""


class Candidates:
    """The configurations that a trial may begin with."""

    def __init__(
        self, space: Space, coordinates: Coordinates, among: Iterable[Configuration] | None = None
    ) -> None:
        """Take a space, and the only configurations there are, if not every one of the space is."""
        self._coordinates = coordinates
        if among is None and space.cardinality <= LISTED:
            among = space.configurations()
        self._listed = None if among is None else tuple(among)
        if self._listed is not None:
            self._keys = [configuration_key(one) for one in self._listed]
            self._points = np.array([coordinates.unit(one) for one in self._listed])

    def draw(
        self,
        generator: np.random.Generator,
        trust: float,
        observed: Sequence[Observed],
        seen: Container[str],
        source: str | None = None,
    ) -> tuple[Configuration, str] | None:
        """Return a new configuration and its source; None where that has no new one.

        Args:
            generator: Of what is drawn.
            trust: In the recommended values, from 0 to 1.
            observed: The trials so far.
            seen: Keys of their configurations.
            source: One of ``SHARES``; one of them is drawn where it is None.
        """
        names, shares = self._sources(trust, observed)
        name = source or str(generator.choice(names, p=shares))
        points = self._drawn(name, generator, observed, DRAWS)
        if self._listed is None:
            found = next(self._new(points, seen), None)
            return None if found is None else (found, name)
        left = self._left(seen)
        if not left.size:
            return None
        if name == "uniform":
            return self._listed[generator.choice(left)], name
        distances = np.linalg.norm(self._points[left] - points[0], axis=1)
        return self._listed[left[np.argmin(distances)]], name

    def best(
        self,
        generator: np.random.Generator,
        trust: float,
        observed: Sequence[Observed],
        seen: Container[str],
        gain: Gain,
    ) -> Configuration | None:
        """Return the new configuration of the greatest gain; None where none is new. Arguments as those of ``draw``."""
        if self._listed is not None:
            left = self._left(seen)
            return self._listed[left[np.argmax(gain(self._points[left]))]] if left.size else None
        points = self._mixed(generator, trust, observed)
        gains = gain(points)
        for width in WIDTHS:
            best = points[np.argsort(-gains, kind="stable")[:5]]
            near = self._coordinates.refine(generator, np.repeat(best, REFINED // 5, axis=0), width, 0.4)
            points, gains = np.concatenate([points, near]), np.concatenate([gains, gain(near)])
        return next(self._new(points[np.argsort(-gains, kind="stable")[:50]], seen), None)

    def _left(self, seen: Container[str]) -> np.ndarray:
        return np.array([place for place, key in enumerate(self._keys) if key not in seen], dtype=int)

    def _new(self, points: np.ndarray, seen: Container[str]) -> Iterator[Configuration]:
        found = (self._coordinates.configuration(point) for point in points)
        return (one for one in found if configuration_key(one) not in seen)

    def _mixed(
        self, generator: np.random.Generator, trust: float, observed: Sequence[Observed]
    ) -> np.ndarray:
        """Return points, each coordinate from one of the sources, of which every point has shares of its own.

        What comes from the prior lies around what is recommended for the rest of its point, wherever that comes from.
        """
        names, shares = self._sources(trust, observed)
        deviations = self._coordinates.draw_deviations(generator, COUNT)
        drawn = np.array(
            [
                deviations.moves if name == "prior" else self._drawn(name, generator, observed, COUNT)
                for name in names
            ]
        )
        own = generator.dirichlet(shares * len(names), COUNT)
        chance = generator.random(drawn.shape[1:])
        source = (chance[:, :, None] > np.cumsum(own, axis=1)[:, None, :]).sum(2).clip(0, len(names) - 1)
        mixed = np.take_along_axis(drawn, source[None], axis=0)[0]
        return self._coordinates.around(deviations, mixed, source == names.index("prior"))

    def _drawn(
        self, name: str, generator: np.random.Generator, observed: Sequence[Observed], count: int
    ) -> np.ndarray:
        if name == "prior":
            return self._coordinates.draw_prior(generator, count)
        if name == "uniform":
            return self._coordinates.draw_uniform(generator, count)
        best = heapq.nsmallest(BEST, observed, key=lambda trial: (-trial.best, trial.number))
        centers = np.array([trial.point for trial in best])
        return self._coordinates.draw_near(generator, centers[generator.integers(len(centers), size=count)])

    def _sources(self, trust: float, observed: Sequence[Observed]) -> tuple[list[str], np.ndarray]:
        """Return the sources, and how much comes from each."""
        shares = {**SHARES, "prior": SHARES["prior"] * trust}
        if len(observed) < BEST:
            del shares["near"]
        weights = np.array(list(shares.values()))
        return list(shares), weights / weights.sum()
