"""A driver's lease of its study: claimed and given up by comparing and setting its record, and renewed by a heartbeat.

Where several drivers share a study, each has a lease (``members.py``).

Whoever writes looks first whether the lease is still its own. A driver that was asleep for so long that another one took
its study over finds out there, and ends.
"""

from __future__ import annotations

import contextlib
import json
import logging
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

import sqlalchemy
from optuna.study import StudyDirection
from sqlalchemy import ColumnElement, Connection, Engine
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from ..errors import StorageError, StudyLocked
from .lock import BEAT, BEAT_SECONDS, SHARES, file_key, held, is_driven, is_silent, new_driver, refusal
from .members import ended, forget_ended, key_of, lock_study, may_be_several, read_records
from .optuna_tables import DIRECTIONS, STUDIES, STUDY_ATTRIBUTES
from .records import DRIVER, LIVE
from .silence import WATCH_SECONDS, Silences
from .storage import sqlite_path

logger = logging.getLogger(__name__)
_CLOCKS = {
    "postgresql": "SELECT EXTRACT(EPOCH FROM clock_timestamp())",
    "mysql": "SELECT UNIX_TIMESTAMP(NOW(6))",
    "mariadb": "SELECT UNIX_TIMESTAMP(NOW(6))",
}
"""A server's clock, which is one for all machines."""
_LOOK_SECONDS = 0.5
"""Between two looks whether a driver that seems dead gives a sign."""
Sharing = Literal["alone", "open", "joins"]
"""Whether a driver is the only one of its study; lets others join, where the storage is a server; or joins them itself."""


class Lease:
    """This process as a driver of a study: the only one, unless others may join it, or it joins others."""

    def __init__(
        self, engine: Engine, url: str, study_id: int, name: str, sharing: Sharing = "alone"
    ) -> None:
        self._engine = engine
        self._url = url
        path = sqlite_path(url)
        self._path = None if path is None else path.absolute()  # a user's model may change the working folder
        self._study_id = study_id
        self._name = name
        self._driver = new_driver(url)
        self._joins = sharing == "joins"
        self.shares = sharing != "alone" and may_be_several(engine)
        """Whether there may be other drivers beside this one, now or later."""
        if self.shares:
            self._driver[SHARES] = True
        self.others: dict[str, dict[str, Any]] = {}
        """Records of the other drivers that live, by token, as ``look`` has found them."""
        self.had_company = self._joins
        """Whether another driver has run the study at any moment since this one does."""
        self._key = key_of(self.token) if self._joins else DRIVER
        self.live_key = f"{LIVE}:{self.token}" if self._joins else LIVE
        """Of what this driver says of itself."""
        self._silences = Silences()
        self._which = self._where(self._key)
        # Made once, because SQLAlchemy takes longer to make a statement than SQLite to run it.
        self._select = sqlalchemy.select(STUDY_ATTRIBUTES.c.value_json).where(*self._which)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._renew, daemon=True)

    @property
    def token(self) -> str:
        """What tells this driver from all others."""
        return str(self._driver["token"])

    def claim(self) -> None:
        """Take the study over from drivers that have ended, or join those that have not.

        One elsewhere whose last sign is old is watched for a while first.

        Raises:
            StudyLocked: Another one runs it, and this one does not join, or that one does not share.
        """
        if unwatched := self._unwatched():
            logger.warning(
                "The study '%s' was run by process %s on %s, which gives no sign any more. "
                "It goes on here unless one comes within %.0f s.",
                self._name,
                unwatched[0]["pid"],
                unwatched[0]["host"],
                WATCH_SECONDS,
            )
        while self._unwatched():
            time.sleep(_LOOK_SECONDS)
        with self._engine.begin() as connection:
            lock_study(connection, self._study_id)
            records = read_records(connection, self._study_id)
            now = clock(connection)
            for record in map(json.loads, records.values()):
                if is_driven(record, self._url, now) and not (self._joins and SHARES in record):
                    raise refusal(self._name, record)
            forget_ended(connection, self._study_id, records)
            text, found = self._record(now), records.get(self._key)
            taken = self._replace(connection, found, text) if found else self._insert(connection, text)
        if not taken:
            raise StudyLocked(f"Another process has begun to run the study '{self._name}' at this moment.")
        self.begin()

    def _unwatched(self) -> list[dict[str, Any]]:
        """Return the records of drivers that seem dead, and may give a sign yet."""
        with self._engine.begin() as connection:
            records = read_records(connection, self._study_id)
            now = clock(connection)
        return [one for one in map(json.loads, records.values()) if self._may_live(one, now)]

    def _may_live(self, driver: dict[str, Any], now: float) -> bool:
        return is_silent(driver, now) and not self._silences.is_long(driver)

    def claim_new(self, connection: Connection) -> None:
        """Write the record of a study that is being made; ``begin`` follows, once that is committed."""
        self._insert(connection, self._record(clock(connection)))

    def begin(self) -> None:
        """Keep a lease whose record has been written."""
        held.add(self._driver["token"])
        self._thread.start()

    def check(self, connection: Connection) -> None:
        """Look before a write whether the study is still this driver's.

        Raises:
            StudyLocked: Another one has taken it over, or it was deleted.
        """
        if file_key(self._path) != self._driver["file"]:
            raise StorageError(
                f"The database {self._path} was removed or replaced while '{self._name}' was run; nothing more is "
                "written."
            )
        found = self._read(connection)
        driver = json.loads(found) if found else {}
        if driver.get("token") == self._driver["token"]:
            return
        if not driver:
            raise StudyLocked(f"The study '{self._name}' was deleted while it was run.")
        if (driver["host"], driver["pid"]) == (self._driver["host"], self._driver["pid"]):
            raise StudyLocked(
                f"The other drivers of the study '{self._name}' took this one for dead, because it gave no sign of life for "
                "long, and run its trials again; nothing more is written."
            )
        raise StudyLocked(
            f"The study '{self._name}' was taken over by process {driver['pid']} on {driver['host']}, because this one gave "
            "no sign of life for long; nothing more is written."
        )

    def look(self, connection: Connection) -> dict[str, str]:
        """Learn which other drivers the study has by now; return the records of all that have not given it up, by key."""
        records = read_records(connection, self._study_id)
        records.pop(self._key, None)
        self.had_company = self.had_company or any(key != DRIVER for key in records)
        beating = {key: text for key, text in records.items() if "token" in json.loads(text)}
        now = clock(connection) if beating else 0.0
        found = map(json.loads, beating.values())
        self.others = {
            one["token"]: one for one in found if is_driven(one, self._url, now) or self._may_live(one, now)
        }
        return beating

    def bury(self, connection: Connection) -> None:
        """Have those others write nothing more that have died, or are taken for dead; the study must be locked."""
        for key, text in self.look(connection).items():
            record = json.loads(text)
            if record["token"] in self.others:
                continue
            same = (*self._where(key), STUDY_ATTRIBUTES.c.value_json == text)
            buried = connection.execute(STUDY_ATTRIBUTES.update().where(*same), {"value_json": ended(record)})
            if not buried.rowcount:  # it has just given a sign
                self.others[record["token"]] = record

    def release(self) -> None:
        """Give the study up; the record stays, as that of the driver that ran it last."""
        self._over.set()
        self._thread.join(BEAT_SECONDS)  # a server that has gone may keep it waiting
        with contextlib.suppress(SQLAlchemyError), self._engine.begin() as connection:
            self._rewrite(connection, ended(self._driver))
        held.discard(self._driver["token"])

    def _renew(self) -> None:
        while not self._over.wait(BEAT_SECONDS):
            # A storage that fails is reported by the driver's own writes.
            with contextlib.suppress(SQLAlchemyError), self._engine.begin() as connection:
                text = self._record(clock(connection))
                if not self._rewrite(connection, text):
                    return  # it is another one's by now

    def _record(self, now: float) -> str:
        return json.dumps({**self._driver, BEAT: now})

    def _where(self, key: str) -> tuple[ColumnElement[bool], ...]:
        return STUDY_ATTRIBUTES.c.study_id == self._study_id, STUDY_ATTRIBUTES.c.key == key

    def _read(self, connection: Connection) -> str | None:
        return connection.execute(self._select).scalar_one_or_none()

    def _replace(self, connection: Connection, old: str, new: str) -> bool:
        """Write a record in place of another one, if that is still there."""
        statement = STUDY_ATTRIBUTES.update().where(*self._which, STUDY_ATTRIBUTES.c.value_json == old)
        return bool(connection.execute(statement, {"value_json": new}).rowcount)

    def _rewrite(self, connection: Connection, text: str) -> bool:
        """Write this driver's record anew, if it is still there.

        It is read first: where a connection died during a commit, nobody was told what stands there.
        """
        found = self._read(connection)
        if found is None or json.loads(found).get("token") != self._driver["token"]:
            return False
        return self._replace(connection, found, text)

    def _insert(self, connection: Connection, text: str) -> bool:
        row = {"study_id": self._study_id, "key": self._key, "value_json": text}
        try:
            connection.execute(STUDY_ATTRIBUTES.insert(), row)
        except IntegrityError:
            return False
        return True


@contextmanager
def hold_lease(
    engine: Engine, url: str, study_id: int, name: str, sharing: Sharing = "alone"
) -> Iterator[Lease]:
    """Hold an existing study.

    Raises:
        StudyLocked: Another driver runs it.
    """
    lease = Lease(engine, url, study_id, name, sharing)
    lease.claim()
    try:
        yield lease
    finally:
        lease.release()


@contextmanager
def create_leased(
    engine: Engine,
    url: str,
    name: str,
    directions: Sequence[StudyDirection],
    sharing: Sharing = "alone",
) -> Iterator[Lease]:
    """Make a study that is held from its first moment.

    Raises:
        StudyLocked: Another process has just made one of this name.
    """
    try:
        with engine.begin() as connection:
            key = connection.execute(STUDIES.insert(), {"study_name": name}).inserted_primary_key
            assert key is not None  # noqa: S101 - SQLAlchemy's insert of one row has it
            lease = Lease(engine, url, key[0], name, sharing)
            rows = [
                {"study_id": key[0], "direction": direction, "objective": objective}
                for objective, direction in enumerate(directions)
            ]
            connection.execute(DIRECTIONS.insert(), rows)
            lease.claim_new(connection)
    except IntegrityError as error:
        raise StudyLocked(f"Another process has just made a study '{name}'; resume that one.") from error
    lease.begin()
    try:
        yield lease
    finally:
        lease.release()


def clock(connection: Connection) -> float:
    """Return the seconds since 1970 by the server's clock; of SQLite, which has none, by this machine's."""
    statement = _CLOCKS.get(connection.dialect.name)
    return (
        time.time()
        if statement is None
        else float(connection.execute(sqlalchemy.text(statement)).scalar_one())
    )
