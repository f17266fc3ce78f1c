"""Trials as Optuna's samplers see them, put together from rows of its tables.

Optuna makes an object of each row, and reads each distribution anew, which takes a minute of a hundred thousand trials.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import Any

import sqlalchemy
from optuna.distributions import BaseDistribution, json_to_distribution
from optuna.trial import FrozenTrial
from sqlalchemy import ColumnElement, Connection, Row, Select, Table, bindparam

from .optuna_tables import (
    PARAMS,
    REPORTS,
    TRIAL_ATTRIBUTES,
    TRIAL_SYSTEM_ATTRIBUTES,
    TRIALS,
    VALUES,
    read_report,
    read_value,
)
from .records import DETAILS


def _rows_of(
    table: Table, order: str, *columns: str, where: Iterable[ColumnElement[bool]] = ()
) -> Select[Any]:
    """Return what selects columns of a table, of some trials."""
    chosen = [table.c[name] for name in ("trial_id", *columns)]
    among = table.c.trial_id.in_(bindparam("ids", expanding=True))
    return sqlalchemy.select(*chosen).where(among, *where).order_by(table.c[order])


_KEY = TRIAL_ATTRIBUTES.c.key
_OF_DETAILS = sqlalchemy.or_(_KEY == DETAILS, _KEY.like(f"{DETAILS}#%"))
_SELECT_TRIALS = _rows_of(TRIALS, "trial_id", "number", "state", "datetime_start", "datetime_complete")
_SELECT_VALUES = _rows_of(VALUES, "objective", "value", "value_type")
_SELECT_PARAMS = _rows_of(PARAMS, "param_id", "param_name", "param_value", "distribution_json")
_SELECT_REPORTS = _rows_of(
    REPORTS, "trial_intermediate_value_id", "step", "intermediate_value", "intermediate_value_type"
)
_SELECT_ATTRIBUTES = _rows_of(
    TRIAL_ATTRIBUTES, "trial_user_attribute_id", "key", "value_json", where=(~_OF_DETAILS,)
)
_SELECT_DETAILS = _rows_of(TRIAL_ATTRIBUTES, "trial_user_attribute_id", "key", where=(_OF_DETAILS,))
_SELECT_SYSTEM_ATTRIBUTES = _rows_of(
    TRIAL_SYSTEM_ATTRIBUTES, "trial_system_attribute_id", "key", "value_json"
)


class HeldRows:
    """Reads trials, without their details."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._distributions: dict[str, BaseDistribution] = {}
        """Text -> what it says: trials have few, and to read one takes longer than all else."""

    def trials(self, ids: Collection[int]) -> list[FrozenTrial]:
        """Return the trials of some ids, in their order; attributes are as they are in their rows."""
        # Their states first: what a trial wrote with its last one is there then, if others write meanwhile.
        trials = self._connection.execute(_SELECT_TRIALS, {"ids": list(ids)}).all()
        values, params = self._by_trial(_SELECT_VALUES, ids), self._by_trial(_SELECT_PARAMS, ids)
        reports, attributes = self._by_trial(_SELECT_REPORTS, ids), self._by_trial(_SELECT_ATTRIBUTES, ids)
        system = self._by_trial(_SELECT_SYSTEM_ATTRIBUTES, ids)
        return [
            FrozenTrial(
                number=number,
                state=state,
                value=None,
                values=[read_value(*row) for row in values[trial_id]] or None,
                datetime_start=_local(started),
                datetime_complete=_local(ended),
                params={
                    name: self._distribution(text).to_external_repr(value)
                    for name, value, text in params[trial_id]
                },
                distributions={name: self._distribution(text) for name, _, text in params[trial_id]},
                user_attrs={key: json.loads(text) for key, text in attributes[trial_id]},
                system_attrs={key: json.loads(text) for key, text in system[trial_id]},
                intermediate_values={step: read_report(*row) for step, *row in reports[trial_id]},
                trial_id=trial_id,
            )
            for trial_id, number, state, started, ended in trials
        ]

    def keys_of_details(self, ids: Collection[int]) -> dict[int, list[str]]:
        """Return the keys of the rows that hold the details of some trials, by id; of those that have none, nothing."""
        found = self._by_trial(_SELECT_DETAILS, ids)
        return {trial_id: [key for (key,) in rows] for trial_id, rows in found.items()}

    def _by_trial(self, select: Select[Any], ids: Collection[int]) -> dict[int, list[tuple[Any, ...]]]:
        found: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
        row: Row[Any]
        for row in self._connection.execute(select, {"ids": list(ids)}) if ids else ():
            found[row[0]].append(tuple(row[1:]))
        return found

    def _distribution(self, text: str) -> BaseDistribution:
        known = self._distributions.get(text)
        if known is None:
            known = self._distributions[text] = json_to_distribution(text)
        return known


def _local(moment: datetime | None) -> datetime | None:
    """Return a time of Optuna's tables, which is in UTC without saying so, as local time."""
    return None if moment is None else moment.replace(tzinfo=UTC).astimezone().replace(tzinfo=None)
