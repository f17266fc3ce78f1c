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
from datetime import datetime
from functools import cached_property, partial
from typing import Any

import optuna
from optuna.distributions import (
    BaseDistribution,
    check_distribution_compatibility,
)
from optuna.storages import BaseStorage
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy import Connection, Table

from .changes import Changes
from .held_attributes import read_held
from .held_trials import HeldTrials, copied
from .lease import Lease
from .members import lock_study
from .optuna_tables import TRIAL_ATTRIBUTES, TRIAL_SYSTEM_ATTRIBUTES
from .records import PAUSED, RUN_BY
from .study_attributes import read_attribute, remove_attribute, write_attribute, write_system_attribute
from .transactions import Transactions
from .trial_rows import TrialRows, attributes_of, has_newer, insert_trial, read_number, stored_time


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
        lock = partial(lock_study, study_id=self._study_id) if lease.shares else None
        self._writes = Transactions(self._backend.engine, self._backend.url, lease.check, lock)
        self._rows = TrialRows(self._writes)
        self.patience = self._writes.patience
        self._changes = Changes(self._study_id)
        self._written = time.monotonic()
        self._trials = HeldTrials(lambda: read_held(self._backend.engine, self._study_id, -1))

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
            self._trials.forget_after(trials)
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
        unfinished = [
            trial._trial_id for trial in self._trials.unfinished() if not self._is_running_here(trial)
        ]
        return self._changes.among(connection, unfinished)

    def _is_running_here(self, trial: FrozenTrial) -> bool:
        here = trial.user_attrs.get(RUN_BY) == self._lease.token
        return here and trial.state == TrialState.RUNNING and not trial.user_attrs.get(PAUSED)

    def _has_newer(self, connection: Connection, own: int = -1) -> bool:
        return has_newer(connection, self._study_id, self._trials.last_id, own)

    def _load_newer(self, changed: Collection[int] = ()) -> list[FrozenTrial]:
        """Read the trials that are new, and some that were known."""
        found = read_held(self._backend.engine, self._study_id, self._trials.last_id, changed)
        for trial in found:
            self._trials.add(trial)
        return found

    def forget(self, trial_id: int, user_prefix: str, system_prefix: str) -> None:
        """Drop what a trial reported, and its attributes whose keys begin so."""
        trial = self._changing(trial_id)
        if trial.intermediate_values:
            trial.intermediate_values.clear()
            self._rows.drop_reports(trial_id)
        for table, prefix in ((TRIAL_ATTRIBUTES, user_prefix), (TRIAL_SYSTEM_ATTRIBUTES, system_prefix)):
            attributes = attributes_of(trial, table)
            for key in [key for key in attributes if key.startswith(prefix)]:
                self._rows.drop_attribute(table, trial_id, key, attributes.pop(key))

    def copy_attribute(self, trial_id: int, key: str, of: int) -> None:
        """Give a trial an attribute of another one that has ended: in the database all of it, of which less is held."""
        self._rows.copy_attribute(trial_id, key, of)
        held = self._trials[of].user_attrs
        if key in held:
            self._changing(trial_id).user_attrs[key] = held[key]

    def write_study_attribute(self, key: str, value: Any) -> None:
        """Write an attribute of the study, of any size."""
        with self.transaction():
            self._writes.act(lambda connection: write_attribute(connection, self._study_id, key, value))

    def read_study_attribute(self, key: str) -> Any:
        """Read an attribute of the study that others may write; None where there is none."""
        with self._backend.engine.connect() as connection:
            return read_attribute(connection, self._study_id, key)

    def remove_study_attributes(self, *keys: str) -> None:
        """Remove attributes of the study."""
        with self.transaction():
            for key in keys:
                self._writes.act(partial(remove_attribute, study_id=self._study_id, key=key))

    @property
    def count(self) -> int:
        """How many trials the study has."""
        return len(self._trials)

    def numbered(self, number: int) -> FrozenTrial:
        """Return the trial of a number."""
        return self._trials.numbered(number)

    # Trials, as Optuna's storages hold them.

    def create_new_trial(self, study_id: int, template_trial: FrozenTrial | None = None) -> int:
        """Write a new trial and return its id."""
        trial = copy.deepcopy(template_trial) if template_trial else _new_trial()
        with self.transaction():
            trial._trial_id, connection = self._writes.begin(partial(self._insert, trial), self._is_known)
            if self._has_newer(connection, own=trial._trial_id):
                self._load_newer()
                self._rows.update(trial._trial_id, number=len(self._trials))
            trial.number = len(self._trials)
            self._trials.add(trial)
            self._rows.add_parts(trial)
        return trial._trial_id

    def _insert(self, trial: FrozenTrial, connection: Connection) -> int:
        # Users of Optuna enqueue trials, whose numbers are counted as well.
        lock_study(connection, self._study_id)
        return insert_trial(connection, self._study_id, len(self._trials), trial)

    def _is_known(self, trial_id: int, connection: Connection) -> bool:
        """Tell whether a trial is in the database; one that is being written is waited for, by the lock that it holds."""
        lock_study(connection, self._study_id)
        found = read_number(connection, self._study_id, trial_id)
        return found is not None and found == self._trials[trial_id].number

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
            self._trials.first_distribution(param_name, distribution), distribution
        )
        trial.params[param_name] = distribution.to_external_repr(param_value_internal)
        trial.distributions[param_name] = distribution
        self._rows.add_param(trial_id, param_name, param_value_internal, distribution)

    def set_trial_state_values(
        self, trial_id: int, state: TrialState, values: Sequence[float] | None = None
    ) -> bool:
        """Note a trial's state, and its value when it ends with one."""
        trial = self._changing(trial_id)
        if state == TrialState.RUNNING and trial.state != TrialState.WAITING:
            return False
        columns: dict[str, Any] = {"state": state}
        if state == TrialState.RUNNING:
            trial.datetime_start = datetime.now()
            columns["datetime_start"] = stored_time(trial.datetime_start)
        if state.is_finished():
            trial.datetime_complete = datetime.now()
            columns["datetime_complete"] = stored_time(trial.datetime_complete)
        if values is not None:
            trial.values = list(values)
            self._rows.add_values(trial_id, values)
        trial.state = state
        if state.is_finished():
            self._trials.settle(trial)
        self._rows.update(trial_id, **columns)
        return True

    def set_trial_intermediate_value(self, trial_id: int, step: int, intermediate_value: float) -> None:
        """Note what a trial reports at a step, once a step."""
        self._changing(trial_id).intermediate_values[step] = intermediate_value
        self._rows.add_report(trial_id, step, intermediate_value)

    def set_trial_user_attr(self, trial_id: int, key: str, value: Any) -> None:
        """Note an attribute."""
        self._set_attribute(TRIAL_ATTRIBUTES, trial_id, key, value)

    def set_trial_system_attr(self, trial_id: int, key: str, value: Any) -> None:
        """Note an attribute of Optuna's."""
        self._set_attribute(TRIAL_SYSTEM_ATTRIBUTES, trial_id, key, value)

    def get_trial(self, trial_id: int) -> FrozenTrial:
        """Return a copy of a trial: Optuna's ``Trial`` changes its own, and ``tell`` copies what it is given in a way that costs memory."""
        return copied(self._trials[trial_id])

    def get_all_trials(
        self, study_id: int, deepcopy: bool = True, states: Container[TrialState] | None = None
    ) -> list[FrozenTrial]:
        """Return all trials, or those of some states."""
        if states is None:
            trials = self._trials.all()
        elif any(state in states for state in TrialState if state.is_finished()):
            trials = [trial for trial in self._trials.all() if trial.state in states]
        else:
            trials = [trial for trial in self._trials.unfinished() if trial.state in states]
        return copy.deepcopy(trials) if deepcopy else trials

    def _changing(self, trial_id: int) -> FrozenTrial:
        """Return a trial to be changed."""
        self.check_trial_is_updatable(trial_id, self._trials[trial_id].state)
        return self._trials.renew(trial_id)

    def _set_attribute(self, table: Table, trial_id: int, key: str, value: Any) -> None:
        attributes = attributes_of(self._changing(trial_id), table)
        if key in attributes:
            self._rows.drop_attribute(table, trial_id, key, attributes[key])
        attributes[key] = self._rows.add_attribute(table, trial_id, key, value)

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
            self._writes.act(lambda connection: write_system_attribute(connection, study_id, key, text))
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
