"""How a storage, and a study in it, are opened with Optuna: to be written, or for its plots and samplers.

What only looks at studies reads them with plain SQL (``storage.py``).
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

import optuna
from sqlalchemy.exc import SQLAlchemyError

from ..errors import OutputError, StorageError, StudyError
from .faults import explain
from .records import StudyRecord
from .storage import shown_storage, sqlite_path, storage_errors

BUSY_SECONDS = 60
"""How long a write waits for another study of the same SQLite file before it gives up."""
_CONNECTING = {
    scheme: {"connect_timeout": 10} for scheme in ("postgresql", "postgresql+psycopg", "postgresql+psycopg2")
}
"""Seconds within which a server must answer whoever connects, where its driver would wait for minutes."""


def check_writable(url: str, option: str = "--storage") -> None:
    """Check that a storage can be written before anything is trained for it.

    Args:
        url: The storage.
        option: What names another one.

    Raises:
        OutputError: The folder or file of an SQLite database is missing or read-only.
    """
    path = sqlite_path(url)
    if path is None:
        return
    folder = path.absolute().parent
    if not folder.is_dir():
        raise OutputError(
            f"The folder {folder} of the database does not exist; make it or choose another {option}."
        )
    target = path if path.exists() else folder
    if not os.access(target, os.W_OK):
        raise OutputError(f"{target} cannot be written; choose another {option}.")


@contextmanager
def writing_errors(url: str) -> Iterator[None]:
    """Turn Optuna's and SQLAlchemy's errors about a write that failed (a full disk, a lost server) into a ``StorageError``."""
    try:
        yield
    except (optuna.exceptions.StorageInternalError, SQLAlchemyError) as error:
        raise StorageError(f"The storage {shown_storage(url)} failed: {explain(error, url)}") from error


@contextmanager
def connected(url: str) -> Iterator[optuna.storages.RDBStorage]:
    """Open a storage for writing, with its tables, which are made where there are none.

    Raises:
        StorageError: It cannot be reached, or is none.
    """
    storage = _connect(url)
    try:
        yield storage
    finally:
        storage.remove_session()
        storage.engine.dispose()


def _connect(url: str) -> optuna.storages.RDBStorage:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    seconds = {"timeout": BUSY_SECONDS} if sqlite_path(url) else _CONNECTING.get(url.partition("://")[0], {})
    options = {"connect_args": seconds}
    with storage_errors(url):
        literal = url.replace("{", "{{").replace("}", "}}")  # Optuna takes it for a template
        return optuna.storages.RDBStorage(literal, engine_kwargs=options)


def open_optuna(record: StudyRecord) -> optuna.Study:
    """Return a study as Optuna's own object, to be handed to a user: its connections are open as long as it is held."""
    return _load(record, _connect(record.storage))


@contextmanager
def opened(record: StudyRecord) -> Iterator[optuna.Study]:
    """Open a study as Optuna's own object, for its plots and its samplers, and close its connections in the end."""
    with connected(record.storage) as storage:
        yield _load(record, storage)


def _load(record: StudyRecord, storage: optuna.storages.RDBStorage) -> optuna.Study:
    try:
        with writing_errors(record.storage):
            return optuna.load_study(study_name=record.name, storage=storage)
    except KeyError as error:
        raise StudyError(f"There is no study '{record.name}' any more.") from error
