"""The rows of trials in Optuna's tables: how each part of a trial is stored, by statements that are made once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy
from optuna.distributions import BaseDistribution, distribution_to_json
from optuna.trial import FrozenTrial
from sqlalchemy import Connection, Table, bindparam

from .chunks import split
from .held_attributes import NEVER_HELD, Unheld, with_shared_keys
from .optuna_tables import (
    PARAMS,
    REPORTS,
    TRIAL_ATTRIBUTES,
    TRIAL_SYSTEM_ATTRIBUTES,
    TRIALS,
    VALUES,
    stored_report,
    stored_value,
)
from .transactions import Statement, Transactions

# Made once, because SQLAlchemy takes longer to make a statement than SQLite to run it.
_INSERT = {
    table: table.insert()
    for table in (TRIALS, PARAMS, VALUES, REPORTS, TRIAL_ATTRIBUTES, TRIAL_SYSTEM_ATTRIBUTES)
}
_UPDATE_TRIAL = TRIALS.update().where(TRIALS.c.trial_id == bindparam("which"))
_DELETE_REPORTS = REPORTS.delete().where(REPORTS.c.trial_id == bindparam("which"))
_DELETE = {
    table: table.delete().where(table.c.trial_id == bindparam("which"), table.c.key == bindparam("named"))
    for table in (TRIAL_ATTRIBUTES, TRIAL_SYSTEM_ATTRIBUTES)
}
_COPY_ATTRIBUTE = TRIAL_ATTRIBUTES.insert().from_select(
    ["trial_id", "key", "value_json"],
    sqlalchemy.select(
        bindparam("whose", type_=TRIALS.c.trial_id.type),
        TRIAL_ATTRIBUTES.c.key,
        TRIAL_ATTRIBUTES.c.value_json,
    ).where(
        TRIAL_ATTRIBUTES.c.trial_id == bindparam("of"),
        sqlalchemy.or_(
            TRIAL_ATTRIBUTES.c.key == bindparam("named"),
            TRIAL_ATTRIBUTES.c.key.like(bindparam("pieces")),
        ),
    ),
)
_NEWER = sqlalchemy.select(TRIALS.c.trial_id).where(
    TRIALS.c.study_id == bindparam("study"),
    TRIALS.c.trial_id > bindparam("last"),
    TRIALS.c.trial_id != bindparam("own"),
)
_SELECT_NUMBER = sqlalchemy.select(TRIALS.c.number).where(
    TRIALS.c.study_id == bindparam("study"), TRIALS.c.trial_id == bindparam("which")
)


class TrialRows:
    """Writes rows of trials, each with the next transaction, in the order in which they are given."""

    def __init__(self, writes: Transactions) -> None:
        self._writes = writes

    def _keep(self, statement: Statement, **row: Any) -> None:
        self._writes.keep(statement, **row)

    def add_parts(self, trial: FrozenTrial) -> None:
        """Write all that a new trial has from the start, beside its own row."""
        for name, distribution in trial.distributions.items():
            value = distribution.to_internal_repr(trial.params[name])
            self.add_param(trial._trial_id, name, value, distribution)
        for table in (TRIAL_ATTRIBUTES, TRIAL_SYSTEM_ATTRIBUTES):
            for key, value in attributes_of(trial, table).items():
                self.add_attribute(table, trial._trial_id, key, value)
        for step, value in trial.intermediate_values.items():
            self.add_report(trial._trial_id, step, value)
        self.add_values(trial._trial_id, trial.values or ())

    def update(self, trial_id: int, **columns: Any) -> None:
        """Change columns of a trial's own row."""
        self._keep(_UPDATE_TRIAL, which=trial_id, **columns)

    def add_param(self, trial_id: int, name: str, value: float, distribution: BaseDistribution) -> None:
        """Write a hyperparameter's value, as Optuna represents it, with its distribution."""
        self._keep(
            _INSERT[PARAMS],
            trial_id=trial_id,
            param_name=name,
            param_value=float(value),
            distribution_json=distribution_to_json(distribution),
        )

    def add_values(self, trial_id: int, values: Sequence[float]) -> None:
        """Write a value for each objective."""
        for objective, value in enumerate(values):
            number, kind = stored_value(value)
            self._keep(_INSERT[VALUES], trial_id=trial_id, objective=objective, value=number, value_type=kind)

    def add_report(self, trial_id: int, step: int, value: float) -> None:
        """Write what was reported at a step."""
        number, kind = stored_report(value)
        self._keep(
            _INSERT[REPORTS],
            trial_id=trial_id,
            step=step,
            intermediate_value=number,
            intermediate_value_type=kind,
        )

    def drop_reports(self, trial_id: int) -> None:
        """Remove all that was reported."""
        self._keep(_DELETE_REPORTS, which=trial_id)

    def add_attribute(self, table: Table, trial_id: int, key: str, value: Any) -> Any:
        """Write an attribute of ``TRIAL_ATTRIBUTES`` or ``TRIAL_SYSTEM_ATTRIBUTES``, in several rows where it is long.

        Returns:
            What is held of it in memory: as a reader of the database gets it, or ``Unheld``.
        """
        texts = _texts(table, key, value)
        for name, text in texts.items():
            self._keep(_INSERT[table], trial_id=trial_id, key=name, value_json=text)
        return Unheld(tuple(texts)) if key in NEVER_HELD else with_shared_keys(json.loads(json.dumps(value)))

    def copy_attribute(self, trial_id: int, key: str, of: int) -> None:
        """Write an attribute as another trial has it, all of it, whatever of it is held in memory."""
        self._keep(_COPY_ATTRIBUTE, whose=trial_id, of=of, named=key, pieces=f"{key}#%")

    def drop_attribute(self, table: Table, trial_id: int, key: str, value: Any) -> None:
        """Remove an attribute that has a value by now."""
        for name in value.keys if isinstance(value, Unheld) else _texts(table, key, value):
            self._keep(_DELETE[table], which=trial_id, named=name)


def _texts(table: Table, key: str, value: Any) -> dict[str, str]:
    # Optuna reads its own by itself.
    return split(key, value) if table is TRIAL_ATTRIBUTES else {key: json.dumps(value)}


def attributes_of(trial: FrozenTrial, table: Table) -> dict[str, Any]:
    """Return the attributes of a trial that a table holds."""
    return trial.user_attrs if table is TRIAL_ATTRIBUTES else trial.system_attrs


def insert_trial(connection: Connection, study_id: int, number: int, trial: FrozenTrial) -> int:
    """Insert a trial's own row, at once, and return the id that the database gives it."""
    row = {
        "study_id": study_id,
        "number": number,
        "state": trial.state,
        "datetime_start": stored_time(trial.datetime_start),
        "datetime_complete": stored_time(trial.datetime_complete),
    }
    key = connection.execute(_INSERT[TRIALS], row).inserted_primary_key
    return int(key[0])  # type: ignore[index]


def read_number(connection: Connection, study_id: int, trial_id: int) -> int | None:
    """Return the number of a trial; None where there is no such trial."""
    number: int | None = connection.execute(_SELECT_NUMBER, {"study": study_id, "which": trial_id}).scalar()
    return number


def has_newer(connection: Connection, study_id: int, last: int, own: int = -1) -> bool:
    """Tell whether a study has trials of higher ids than ``last``, beside an own one."""
    found = connection.execute(_NEWER, {"study": study_id, "last": last, "own": own})
    return found.first() is not None


def stored_time(moment: datetime | None) -> datetime | None:
    """Return a local time as Optuna's tables hold it: in UTC, without saying so."""
    return None if moment is None else moment.astimezone(UTC).replace(tzinfo=None)
