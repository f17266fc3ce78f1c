"""A driver's lease of its study: claimed and given up by comparing and setting its record, and renewed by a heartbeat.

Whoever writes looks first whether the lease is still its own. A driver that was asleep for so long that another one took
its study over finds out there, and ends.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy
from optuna.storages._rdb import models
from optuna.study import StudyDirection
from sqlalchemy import Connection, Engine, Table
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from ..errors import StudyLocked
from .chunks import split
from .lock import BEAT, BEAT_SECONDS, held, is_driven, new_driver, refusal
from .records import DRIVER

_STUDIES: Table = models.StudyModel.__table__
_DIRECTIONS: Table = models.StudyDirectionModel.__table__
_ATTRIBUTES: Table = models.StudyUserAttributeModel.__table__
_CLOCKS = {
    "postgresql": "SELECT EXTRACT(EPOCH FROM clock_timestamp())",
    "mysql": "SELECT UNIX_TIMESTAMP(NOW(6))",
    "mariadb": "SELECT UNIX_TIMESTAMP(NOW(6))",
}
"""A server's clock, which is one for all machines."""


class Lease:
    """This process as the one driver of a study."""

    def __init__(self, engine: Engine, url: str, study_id: int, name: str) -> None:
        self._engine = engine
        self._url = url
        self._study_id = study_id
        self._name = name
        self._driver = new_driver(url)
        self._text = ""
        """The record as it stands in the database."""
        self._which = _ATTRIBUTES.c.study_id == study_id, _ATTRIBUTES.c.key == DRIVER
        # Made once, because SQLAlchemy takes longer to make a statement than SQLite to run it.
        self._select = sqlalchemy.select(_ATTRIBUTES.c.value_json).where(*self._which)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._renew, daemon=True)

    @property
    def token(self) -> str:
        """What tells this driver from all others."""
        return str(self._driver["token"])

    def claim(self) -> None:
        """Take the study over from a driver that has ended.

        Raises:
            StudyLocked: It has not.
        """
        with self._engine.begin() as connection:
            found = self._read(connection)
            driver = json.loads(found) if found else {}
            now = clock(connection)
            if is_driven(driver, self._url, now):
                raise refusal(self._name, driver)
            text = self._record(now)
            taken = self._replace(connection, found, text) if found else self._insert(connection, text)
        if not taken:
            raise StudyLocked(f"Another process has begun to run the study '{self._name}' at this moment.")
        self.begin(text)

    def claim_new(self, connection: Connection) -> str:
        """Write the record of a study that is being made, and return it for ``begin``, once that is committed."""
        text = self._record(clock(connection))
        self._insert(connection, text)
        return text

    def begin(self, text: str) -> None:
        """Keep a lease whose record has been written."""
        self._text = text
        held.add(self._driver["token"])
        self._thread.start()

    def check(self, connection: Connection) -> None:
        """Look before a write whether the study is still this driver's.

        Raises:
            StudyLocked: Another one has taken it over, or it was deleted.
        """
        found = self._read(connection)
        driver = json.loads(found) if found else {}
        if driver.get("token") == self._driver["token"]:
            return
        if not driver:
            raise StudyLocked(f"The study '{self._name}' was deleted while it was run.")
        raise StudyLocked(
            f"The study '{self._name}' was taken over by process {driver['pid']} on {driver['host']}, because this one gave "
            "no sign of life for long; nothing more is written."
        )

    def release(self) -> None:
        """Give the study up; the record stays, as that of the driver that ran it last."""
        self._over.set()
        self._thread.join(BEAT_SECONDS)  # a server that has gone may keep it waiting
        ended = json.dumps({key: self._driver[key] for key in ("host", "pid", "since")})
        with contextlib.suppress(SQLAlchemyError), self._engine.begin() as connection:
            self._replace(connection, self._text, ended)
        held.discard(self._driver["token"])

    def _renew(self) -> None:
        while not self._over.wait(BEAT_SECONDS):
            # A storage that fails is reported by the driver's own writes.
            with contextlib.suppress(SQLAlchemyError), self._engine.begin() as connection:
                text = self._record(clock(connection))
                if not self._replace(connection, self._text, text):
                    return  # it is another one's by now
                self._text = text

    def _record(self, now: float) -> str:
        return json.dumps({**self._driver, BEAT: now})

    def _read(self, connection: Connection) -> str | None:
        return connection.execute(self._select).scalar_one_or_none()

    def _replace(self, connection: Connection, old: str, new: str) -> bool:
        """Write a record in place of another one, if that is still there."""
        statement = _ATTRIBUTES.update().where(*self._which, _ATTRIBUTES.c.value_json == old)
        return bool(connection.execute(statement, {"value_json": new}).rowcount)

    def _insert(self, connection: Connection, text: str) -> bool:
        row = {"study_id": self._study_id, "key": DRIVER, "value_json": text}
        try:
            connection.execute(_ATTRIBUTES.insert(), row)
        except IntegrityError:
            return False
        return True


@contextmanager
def hold_lease(engine: Engine, url: str, study_id: int, name: str) -> Iterator[Lease]:
    """Hold an existing study.

    Raises:
        StudyLocked: Another driver runs it.
    """
    lease = Lease(engine, url, study_id, name)
    lease.claim()
    try:
        yield lease
    finally:
        lease.release()


@contextmanager
def create_leased(
    engine: Engine, url: str, name: str, directions: Sequence[StudyDirection]
) -> Iterator[Lease]:
    """Make a study that is held from its first moment.

    Raises:
        StudyLocked: Another process has just made one of this name.
    """
    try:
        with engine.begin() as connection:
            key = connection.execute(_STUDIES.insert(), {"study_name": name}).inserted_primary_key
            assert key is not None  # noqa: S101 - SQLAlchemy's insert of one row has it
            lease = Lease(engine, url, key[0], name)
            rows = [
                {"study_id": key[0], "direction": direction, "objective": objective}
                for objective, direction in enumerate(directions)
            ]
            connection.execute(_DIRECTIONS.insert(), rows)
            text = lease.claim_new(connection)
    except IntegrityError as error:
        raise StudyLocked(f"Another process has just made a study '{name}'; resume that one.") from error
    lease.begin(text)
    try:
        yield lease
    finally:
        lease.release()


def describe(connection: Connection, study_id: int, key: str, value: Any) -> None:
    """Write an attribute of a study, in place of what stands there."""
    undescribe(connection, study_id, key)
    rows = [
        {"study_id": study_id, "key": name, "value_json": text} for name, text in split(key, value).items()
    ]
    connection.execute(_ATTRIBUTES.insert(), rows)


def undescribe(connection: Connection, study_id: int, key: str) -> None:
    """Remove an attribute of a study, whatever its size; it may be missing."""
    same = sqlalchemy.or_(_ATTRIBUTES.c.key == key, _ATTRIBUTES.c.key.startswith(f"{key}#", autoescape=True))
    connection.execute(_ATTRIBUTES.delete().where(_ATTRIBUTES.c.study_id == study_id, same))


def clock(connection: Connection) -> float:
    """Return the seconds since 1970 by the server's clock; of SQLite, which has none, by this machine's."""
    statement = _CLOCKS.get(connection.dialect.name)
    return (
        time.time()
        if statement is None
        else float(connection.execute(sqlalchemy.text(statement)).scalar_one())
    )
