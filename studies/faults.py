"""What is wrong with a storage: whether it may pass by itself, and what to do about it, in words."""

from __future__ import annotations

import sqlite3

from optuna.exceptions import StorageInternalError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from .passwords import reason_of

_PASSING = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_ADVICE = {
    sqlite3.SQLITE_FULL: "Make room on its disk; kerasweep resume goes on from what is written.",
    sqlite3.SQLITE_READONLY: "Let it be written again; kerasweep resume goes on from what is written.",
    sqlite3.SQLITE_READONLY_DBMOVED: "Its file was moved or removed: put it back; kerasweep resume goes on from what is written.",
    sqlite3.SQLITE_CANTOPEN: "See whether its folder is there and can be written; kerasweep resume goes on from what is written.",
    sqlite3.SQLITE_IOERR: "See to its disk; kerasweep resume goes on from what is written.",
    sqlite3.SQLITE_CORRUPT: "It is damaged: put a backup in its place, or save what can be read by sqlite3's .recover.",
    sqlite3.SQLITE_NOTADB: "It is damaged: put a backup in its place.",
    sqlite3.SQLITE_BUSY: "Another program keeps it locked; once it does not, kerasweep resume goes on from what is written.",
}
"""By SQLite's code, or its primary one, of which the rest says more."""
_OF_SERVER = "Once it answers, kerasweep resume goes on from what is written."


def is_passing(error: BaseException) -> bool:
    """Tell whether a later attempt may succeed: a server that is away, or a file that another program keeps locked."""
    found = _of_database(error)
    if found is None:
        return False
    if isinstance(found.orig, sqlite3.Error):
        return _code(found.orig) in _PASSING
    return found.connection_invalidated or isinstance(found, OperationalError | InterfaceError)


def explain(error: BaseException, url: str) -> str:
    """Return what a database says of an error, without its password, and what to do, as one line."""
    cause = error.__cause__ or error
    found = _of_database(error)
    if found is not None and found.orig is not None:
        cause = found.orig
    reason = reason_of(cause, url).rstrip(".")
    if found is None:
        return f"{reason}."
    if isinstance(found.orig, sqlite3.Error):
        advice = _ADVICE.get(_full_code(found.orig)) or _ADVICE.get(_code(found.orig), "")
        return f"{reason}. {advice}".rstrip()
    return f"{reason}. {_OF_SERVER}" if is_passing(error) else f"{reason}."


def _of_database(error: BaseException) -> DBAPIError | None:
    if isinstance(error, StorageInternalError) and error.__cause__ is not None:
        error = error.__cause__
    return error if isinstance(error, DBAPIError) else None


def _code(error: sqlite3.Error) -> int:
    return _full_code(error) & 0xFF


def _full_code(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", 0)
