"""What all trials say, whole and partial, of how good a configuration is when it is trained whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm, rankdata

from .coordinates import Coordinates
from .gaussian_process import Basis, GaussianProcess, Values, fit_kernel

MOST_VALUES = 240
"""That the process is given, whose cost grows with the cube: those of the best trials, and of the rest at random."""
BUMP = 0.5
"""Mean and deviation of what nearness to a recommended value adds, in deviations of the ranks."""
CENTRE, CENTRE_WIDTH, CENTRE_MEAN, CENTRE_SCALE = 0.5, 0.3, 0.25, 2.0
"""The ends of ranges are rarely best: a bump in the middle of each range, its width, weight and scale."""


@dataclass(frozen=True)
class Observed:
    """One trial as the model sees it."""

    number: int
    point: np.ndarray
    """Of the unit cube, one coordinate a hyperparameter."""
    values: tuple[tuple[float, float], ...]
    """Fidelity in (0, 1] and value, higher is better; minus infinity for a failure."""

    @property
    def whole(self) -> bool:
        """Whether it was trained whole."""
        return bool(self.values) and self.values[-1][0] == 1.0


class Surrogate:
    """The model given some trials. Values count by their ranks: of no metric is the scale known, and failures are common."""

    def __init__(
        self, trials: Sequence[Observed], coordinates: Coordinates, trust: float, kernel: np.ndarray | None
    ) -> None:
        """Fit the model.

        Args:
            trials: At least one, each with a value.
            coordinates: Of the space.
            trust: In the recommended values, from 0 to 1: the weight of the bumps around them.
            kernel: What ``kernel`` was at an earlier fit, to be used as it is; None to fit it anew.
        """
        self._coordinates = coordinates
        trials = _most_telling(trials)
        rows = [(place, *value) for place, trial in enumerate(trials) for value in trial.values]
        places = np.array([row[0] for row in rows])
        ranks = rankdata([row[2] for row in rows])
        points = np.array([trial.point for trial in trials])
        self._weights = self._mean_weights(trust, points.shape[1])
        basis = self._basis_values(points)
        values = Values(
            coordinates.features(points)[places],
            np.array([row[1] for row in rows]),
            np.array([trials[place].number for place in places]),
            norm.ppf((ranks - 0.5) / len(ranks)),
        )
        self._basis = Basis(basis[places], self._weights, BUMP)
        self.kernel = fit_kernel(values, self._basis) if kernel is None else kernel
        self._process = GaussianProcess(self.kernel, values, self._basis)
        self._known = set(values.trial.tolist())
        means, _ = self.of_trials(trials)
        whole = [mean for mean, trial in zip(means, trials, strict=True) if trial.whole]
        self.incumbent = max(whole) if whole else float(means.max())
        """The best mean of a trial that was trained whole; of any where none was."""

    def of_trials(self, trials: Sequence[Observed]) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and deviation of trials, were they trained whole."""
        points = np.array([trial.point for trial in trials])
        known = [trial.number if trial.number in self._known else -1 for trial in trials]
        return self._predict(points, np.array(known))

    def of_points(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and deviation of new trials at points of the unit cube."""
        return self._predict(points, np.full(len(points), -1))

    def expected_improvement(self, points: np.ndarray) -> np.ndarray:
        """Return by how much new trials are expected to beat the incumbent (Jones et al. 1998)."""
        mean, deviation = self.of_points(points)
        off = (mean - self.incumbent) / deviation
        improvement: np.ndarray = deviation * (off * norm.cdf(off) + norm.pdf(off))
        return improvement

    def _predict(self, points: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        features = self._coordinates.features(points)
        return self._process.predict(features, known, self._basis_values(points))

    def _basis_values(self, points: np.ndarray) -> np.ndarray:
        centre = CENTRE_SCALE * np.exp(-0.5 * ((points - CENTRE) / CENTRE_WIDTH) ** 2)
        return np.concatenate([self._coordinates.bumps(points), centre], axis=1)

    @staticmethod
    def _mean_weights(trust: float, hyperparameters: int) -> np.ndarray:
        return np.repeat([BUMP * trust, CENTRE_MEAN], hyperparameters)


def _most_telling(trials: Sequence[Observed]) -> list[Observed]:
    """Return as many trials as the model can take: the best half of its room, and of the others every so many."""
    if sum(len(trial.values) for trial in trials) <= MOST_VALUES:
        return list(trials)
    ranked = sorted(trials, key=lambda trial: (-trial.values[-1][0], -trial.values[-1][1], trial.number))
    chosen: list[Observed] = []
    room = MOST_VALUES // 2
    while ranked and room >= len(ranked[0].values):
        room -= len(ranked[0].values)
        chosen.append(ranked.pop(0))
    rest = sorted(ranked, key=lambda trial: trial.number)
    step = max(1, -(-sum(len(trial.values) for trial in rest) // (MOST_VALUES // 2)))
    return sorted([*chosen, *rest[::step]], key=lambda trial: trial.number)
