"""The Optuna sampler of a study, which suggests what a proposer leaves open.

It is made afresh for every value from the sweep's seed, the trial's number and the hyperparameter's name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial, TrialState


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
