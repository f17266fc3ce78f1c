"""What all trials say, whole and partial, of how good a configuration is when it is trained whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import numpy as np
from scipy.special import ndtr, ndtri
from scipy.stats import rankdata

from .coordinates import Coordinates
from .gaussian_process import Basis, GaussianProcess, Values, fit_kernel

MOST_VALUES, MOST_FITTED = 200, 100
"""That the process, and the fit of its kernel, are given: their cost grows with the cube."""
BUMP = 0.5
"""Mean and deviation of what nearness to a recommended value adds, in deviations of the ranks."""
CENTRE, CENTRE_WIDTH, CENTRE_MEAN, CENTRE_DEVIATION = 0.5, 0.3, 0.25, 1.0
"""The ends of ranges are rarely best: a bump in the middle of each range, its width, and mean and deviation of its weight."""


@dataclass(frozen=True, eq=False)
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

    @cached_property
    def best(self) -> float:
        """The best of its values."""
        return max(value for _, value in self.values)


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
        if kernel is None:
            order = _most_telling(values.y, values.fidelity, MOST_FITTED)
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
        return float(self.means_of(whole or self._trials).max())

    def _data(self, trials: Sequence[Observed], trust: float) -> tuple[Values, Basis]:
        """Return the most telling values, and the basis at their points."""
        fidelity, scores = np.array(list(chain.from_iterable(trial.values for trial in trials))).T
        y = ndtri((rankdata(scores) - 0.5) / len(scores))
        order = _most_telling(y, fidelity, MOST_VALUES)
        places = np.repeat(np.arange(len(trials)), [len(trial.values) for trial in trials])
        told = [trials[place] for place in places[order].tolist()]
        points = np.array([trial.point for trial in told])
        features, basis_values = self._described(points)
        values = Values(
            features,
            self._coordinates.groups,
            fidelity[order],
            np.array([trial.number for trial in told]),
            y[order],
        )
        weights = np.repeat([BUMP * trust, CENTRE_MEAN], points.shape[1])
        deviations = np.repeat([BUMP * trust, CENTRE_DEVIATION], points.shape[1])
        return values, Basis(basis_values, weights, deviations)

    def _believe(self, running: Sequence[Observed], values: Values, basis: Basis) -> None:
        points = np.array([trial.point for trial in running])
        numbers = np.array([trial.number for trial in running])
        means = self.means_of(running)
        features, basis_values = self._described(points)
        joined = Values(
            np.concatenate([values.points, features]),
            values.groups,
            np.concatenate([values.fidelity, np.ones(len(running))]),
            np.concatenate([values.trial, numbers]),
            np.concatenate([values.y, means]),
        )
        both = np.concatenate([basis.values, basis_values])
        self._process = GaussianProcess(self.kernel, joined, Basis(both, basis.weights, basis.deviations))

    def of_trials(self, trials: Sequence[Observed]) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and deviation of trials, were they trained whole."""
        return self._process.predict(*self._asked(*self._of(trials)))

    def means_of(self, trials: Sequence[Observed]) -> np.ndarray:
        """Return the mean alone of trials, were they trained whole."""
        return self._process.mean(*self._asked(*self._of(trials)))

    def expected_improvement(self, points: np.ndarray) -> np.ndarray:
        """Return by how much new trials are expected to beat the incumbent (Jones et al. 1998), but for their luck."""
        unknown = np.full(len(points), -1)
        mean, deviation = self._process.predict(*self._asked(points, unknown), own=False)
        off = (mean - self.incumbent) / deviation
        density = np.exp(-(off**2) / 2.0) / np.sqrt(2.0 * np.pi)
        improvement: np.ndarray = deviation * (off * ndtr(off) + density)
        return improvement

    def _of(self, trials: Sequence[Observed]) -> tuple[np.ndarray, np.ndarray]:
        """Return the points of trials, and the number of each; -1 where it has no value that the process was given."""
        known = [trial.number if trial.number in self._known else -1 for trial in trials]
        return np.array([trial.point for trial in trials]), np.array(known)

    def _asked(self, points: np.ndarray, trial: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return what the process is asked about points of the unit cube."""
        features, basis_values = self._described(points)
        return features, trial, basis_values

    def _described(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return what the kernel compares of points of the unit cube, and the basis functions there."""
        features, bumps = self._coordinates.features_and_bumps(points)
        centre = np.exp(-0.5 * ((points - CENTRE) / CENTRE_WIDTH) ** 2)
        return features, np.concatenate([bumps, centre], axis=1)


def _most_telling(y: np.ndarray, fidelity: np.ndarray, most: int) -> np.ndarray:
    """Return the places of as many values as a model takes: the half that was trained furthest and is best, and others evenly."""
    count = len(y)
    if count <= most:
        return np.arange(count)
    ranked = np.lexsort((-y, -fidelity))
    half = most // 2
    rest = np.sort(ranked[half:])
    evenly = rest[np.linspace(0, len(rest) - 1, most - half).astype(int)]
    return np.sort(np.concatenate([ranked[:half], evenly]))
