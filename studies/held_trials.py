"""The trials of a study that its driver holds in memory, as Optuna's samplers and pruners see them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cached_property

from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.trial import FrozenTrial

from .held_attributes import let_go


class HeldTrials:
    """All trials by id, in order of number; read when first needed, which a refit never does."""

    def __init__(self, read_all: Callable[[], list[FrozenTrial]]) -> None:
        self._read_all = read_all
        self._distributions: dict[str, BaseDistribution] = {}
        self._alike: dict[tuple[str, ...], dict[str, BaseDistribution]] = {}
        """Names -> the distributions that most trials have which have these."""
        self._ids: list[int] = []
        """The ids by number."""
        self._open: set[int] = set()
        """Ids of all trials that have not ended, and of some that have: looked at in place of all, which grow in number."""

    @cached_property
    def _trials(self) -> dict[int, FrozenTrial]:
        trials = self._read_all()
        for trial in trials:
            self._share_distributions(trial)
        self._ids = [trial._trial_id for trial in trials]
        self._open = set(self._ids)
        return dict(zip(self._ids, trials, strict=True))

    def __len__(self) -> int:
        return len(self._trials)

    def __getitem__(self, trial_id: int) -> FrozenTrial:
        if trial_id not in self._trials:
            raise KeyError(f"No trial has the id {trial_id}.")
        return self._trials[trial_id]

    def numbered(self, number: int) -> FrozenTrial:
        """Return the trial of a number."""
        return self._trials[self._ids[number]]

    @property
    def last_id(self) -> int:
        """The highest id; -1 where there is no trial."""
        return next(reversed(self._trials), -1)

    def all(self) -> list[FrozenTrial]:
        """Return all trials."""
        return list(self._trials.values())

    def unfinished(self) -> list[FrozenTrial]:
        """Return the trials that have not ended, in their order."""
        known = self._trials
        found = [
            known[one] for one in sorted(self._open) if one in known and not known[one].state.is_finished()
        ]
        self._open = {trial._trial_id for trial in found}
        return found

    def add(self, trial: FrozenTrial) -> None:
        """Hold a new trial, or one that others have changed."""
        if trial._trial_id not in self._trials:
            self._ids.append(trial._trial_id)
        self._trials[trial._trial_id] = trial
        self._open.add(trial._trial_id)
        self._share_distributions(trial)

    def renew(self, trial_id: int) -> FrozenTrial:
        """Return a trial to be changed: a new copy, because a pruner holds on to trials as they were before."""
        self._trials[trial_id] = copied(self[trial_id])
        return self._trials[trial_id]

    def settle(self, trial: FrozenTrial) -> None:
        """Hold no more of a trial that has ended than a search reads, and once what others have, too."""
        let_go(trial)
        self._share_distributions(trial)

    def forget_after(self, count: int) -> None:
        """Hold no more than so many of the first trials."""
        for trial_id in self._ids[count:]:
            del self._trials[trial_id]
        del self._ids[count:]

    def first_distribution(self, name: str, distribution: BaseDistribution) -> BaseDistribution:
        """Return the distribution that a hyperparameter had first, which is this one where it had none."""
        return self._distributions.setdefault(name, distribution)

    def _share_distributions(self, trial: FrozenTrial) -> None:
        """Learn a trial's distributions, and have trials whose distributions are equal hold the same ones, and the same choices."""
        for name, distribution in trial.distributions.items():
            first = self.first_distribution(name, distribution)
            if first is distribution or first == distribution:
                trial.distributions[name] = first
                if isinstance(first, CategoricalDistribution) and isinstance(trial.params[name], str):
                    trial.params[name] = sys.intern(trial.params[name])
        if trial.state.is_finished():  # and is not changed any more
            same = self._alike.setdefault(tuple(trial.distributions), trial.distributions)
            if same == trial.distributions:
                trial.distributions = same


def copied(trial: FrozenTrial) -> FrozenTrial:
    """Return a copy that can be changed without the other."""
    mine = FrozenTrial.__new__(FrozenTrial)
    for name, value in vars(trial).items():
        setattr(
            mine, name, value
        )  # one by one, as an instance that shares its names with others takes half of the memory
    mine.params, mine.distributions = dict(trial.params), dict(trial.distributions)
    mine.user_attrs, mine.system_attrs = dict(trial.user_attrs), dict(trial.system_attrs)
    mine.intermediate_values = dict(trial.intermediate_values)
    return mine
