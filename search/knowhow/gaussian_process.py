"""A Gaussian process over configurations and how far they were trained, for tens to a few hundred values.

The covariance of two values at points x, x' with fidelities t, t' of trials i, i' is

    T (c + a M) + b M T' + [i = i'] o T + [same value] n + B,

with the Matern 5/2 kernel M over points with a length for each hyperparameter, T = T' = exp(-|t - t'| / 0.5) over fidelities,
a term o of each trial's own (what its point does not tell), noise n, and the linear term B of basis functions, whose
weights have a mean and a deviation. Lengths and variances are fitted by their posterior mode under log-normal priors.
Sources: Rasmussen and Williams 2006, chapters 2.7 and 5.4; freeze-thaw, Swersky, Snoek and Adams 2014.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec, TypeVar

import numpy as np
from scipy.linalg import cho_solve, solve_triangular
from scipy.optimize import minimize
from threadpoolctl import ThreadpoolController

FIDELITY_LENGTH = 0.5
"""Of the logarithm of the cost as a share of that of a whole training."""
MOST_STEPS = 25
"""Of the fit of lengths and variances."""
JITTER = 1e-6
BLOCK = 64
"""Points whose mean is computed at once: what is in between stays in the processor's cache."""
P = ParamSpec("P")
R = TypeVar("R")
_LIBRARIES = ThreadpoolController()
"""Of linear algebra, which NumPy and SciPy have loaded by now."""


def _on_one_thread(function: Callable[P, R]) -> Callable[P, R]:
    """Have a function compute on one thread.

    Several wait for each other over matrices of this size, above all where workers take the cores; and they add in another
    order, so that a search would depend on how many there are.
    """

    @wraps(function)
    def limited(*positional: P.args, **named: P.kwargs) -> R:
        with _LIBRARIES.limit(limits=1, user_api="blas"):
            return function(*positional, **named)

    return limited


@dataclass(frozen=True)
class Values:
    """What was observed."""

    points: np.ndarray
    """float64, ``(values, coordinates)``."""
    groups: np.ndarray
    """int64, ``(coordinates,)``: those of a group share a length; they are counted from 0."""
    fidelity: np.ndarray
    """float64, ``(values,)``, in (0, 1]: 1 is a whole training."""
    trial: np.ndarray
    """int64, ``(values,)``: which trial each is of."""
    y: np.ndarray
    """float64, ``(values,)``: of about zero mean and unit variance; higher is better."""

    def pick(self, places: np.ndarray) -> Values:
        """Return some of them."""
        return Values(
            self.points[places], self.groups, self.fidelity[places], self.trial[places], self.y[places]
        )


@dataclass(frozen=True)
class Basis:
    """Basis functions, each with the mean of its weight and the deviation from it."""

    values: np.ndarray
    """float64, ``(values, functions)``."""
    weights: np.ndarray
    """float64, ``(functions,)``."""
    deviations: np.ndarray
    """float64, ``(functions,)``."""

    def covariance(self, others: np.ndarray) -> np.ndarray:
        """Return what the weights contribute to the covariance with values at other points, ``(others, values)``."""
        return np.asarray((others * self.deviations**2) @ self.values.T)

    def pick(self, places: np.ndarray) -> Basis:
        """Return those of some values."""
        return Basis(self.values[places], self.weights, self.deviations)


@_on_one_thread
def fit_kernel(values: Values, basis: Basis) -> np.ndarray:
    """Return the logarithms of the kernel's lengths and variances: a length for each group, then a, b, o and n.

    Args:
        values: What was observed.
        basis: At its points.
    """
    count, width = len(values.y), int(values.groups.max()) + 1
    squares = np.zeros((count * count, width))
    for column, group in enumerate(values.groups):
        of_column = values.points[:, column]
        squares[:, group] += ((of_column[:, None] - of_column[None]) ** 2).ravel()
    over_fidelity = np.exp(-np.abs(values.fidelity[:, None] - values.fidelity[None]) / FIDELITY_LENGTH)
    own = (values.trial[:, None] == values.trial[None]) * over_fidelity
    fixed = over_fidelity + basis.covariance(basis.values)
    y, eye = values.y - basis.values @ basis.weights, np.eye(count)
    mean, deviation = _prior(width)

    def loss(logs: np.ndarray) -> tuple[float, np.ndarray]:
        scales = np.exp(logs)
        shrink = scales[:width] ** -2
        apart = np.maximum((squares @ shrink).reshape(count, count), 0.0)
        matern, slope = _matern(apart), _slope(apart)
        point, both, alone, noise = scales[width:]
        weight = point + both * over_fidelity
        covariance = fixed + matern * weight + alone * own + (noise + JITTER) * eye
        try:
            lower = np.linalg.cholesky(covariance)
        except np.linalg.LinAlgError:
            return 1e10, np.zeros_like(logs)
        inverse = cho_solve((lower, True), eye)
        solved = inverse @ y
        off = (logs - mean) / deviation
        value = 0.5 * y @ solved + np.log(np.diag(lower)).sum() + 0.5 * off @ off
        outer = 0.5 * (inverse - np.outer(solved, solved))
        gradient = np.empty_like(logs)
        gradient[:width] = ((outer * weight * slope).reshape(1, -1) @ squares)[0] * shrink
        gradient[width] = (outer * matern).sum() * point
        gradient[width + 1] = (outer * matern * over_fidelity).sum() * both
        gradient[width + 2] = (outer * own).sum() * alone
        gradient[width + 3] = np.trace(outer) * noise
        return float(value), gradient + off / deviation

    found = minimize(
        loss,
        mean,
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": MOST_STEPS},
        bounds=list(zip(mean - 3 * deviation, mean + 3 * deviation, strict=True)),
    )
    return np.asarray(found.x)


class GaussianProcess:
    """The process given what was observed."""

    @_on_one_thread
    def __init__(self, logs: np.ndarray, values: Values, basis: Basis) -> None:
        """Take a kernel that ``fit_kernel`` has found."""
        width = int(values.groups.max()) + 1
        scales = np.exp(logs)
        self._lengths = scales[:width][values.groups]
        self._point, self._both, self._alone, noise = scales[width:]
        self._values, self._basis = values, basis
        self._shrunk = values.points / self._lengths
        covariance = self._covariance(self._shrunk, values.fidelity, values.trial)
        covariance += basis.covariance(basis.values)
        covariance[np.diag_indices_from(covariance)] += noise + JITTER
        self._lower = np.linalg.cholesky(covariance)
        self._solved = cho_solve((self._lower, True), values.y - basis.values @ basis.weights)

    @_on_one_thread
    def mean(self, points: np.ndarray, trial: np.ndarray, basis_values: np.ndarray) -> np.ndarray:
        """Return the mean of whole trainings: the first part of what ``predict`` returns, for a fraction of the work."""
        parts = [slice(begin, begin + BLOCK) for begin in range(0, len(points), BLOCK)]
        asked = ((points[part], trial[part], basis_values[part]) for part in parts)
        return np.concatenate([self._mean(self._covariance_with_whole(*one), one[2]) for one in asked])

    @_on_one_thread
    def predict(
        self, points: np.ndarray, trial: np.ndarray, basis_values: np.ndarray, *, own: bool = True
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the mean and the deviation of whole trainings, without noise.

        Args:
            points: float64, ``(n, coordinates)``.
            trial: int64, ``(n,)``: which trial each is; -1 for none that was observed.
            basis_values: float64, ``(n, functions)``.
            own: Whether what no point tells of a trial counts as doubt.
        """
        covariance = self._covariance_with_whole(points, trial, basis_values)
        explained = solve_triangular(self._lower, covariance.T, lower=True, check_finite=False)
        doubt = 1.0 + self._point + self._both + own * self._alone
        variance = doubt + basis_values**2 @ self._basis.deviations**2 - (explained**2).sum(0)
        return self._mean(covariance, basis_values), np.sqrt(np.maximum(variance, 1e-9))

    def _mean(self, covariance: np.ndarray, basis_values: np.ndarray) -> np.ndarray:
        return np.asarray(covariance @ self._solved + basis_values @ self._basis.weights)

    def _covariance_with_whole(
        self, points: np.ndarray, trial: np.ndarray, basis_values: np.ndarray
    ) -> np.ndarray:
        covariance = self._covariance(points / self._lengths, np.ones(1), trial)
        covariance += self._basis.covariance(basis_values)
        return covariance

    def _covariance(self, shrunk: np.ndarray, fidelity: np.ndarray, trial: np.ndarray) -> np.ndarray:
        """Return the covariance of other values with those that were observed, but for that of the basis.

        Args:
            shrunk: Their points, in lengths.
            fidelity: Of each, or the one that they all have.
            trial: Of each.
        """
        mine = self._values
        squares = (shrunk**2).sum(1)[:, None] + (self._shrunk**2).sum(1)[None]
        squares -= 2 * shrunk @ self._shrunk.T
        over_fidelity = np.exp(-np.abs(fidelity[:, None] - mine.fidelity[None]) / FIDELITY_LENGTH)
        covariance = _matern(np.maximum(squares, 0.0, out=squares))
        covariance *= self._point + self._both * over_fidelity
        same = trial[:, None] == mine.trial[None]
        covariance += np.where(same, over_fidelity * (1.0 + self._alone), over_fidelity)
        return covariance


def _matern(squares: np.ndarray) -> np.ndarray:
    """Return the Matern 5/2 kernel of squared distances."""
    distance = np.sqrt(5.0 * squares)
    kernel = 1.0 + distance
    kernel += 5.0 / 3.0 * squares
    kernel *= np.exp(np.negative(distance, out=distance), out=distance)
    return kernel


def _slope(squares: np.ndarray) -> np.ndarray:
    """Return the kernel's slope with respect to the logarithm of a length, by the square."""
    distance = np.sqrt(5.0 * squares)
    return np.asarray(5.0 / 3.0 * (1.0 + distance) * np.exp(-distance))


def _prior(width: int) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and deviation of the logarithms: lengths grow with the number of coordinates (Hvarfner et al. 2024)."""
    lengths = np.full(width, np.log(0.4 * np.sqrt(width)))
    mean = np.concatenate([lengths, np.log([0.6, 0.2, 1.0, 0.003])])
    return mean, np.concatenate([np.full(width + 3, 0.8), [1.0]])
