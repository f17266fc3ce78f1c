"""The one write path of a study: an ordinary Optuna study, and what Kerasweep keeps in its attributes.

Only the driver of a sweep (and ``refit``, for its test score) holds a ``StudyWriter``.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import optuna
from optuna.trial import FrozenTrial, Trial, TrialState
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from ..errors import DamagedError, OutputError, StorageError, StudyError, StudyLocked
from ..spaces import Configuration
from ..spaces.values import canonical, stored
from ..texts import end_of
from . import formats
from .chunks import join
from .control import Wish, wish_record, wished
from .faults import explain
from .lease import Lease, Sharing, create_leased, describe, hold_lease
from .ledger import Ledger
from .lock import is_driven, refusal
from .records import (
    ABOUT,
    CONSTRAINT,
    CONTINUES,
    CONTROL,
    CONVERGED,
    DETAILS,
    DUPLICATE,
    FAILURE,
    FORMAT,
    LOG,
    MOST_EPOCHS,
    ORIGIN,
    PAUSED,
    PREDICTIONS,
    PROFILE,
    REFIT,
    RESULT,
    RUN_BY,
    RUNGS,
    SPEC,
    Direction,
    StudyObjective,
    StudyRecord,
)
from .storage import log_path, remove_log, shown_storage, sqlite_path, states_folder, storage_errors
from .study_records import read_study, study_named

BUSY_SECONDS = 60
"""How long a write waits for another study of the same SQLite file before it gives up."""
_CONNECTING = {
    scheme: {"connect_timeout": 10} for scheme in ("postgresql", "postgresql+psycopg", "postgresql+psycopg2")
}
"""Seconds within which a server must answer whoever connects, where its driver would wait for minutes."""
MOST_LOG = 8_000
"""Characters of a trial's log."""
_OURS = "kerasweep:"
_NONE: Mapping[str, float] = MappingProxyType({})
_OF_HALVING = "completed_rung_"
"""How the attributes begin that Optuna's successive halving notes."""


@dataclass(frozen=True)
class StudyWriter:
    """An open study that this process alone may write, or that it shares with other drivers.

    Among several, each writes the trials that it runs. What is run next is decided by one after the other (``decision``).
    """

    optuna: optuna.Study
    """The study as Optuna's samplers and pruners see it: it stands on the ledger."""
    ledger: Ledger
    lease: Lease

    @property
    def token(self) -> str:
        """Which driver it is."""
        return self.lease.token

    @property
    def study_id(self) -> int:
        """The study's number in its storage."""
        return self.optuna._study_id

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Write all that is done inside in one transaction, or none of it."""
        with self.ledger.transaction():
            yield

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
        return len(self.trials())

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
            self._run_here(trial)
            return trial

    def _run_here(self, trial: Trial) -> None:
        """Note who trains a trial, where that may be one of several."""
        if self.lease.shares:
            trial.set_user_attr(RUN_BY, self.token)

    def take_on(self, numbers: Sequence[int], epochs: int) -> list[int]:
        """Have a new trial wait for each of some trials that have ended, to train its configuration further; return their numbers.

        They are of the study's budget of trials, which grows by them.
        """
        found, spec = [], join(self.optuna.user_attrs, f"The study '{self.optuna.study_name}'").get(SPEC, {})
        with self.transaction():
            for number in numbers:
                origin = {CONTINUES: number, MOST_EPOCHS: epochs}
                self.optuna.enqueue_trial(self.trials()[number].params, user_attrs={ORIGIN: origin})
                found.append(self.next_number() - 1)
            if (trials := spec.get("search", {}).get("trials")) is not None:
                search = {**spec["search"], "trials": trials + len(found)}
                self.ledger.describe_study(SPEC, {**spec, "search": search})
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

    def requeue_running(self) -> None:
        """Requeue the trials that this driver, or a killed one, left running."""
        with self.decision(), self.transaction():
            for trial in self._running():
                if not self.runs_elsewhere(trial) or not self._lives(trial):
                    self.requeue(trial)

    def open_trial(self, trial: FrozenTrial) -> Trial:
        """Return a paused trial as one that goes on reporting."""
        return Trial(self.optuna, trial._trial_id)

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

    def trials(self) -> list[FrozenTrial]:
        """Return all trials as Optuna holds them."""
        return self.optuna.get_trials(deepcopy=False)

    @staticmethod
    def is_duplicate(trial: FrozenTrial) -> bool:
        """Tell whether a trial shares an earlier one's result."""
        return DUPLICATE in trial.user_attrs

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

    def pause(self, trial: Trial, result: Mapping[str, Any], details: Mapping[str, Any]) -> None:
        """Note that a trial is paused, with its result so far."""
        with self.transaction():
            trial.set_user_attr(DETAILS, dict(details))
            trial.set_user_attr(RESULT, dict(result))
            trial.set_user_attr(PAUSED, True)

    def log(self, trial: Trial, text: str) -> None:
        """Keep what a trial has printed, after what it printed before it was paused; it is written with what comes of it next."""
        if text:
            trial.set_user_attr(LOG, end_of(trial.user_attrs.get(LOG, "") + text, MOST_LOG))

    def go_on(self, trial: Trial) -> None:
        """Note that a paused trial runs again."""
        trial.set_user_attr(PAUSED, False)
        self._run_here(trial)

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
        original = self.trials()[number]
        with self.transaction():
            trial.set_user_attr(DUPLICATE, original.number)
            for key in (RESULT, FAILURE):
                if key in original.user_attrs:
                    trial.set_user_attr(key, original.user_attrs[key])
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

    @property
    def converged(self) -> bool:
        """Whether an earlier run found that the search has converged."""
        return CONVERGED in self.optuna.user_attrs

    def note_converged(self) -> None:
        """Note that the search has converged, and after how many trials."""
        if not self.converged:
            self.ledger.describe_study(CONVERGED, self.next_number())

    def wish(self) -> Wish | None:
        """Return what somebody wished of this driver last; None where nobody did, or the storage does not answer."""
        with contextlib.suppress(SQLAlchemyError):  # its own writes will say so
            return wished(self.ledger.read_study(CONTROL), self.token)
        return None

    def tell(self, live: Mapping[str, Any]) -> None:
        """Say how far this driver is, for those who watch; it is written with what was kept back."""
        self.ledger.describe_study(self.lease.live_key, {**live, "token": self.token})

    def fall_silent(self) -> None:
        """Remove what was said while the study was driven, and what was wished, unless that is for other drivers as well."""
        with contextlib.suppress(SQLAlchemyError, StudyLocked):
            self.ledger.drop_study(self.lease.live_key, *(() if self.lease.others else (CONTROL,)))

    def set_refit(
        self, number: int, result: Mapping[str, Any], predictions: Mapping[str, Any] | None = None
    ) -> None:
        """Store the test score of a trial's refit, and what its model makes of the test rows."""
        if predictions is not None:
            self.ledger.describe_study(f"{PREDICTIONS}{number}", dict(predictions))
        self.ledger.describe_study(f"{REFIT}{number}", dict(result))


@contextmanager
def create_study(
    url: str,
    name: str,
    direction: Direction,
    spec: Mapping[str, Any],
    about: Mapping[str, Any],
    further: Sequence[StudyObjective] = (),
    profile: Mapping[str, Any] | None = None,
    sharing: Sharing = "alone",
) -> Iterator[StudyWriter]:
    """Make a study and drive it; ``further`` are objectives beside the first, whose metric ``about`` has.

    ``profile`` is what it keeps of its data to show; ``sharing`` says whether other drivers may join.

    Its specification is written last: what a crash leaves before is taken for no study, and replaced.

    Raises:
        StudyLocked: Another process is making or running a study of this name.
        StudyError: There is a study of this name by now.
        StorageError: The storage does not answer.
        OutputError: The database file cannot be written.
    """
    with _new_study(url, name, direction, about, further, sharing) as writer:
        if profile is not None:
            writer.ledger.describe_study(PROFILE, dict(profile))
        writer.ledger.describe_study(SPEC, dict(spec))
        yield writer


def add_study(
    url: str,
    name: str,
    direction: Direction,
    spec: Mapping[str, Any],
    about: Mapping[str, Any],
    trials: Sequence[FrozenTrial],
) -> None:
    """Make a study with all of its trials, which come with its specification in one transaction.

    Raises:
        StudyError, StudyLocked, StorageError, OutputError: As ``create_study``.
    """
    with _new_study(url, name, direction, about) as writer, writer.transaction():
        for trial in trials:
            writer.optuna.add_trial(trial)
        writer.ledger.describe_study(SPEC, dict(spec))


@contextmanager
def _new_study(
    url: str,
    name: str,
    direction: Direction,
    about: Mapping[str, Any],
    further: Sequence[StudyObjective] = (),
    sharing: Sharing = "alone",
) -> Iterator[StudyWriter]:
    """Make a study that lacks its specification, in place of what a crash left of one."""
    check_writable(url)
    with connected(url) as storage, writing_errors(url):
        leftover = study_named(name, url)
        if leftover is not None:
            refuse_driven(leftover)
            if not _is_leftover(leftover):
                raise StudyError(
                    f"The study '{name}' was made in the meantime; resume it, or choose another --study."
                )
            optuna.delete_study(study_name=name, storage=storage)
        objectives = (StudyObjective(str(about["metric"]), direction), *further)
        ways = [optuna.study.StudyDirection[one.direction.upper()] for one in objectives]
        with create_leased(storage.engine, url, name, ways, sharing) as lease:
            study = optuna.load_study(study_name=name, storage=storage)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
                study.set_metric_names([one.metric for one in objectives])
            with _open_writer(study, lease) as writer:
                with writer.transaction():
                    writer.ledger.describe_study(FORMAT, formats.STUDY)
                    writer.ledger.describe_study(ABOUT, dict(about))
                yield writer


@contextmanager
def drive_study(
    record: StudyRecord, spec: Mapping[str, Any] | None = None, sharing: Sharing = "alone"
) -> Iterator[StudyWriter]:
    """Open an existing study for writing.

    Args:
        record: The study.
        spec: Its specification with another budget, where that has changed.
        sharing: Whether other drivers may join this one, or it joins others.

    Raises:
        StudyLocked: Another driver is running it; the message names its host and process.
    """
    check_writable(record.storage)
    with (
        opened(record) as study,
        writing_errors(record.storage),
        _lease(study, record, sharing) as lease,
        _open_writer(study, lease) as writer,
    ):
        if spec is not None and spec != record.spec:
            writer.ledger.describe_study(SPEC, dict(spec))
        yield writer


def refuse_driven(record: StudyRecord) -> None:
    """Refuse a study that another driver runs, as far as its record, which may be old by now, says.

    Raises:
        StudyLocked: It does.
    """
    if is_driven(record.driver, record.storage):
        raise refusal(record.name, record.driver)


def _lease(
    study: optuna.Study, record: StudyRecord, sharing: Sharing = "alone"
) -> AbstractContextManager[Lease]:
    engine = study._storage._backend.engine  # type: ignore[attr-defined]  # Optuna's cache stands before it
    return hold_lease(engine, record.storage, study._study_id, record.name, sharing)


@contextmanager
def _open_writer(study: optuna.Study, lease: Lease) -> Iterator[StudyWriter]:
    ledger = Ledger(study, lease)
    writer = StudyWriter(optuna.load_study(study_name=study.study_name, storage=ledger), ledger, lease)
    yield writer
    writer.flush()


def ask(record: StudyRecord, wish: Wish) -> None:
    """Tell the driver of a study what is wished of it; it looks every second, or at the end of an epoch.

    Of two that wish at one moment, one is heard.

    Raises:
        StudyError: Nobody runs the study.
        StorageError: The storage does not answer.
    """
    record = read_study(record.name, record.storage)
    text = wish_record(record, wish)
    with (
        connected(record.storage) as storage,
        writing_errors(record.storage),
        contextlib.suppress(IntegrityError),  # somebody's wish of this moment stands
        storage.engine.begin() as connection,
    ):
        describe(connection, record.study_id, CONTROL, text)


def open_optuna(record: StudyRecord) -> optuna.Study:
    """Return a study as Optuna's own object, to be handed to a user: its connections are open as long as it is held."""
    return _load(record, _connect(record.storage))


@contextmanager
def opened(record: StudyRecord) -> Iterator[optuna.Study]:
    """Open a study as Optuna's own object, for its plots and its samplers, and close its connections in the end."""
    with connected(record.storage) as storage:
        yield _load(record, storage)


def _load(record: StudyRecord, storage: optuna.storages.RDBStorage) -> optuna.Study:
    try:
        with writing_errors(record.storage):
            return optuna.load_study(study_name=record.name, storage=storage)
    except KeyError as error:
        raise StudyError(f"There is no study '{record.name}' any more.") from error


def delete_study(record: StudyRecord) -> None:
    """Remove a study and all its trials.

    Raises:
        StudyLocked: It is being run.
    """
    check_writable(record.storage)
    with opened(record) as study, writing_errors(record.storage), _lease(study, record):
        optuna.delete_study(study_name=record.name, storage=study._storage)
    folder = states_folder(record.storage, record.study_id)
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)
        with contextlib.suppress(OSError):
            folder.parent.rmdir()  # unless another study has states there
    remove_log(log_path(record.storage, record.name))


def find_study(name: str, url: str) -> StudyRecord | None:
    """Return the study of a name, or None where there is none, or only what a crash left while one was made.

    Raises:
        DamagedError: There is one, and it cannot be read.
    """
    try:
        found = study_named(name, url)
    except DamagedError:
        raise
    except StudyError:
        return None
    return None if found is None or _is_leftover(found) else found


def _is_leftover(study: StudyRecord) -> bool:
    """Tell whether a crash interrupted the making of a study: it has a driver, but no specification and no trial."""
    return bool(study.driver) and not study.spec and not study.counts


@contextmanager
def writing_errors(url: str) -> Iterator[None]:
    """Turn Optuna's and SQLAlchemy's errors about a write that failed (a full disk, a lost server) into a ``StorageError``."""
    try:
        yield
    except (optuna.exceptions.StorageInternalError, SQLAlchemyError) as error:
        raise StorageError(f"The storage {shown_storage(url)} failed: {explain(error, url)}") from error


@contextmanager
def connected(url: str) -> Iterator[optuna.storages.RDBStorage]:
    """Open a storage for writing, with its tables, which are made where there are none.

    Raises:
        StorageError: It cannot be reached, or is none.
    """
    storage = _connect(url)
    try:
        yield storage
    finally:
        storage.remove_session()
        storage.engine.dispose()


def _connect(url: str) -> optuna.storages.RDBStorage:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    seconds = {"timeout": BUSY_SECONDS} if sqlite_path(url) else _CONNECTING.get(url.partition("://")[0], {})
    options = {"connect_args": seconds}
    with storage_errors(url):
        return optuna.storages.RDBStorage(url, engine_kwargs=options)


def check_writable(url: str, option: str = "--storage") -> None:
    """Check that a storage can be written before anything is trained for it.

    Args:
        url: The storage.
        option: What names another one.

    Raises:
        OutputError: The folder or file of an SQLite database is missing or read-only.
    """
    path = sqlite_path(url)
    if path is None:
        return
    folder = path.absolute().parent
    if not folder.is_dir():
        raise OutputError(
            f"The folder {folder} of the database does not exist; make it or choose another {option}."
        )
    target = path if path.exists() else folder
    if not os.access(target, os.W_OK):
        raise OutputError(f"{target} cannot be written; choose another {option}.")
