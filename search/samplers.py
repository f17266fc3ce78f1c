"""The Optuna sampler of a study, which suggests what a proposer leaves open.

It is made afresh for every value from the sweep's seed, the trial's number and the hyperparameter's name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from copy import copy
from importlib.util import find_spec
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from ..errors import SpecError
from .schedulers.contract import is_infeasible

POPULATION = 20
"""Trials of a generation of NSGA-II; Optuna's 50 are more than most sweeps train."""


def make_sampler(seed: int, method: str = "bayes") -> BaseSampler:
    """Return the sampler of a study, stateless.

    Args:
        seed: Of the sweep.
        method: ``gp`` for Optuna's Gaussian process, ``cmaes`` for its CMA-ES, ``nsga2``; its tree-structured Parzen estimator for any
            other, most of which propose by themselves.
    """
    return StatelessSampler(_MAKERS.get(method, _parzen), seed)


def refuse_missing(method: str) -> None:
    """Refuse a search whose packages are not installed.

    Raises:
        SpecError: with the command that installs them.
    """
    if method == "gp" and find_spec("torch") is None:
        raise SpecError("--search gp needs PyTorch, which is not installed: pip install 'kerasweep[gp]'.")


def _parzen(seed: int) -> BaseSampler:
    return optuna.samplers.TPESampler(seed=seed)


def _gaussian_process(seed: int) -> BaseSampler:
    return optuna.samplers.GPSampler(
        seed=seed, independent_sampler=_parzen(seed), warn_independent_sampling=False
    )


class ConstrainedEvolution(optuna.samplers.CmaEsSampler):
    """CMA-ES to which a trial that breaks a constraint is worse than any that keeps all, the worse the more it breaks.

    Optuna's takes no notice of constraints. Only the order of values counts in CMA-ES.
    """

    def _get_trials(self, study: optuna.Study) -> list[FrozenTrial]:
        """Return what it learns from, among it what was not trained for its constraints."""
        sign = -1.0 if study.direction == StudyDirection.MAXIMIZE else 1.0
        feasible = [trial for trial in super()._get_trials(study) if not is_infeasible(trial)]
        worst = max((sign * trial.values[0] for trial in feasible), default=0.0)
        judged = list(feasible)
        for trial in study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED)):
            if is_infeasible(trial):
                told = copy(trial)
                told.state = TrialState.COMPLETE
                told.values = [
                    sign * (worst + sum(max(0.0, excess) for excess in trial.constraints.values()))
                ]
                judged.append(told)
        return sorted(judged, key=lambda trial: trial.number)

    def after_trial(
        self, study: optuna.Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None
    ) -> None:
        """Say nothing, where Optuna's warns of constraints."""


def _evolution(seed: int) -> BaseSampler:
    """Return CMA-ES for the numbers that all trials have; what it cannot take is left to the Parzen estimator."""
    return ConstrainedEvolution(seed=seed, independent_sampler=_parzen(seed), warn_independent_sampling=False)


def _genetic(seed: int) -> BaseSampler:
    """Return NSGA-II (Deb et al. 2002), which breeds configurations of the trials that lie nearest to the front."""
    return optuna.samplers.NSGAIISampler(seed=seed, population_size=POPULATION)


_MAKERS: dict[str, Callable[[int], BaseSampler]] = {
    "gp": _gaussian_process,
    "cmaes": _evolution,
    "nsga2": _genetic,
}


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
