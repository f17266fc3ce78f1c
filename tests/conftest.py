"""Fixtures that all tests may use: where data lie, the command line as a process, and one small trained study."""

from __future__ import annotations

import gc
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from forking import Forker

ROOT = Path(__file__).parents[1]
Run = Callable[..., subprocess.CompletedProcess[str]]

# Tests run in folders of their own; a relative path, as the README writes it, must still mean the same place.
if "KERASWEEP_DATA" in os.environ:
    os.environ["KERASWEEP_DATA"] = str((ROOT / os.environ["KERASWEEP_DATA"]).resolve())
os.environ.pop("KERASWEEP_STORAGE", None)
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


@pytest.fixture(scope="module", autouse=True)
def short_collections() -> None:
    """Let the garbage collector pass over what was made before a module's tests.

    Keras's ``clear_session`` collects garbage, which takes longer than a small model does to train: some tests are
    faster by a third.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def hasty_sqlite() -> Iterator[None]:
    """Let SQLite skip its flushes to disk: what a test writes need not survive a power cut."""

    def hurry(connection: Any, _record: object) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.execute("PRAGMA synchronous=OFF")
            connection.execute("PRAGMA journal_mode=MEMORY")

    sqlalchemy.event.listen(sqlalchemy.Engine, "connect", hurry)
    yield
    sqlalchemy.event.remove(sqlalchemy.Engine, "connect", hurry)


@pytest.fixture(scope="session")
def forker() -> Iterator[Forker]:
    """A process that has imported TensorFlow, to fork others from."""
    made = Forker()
    yield made
    made.close()


@pytest.fixture(scope="session")
def python(forker: Forker) -> Run:
    """Run Python in a process of its own, forked from one that has imported what it needs (``forking.py``)."""

    def run(
        *arguments: object, cwd: Path, timeout: float = 240, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        words, env = [*map(str, arguments)], {**os.environ, **environment}
        return forker.run(words, cwd=cwd, env=env, timeout=timeout)

    return run


@pytest.fixture(scope="session")
def kerasweep(python: Run) -> Run:
    """Run the real command line in a process of its own, which is forked, unless it is to be ``new``."""

    def run(
        *arguments: object, cwd: Path, timeout: float = 240, new: bool = False, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        words, env = ["-m", "kerasweep", *map(str, arguments)], {"COLUMNS": "200", **environment}
        if not new:
            return python(*words, cwd=cwd, timeout=timeout, **env)
        return subprocess.run(
            [sys.executable, *words],
            cwd=cwd,
            env={**os.environ, **env},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def trained(kerasweep: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder whose kerasweep.db holds ``first``: three configurations trained on 300 digits, refit once."""
    folder = tmp_path_factory.mktemp("trained")
    flags = "--study first --search grid --trials 3 --limit 300 --folds 2 --epochs 3".split()
    done = kerasweep("launch", "digits", "ann", *flags, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    done = kerasweep("refit", "first", cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder
