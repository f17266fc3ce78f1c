"""A copy of an SQLite database of studies as it stands at one moment, whoever writes it meanwhile."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from ..errors import StorageError, UsageError, one_line
from .passwords import without_password
from .records import StudyRecord
from .storage import sqlite_path
from .study_records import DamagedStudy, read_all

WAIT_SECONDS = 60.0
"""How long a database is waited for that somebody writes at this moment."""
_LOOK_SECONDS = 0.02
_OWN_PROGRAMS = {"postgresql": "pg_dump", "mysql": "mariadb-dump or mysqldump", "mariadb": "mariadb-dump"}
"""What backs a server up."""


def refuse_server(url: str) -> Path:
    """Return the file of an SQLite storage.

    Raises:
        UsageError: The storage is a server, which has a program of its own for backups.
    """
    path = sqlite_path(url)
    if path is None:
        program = _OWN_PROGRAMS.get(url.partition(":")[0].partition("+")[0], "its own program")
        raise UsageError(
            f"{without_password(url)} is a server: back it up with {program}, or copy its studies into a file: "
            "kerasweep copy --all --to studies.db."
        )
    return path


def take_snapshot(url: str, file: Path) -> None:
    """Copy a whole SQLite database into an empty file.

    Others may write it meanwhile: what is copied is what stood there at one moment. It is copied in a single step, for
    which writers wait, because SQLite begins anew with every write that comes between two.

    Raises:
        UsageError: The storage is a server.
        StudyError: There is no such database, or it holds no studies.
        StorageError: It is no database, is damaged or locked, or the disk is full.
    """
    path = refuse_server(url)
    read_all(url)  # says what is wrong with it; a damaged study is copied as it stands
    end = time.monotonic() + WAIT_SECONDS

    def wait(status: int, _remaining: int, _total: int) -> None:
        if status == sqlite3.SQLITE_BUSY and time.monotonic() > end:
            raise StorageError(f"{path} was locked by another process for {WAIT_SECONDS:.0f} s.")

    try:
        with (
            # Without a time of SQLite's own to wait for, in which Ctrl-C would not be heard.
            closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=0)) as source,
            closing(sqlite3.connect(file)) as target,
        ):
            source.backup(target, progress=wait, sleep=_LOOK_SECONDS)
    except sqlite3.Error as error:
        raise StorageError(f"{path} cannot be copied: {one_line(error)}.") from error


def check_snapshot(file: Path, source: Path) -> list[StudyRecord | DamagedStudy]:
    """Check that what was copied is a whole database, and return the studies that are read from it, damaged ones as such.

    Raises:
        StorageError: It is damaged, as the source is then.
    """
    try:
        with closing(sqlite3.connect(file)) as connection:
            found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        found = one_line(error)
    if found != "ok":
        raise StorageError(f"{source} is damaged: {one_line(found)}.")
    return read_all(snapshot_url(file))


def snapshot_url(file: Path) -> str:
    """Return the URL of an SQLite file of any name."""
    return f"sqlite:///{file.absolute().as_uri()}?uri=true"
