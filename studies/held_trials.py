"""The trials of a study that its driver holds in memory, as Optuna's samplers and pruners see them."""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_left
from collections.abc import Callable
from functools import cached_property

from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.trial import FrozenTrial, create_trial

from .held_attributes import let_go


class HeldTrials:
    """All trials in order of number, which is that of their ids; read when first needed, which a refit never does."""

    def __init__(self, read_all: Callable[[], list[FrozenTrial]]) -> None:
        self._read_all = read_all
        self._distributions: dict[str, BaseDistribution] = {}
        self._alike: dict[tuple[str, ...], dict[str, BaseDistribution]] = {}
        """Names -> the distributions that most trials have which have these."""
        self._ids = array("q")
        """The ids by number."""
        self._open: set[int] = set()
        """Ids of all trials that have not ended, and of some that have: looked at in place of all, which grow in number."""

    @cached_property
    def _trials(self) -> list[FrozenTrial]:
        trials = self._read_all()
        for trial in trials:
            self._share_distributions(trial)
        self._ids = array("q", (trial._trial_id for trial in trials))
        self._open = set(self._ids)
        return trials

    def __len__(self) -> int:
        return len(self._trials)

    def __getitem__(self, trial_id: int) -> FrozenTrial:
        return self._trials[self._place(trial_id)]

    def _place(self, trial_id: int) -> int:
        place = self._find(trial_id)
        if place is None:
            raise KeyError(f"No trial has the id {trial_id}.")
        return place

    def _find(self, trial_id: int) -> int | None:
        count = len(self)  # read by now
        place = bisect_left(self._ids, trial_id)
        return place if place < count and self._ids[place] == trial_id else None

    def numbered(self, number: int) -> FrozenTrial:
        """Return the trial of a number."""
        return self._trials[number]

    @property
    def last_id(self) -> int:
        """The highest id; -1 where there is no trial."""
        return self._ids[-1] if self._trials else -1

    def all(self) -> list[FrozenTrial]:
        """Return all trials."""
        return list(self._trials)

    def unfinished(self) -> list[FrozenTrial]:
        """Return the trials that have not ended, in their order."""
        places = [place for one in sorted(self._open) if (place := self._find(one)) is not None]
        found = [trial for place in places if not (trial := self._trials[place]).state.is_finished()]
        self._open = {trial._trial_id for trial in found}
        return found

    def add(self, trial: FrozenTrial) -> None:
        """Hold a new trial, or one that others have changed."""
        place = self._find(trial._trial_id)
        if place is not None:
            self._trials[place] = trial
        else:  # whoever begins one has the others wait, so that ids rise
            self._trials.append(trial)
            self._ids.append(trial._trial_id)
        self._open.add(trial._trial_id)
        self._share_distributions(trial)

    def renew(self, trial_id: int) -> FrozenTrial:
        """Return a trial to be changed: a new copy, because a pruner holds on to trials as they were before."""
        place = self._place(trial_id)
        self._trials[place] = copied(self._trials[place])
        return self._trials[place]

    def settle(self, trial: FrozenTrial) -> None:
        """Hold no more of a trial that has ended than a search reads, and once what others have, too."""
        let_go(trial)
        self._share_distributions(trial)

    def forget_after(self, count: int) -> None:
        """Hold no more than so many of the first trials."""
        del self._trials[count:], self._ids[count:]

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


_NAMES = tuple(vars(create_trial(value=0.0)))


def copied(trial: FrozenTrial) -> FrozenTrial:
    """Return a copy that can be changed without the other.

    It is made attribute by attribute. An instance whose ``vars`` were ever asked for, as ``copy`` does, has a dictionary from then
    on, and one that was given a dictionary does not share its names with others.
    """
    mine = FrozenTrial.__new__(FrozenTrial)
    for name in _NAMES:
        setattr(mine, name, getattr(trial, name))
    mine.params, mine.distributions = dict(trial.params), dict(trial.distributions)
    mine.user_attrs, mine.system_attrs = dict(trial.user_attrs), dict(trial.system_attrs)
    mine.intermediate_values = dict(trial.intermediate_values)
    return mine
