"""Translates between ``Space`` and Optuna's distributions. Imports Optuna only to make one of its objects.

Names, ranges and choices go both ways. What one side cannot express is expressed as well as it can:

- A stepped ``FloatDistribution`` is a list of values here, and comes back as a ``CategoricalDistribution``.
- A choice that is a tuple is its text, which Optuna's tables and plots hold, and comes back from it.
- A range of one value is a constant, and comes back as one choice.
- Conditions and know-how (recommended value, confidence, grid, meaning) stay here: Optuna asks in code.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..errors import SpaceError
from .hyperparameters import Hyperparameter
from .keras_tuner import MOST_CHOICES
from .kinds import Categorical, Float, Int
from .space import Space
from .values import restored, stored

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution


def space_to_optuna(space: Space) -> dict[str, BaseDistribution]:
    """Return the distributions of a space by name, for ``study.ask`` or ``create_trial``: those that a sweep stores."""
    return {one.name: distribution_of(one) for one in space}


def distribution_of(hyperparameter: Hyperparameter) -> BaseDistribution:
    """Return the distribution that a study holds a hyperparameter with."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if isinstance(hyperparameter, Float):
        return FloatDistribution(hyperparameter.low, hyperparameter.high, log=hyperparameter.log)
    if isinstance(hyperparameter, Int):
        low, step = hyperparameter.low, hyperparameter.step
        top = hyperparameter.high - (hyperparameter.high - low) % step
        return IntDistribution(low, top, step=step, log=hyperparameter.log)
    return CategoricalDistribution(tuple(map(stored, hyperparameter.values())))


def space_from_optuna(distributions: Mapping[str, BaseDistribution]) -> Space:
    """Return the space of Optuna's distributions by name, as ``trial.distributions`` holds them.

    Raises:
        SpaceError: A distribution has no counterpart.
    """
    return Space(tuple(hyperparameter_from_optuna(name, one) for name, one in distributions.items()))


def hyperparameter_from_optuna(name: str, distribution: Any) -> Hyperparameter:
    """Return one of Optuna's distributions as a hyperparameter.

    Raises:
        SpaceError: It has no counterpart, or its step makes a list of too many values.
    """
    kind = type(distribution).__name__
    if kind == "CategoricalDistribution":
        return Categorical(name, tuple(map(restored, distribution.choices)))
    if kind not in ("FloatDistribution", "IntDistribution"):
        raise SpaceError(f"{name}: Optuna's {kind} has no counterpart.")
    low, high, step = distribution.low, distribution.high, distribution.step
    if low == high:
        return Categorical(name, (low,))
    if kind == "IntDistribution":
        return Int(name, low, high, log=distribution.log, step=1 if distribution.log else step)
    if step is None:
        return Float(name, low, high, log=distribution.log)
    count = round((high - low) / step) + 1
    if count > MOST_CHOICES:
        raise SpaceError(f"{name}: the step {step} makes more than {MOST_CHOICES} values; leave it out.")
    return Categorical(name, tuple(float(f"{low + position * step:.12g}") for position in range(count)))
