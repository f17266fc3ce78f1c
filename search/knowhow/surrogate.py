"""What all trials say, whole and partial, of how good a configuration is when it is trained whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.stats import norm, rankdata

from .coordinates import Coordinates
from .gaussian_process import Basis, GaussianProcess, Values, fit_kernel

MOST_VALUES, MOST_FITTED = 200, 100
"""That the process, and the fit of its kernel, are given: their cost grows with the cube."""
BUMP = 0.5
"""Mean and deviation of what nearness to a recommended value adds, in deviations of the ranks."""
CENTRE, CENTRE_WIDTH, CENTRE_MEAN, CENTRE_DEVIATION = 0.5, 0.3, 0.25, 1.0
"""The ends of ranges are rarely best: a bump in the middle of each range, its width, and mean and deviation of its weight."""


@dataclass(frozen=True)
class Observed:
    """One trial as the model sees it."""

    number: int
    point: np.ndarray
    """Of the unit cube, one coordinate a hyperparameter."""
    values: tuple[tuple[float, float], ...]
    """Fidelity in (0, 1] and value, higher is better; minus infinity for a failure."""

    @property
    def complete(self) -> bool:
        """Whether it was trained whole."""
        return bool(self.values) and self.values[-1][0] == 1.0


class Surrogate:
    """The model given some trials. Values count by their ranks: of no metric is the scale known, and failures are common."""

    def __init__(
        self,
        trials: Sequence[Observed],
        coordinates: Coordinates,
        trust: float,
        kernel: np.ndarray | None,
        running: Sequence[Observed] = (),
    ) -> None:
        """Fit the model.

        Args:
            trials: At least one, each with a value.
            coordinates: Of the space.
            trust: In the recommended values, from 0 to 1: the weight of the bumps around them.
            kernel: What ``kernel`` was at an earlier fit, to be used as it is; None to fit it anew.
            running: Trials under way: each is believed to end as the others say it will, so that no other worker begins
                the same (Ginsbourger et al. 2010).
        """
        self._coordinates = coordinates
        values, basis = self._data(trials, trust)
        order = _most_telling(values, MOST_VALUES)
        values, basis = values.pick(order), basis.pick(order)
        if kernel is None:
            order = _most_telling(values, MOST_FITTED)
            kernel = fit_kernel(values.pick(order), basis.pick(order))
        self.kernel = kernel
        self._known = set(values.trial.tolist())
        self._process = GaussianProcess(kernel, values, basis)
        self._trials = trials
        if running:
            _ = self.incumbent  # before anything is believed
            self._believe(running, values, basis)

    @cached_property
    def incumbent(self) -> float:
        """The best mean of a trial that was trained whole; of any where none was."""
        whole = [trial for trial in self._trials if trial.complete]
        return float(self.of_trials(whole or self._trials)[0].max())

    def _data(self, trials: Sequence[Observed], trust: float) -> tuple[Values, Basis]:
        rows = [(place, *value) for place, trial in enumerate(trials) for value in trial.values]
        places = np.array([row[0] for row in rows])
        ranks = rankdata([row[2] for row in rows])
        points = np.array([trial.point for trial in trials])
        values = Values(
            self._coordinates.features(points)[places],
            self._coordinates.groups,
            np.array([row[1] for row in rows]),
            np.array([trials[place].number for place in places]),
            norm.ppf((ranks - 0.5) / len(ranks)),
        )
        weights = np.repeat([BUMP * trust, CENTRE_MEAN], points.shape[1])
        deviations = np.repeat([BUMP * trust, CENTRE_DEVIATION], points.shape[1])
        return values, Basis(self._basis_values(points)[places], weights, deviations)

    def _believe(self, running: Sequence[Observed], values: Values, basis: Basis) -> None:
        points = np.array([trial.point for trial in running])
        numbers = np.array([trial.number for trial in running])
        means, _ = self.of_trials(running)
        joined = Values(
            np.concatenate([values.points, self._coordinates.features(points)]),
            values.groups,
            np.concatenate([values.fidelity, np.ones(len(running))]),
            np.concatenate([values.trial, numbers]),
            np.concatenate([values.y, means]),
        )
        both = np.concatenate([basis.values, self._basis_values(points)])
        self._process = GaussianProcess(self.kernel, joined, Basis(both, basis.weights, basis.deviations))

    def of_trials(self, trials: Sequence[Observed]) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and deviation of trials, were they trained whole."""
        points = np.array([trial.point for trial in trials])
        known = [trial.number if trial.number in self._known else -1 for trial in trials]
        return self._predict(points, np.array(known))

    def expected_improvement(self, points: np.ndarray) -> np.ndarray:
        """Return by how much new trials are expected to beat the incumbent (Jones et al. 1998), but for their luck."""
        mean, deviation = self._predict(points, np.full(len(points), -1), own=False)
        off = (mean - self.incumbent) / deviation
        improvement: np.ndarray = deviation * (off * norm.cdf(off) + norm.pdf(off))
        return improvement

    def _predict(
        self, points: np.ndarray, known: np.ndarray, *, own: bool = True
    ) -> tuple[np.ndarray, np.ndarray]:
        features = self._coordinates.features(points)
        return self._process.predict(features, known, self._basis_values(points), own=own)

    def _basis_values(self, points: np.ndarray) -> np.ndarray:
        centre = np.exp(-0.5 * ((points - CENTRE) / CENTRE_WIDTH) ** 2)
        return np.concatenate([self._coordinates.bumps(points), centre], axis=1)


def _most_telling(values: Values, most: int) -> np.ndarray:
    """Return the places of as many values as a model takes: the half that was trained furthest and is best, and others evenly."""
    count = len(values.y)
    if count <= most:
        return np.arange(count)
    ranked = np.lexsort((-values.y, -values.fidelity))
    half = most // 2
    rest = np.sort(ranked[half:])
    evenly = rest[np.linspace(0, len(rest) - 1, most - half).astype(int)]
    return np.sort(np.concatenate([ranked[:half], evenly]))
