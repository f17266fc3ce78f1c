"""The rows of one study in Optuna's tables, written into another database and read back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

import sqlalchemy
from sqlalchemy import Column, ColumnElement, Connection, Table, Text

from ..errors import StorageError, StudyError
from .chunks import join, split
from .connections import writing_errors
from .optuna_tables import (
    DIRECTIONS,
    PARAMS,
    REPORTS,
    STUDIES,
    STUDY_ATTRIBUTES,
    STUDY_SYSTEM_ATTRIBUTES,
    TRIAL_ATTRIBUTES,
    TRIAL_SYSTEM_ATTRIBUTES,
    TRIALS,
    VALUES,
)
from .records import CONTROL, DRIVER, LIVE, SPEC, StudyRecord
from .storage import shown_storage

Rows: TypeAlias = list[tuple[Any, ...]]
"""The number of the study or trial that a row belongs to, and its values."""

_OF_STUDY: tuple[Table, ...] = (
    DIRECTIONS,
    STUDY_SYSTEM_ATTRIBUTES,
    STUDY_ATTRIBUTES,
)
_OF_TRIAL: tuple[Table, ...] = (
    PARAMS,
    VALUES,
    REPORTS,
    TRIAL_ATTRIBUTES,
    TRIAL_SYSTEM_ATTRIBUTES,
)
_BATCH = 200
"""Trials that are copied and compared at once, which bounds the memory that it takes."""
_MYSQL = ("mysql", "mariadb")
_MYSQL_BYTES = 65_535
"""Of a text in a column of MySQL's."""


class Source:
    """A connection that studies are read from, whose errors are told as its storage's."""

    def __init__(self, connection: Connection, url: str) -> None:
        self._connection = connection
        self._url = url

    def rows(self, columns: Sequence[Column[Any]], where: ColumnElement[bool]) -> Rows:
        """Return some columns of the rows that a condition holds for, in the order in which they were written."""
        with writing_errors(self._url):
            return _select(self._connection, columns, where)


def _select(connection: Connection, columns: Sequence[Column[Any]], where: ColumnElement[bool]) -> Rows:
    key = next(iter(columns[0].table.primary_key))
    statement = sqlalchemy.select(*columns).where(where).order_by(key)
    return [tuple(row) for row in connection.execute(statement)]


class CopiedRows:
    """A study that is being written into another database, in a transaction of its caller's."""

    def __init__(self, source: Source, target: Connection, study: StudyRecord, name: str) -> None:
        """Make the study, without anything in it.

        Raises:
            sqlalchemy.exc.IntegrityError: There is one of that name.
        """
        self._source = source
        self._target = target
        self._study = study
        self._name = name
        key = target.execute(STUDIES.insert(), {"study_name": name}).inserted_primary_key
        self.study_id: int = key[0]  # type: ignore[index]  # SQLAlchemy's insert of one row has it

    def copy(self, to: str) -> int:
        """Copy all that the study has, compare what is read back, and return its number of trials.

        Args:
            to: The URL of the database, for messages.

        Raises:
            StudyError: The study is gone.
            StorageError: Something cannot be written, or is not what was written.
        """
        found = self._source.rows([STUDIES.c.study_name], STUDIES.c.study_id == self._study.study_id)
        if found != [(self._study.name,)]:
            raise StudyError(f"There is no study '{self._study.name}' any more.")
        self._compare([(self._name,)], [STUDIES.c.study_name], STUDIES.c.study_id == self.study_id, to)
        for table in _OF_STUDY:
            self._copy_rows(table, "study_id", {self._study.study_id: self.study_id}, to)
        count = 0
        for ids in self._copy_trials(to):
            count += len(ids)
            for table in _OF_TRIAL:
                self._copy_rows(table, "trial_id", ids, to)
        return count

    def _copy_trials(self, to: str) -> Iterator[dict[int, int]]:
        """Copy trials without what belongs to them, and yield those of a batch: number there -> number here."""
        columns = _columns(TRIALS, "study_id")
        of_study = TRIALS.c.study_id
        every = [row[0] for row in self._source.rows([TRIALS.c.trial_id], of_study == self._study.study_id)]
        last = -1
        for start in range(0, len(every), _BATCH):
            batch = every[start : start + _BATCH]
            rows = self._source.rows(columns, TRIALS.c.trial_id.in_(batch))
            rows = [(self.study_id, *map(self._kept, row[1:])) for row in rows]
            self._insert(TRIALS, columns, rows)
            where = (of_study == self.study_id) & (TRIALS.c.trial_id > last)
            self._compare(rows, columns, where, to)
            new = [row[0] for row in _select(self._target, [TRIALS.c.trial_id], where)]
            last = new[-1]
            yield dict(zip(batch, new, strict=True))

    def _copy_rows(self, table: Table, owner: str, ids: Mapping[int, int], to: str) -> None:
        """Copy the rows of a table that belong to the study, or to some trials."""
        columns = _columns(table, owner)
        rows = self._source.rows(columns, table.c[owner].in_(ids))
        rows = [(ids[row[0]], *row[1:]) for row in rows]
        if table is STUDY_ATTRIBUTES:
            rows = self._without_drivers(rows)
        self._check_fits(columns, rows, to)
        self._insert(table, columns, rows)
        self._compare(rows, columns, table.c[owner].in_(ids.values()), to)

    def _insert(self, table: Table, columns: Sequence[Column[Any]], rows: Rows) -> None:
        if rows:
            names = [column.key for column in columns]
            self._target.execute(table.insert(), [dict(zip(names, row, strict=True)) for row in rows])

    def _compare(
        self, rows: Rows, columns: Sequence[Column[Any]], where: ColumnElement[bool], to: str
    ) -> None:
        found = _select(self._target, columns, where)
        if found != rows:
            raise StorageError(
                f"{shown_storage(to)} holds something else than was written for the study '{self._study.name}' "
                f"(table {columns[0].table.name}); nothing was copied."
            )

    def _kept(self, value: Any) -> Any:
        """Return a value as the database keeps it: MySQL's times have whole seconds."""
        cut = isinstance(value, datetime) and self._target.dialect.name in _MYSQL
        return value.replace(microsecond=0) if cut else value

    def _check_fits(self, columns: Sequence[Column[Any]], rows: Rows, to: str) -> None:
        """Refuse texts that MySQL's columns cannot hold, of which it may drop the end; Kerasweep's own come in pieces."""
        if self._target.dialect.name not in _MYSQL:
            return
        texts = [place for place, column in enumerate(columns) if isinstance(column.type, Text)]
        for row in rows:
            for place in texts:
                if (size := len((row[place] or "").encode())) > _MYSQL_BYTES:
                    raise StorageError(
                        f"{shown_storage(to)} cannot hold '{row[1]}' of the study '{self._study.name}', which has "
                        f"{size:,} bytes: MySQL's columns hold {_MYSQL_BYTES:,}. Copy it to PostgreSQL or a file."
                    )

    def _without_drivers(self, rows: Rows) -> Rows:
        """Return the study's attributes without the records of its drivers, and with its new name in its specification."""
        rows = [row for row in rows if not _is_of_driver(row[1])]
        spec = {key: text for _, key, text in rows if key.partition("#")[0] == SPEC}
        where = f"The study '{self._study.name}'"
        whole = join({key: json.loads(text) for key, text in spec.items()}, where).get(SPEC)
        if self._name == self._study.name or not isinstance(whole, dict):
            return rows
        renamed = split(SPEC, {**whole, "study": self._name})
        return [
            *(row for row in rows if row[1] not in spec),
            *((self.study_id, key, text) for key, text in renamed.items()),
        ]


def _columns(table: Table, owner: str) -> list[Column[Any]]:
    """Return the column of what a table's rows belong to, and those with their values."""
    values = [column for column in table.columns if not column.primary_key and column.name != owner]
    return [table.c[owner], *values]


def _is_of_driver(key: str) -> bool:
    """Tell whether a study's attribute is of its drivers: which there are, what they say and what is wished of them."""
    return ":".join(key.partition("#")[0].split(":")[:2]) in (DRIVER, LIVE, CONTROL)
