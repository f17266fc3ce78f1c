"""A storage's password is nowhere that others can look: processes, logs, the database, what is printed and exported."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy
from database_servers import postgresql, program
from kerasweep.cli.app import app
from kerasweep.studies import is_driven, read_study
from requiring import required
from typer.testing import CliRunner

SECRET = "Tr0ub4dor"
NAME = "../비밀 <b>"
FLAGS = "--search random --trials 5000 --limit 200 --folds 2 --epochs 20 --fix hidden_layers=1 --scheduler none --workers 2"
"""Of a sweep that is stopped once it was looked at, however fast the machine is."""
pytestmark = [
    pytest.mark.trains,
]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    required(program("postgres") is not None, "PostgreSQL is not installed")
    with postgresql() as server:
        yield server.url.replace("postgres@", f"postgres:{SECRET}@")


def launch(*words: str, url: str, cwd: Path) -> str:
    """Launch a sweep from a process that is no fork, whose words and environment the system knows."""
    done = subprocess.run(
        [sys.executable, "-m", "kerasweep", "launch", *words],
        env={**os.environ, "KERASWEEP_STORAGE": url},
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def run(*words: str) -> str:
    done = CliRunner().invoke(app, words, env={"COLUMNS": "200"})
    assert done.exit_code == 0, (done.output, done.exception)
    return done.output


def processes(home: Path) -> dict[str, tuple[str, str]]:
    """Return the words and the environment of every process that runs a part of ours in a folder.

    Sweeps of tests that run beside this one are in folders of their own.
    """
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            place = (folder / "cwd").readlink()
            words, environment = (
                (folder / name).read_bytes().decode(errors="replace") for name in ("cmdline", "environ")
            )
        except OSError:
            continue
        if place == home and "kerasweep." in words:
            found[folder.name] = words, environment
    return found


def all_texts(url: str) -> str:
    """Return all that a database holds."""
    engine = sqlalchemy.create_engine(url)
    with engine.connect() as connection:
        tables = sqlalchemy.inspect(connection).get_table_names()
        rows = {
            table: connection.execute(sqlalchemy.text(f"SELECT * FROM {table}")).fetchall()
            for table in tables
        }
    engine.dispose()
    return repr(rows)


@pytest.mark.skipif(
    not Path("/proc/self/environ").exists(), reason="processes are looked at where the system shows them"
)
def test_a_password_is_seen_nowhere(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("KERASWEEP_STORAGE", url)
    said = launch("digits", "dnn", *FLAGS.split(), "--study", NAME, "--detach", url=url, cwd=folder)
    try:
        workers: dict[str, tuple[str, str]] = {}
        end = time.monotonic() + 120
        while len(workers) < 2 and time.monotonic() < end:
            found = processes(folder.resolve())
            workers = {key: one for key, one in found.items() if "executors.worker" in one[0]}
            time.sleep(0.2)
        while not read_study(NAME).counts.get("complete") and time.monotonic() < end:
            time.sleep(0.2)
        said += run("status", NAME, "--json")
    finally:
        said += run("stop", NAME)
        while is_driven((study := read_study(NAME)).driver, study.storage):
            time.sleep(0.5)
    assert len(workers) == 2
    assert SECRET not in "".join(words for words, _ in found.values())
    assert SECRET not in "".join(environment for _, environment in workers.values())
    commands: list[list[str]] = [
        ["studies"],
        ["studies", "--json"],
        ["show", NAME, "--json"],
        ["best", NAME, "--json"],
        ["doctor"],
        ["report", NAME, "--output", "report.html"],
        *(["export", NAME, "--format", one, "-o", f"out.{one}"] for one in ("yaml", "csv", "optuna")),
    ]
    for words in commands:
        said += run(*words)
    assert SECRET not in said
    assert SECRET not in all_texts(url)
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len([path for path in written if path.suffix == ".log"]) == 1
    assert all(path.is_relative_to(folder) for path in written), "a study's name leads nowhere"
    for path in written:
        assert SECRET.encode() not in path.read_bytes(), path
