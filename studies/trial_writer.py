"""What becomes of the trials of a study: what each reports, that it waits, is paused, and how it ends.

Each ends in one transaction, as an ordinary Optuna trial with a few attributes of ours (``records.py`` names them).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import optuna
from optuna.trial import FrozenTrial, Trial, TrialState

from ..texts import end_of
from .lease import Lease
from .ledger import Ledger
from .records import CONSTRAINT, DETAILS, DUPLICATE, FAILURE, LOG, PAUSED, RESULT, RUN_BY, RUNGS

MOST_LOG = 8_000
"""Characters of a trial's log."""
_OURS = "kerasweep:"
_NONE: Mapping[str, float] = MappingProxyType({})
_OF_HALVING = "completed_rung_"
"""How the attributes begin that Optuna's successive halving notes."""


@dataclass(frozen=True)
class TrialWriter:
    """Writes the trials of an open study that this driver runs."""

    optuna: optuna.Study
    """The study as Optuna's samplers and pruners see it: it stands on the ledger."""
    ledger: Ledger
    lease: Lease

    @property
    def token(self) -> str:
        """Which driver it is."""
        return self.lease.token

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Write all that is done inside in one transaction, or none of it."""
        with self.ledger.transaction():
            yield

    def trials(self) -> list[FrozenTrial]:
        """Return all trials as Optuna holds them."""
        return self.optuna.get_trials(deepcopy=False)

    def trial(self, number: int) -> FrozenTrial:
        """Return a trial as Optuna holds it; of many, much faster than taking it from all."""
        return self.ledger.numbered(number)

    def open_trial(self, trial: FrozenTrial) -> Trial:
        """Return a paused trial as one that goes on reporting."""
        return Trial(self.optuna, trial._trial_id)

    def report(self, trial: Trial, epoch: int, value: float) -> None:
        """Note the mean of the folds at a rung, for the study's pruner.

        It is written with the next transaction: a trial that is lost is trained again, and reports again.
        """
        trial.report(value, epoch)

    def report_rung(
        self, trial: Trial, epochs: int, folds: int, value: float, scores: Sequence[float]
    ) -> None:
        """Note the mean of the folds, and each fold's score, at a rung of a trial that may be paused there; Optuna's step is the rung's cost.

        Unlike other reports it is kept when the trial is lost: a trial goes on where it was, or is trained again up to there.
        """
        reported = trial.user_attrs.get(RUNGS, [])
        if [epochs, folds] not in [rung[:2] for rung in reported]:
            trial.report(value, epochs * folds)
            trial.set_user_attr(RUNGS, [*reported, [epochs, folds, value, *scores]])

    def log(self, trial: Trial, text: str) -> None:
        """Keep what a trial has printed, after what it printed before it was paused; it is written with what comes of it next."""
        if text:
            trial.set_user_attr(LOG, end_of(trial.user_attrs.get(LOG, "") + text, MOST_LOG))

    def pause(self, trial: Trial, result: Mapping[str, Any], details: Mapping[str, Any]) -> None:
        """Note that a trial is paused, with its result so far."""
        with self.transaction():
            trial.set_user_attr(DETAILS, dict(details))
            trial.set_user_attr(RESULT, dict(result))
            trial.set_user_attr(PAUSED, True)

    def go_on(self, trial: Trial) -> None:
        """Note that a paused trial runs again."""
        trial.set_user_attr(PAUSED, False)
        self.run_here(trial)

    def run_here(self, trial: Trial) -> None:
        """Note who trains a trial, where that may be one of several."""
        if self.lease.shares:
            trial.set_user_attr(RUN_BY, self.token)

    def end_paused(self, trial: Trial) -> None:
        """End a paused trial for good."""
        self.optuna.tell(trial, state=TrialState.PRUNED)

    def constrain(self, trial: Trial, excesses: Mapping[str, float]) -> None:
        """Note by how much a trial breaks each constraint; zero or less where it keeps it.

        Optuna's samplers, ``best_trials`` and dashboard read it.
        """
        for name, excess in excesses.items():
            self.ledger.set_trial_system_attr(trial._trial_id, f"{CONSTRAINT}{name}", excess)

    def refuse(
        self,
        trial: Trial,
        result: Mapping[str, Any],
        excesses: Mapping[str, float],
        failure: Mapping[str, str] | None = None,
    ) -> None:
        """End a trial that was not trained, because its model breaks a constraint, or not to its end for want of memory."""
        with self.transaction():
            if failure:
                trial.set_user_attr(FAILURE, dict(failure))
            trial.set_user_attr(RESULT, dict(result))
            self.constrain(trial, excesses)
            self.optuna.tell(trial, state=TrialState.PRUNED)

    def finish(
        self,
        trial: Trial,
        value: float | Sequence[float],
        result: Mapping[str, Any],
        details: Mapping[str, Any],
        excesses: Mapping[str, float] = _NONE,
    ) -> None:
        """End a trial that trained to its last epoch, with its value, or one for each objective."""
        with self.transaction():
            trial.set_user_attr(DETAILS, dict(details))
            trial.set_user_attr(RESULT, dict(result))
            self.constrain(trial, excesses)
            self.optuna.tell(trial, value)

    def prune(
        self, trial: Trial, value: float, result: Mapping[str, Any], details: Mapping[str, Any]
    ) -> None:
        """End a trial that the pruner stopped; ``value`` is its last mean."""
        with self.transaction():
            trial.set_user_attr(DETAILS, dict(details))
            trial.set_user_attr(RESULT, dict(result))
            if not trial._cached_frozen_trial.intermediate_values:
                trial.report(value, 0)
            self.optuna.tell(trial, state=TrialState.PRUNED)

    def fail(self, trial: Trial, failure: Mapping[str, str]) -> None:
        """End a trial that failed, with the reason."""
        with self.transaction():
            trial.set_user_attr(FAILURE, dict(failure))
            self.optuna.tell(trial, state=TrialState.FAIL)

    def finish_as_duplicate(self, trial: Trial, number: int) -> None:
        """End a trial whose configuration an earlier one has trained, with the earlier one's result."""
        original = self.trial(number)
        with self.transaction():
            trial.set_user_attr(DUPLICATE, original.number)
            for key in (RESULT, FAILURE):
                self.ledger.copy_attribute(trial._trial_id, key, of=original._trial_id)
            self.constrain(trial, original.constraints)
            if original.state == TrialState.COMPLETE:
                self.optuna.tell(trial, original.values)
                return
            for step, value in original.intermediate_values.items():
                trial.report(value, step)
            self.optuna.tell(trial, state=original.state)

    def finish_waiting_as_duplicate(self, trial: FrozenTrial, number: int) -> None:
        """End a waiting trial that was asked before, with the result of an earlier one of its configuration."""
        with self.transaction():
            self.ledger.set_trial_state_values(trial._trial_id, TrialState.RUNNING)
            self.finish_as_duplicate(Trial(self.optuna, trial._trial_id), number)

    def requeue(self, trial: Trial | FrozenTrial) -> None:
        """Have a running trial wait; it keeps its number and what it was asked, and is run again from the start.

        One that may be paused, and has come to a rung, is paused there.
        """
        with self.transaction():
            if RUNGS in trial.user_attrs:
                self.ledger.set_trial_user_attr(trial._trial_id, PAUSED, True)
                return
            self.restart(trial)
            self.ledger.set_trial_state_values(trial._trial_id, TrialState.WAITING)

    def restart(self, trial: Trial | FrozenTrial) -> None:
        """Forget what a running trial reported and what its pruner noted: it is trained again from its first epoch.

        A pruner would else judge early epochs by late ones of the training that was lost, and count them twice.
        """
        self.ledger.forget(trial._trial_id, _OURS, _OF_HALVING)
        if isinstance(trial, Trial):
            trial._cached_frozen_trial.intermediate_values.clear()  # its pruner is shown this copy
