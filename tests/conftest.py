"""Fixtures that all tests may use: where data lie, the command line as a process, and one small trained study."""

from __future__ import annotations

import gc
import os
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from forking import Forker
from hypothesis import HealthCheck, settings
from kerasweep.search import placement
from kerasweep.training.trainers.garbage import gradients_forgotten
from parts import Part
from ray_cluster import RayCluster

ROOT = Path(__file__).parents[1]
Run = Callable[..., subprocess.CompletedProcess[str]]

# Tests run in folders of their own; a relative path, as the README writes it, must still mean the same place.
if "KERASWEEP_DATA" in os.environ:
    os.environ["KERASWEEP_DATA"] = str((ROOT / os.environ["KERASWEEP_DATA"]).resolve())
os.environ.pop("KERASWEEP_STORAGE", None)
# Pictures that tests decode are no user's; a folder of this process's, which its children take over, and which goes with it.
_CACHE = tempfile.TemporaryDirectory(prefix="kerasweep-cache-", ignore_cleanup_errors=True)
os.environ["KERASWEEP_CACHE"] = _CACHE.name
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Of small matrices, which more threads only wait for, at work: a Gaussian process takes four times the CPU with two.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # NumPy, which reads it, is not imported yet


# How long a machine that is busy takes to draw an example says nothing of what is tested.
settings.register_profile("busy", suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol() -> Generator[None, object, object]:
    """Let go of the steps that a test traces, which TensorFlow would hold for good."""
    with gradients_forgotten():
        return (yield)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a run take a part of the costly tests (``parts.py``)."""
    parser.addoption("--part", type=Part.parse, default=Part(1, 1), metavar="K/N", help="of the costly tests")


def pytest_report_header(config: pytest.Config) -> str:
    """Say which part of the costly tests runs."""
    part: Part = config.getoption("part")
    return f"part {part.number} of {part.count} of the costly tests, and all others"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Refuse names of tests that another process would spell otherwise: a set has no order, and an object an address.

    The processes that share the tests must collect the same ones, or none is run; by chance they often do.
    """
    for item in items:
        given = getattr(item, "callspec", None)
        unordered = (
            [value for value in given.params.values() if isinstance(value, set | frozenset)] if given else []
        )
        if " at 0x" in item.name or any(len(value) > 1 and str(value) in item.name for value in unordered):
            raise pytest.UsageError(f"{item.nodeid} has no name that lasts; give its cases ids or lists")
    part: Part = config.getoption("part")
    part.choose(items)


@pytest.fixture(scope="session", autouse=True)
def rare_collections() -> Iterator[None]:
    """Let the garbage collector look at everything less often: at its usual pace that is a twentieth of all CPU time."""
    before = gc.get_threshold()
    gc.set_threshold(20_000, *before[1:])  # objects; the usual 700 are made by a fraction of one traced step
    yield
    gc.set_threshold(*before)


@pytest.fixture(scope="module", autouse=True)
def short_collections(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let the garbage collector pass over what was made before a module's tests, and let go of what they keep.

    Keras's ``clear_session`` collects garbage, which takes longer than a small model does to train: some tests are
    faster by a third. What a module caches, trainers with their programs above all, nobody asks for after its tests.
    """
    gc.collect()
    gc.freeze()
    yield
    for kept in vars(request.module).values():
        if hasattr(kept, "cache_clear") and kept.__module__ == request.module.__name__:
            kept.cache_clear()


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


@pytest.fixture(scope="session", autouse=True)
def inline_by_default() -> Iterator[None]:
    """Have sweeps that are launched in this process train in it, as at a prompt: a worker costs as much as many small trials.

    Processes that tests start have the rule of scripts.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(placement, "is_interactive", lambda: True)
        yield


@pytest.fixture(scope="session")
def forker() -> Iterator[Forker]:
    """A process that has imported TensorFlow, to fork others from."""
    made = Forker()
    yield made
    made.close()


@pytest.fixture(scope="module")
def forked_workers(forker: Forker) -> Iterator[None]:
    """Fork the workers of sweeps that are launched here; those of ``test_api.py`` are new processes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subprocess, "Popen", forker.popen)
        yield


@pytest.fixture(scope="session")
def ray_cluster() -> Iterator[RayCluster]:
    """A Ray cluster of two nodes with a CPU each, which tests leave as they found it."""
    made = RayCluster()
    yield made
    made.close()


@pytest.fixture(scope="session")
def python(forker: Forker) -> Run:
    """Run Python in a process of its own, forked from one that has imported what it needs (``forking.py``)."""

    def run(
        *arguments: object, cwd: Path, timeout: float = 500, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        words, env = [*map(str, arguments)], {**os.environ, **environment}
        return forker.run(words, cwd=cwd, env=env, timeout=timeout)

    return run


@pytest.fixture(scope="session")
def kerasweep(python: Run) -> Run:
    """Run the real command line in a process of its own."""

    def run(
        *arguments: object, cwd: Path, timeout: float = 500, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        words = ["-m", "kerasweep", *map(str, arguments)]
        return python(*words, cwd=cwd, timeout=timeout, **{"COLUMNS": "200", **environment})

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
