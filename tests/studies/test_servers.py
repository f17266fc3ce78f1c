"""Studies on real servers: what is read is what SQLite gives, and there is one driver, wherever it runs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import optuna
import pytest
import sqlalchemy
from database_servers import SERVERS
from kerasweep.errors import StudyError, StudyLocked
from kerasweep.studies import (
    best_trials,
    is_driven,
    lock,
    read_details,
    read_shown,
    read_study,
    read_trials,
    silence,
)
from kerasweep.studies.control import status_of
from kerasweep.studies.lifecycle import create_study, delete_study, drive_study
from kerasweep.studies.wishes import ask
from optuna.storages._rdb import models
from requiring import required_server

pytestmark = pytest.mark.costly

HOLD = """
import sys
from kerasweep.studies import read_study
from kerasweep.studies.lifecycle import drive_study
with drive_study(read_study("first", sys.argv[1])) as writer:
    print("holds", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="module", params=list(SERVERS))
def server(request: pytest.FixtureRequest) -> Iterator[str]:
    with required_server(request.param) as made:
        yield made.url


@pytest.fixture
def url(server: str, samples) -> Iterator[str]:
    """A server that holds one study, with every kind of trial, and afterwards nothing of it."""
    samples.fill(server)
    yield server
    record = read_study("first", server)
    rewrite_driver(server, {"token": "none"})  # nobody runs it, whatever a test has written there
    delete_study(record)
    with closing_storage(server) as storage, storage.engine.connect() as connection:
        left = {
            table.name: connection.execute(
                sqlalchemy.select(sqlalchemy.func.count()).select_from(table)
            ).scalar_one()
            for table in models.BaseModel.metadata.sorted_tables
        }
    assert {name for name, count in left.items() if count} <= {"version_info"}


@contextmanager
def closing_storage(url: str) -> Iterator[optuna.storages.RDBStorage]:
    storage = optuna.storages.RDBStorage(url)
    yield storage
    storage.remove_session()
    storage.engine.dispose()


def rewrite_driver(url: str, driver: dict[str, object]) -> None:
    engine = sqlalchemy.create_engine(url)
    with engine.begin() as connection:
        statement = "UPDATE study_user_attributes SET value_json = :text WHERE value_json LIKE '%token%'"
        connection.execute(sqlalchemy.text(statement), {"text": json.dumps(driver)})
    engine.dispose()


def test_a_study_is_read_as_it_is_from_sqlite(url: str, filled) -> None:
    here, there = read_study("first", filled.url), read_study("first", url)
    assert (here.spec, here.about, here.counts, here.refits) == (
        there.spec,
        there.about,
        there.counts,
        there.refits,
    )
    for read in (read_trials, best_trials):
        ours, theirs = ([replace(trial, started=None) for trial in read(study)] for study in (here, there))
        assert ours == theirs
    assert read_details(here, [0, 2]) == read_details(there, [0, 2])
    with closing_storage(url) as storage:
        found = optuna.load_study(study_name="first", storage=storage)
        assert len(found.trials) == sum(there.counts.values())
    assert not is_driven(there.driver, url)


def test_attributes_larger_than_a_column_of_mysql(url: str, samples) -> None:
    large = {"text": '"層' * 70_000}
    with drive_study(read_study("first", url), {**samples.spec, **large}) as writer:
        trial = writer.new_trial()
        samples.space.suggest(trial)
        writer.finish(trial, 0.5, samples.result, {**samples.details, "summary": large["text"]})
        number = trial.number
        writer.set_refit(0, large, large)
    study = read_study("first", url)
    assert read_shown(study) == ({}, {0: large})
    assert study.spec == {**samples.spec, **large}
    assert study.refits[0] == large
    assert read_details(study, [number])[number].summary == large["text"]


def test_a_driver_is_spoken_to_and_speaks(url: str) -> None:
    record = read_study("first", url)
    with pytest.raises(StudyError, match="Nobody runs"):
        ask(record, "pause")
    with drive_study(record) as writer:
        assert writer.wish() is None
        assert status_of(read_study("first", url)).state == "running"
        for wish in ("pause", "go on", "pause", "stop"):
            ask(record, wish)
            assert writer.wish() == wish
        for state in ("pausing", "paused"):
            writer.tell({"state": state, "told": 1e9, "running": [[3, 2, [[1, 0.5], [2, 0.625]]]]})
            found = status_of(read_study("first", url))
            assert found.state == state
            assert (found.running[0].number, found.running[0].curve) == (3, ((1, 0.5), (2, 0.625)))
        writer.fall_silent()
        assert writer.wish() is None
        assert not read_study("first", url).live


def test_one_driver_wherever_it_runs(url: str, samples, monkeypatch: pytest.MonkeyPatch) -> None:
    record = read_study("first", url)

    def refused(match: str) -> None:
        for attempt in (
            lambda: drive_study(record).__enter__(),
            lambda: delete_study(record),
            lambda: create_study(url, "first", "maximize", {}, samples.about).__enter__(),
        ):
            with pytest.raises(StudyLocked, match=match):
                attempt()

    first = subprocess.Popen(
        [sys.executable, "-c", HOLD, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert first.stdout.readline() == "holds\n"
        refused(f"run by process {first.pid} on ")
        driver = {
            **read_study("first", url).driver,
            "token": "another",  # or the first one's next beat takes this for its own record, and rewrites it
            "machine": "another",
            "system": "another",
            "host": "far-away",
        }
        rewrite_driver(url, driver)
        refused("on far-away since ")
    finally:
        os.kill(first.pid, signal.SIGKILL)
        first.communicate()
    monkeypatch.setattr(silence, "WATCH_SECONDS", 0.2)
    refused("on far-away since ")  # it cannot be seen from here that it is dead
    rewrite_driver(url, {**driver, "beat": driver["beat"] - 2 * lock.STALE_SECONDS})
    with drive_study(record) as writer:
        writer.requeue_running()
        assert is_driven(read_study("first", url).driver, url)
        rewrite_driver(url, {"token": "other", "pid": 1, "host": "far-away", "since": "now"})
        with pytest.raises(StudyLocked, match="taken over by process 1 on far-away"):
            writer.new_trial()


def test_kill_9_on_this_machine_frees_the_study_at_once(url: str) -> None:
    first = subprocess.Popen(
        [sys.executable, "-c", HOLD, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert first.stdout.readline() == "holds\n"
    assert is_driven(read_study("first", url).driver, url)
    first.kill()
    first.communicate()
    assert not is_driven(read_study("first", url).driver, url)
    with drive_study(read_study("first", url)):
        pass
    assert "token" not in read_study("first", url).driver
