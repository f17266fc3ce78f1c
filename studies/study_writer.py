"""A study that this process drives: what its sampler is asked for, what its driver says, and that several may share it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import optuna
from optuna.trial import FrozenTrial, Trial, TrialState
from sqlalchemy.exc import SQLAlchemyError

from ..errors import StudyLocked
from ..spaces import Configuration
from ..spaces.values import canonical, stored
from .chunks import join
from .control import Wish, wished
from .records import (
    CONCLUDED,
    CONTINUES,
    CONTROL,
    CONVERGED,
    DUPLICATE,
    MOST_EPOCHS,
    ORIGIN,
    PAUSED,
    PREDICTIONS,
    REFIT,
    RESULT,
    RUN_BY,
    RUNGS,
    SPEC,
)
from .trial_writer import TrialWriter


@dataclass(frozen=True)
class StudyWriter(TrialWriter):
    """An open study that this process alone may write, or that it shares with other drivers.

    Among several, each writes the trials that it runs. What is run next is decided by one after the other (``decision``).
    """

    @property
    def study_id(self) -> int:
        """The study's number in its storage."""
        return self.optuna._study_id

    def flush(self, after: float = 0.0) -> None:
        """Write reports that were kept back, if the last write was longer ago than so many seconds."""
        self.ledger.write(after)

    def watch_storage(self, on_absence: Callable[[], None], on_return: Callable[[], None]) -> None:
        """Have it told when the storage begins not to answer, for which it is waited, and when it is written again."""
        self.ledger.patience.on_absence, self.ledger.patience.on_return = on_absence, on_return

    def wait_no_longer(self) -> None:
        """Give a storage up that is waited for at this moment. Called in a signal's handler, too."""
        self.ledger.patience.give_up()

    @contextmanager
    def decision(self) -> Iterator[list[int]]:
        """Decide what is run next while no other driver of the study does, in one transaction.

        Yields:
            The numbers of trials that others have changed since this was asked last, among them those of drivers that have
            died, which wait by now or are paused. Where this driver cannot have others beside it, nothing is looked up.
        """
        if not self.lease.shares:
            yield []
            return
        with self.ledger.locked() as connection:
            self.lease.bury(connection)
            changed = {trial.number for trial in self.ledger.refresh()}
            lost = [trial for trial in self._running() if not self._lives(trial)]
            for trial in lost:
                self.requeue(trial)
            yield sorted(changed.union(trial.number for trial in lost))

    def news(self) -> list[int]:
        """Return the numbers of trials that other drivers have changed by now."""
        return [trial.number for trial in self.ledger.refresh()] if self.lease.shares else []

    def runs_elsewhere(self, trial: FrozenTrial) -> bool:
        """Tell whether another driver, as far as is known, trains a trial."""
        return trial.state == TrialState.RUNNING and not (
            trial.user_attrs.get(PAUSED) or trial.user_attrs.get(RUN_BY, self.token) == self.token
        )

    def _running(self) -> list[FrozenTrial]:
        """Return the trials that are trained, here or elsewhere."""
        running = self.optuna.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
        return [trial for trial in running if not trial.user_attrs.get(PAUSED)]

    def _lives(self, trial: FrozenTrial) -> bool:
        """Tell whether the driver of a running trial lives; it may be this one."""
        return trial.user_attrs.get(RUN_BY) in (self.token, *self.lease.others)

    def has_waiting(self) -> bool:
        """Tell whether trials wait to be run, among them those that others have enqueued by now."""
        if not self.lease.shares:  # else a decision has looked
            self.ledger.refresh()
        return bool(self.waiting())

    def waiting(self) -> list[FrozenTrial]:
        """Return the trials that wait to be run."""
        return self.optuna.get_trials(deepcopy=False, states=(TrialState.WAITING,))

    def next_number(self) -> int:
        """Return the number that the next new trial will have."""
        return self.ledger.count

    def new_trial(
        self, configuration: Configuration | None = None, origin: Mapping[str, Any] | None = None
    ) -> Trial:
        """Start a trial: with a configuration, that one, if it is asked for.

        Trials that wait to be run come first, in order of number.

        Args:
            configuration: None to have the study's sampler suggest it, or to start one that waits.
            origin: How the configuration was chosen.
        """
        with self.transaction():
            if configuration is not None:
                self.optuna.enqueue_trial({name: stored(value) for name, value in configuration.items()})
            trial = self.optuna.ask()
            for name, value in trial._fixed_params.items():  # JSON made lists of tuples that a user enqueued
                trial._fixed_params[name] = stored(canonical(value))
            if origin:
                trial.set_user_attr(ORIGIN, dict(origin))
            self.run_here(trial)
            return trial

    def take_on(self, numbers: Sequence[int], epochs: int) -> list[int]:
        """Have a new trial wait for each of some trials that have ended, to train its configuration further; return their numbers.

        They are of the study's budget of trials, which grows by them.
        """
        found, spec = [], join(self.optuna.user_attrs, f"The study '{self.optuna.study_name}'").get(SPEC, {})
        with self.transaction():
            for number in numbers:
                origin = {CONTINUES: number, MOST_EPOCHS: epochs}
                self.optuna.enqueue_trial(self.trial(number).params, user_attrs={ORIGIN: origin})
                found.append(self.next_number() - 1)
            if (trials := spec.get("search", {}).get("trials")) is not None:
                search = {**spec["search"], "trials": trials + len(found)}
                self.ledger.write_study_attribute(SPEC, {**spec, "search": search})
        return found

    def searched(self) -> list[FrozenTrial]:
        """Return the trials that the search has chosen: all but those that train another one further, for more epochs."""
        return [trial for trial in self.trials() if CONTINUES not in trial.user_attrs.get(ORIGIN, {})]

    def best(self, count: int) -> list[int]:
        """Return the numbers of the best trials that were trained whole, without those that others have continued.

        Of several objectives, they are of the Pareto front, the best of the first objective.
        """
        whole = self.optuna.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        continued = {trial.user_attrs.get(ORIGIN, {}).get(CONTINUES) for trial in whole}
        several = len(self.optuna.directions) > 1
        sign = -1.0 if self.optuna.directions[0] == optuna.study.StudyDirection.MAXIMIZE else 1.0
        ranked = sorted(
            (sign * trial.values[0], trial.number)
            for trial in (self.optuna.best_trials if several else whole)
            if trial.number not in continued
            and not self.is_duplicate(trial)
            and not any(excess > 0 for excess in trial.constraints.values())
        )
        return [number for _, number in ranked[:count]]

    def requeue_running(self) -> None:
        """Requeue the trials that this driver, or a killed one, left running."""
        with self.decision(), self.transaction():
            for trial in self._running():
                if not self.runs_elsewhere(trial) or not self._lives(trial):
                    self.requeue(trial)

    @staticmethod
    def is_settled(trial: FrozenTrial) -> bool:
        """Tell whether the result of a paused trial is that of its last rung; if not, it was under way when its driver ended."""
        result = trial.user_attrs.get(RESULT)
        if result is None:
            return False
        last = trial.user_attrs[RUNGS][-1][:2]
        return bool(last == [result["epochs_trained"], len(result["fold_scores"])])

    @staticmethod
    def has_rungs(trial: FrozenTrial) -> bool:
        """Tell whether a trial that may be paused has come to a rung."""
        return RUNGS in trial.user_attrs

    @staticmethod
    def is_duplicate(trial: FrozenTrial) -> bool:
        """Tell whether a trial shares an earlier one's result."""
        return DUPLICATE in trial.user_attrs

    @property
    def converged(self) -> bool:
        """Whether an earlier run found that the search has converged."""
        return CONVERGED in self.optuna.user_attrs

    def note_converged(self) -> None:
        """Note that the search has converged, and after how many trials."""
        if not self.converged:
            self.ledger.write_study_attribute(CONVERGED, self.next_number())

    def note_concluded(self, why: str) -> None:
        """Note that a sweep has done what was asked for, and why it ended; empty where another one begins."""
        if self.optuna.user_attrs.get(CONCLUDED, "") != why:
            self.ledger.write_study_attribute(CONCLUDED, why)

    def wish(self) -> Wish | None:
        """Return what somebody wished of this driver last; None where nobody did, or the storage does not answer."""
        with contextlib.suppress(SQLAlchemyError):  # its own writes will say so
            return wished(self.ledger.read_study_attribute(CONTROL), self.token)
        return None

    def tell(self, live: Mapping[str, Any]) -> None:
        """Say how far this driver is, for those who watch; it is written with what was kept back."""
        self.ledger.write_study_attribute(self.lease.live_key, {**live, "token": self.token})

    def fall_silent(self) -> None:
        """Remove what was said while the study was driven, and what was wished, unless that is for other drivers as well."""
        with contextlib.suppress(SQLAlchemyError, StudyLocked):
            self.ledger.remove_study_attributes(
                self.lease.live_key, *(() if self.lease.others else (CONTROL,))
            )

    def set_refit(
        self, number: int, result: Mapping[str, Any], predictions: Mapping[str, Any] | None = None
    ) -> None:
        """Store the test score of a trial's refit, and what its model makes of the test rows."""
        if predictions is not None:
            self.ledger.write_study_attribute(f"{PREDICTIONS}{number}", dict(predictions))
        self.ledger.write_study_attribute(f"{REFIT}{number}", dict(result))
