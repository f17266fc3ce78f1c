"""The storage of a driver: Optuna reads from memory, and what belongs together is written in one transaction.

Optuna's own storage writes every parameter, attribute and report in a transaction of its own and looks into the
database before each. A driver is the only one that changes its trials, so it can hold them in memory; of others it
only needs to learn which trials they have enqueued, and, where the study has several drivers, what these have changed.
"""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Collection, Container, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property, partial
from typing import Any

import optuna
import sqlalchemy
from optuna.distributions import (
    BaseDistribution,
    check_distribution_compatibility,
    distribution_to_json,
)
from optuna.storages import BaseStorage
from optuna.storages._rdb import models
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy import Connection, Table, bindparam

from .changes import Changes
from .chunks import join, split
from .lease import Lease, describe, undescribe
from .members import lock_study
from .records import PAUSED, RUN_BY
from .transactions import Statement, Transactions

_TRIALS: Table = models.TrialModel.__table__
_PARAMS: Table = models.TrialParamModel.__table__
_VALUES: Table = models.TrialValueModel.__table__
_REPORTS: Table = models.TrialIntermediateValueModel.__table__
_USER: Table = models.TrialUserAttributeModel.__table__
_SYSTEM: Table = models.TrialSystemAttributeModel.__table__

# Made once, because SQLAlchemy takes longer to make a statement than SQLite to run it.
_INSERT = {table: table.insert() for table in (_TRIALS, _PARAMS, _VALUES, _REPORTS, _USER, _SYSTEM)}
_UPDATE_TRIAL = _TRIALS.update().where(_TRIALS.c.trial_id == bindparam("which"))
_DELETE_REPORTS = _REPORTS.delete().where(_REPORTS.c.trial_id == bindparam("which"))
_DELETE = {
    table: table.delete().where(table.c.trial_id == bindparam("which"), table.c.key == bindparam("named"))
    for table in (_USER, _SYSTEM)
}
_NEWER = sqlalchemy.select(_TRIALS.c.trial_id).where(
    _TRIALS.c.study_id == bindparam("study"),
    _TRIALS.c.trial_id > bindparam("last"),
    _TRIALS.c.trial_id != bindparam("own"),
)
_SELECT_NUMBER = sqlalchemy.select(_TRIALS.c.number).where(
    _TRIALS.c.study_id == bindparam("study"), _TRIALS.c.trial_id == bindparam("which")
)
_OF_STUDY: Table = models.StudySystemAttributeModel.__table__
_ATTRIBUTES: Table = models.StudyUserAttributeModel.__table__
_SELECT_ATTRIBUTE = sqlalchemy.select(_ATTRIBUTES.c.value_json).where(
    _ATTRIBUTES.c.study_id == bindparam("study"), _ATTRIBUTES.c.key == bindparam("named")
)


class Ledger(BaseStorage):
    """An Optuna storage of one study and one driver, on Optuna's own tables.

    A new trial is written at once, because the database gives it its id; everything else is kept until ``together``
    or ``write`` writes it, in the order in which it was said.
    """

    def __init__(self, study: optuna.Study, lease: Lease) -> None:
        """Take over a study that was opened on an ``RDBStorage``.

        Args:
            study: The study.
            lease: This driver's, which is checked before a transaction is committed.
        """
        self._lease = lease
        self._backend: optuna.storages.RDBStorage = study._storage._backend  # type: ignore[attr-defined]
        self._study_id = study._study_id
        self._name = study.study_name
        self._directions = study.directions
        self._distributions: dict[str, BaseDistribution] = {}
        lock = partial(lock_study, study_id=self._study_id) if lease.shares else None
        self._writes = Transactions(self._backend.engine, self._backend.url, lease.check, lock)
        self.patience = self._writes.patience
        self._changes = Changes(self._study_id)
        self._written = time.monotonic()
        self._open: set[int] = set()
        """Ids of all trials that have not ended, and of some that have: looked at in place of all, which grow in number."""

    @cached_property
    def _trials(self) -> dict[int, FrozenTrial]:
        """All trials by id, in order of number; read when first needed, which a refit never does."""
        trials = self._read(-1)
        for trial in trials:
            self._learn_distributions(trial)
        self._open = {trial._trial_id for trial in trials}
        return {trial._trial_id: trial for trial in trials}

    def _read(self, after: int, among: Collection[int] = ()) -> list[FrozenTrial]:
        trials = self._backend._get_trials(self._study_id, None, set(among), after)
        for trial in trials:
            trial.user_attrs = join(trial.user_attrs, f"Trial {trial.number}")
        return trials

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Write all that is said inside, and what was kept before, in one transaction, or none of it.

        A storage that does not answer is waited for (``patience.py``). Where there may be several drivers of the study, the
        others' transactions wait while it is written.

        Raises:
            NotBegun: It did not, while a trial was begun inside.
        """
        if self._writes.inside:
            yield
            return
        trials = len(self._trials)
        try:
            with self._writes.together():
                yield
        except BaseException:
            self.__dict__.pop("_study_attributes", None)
            for number in list(self._trials)[trials:]:
                del self._trials[number]
            raise
        self._written = time.monotonic()

    def write(self, after: float = 0.0) -> None:
        """Write what was kept, if anything, and if the last write was longer ago than so many seconds."""
        if self._writes.has_kept and time.monotonic() - self._written >= after:
            with self.transaction():
                pass

    @contextmanager
    def locked(self) -> Iterator[Connection]:
        """Have other drivers of the study wait from the start of a transaction to its end; yield where to read."""
        with self.transaction():
            yield self._writes.lock()

    def refresh(self) -> list[FrozenTrial]:
        """Learn of trials that others have added, as a user does who enqueues one, or changed, as other drivers do; return them."""
        inside = self._writes.connection
        changed = self.patience.run(self._look) if inside is None else self._news(inside)
        if changed is None:
            return []
        self.__dict__.pop("_study_attributes", None)
        return self._load_newer(changed)

    def _look(self) -> set[int] | None:
        with self._backend.engine.connect() as connection:
            if self._lease.shares:
                self._lease.look(connection)
            return self._news(connection)

    def _news(self, connection: Connection) -> set[int] | None:
        """Return the ids of trials that others have changed; None where there are no new ones, either."""
        changed = self._changed(connection) if self._lease.had_company else set()
        return changed if changed or self._has_newer(connection) else None

    def _changed(self, connection: Connection) -> set[int]:
        """Return the ids of trials that other drivers have changed."""
        unfinished = [trial._trial_id for trial in self._unfinished() if not self._is_running_here(trial)]
        return self._changes.among(connection, unfinished)

    def _is_running_here(self, trial: FrozenTrial) -> bool:
        here = trial.user_attrs.get(RUN_BY) == self._lease.token
        return here and trial.state == TrialState.RUNNING and not trial.user_attrs.get(PAUSED)

    def _has_newer(self, connection: Connection, own: int = -1) -> bool:
        known = {"study": self._study_id, "last": self._last_id, "own": own}
        return connection.execute(_NEWER, known).first() is not None

    def _load_newer(self, changed: Collection[int] = ()) -> list[FrozenTrial]:
        """Read the trials that are new, and some that were known."""
        found = self._read(self._last_id, changed)
        for trial in found:
            self._add(trial)
        return found

    @property
    def _last_id(self) -> int:
        return next(reversed(self._trials), -1)

    def _add(self, trial: FrozenTrial) -> None:
        self._trials[trial._trial_id] = trial
        self._open.add(trial._trial_id)
        self._learn_distributions(trial)

    def _learn_distributions(self, trial: FrozenTrial) -> None:
        for name, distribution in trial.distributions.items():
            self._distributions.setdefault(name, distribution)

    def forget(self, trial_id: int, user_prefix: str, system_prefix: str) -> None:
        """Drop what a trial reported, and its attributes whose keys begin so."""
        trial = self._changing(trial_id)
        if trial.intermediate_values:
            trial.intermediate_values.clear()
            self._keep(_DELETE_REPORTS, which=trial_id)
        for table, prefix in ((_USER, user_prefix), (_SYSTEM, system_prefix)):
            attributes = _attributes(trial, table)
            for key in [key for key in attributes if key.startswith(prefix)]:
                self._drop_attribute(table, trial_id, key, attributes.pop(key))

    def describe_study(self, key: str, value: Any) -> None:
        """Write an attribute of the study, of any size."""
        with self.transaction():
            self._writes.act(lambda connection: describe(connection, self._study_id, key, value))

    def read_study(self, key: str) -> Any:
        """Read an attribute of the study that others may write; None where there is none."""
        with self._backend.engine.connect() as connection:
            text = connection.execute(_SELECT_ATTRIBUTE, {"study": self._study_id, "named": key}).scalar()
        return None if text is None else json.loads(text)

    def drop_study(self, *keys: str) -> None:
        """Remove attributes of the study."""
        with self.transaction():
            for key in keys:
                self._writes.act(partial(undescribe, study_id=self._study_id, key=key))

    # Trials, as Optuna's storages hold them.

    def create_new_trial(self, study_id: int, template_trial: FrozenTrial | None = None) -> int:
        """Write a new trial and return its id."""
        trial = copy.deepcopy(template_trial) if template_trial else _new_trial()
        with self.transaction():
            trial._trial_id, connection = self._writes.begin(partial(self._insert, trial), self._is_known)
            if self._has_newer(connection, own=trial._trial_id):
                self._load_newer()
                self._keep(_UPDATE_TRIAL, which=trial._trial_id, number=len(self._trials))
            trial.number = len(self._trials)
            self._add(trial)
            self._keep_all(trial)
        return trial._trial_id

    def _insert(self, trial: FrozenTrial, connection: Connection) -> int:
        lock_study(
            connection, self._study_id
        )  # users of Optuna enqueue trials, whose numbers are counted as well
        row = {
            "study_id": self._study_id,
            "number": len(self._trials),
            "state": trial.state,
            "datetime_start": _stored(trial.datetime_start),
            "datetime_complete": _stored(trial.datetime_complete),
        }
        key = connection.execute(_INSERT[_TRIALS], row).inserted_primary_key
        return int(key[0])  # type: ignore[index]

    def _is_known(self, trial_id: int, connection: Connection) -> bool:
        """Tell whether a trial is in the database; one that is being written is waited for, by the lock that it holds."""
        lock_study(connection, self._study_id)
        found = connection.execute(_SELECT_NUMBER, {"study": self._study_id, "which": trial_id}).scalar()
        return found is not None and found == self._trials[trial_id].number

    def _keep_all(self, trial: FrozenTrial) -> None:
        """Have everything written that a new trial has from the start."""
        for name, distribution in trial.distributions.items():
            self._keep_param(
                trial._trial_id, name, distribution.to_internal_repr(trial.params[name]), distribution
            )
        for table in (_USER, _SYSTEM):
            for key, value in _attributes(trial, table).items():
                self._keep_attribute(table, trial._trial_id, key, value)
        for step, value in trial.intermediate_values.items():
            self._keep_report(trial._trial_id, step, value)
        self._keep_values(trial._trial_id, trial.values or ())

    def set_trial_param(
        self,
        trial_id: int,
        param_name: str,
        param_value_internal: float,
        distribution: BaseDistribution,
    ) -> None:
        """Note a trial's value of a hyperparameter."""
        trial = self._changing(trial_id)
        check_distribution_compatibility(
            self._distributions.setdefault(param_name, distribution), distribution
        )
        trial.params[param_name] = distribution.to_external_repr(param_value_internal)
        trial.distributions[param_name] = distribution
        self._keep_param(trial_id, param_name, param_value_internal, distribution)

    def set_trial_state_values(
        self, trial_id: int, state: TrialState, values: Sequence[float] | None = None
    ) -> bool:
        """Note a trial's state, and its value when it ends with one."""
        trial = self._changing(trial_id)
        if state == TrialState.RUNNING and trial.state != TrialState.WAITING:
            return False
        row: dict[str, Any] = {"which": trial_id, "state": state}
        if state == TrialState.RUNNING:
            trial.datetime_start = datetime.now()
            row["datetime_start"] = _stored(trial.datetime_start)
        if state.is_finished():
            trial.datetime_complete = datetime.now()
            row["datetime_complete"] = _stored(trial.datetime_complete)
        if values is not None:
            trial.values = list(values)
            self._keep_values(trial_id, values)
        trial.state = state
        self._keep(_UPDATE_TRIAL, **row)
        return True

    def set_trial_intermediate_value(self, trial_id: int, step: int, intermediate_value: float) -> None:
        """Note what a trial reports at a step, once a step."""
        self._changing(trial_id).intermediate_values[step] = intermediate_value
        self._keep_report(trial_id, step, intermediate_value)

    def set_trial_user_attr(self, trial_id: int, key: str, value: Any) -> None:
        """Note an attribute."""
        self._set_attribute(_USER, trial_id, key, value)

    def set_trial_system_attr(self, trial_id: int, key: str, value: Any) -> None:
        """Note an attribute of Optuna's."""
        self._set_attribute(_SYSTEM, trial_id, key, value)

    def get_trial(self, trial_id: int) -> FrozenTrial:
        """Return a trial; of one that has not ended a copy, which Optuna's ``Trial`` changes on its own."""
        trial = self._known(trial_id)
        return trial if trial.state.is_finished() else _copied(trial)

    def get_all_trials(
        self, study_id: int, deepcopy: bool = True, states: Container[TrialState] | None = None
    ) -> list[FrozenTrial]:
        """Return all trials, or those of some states."""
        if states is None:
            trials = list(self._trials.values())
        elif any(state in states for state in TrialState if state.is_finished()):
            trials = [trial for trial in self._trials.values() if trial.state in states]
        else:
            trials = [trial for trial in self._unfinished() if trial.state in states]
        return copy.deepcopy(trials) if deepcopy else trials

    def _unfinished(self) -> list[FrozenTrial]:
        """Return the trials that have not ended, in their order."""
        known = self._trials
        found = [
            known[one] for one in sorted(self._open) if one in known and not known[one].state.is_finished()
        ]
        self._open = {trial._trial_id for trial in found}
        return found

    def _known(self, trial_id: int) -> FrozenTrial:
        if trial_id not in self._trials:
            raise KeyError(f"No trial has the id {trial_id}.")
        return self._trials[trial_id]

    def _changing(self, trial_id: int) -> FrozenTrial:
        """Return a trial to be changed: a new copy, because a pruner holds on to trials as they were before."""
        trial = self._known(trial_id)
        self.check_trial_is_updatable(trial_id, trial.state)
        self._trials[trial_id] = _copied(trial)
        return self._trials[trial_id]

    def _set_attribute(self, table: Table, trial_id: int, key: str, value: Any) -> None:
        attributes = _attributes(self._changing(trial_id), table)
        if key in attributes:
            self._drop_attribute(table, trial_id, key, attributes[key])
        self._keep_attribute(table, trial_id, key, value)
        attributes[key] = json.loads(json.dumps(value))  # as a reader of the database gets it

    def _keep_attribute(self, table: Table, trial_id: int, key: str, value: Any) -> None:
        for name, text in self._rows(table, key, value).items():
            self._keep(_INSERT[table], trial_id=trial_id, key=name, value_json=text)

    def _drop_attribute(self, table: Table, trial_id: int, key: str, value: Any) -> None:
        for name in self._rows(table, key, value):
            self._keep(_DELETE[table], which=trial_id, named=name)

    @staticmethod
    def _rows(table: Table, key: str, value: Any) -> dict[str, str]:
        return (
            split(key, value) if table is _USER else {key: json.dumps(value)}
        )  # Optuna reads its own by itself

    def _keep(self, statement: Statement, **row: Any) -> None:
        self._writes.keep(statement, **row)

    def _keep_param(self, trial_id: int, name: str, value: float, distribution: BaseDistribution) -> None:
        text = distribution_to_json(distribution)
        self._keep(
            _INSERT[_PARAMS],
            trial_id=trial_id,
            param_name=name,
            param_value=float(value),
            distribution_json=text,
        )

    def _keep_report(self, trial_id: int, step: int, value: float) -> None:
        number, kind = models.TrialIntermediateValueModel.intermediate_value_to_stored_repr(value)
        self._keep(
            _INSERT[_REPORTS],
            trial_id=trial_id,
            step=step,
            intermediate_value=number,
            intermediate_value_type=kind,
        )

    def _keep_values(self, trial_id: int, values: Sequence[float]) -> None:
        for objective, value in enumerate(values):
            number, kind = models.TrialValueModel.value_to_stored_repr(value)
            self._keep(
                _INSERT[_VALUES], trial_id=trial_id, objective=objective, value=number, value_type=kind
            )

    # Studies: this one from memory, all else from the database.

    def get_study_id_from_name(self, study_name: str) -> int:
        """Return the study's id."""
        return (
            self._study_id if study_name == self._name else self._backend.get_study_id_from_name(study_name)
        )

    def get_study_name_from_id(self, study_id: int) -> str:
        """Return the study's name."""
        return self._name if study_id == self._study_id else self._backend.get_study_name_from_id(study_id)

    def get_study_directions(self, study_id: int) -> list[StudyDirection]:
        """Return the study's directions, one for each objective."""
        return self._directions

    def get_study_user_attrs(self, study_id: int) -> dict[str, Any]:
        """Read the study's attributes."""
        return self._backend.get_study_user_attrs(study_id)

    def get_study_system_attrs(self, study_id: int) -> dict[str, Any]:
        """Return the study's attributes of Optuna's; a sampler that keeps some asks for them often."""
        return dict(self._study_attributes)

    def set_study_user_attr(self, study_id: int, key: str, value: Any) -> None:
        """Write an attribute of the study."""
        self._backend.set_study_user_attr(study_id, key, value)

    def set_study_system_attr(self, study_id: int, key: str, value: Any) -> None:
        """Write an attribute of Optuna's, such as the parents of a generation, with what is written beside it."""
        text = json.dumps(value)
        with self.transaction():
            self._writes.act(lambda connection: _describe_system(connection, study_id, key, text))
            self._study_attributes[key] = json.loads(text)  # as a reader of the database gets it

    @cached_property
    def _study_attributes(self) -> dict[str, Any]:
        return self._backend.get_study_system_attrs(self._study_id)

    def get_all_studies(self) -> list[Any]:
        """Read all studies of the database."""
        return self._backend.get_all_studies()

    def create_new_study(self, directions: Sequence[StudyDirection], study_name: str | None = None) -> int:
        """Refuse: a ledger is of one study."""
        raise NotImplementedError("a ledger holds one study")

    def delete_study(self, study_id: int) -> None:
        """Refuse: a study is not deleted while it is driven."""
        raise NotImplementedError("a ledger holds one study")


def _copied(trial: FrozenTrial) -> FrozenTrial:
    mine = copy.copy(trial)
    mine.params, mine.distributions = dict(trial.params), dict(trial.distributions)
    mine.user_attrs, mine.system_attrs = dict(trial.user_attrs), dict(trial.system_attrs)
    mine.intermediate_values = dict(trial.intermediate_values)
    return mine


def _describe_system(connection: Connection, study_id: int, key: str, text: str) -> None:
    connection.execute(_OF_STUDY.delete().where(_OF_STUDY.c.study_id == study_id, _OF_STUDY.c.key == key))
    connection.execute(_OF_STUDY.insert(), {"study_id": study_id, "key": key, "value_json": text})


def _attributes(trial: FrozenTrial, table: Table) -> dict[str, Any]:
    return trial.user_attrs if table is _USER else trial.system_attrs


def _new_trial() -> FrozenTrial:
    """Return a trial that runs from now on; the ledger gives it its number and id."""
    return FrozenTrial(
        number=-1,
        state=TrialState.RUNNING,
        value=None,
        datetime_start=datetime.now(),
        datetime_complete=None,
        params={},
        distributions={},
        user_attrs={},
        system_attrs={},
        intermediate_values={},
        trial_id=-1,
    )


def _stored(moment: datetime | None) -> datetime | None:
    """Return a local time as Optuna's tables hold it: in UTC, without saying so."""
    return None if moment is None else moment.astimezone(UTC).replace(tzinfo=None)
