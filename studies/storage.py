"""Where studies are kept: storage URLs, and a read path that answers at once.

Writing goes through Optuna (``lifecycle.py``). Reading uses plain SQL on Optuna's schema, because importing Optuna
and SQLAlchemy and materialising every trial takes longer than a person waits: SQLite is read with the standard
library, any other database through SQLAlchemy, with the same statements. A conformance test holds what is read
against ``optuna.load_study``.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote, unquote

from ..errors import StorageError, StudyError, UsageError, one_line
from ..paths import given_path
from .formats import check_tables
from .passwords import reason_of, without_password

_TABLES = (
    "studies",
    "study_directions",
    "study_user_attributes",
    "trials",
    "trial_params",
    "trial_user_attributes",
    "trial_values",
)
"""What is read; a database that lacks one of them holds no studies yet."""
PATIENCE_SECONDS = 600.0
"""How long a driver waits for a storage that does not answer; a machine with a database is rebooted in less."""
DEFAULT_STORAGE = "sqlite:///kerasweep.db"
_SQLITE = "sqlite:///"
_SQLITE_URL = re.compile(r"sqlite(\+pysqlite)?:///(?P<path>[^?]+)(\?(?P<options>.*))?")
_IN_MEMORY = re.compile(r"sqlite(\+\w+)?://(/(:memory:|file::memory:.*|.*mode=memory.*)?)?(\?.*)?|:memory:")


class Database(Protocol):
    """A connection to read with. Statements use ``:name`` parameters and qualified column names."""

    def rows(self, statement: str, **parameters: Any) -> list[tuple[Any, ...]]:
        """Run one SELECT and return all of its rows."""
        ...


_DRIVERS = {
    "postgresql": ("postgres", "postgresql+psycopg"),
    "mysql": ("mysql", "mysql+pymysql"),
    "mariadb": ("mysql", "mariadb+pymysql"),
}
"""Kind of server -> the extra that installs what talks to it, and how a URL names that."""


def storage_url(storage: str | os.PathLike[str] | None = None) -> str:
    """Return the URL of a storage: as given, else ``$KERASWEEP_STORAGE``, else ``kerasweep.db`` in this folder.

    A path without a scheme means an SQLite file. It is made absolute here, because a model function may change the folder.

    Raises:
        UsageError: The storage is in memory, which no second process could read, is neither a path nor a URL, or has an
            empty name, such as a variable that is not set.
    """
    if storage is None:
        storage = os.environ.get("KERASWEEP_STORAGE") or DEFAULT_STORAGE
    text = storage if isinstance(storage, str) else str(given_path(storage, "a storage"))
    if not text.strip():
        raise UsageError(
            "The storage has an empty name; give a file or a URL, or leave it out for kerasweep.db."
        )
    if _IN_MEMORY.fullmatch(text):
        raise UsageError(
            "A study in memory cannot be resumed or browsed; give a file, for example kerasweep.db."
        )
    url = text if "://" in text else f"{_SQLITE}{given_path(text, 'a storage')}"
    path = sqlite_path(url)
    if path is not None:
        given_path(path, "a storage")
    if path is None or "?" in url or "file:" in url:
        return url
    try:
        return f"{_SQLITE}{path.absolute()}"
    except FileNotFoundError:  # the folder was removed; that nothing is there is told by whoever opens it
        return url


def shown_path(path: Path) -> str:
    """Return a path as people write it: from this folder, if it lies there."""
    try:
        return str(path.relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(path)


def shown_storage(url: str) -> str:
    """Return a storage as people write it, without its password."""
    path = sqlite_path(url)
    return without_password(url) if path is None else without_password(shown_path(path))


def sqlite_path(url: str) -> Path | None:
    """Return the file of an SQLite URL, by whatever driver and in whatever form; None for any other database."""
    found = _SQLITE_URL.fullmatch(url)
    if found is None:
        return None
    path, options = found["path"], found["options"] or ""
    if not path.startswith("file:"):
        return Path(path)
    path = path.removeprefix("file:").partition("?")[0]
    path = f"/{path.lstrip('/')}" if path.startswith("//") else path  # file:///folder/x.db, without a host
    return Path(unquote(path)) if "uri=" in options else Path(found["path"])


def states_folder(url: str, study_id: int) -> Path | None:
    """Return where the states of a study's trials lie: beside an SQLite file; of a server's in the user's cache on this machine.

    None where the user has no home.
    """
    path = sqlite_path(url)
    if path is not None:
        return path.absolute().with_name(f"{path.name}.states") / str(study_id)
    try:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    except RuntimeError:
        return None
    server = hashlib.blake2b(without_password(url).encode(), digest_size=8).hexdigest()
    return cache.absolute() / "kerasweep" / "states" / f"{server}-{study_id}" / str(study_id)


def log_path(url: str, study: str) -> Path:
    """Return where the detached driver of a study writes its log: beside an SQLite file; for a server, in this folder."""
    path = sqlite_path(url)
    folder = Path("kerasweep.logs") if path is None else path.with_name(f"{path.name}.logs")
    return folder.absolute() / f"{quote(study, safe=' ')}.log"


def older_log(log: Path) -> Path:
    """Return where what a log held before goes, when it is full."""
    return log.with_name(f"{log.name}.1")


def remove_log(log: Path) -> None:
    """Remove a driver's log and the older one, and their folder if nothing else is left in it."""
    with contextlib.suppress(OSError):
        log.unlink(missing_ok=True)
        older_log(log).unlink(missing_ok=True)
        log.parent.rmdir()


@contextmanager
def open_database(url: str) -> Iterator[Database]:
    """Open a storage for reading.

    Raises:
        StudyError: There is no such SQLite file, or no study was ever kept in the database.
        StorageError: The database does not answer, or is none.
    """
    path = sqlite_path(url)
    if path is None:
        with _open_server(url) as database:
            yield database
        return
    if not path.is_file():
        raise StudyError(
            f"There is no database {without_password(shown_path(path))}. Launch a sweep first, or name another with --storage."
        )
    # Not mode=ro: a killed driver can leave a journal that only a writer may roll back.
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=60)
    except sqlite3.Error as error:
        raise StorageError(f"{shown_path(path)} cannot be opened: {one_line(error)}.") from error
    try:
        database = _Sqlite(connection, path)
        tables = {row[0] for row in database.rows("SELECT m.name FROM sqlite_master m")}
        _check_tables(tables, database, url)
        yield database
    finally:
        connection.close()


def _check_tables(tables: set[str], database: Database, url: str) -> None:
    where = shown_storage(url)
    if not tables.issuperset(_TABLES):
        raise StudyError(
            f"{where} holds no studies yet. Launch a sweep first, or name another with --storage."
        )
    if "alembic_version" in tables:  # not yet while Optuna makes them
        found = database.rows("SELECT a.version_num FROM alembic_version a")
        check_tables([row[0] for row in found], where)


class _Sqlite:
    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path

    def rows(self, statement: str, **parameters: Any) -> list[tuple[Any, ...]]:
        try:
            return self._connection.execute(statement, parameters).fetchall()
        except sqlite3.Error as error:
            raise StorageError(
                f"{shown_path(self._path)} cannot be read as a database of studies: {one_line(error)}."
            ) from error


class _Server:
    def __init__(self, connection: Any, url: str) -> None:
        self._connection = connection
        self._url = url

    def rows(self, statement: str, **parameters: Any) -> list[tuple[Any, ...]]:
        from sqlalchemy import text
        from sqlalchemy.exc import SQLAlchemyError

        try:
            return [tuple(row) for row in self._connection.execute(text(statement), parameters)]
        except SQLAlchemyError as error:
            raise StorageError(
                f"{without_password(self._url)} does not answer: {reason_of(error, self._url)}"
            ) from error


@contextmanager
def _open_server(url: str) -> Iterator[Database]:
    from sqlalchemy import create_engine, inspect
    from sqlalchemy.exc import SQLAlchemyError

    with storage_errors(url):
        engine = create_engine(url)
    try:
        connection = engine.connect()
    except (SQLAlchemyError, OSError) as error:
        raise StorageError(f"{without_password(url)} does not answer: {reason_of(error, url)}") from error
    try:
        database = _Server(connection, url)
        _check_tables(set(inspect(connection).get_table_names()), database, url)
        yield database
    finally:
        connection.close()
        engine.dispose()


@contextmanager
def storage_errors(url: str) -> Iterator[None]:
    """Turn what SQLAlchemy, its drivers and Optuna raise about a storage into one ``StorageError``."""
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (SQLAlchemyError, ImportError, sqlite3.Error, OSError, RuntimeError, ValueError) as error:
        cause = error.__cause__ or error
        hint = _driver_hint(url) if isinstance(cause, ImportError) else ""
        raise StorageError(
            f"The storage {shown_storage(url)} cannot be used: {reason_of(cause, url)}{hint}"
        ) from error


def _driver_hint(url: str) -> str:
    """Return which package talks to a server, and how its URL begins; nothing for another kind of database."""
    kind = url.partition(":")[0].partition("+")[0]
    if kind not in _DRIVERS:
        return ""
    extra, begins = _DRIVERS[kind]
    return f". Install kerasweep[{extra}], and begin the URL with {begins}://."
