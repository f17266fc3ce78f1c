"""Samplers: which configuration comes next.

A proposer looks at the trials so far and changes nothing, so that a resumed sweep goes on as if it had never
stopped. What it does not propose, the study's Optuna sampler suggests, made afresh for every value from the sweep's
seed, the trial's number and the hyperparameter's name.
"""

from __future__ import annotations

import hashlib
import itertools
import math
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial, TrialState

from ..errors import KerasweepError
from ..spaces import Configuration, Space, configuration_key
from ..studies import Direction

_DRAWS = 1000
"""Draws at random before a finite space is enumerated to find a configuration that has not been tried."""
_ENUMERABLE = 100_000


class SpaceExhausted(KerasweepError):  # noqa: N818 - an end, not an error
    """Every configuration has been tried."""


class NothingYet(KerasweepError):  # noqa: N818 - a state, not a fault
    """What comes next depends on trials that run."""


@dataclass(frozen=True)
class Asked:
    """What a proposer is asked for, and all that it may look at."""

    number: int
    """Of the new trial."""
    seen: Collection[str]
    """Keys of the configurations of all trials so far."""
    trials: Sequence[FrozenTrial] = ()
    """All trials so far, with their states and values, for a proposer that learns from them."""
    stuck: bool = False
    """Whether the study's sampler keeps suggesting configurations that were tried before."""


class Proposer(Protocol):
    """Chooses configurations by itself or leaves them to the study's Optuna sampler."""

    def propose(self, asked: Asked) -> Configuration | None:
        """Return the configuration of a new trial, or None to have the study's sampler suggest it.

        Raises:
            SpaceExhausted: No configuration is left.
            NothingYet: What comes next depends on trials that run.
        """
        ...


class Grid:
    """Every combination of the grid values once, in order."""

    def __init__(self, space: Space) -> None:
        self._left = space.grid()

    def propose(self, asked: Asked) -> Configuration | None:
        """Return the next combination that no trial has."""
        for configuration in self._left:
            if configuration_key(configuration) not in asked.seen:
                return configuration
        raise SpaceExhausted("every configuration of the grid has been tried")


class Random:
    """The recommended configuration, then uniform draws without repetition."""

    def __init__(self, space: Space, seed: int) -> None:
        self._space = space
        self._seed = seed

    def propose(self, asked: Asked) -> Configuration | None:
        """Return a configuration that no trial has."""
        generator = np.random.default_rng([self._seed, asked.number])
        draws = (self._space.sample(generator) for _ in range(_DRAWS))
        return _first_unseen(asked, draws, self._space)


class QuasiRandom:
    """The recommended configuration, then a scrambled Sobol sequence, which covers a space more evenly than chance.

    Source: Bergstra and Bengio 2012, Random Search for Hyper-Parameter Optimization, section 5; ``scipy.stats.qmc``.
    """

    def __init__(self, space: Space, seed: int) -> None:
        self._space = space
        self._seed = seed

    def propose(self, asked: Asked) -> Configuration | None:
        """Return the sequence's point of this number, or a point after it that no trial has."""
        from scipy.stats import qmc

        sequence = qmc.Sobol(len(self._space), scramble=True, rng=self._seed)
        if asked.number:  # SciPy cannot go forward by nothing
            sequence.fast_forward(asked.number)
        points = (self._space.from_unit(sequence.random(1)[0].tolist()) for _ in range(_DRAWS))
        return _first_unseen(asked, points, self._space)


class Bayes:
    """The recommended configuration, then what the study's sampler learns from the trials so far."""

    def __init__(self, space: Space, seed: int) -> None:
        self._chance = Random(space, seed)

    def propose(self, asked: Asked) -> Configuration | None:
        """Leave all but the first configuration to the sampler; where it is stuck, take one by chance."""
        if asked.number == 0 or asked.stuck:
            return self._chance.propose(asked)
        return None


def make_proposer(
    method: str, space: Space, seed: int, *, direction: Direction = "maximize", epochs: int = 1
) -> Proposer:
    """Return the proposer of a search method.

    Args:
        method: ``grid``, ``random``, ``qmc`` or ``bayes``; ``kt-`` begins KerasTuner's.
        space: What is searched.
        seed: Of the sweep.
        direction: Which way the objective is better; read by KerasTuner's.
        epochs: The most that a trial may train; read by KerasTuner's Hyperband.
    """
    if method.startswith("kt-"):
        from .oracles import make_oracle

        return make_oracle(method, space, seed, direction, epochs)
    if method == "grid":
        return Grid(space)
    makers: dict[str, Callable[[Space, int], Proposer]] = {
        "random": Random,
        "qmc": QuasiRandom,
        "bayes": Bayes,
    }
    return makers[method](space, seed)


def make_sampler(seed: int) -> BaseSampler:
    """Return the sampler of a ``bayes`` study: Optuna's tree-structured Parzen estimator, stateless."""
    return StatelessSampler(lambda number: optuna.samplers.TPESampler(seed=number), seed)


class StatelessSampler(BaseSampler):
    """Any Optuna sampler, without state of its own: every call gets a fresh one, seeded by what is asked.

    A sampler's generator would else remember what was asked before a kill, and a resumed sweep would differ.
    """

    def __init__(self, make: Callable[[int], BaseSampler], seed: int) -> None:
        self._make = make
        self._seed = seed

    def infer_relative_search_space(
        self, study: optuna.Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """Return what the sampler samples together."""
        return self._sampler(trial, "").infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Return values that are sampled together."""
        return self._sampler(trial, "").sample_relative(study, trial, search_space)

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Return one value."""
        sampler = self._sampler(trial, param_name)
        return sampler.sample_independent(study, trial, param_name, param_distribution)

    def after_trial(
        self, study: optuna.Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None
    ) -> None:
        """Let the sampler note the end of a trial in the study."""
        self._sampler(trial, "").after_trial(study, trial, state, values)

    def _sampler(self, trial: FrozenTrial, name: str) -> BaseSampler:
        text = f"{self._seed}/{trial.number}/{name}".encode()
        return self._make(int.from_bytes(hashlib.blake2b(text, digest_size=4).digest(), "big"))


def _first_unseen(asked: Asked, draws: Iterator[Configuration], space: Space) -> Configuration:
    """Return a configuration that no trial has: for trial 0 the recommended one, else a draw, else any that is left."""
    first = [space.recommended()] if asked.number == 0 else []
    everything = space.configurations() if space.cardinality <= _ENUMERABLE else iter(())
    for configuration in itertools.chain(first, draws, everything):
        if configuration_key(configuration) not in asked.seen:
            return configuration
    raise SpaceExhausted("every configuration of the space has been tried")


def trials_at_most(method: str, space: Space) -> float:
    """Return how many different configurations a search can try; ``math.inf`` for a continuous space."""
    if method == "grid":
        return sum(1 for _ in space.grid())
    return sum(1 for _ in space.configurations()) if space.cardinality <= _ENUMERABLE else math.inf
