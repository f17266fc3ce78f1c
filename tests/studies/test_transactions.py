"""Connections that die at the worst moment: nothing is lost, and nothing is written twice."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

import optuna
import pytest
import sqlalchemy
from held import as_held
from kerasweep.errors import StorageError, StudyLocked
from kerasweep.studies import patience, read_study, read_trials
from kerasweep.studies.lifecycle import create_study, delete_study, drive_study
from kerasweep.studies.study_writer import StudyWriter
from kerasweep.studies.transactions import DecisionLost, NotBegun

pytestmark = pytest.mark.costly


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "FIRST_SECONDS", 0.01)
    monkeypatch.setattr(patience, "PATIENCE_SECONDS", 0.2)


@pytest.fixture
def writer(sqlite_url: str, samples):
    with create_study(sqlite_url, "first", "maximize", samples.spec, samples.about) as made:
        made.optuna.sampler = optuna.samplers.RandomSampler(seed=1)
        made.optuna.pruner = optuna.pruners.NopPruner()
        yield made


def failing(
    writer: StudyWriter, monkeypatch: pytest.MonkeyPatch, times: int, *, committed: bool
) -> list[int]:
    """Have the next commits fail as for a lock that passes: before anything is written, or with the answer lost."""
    left = [times]
    dialect = writer.ledger._backend.engine.dialect
    commit: Callable[[Any], None] = dialect.do_commit

    def die(connection: Any) -> None:
        if left[0] > 0:
            left[0] -= 1
            if committed:
                commit(connection)
            error = sqlite3.OperationalError("database is locked")
            error.sqlite_errorcode = sqlite3.SQLITE_BUSY
            raise error
        commit(connection)

    monkeypatch.setattr(dialect, "do_commit", die)
    return left


def begun(writer: StudyWriter, samples) -> optuna.Trial:
    with writer.transaction():
        trial = writer.new_trial()
        samples.space.suggest(trial)
    return trial


def stored(writer: StudyWriter) -> list[optuna.trial.FrozenTrial]:
    read = optuna.load_study(study_name="first", storage=writer.ledger._backend.url).trials
    return [as_held(trial) for trial in read]


def held(writer: StudyWriter) -> list[optuna.trial.FrozenTrial]:
    return [as_held(trial) for trial in writer.trials()]


@pytest.mark.parametrize("committed", [False, True], ids=["lost", "answer lost"])
@pytest.mark.parametrize("end", ["finish", "fail", "prune", "requeue", "finish_as_duplicate", "pause"])
def test_every_end_is_written_once(writer, samples, monkeypatch, end: str, committed: bool) -> None:
    writer.finish(begun(writer, samples), 0.5, samples.result, samples.details)
    trial = begun(writer, samples)
    writer.report(trial, 1, 0.25)
    seen: list[str] = []
    writer.watch_storage(lambda: seen.append("absent"), lambda: seen.append("back"))
    failing(writer, monkeypatch, 2, committed=committed)
    arguments = {
        "finish": (0.75, samples.result, samples.details),
        "fail": (samples.failure,),
        "prune": (0.5, samples.result, samples.details),
        "requeue": (),
        "finish_as_duplicate": (0,),
        "pause": (samples.result, samples.details),
    }[end]
    getattr(writer, end)(trial, *arguments)
    assert stored(writer) == held(writer)
    assert len(stored(writer)) == 2
    assert seen == ["absent", "back"], "it is said once"


def test_a_trial_whose_beginning_was_committed_goes_on(writer, samples, monkeypatch) -> None:
    failing(writer, monkeypatch, 1, committed=True)
    trial = begun(writer, samples)
    writer.finish(trial, 0.5, samples.result, samples.details)
    assert stored(writer) == held(writer)
    assert [one.number for one in stored(writer)] == [0]


def test_a_trial_whose_beginning_was_lost_is_begun_anew(writer, samples, monkeypatch) -> None:
    failing(writer, monkeypatch, 1, committed=False)
    with pytest.raises(NotBegun):
        begun(writer, samples)
    assert writer.trials() == []
    begun(writer, samples)
    assert stored(writer) == held(writer)
    assert [one.number for one in stored(writer)] == [0]


def test_what_was_decided_under_a_lock_is_not_written_again_later(writer, samples, monkeypatch) -> None:
    """Another driver may have decided meanwhile."""
    trial = begun(writer, samples)
    failing(writer, monkeypatch, 1, committed=False)
    with pytest.raises(DecisionLost, match="locked"), writer.ledger.locked():
        writer.requeue(trial)
    assert [one.state.name for one in stored(writer)] == ["RUNNING"]


@pytest.mark.parametrize("committed", [False, True], ids=["lost", "answer lost"])
def test_a_trial_that_was_begun_under_a_lock_goes_on_only_if_it_is_there(
    writer, samples, monkeypatch, committed: bool
) -> None:
    failing(writer, monkeypatch, 1, committed=committed)
    if committed:
        with writer.ledger.locked():
            begun(writer, samples)
    else:
        with pytest.raises(DecisionLost, match="locked"), writer.ledger.locked():
            begun(writer, samples)
    assert stored(writer) == held(writer)
    assert len(stored(writer)) == committed


def test_a_lock_is_waited_for(writer, samples, monkeypatch) -> None:
    writes, seen = writer.ledger._writes, []

    def lock(connection: sqlalchemy.Connection) -> None:
        seen.append("asked")
        if len(seen) < 3:
            error = sqlite3.OperationalError("database is locked")
            error.sqlite_errorcode = sqlite3.SQLITE_BUSY
            raise sqlalchemy.exc.OperationalError("SELECT", {}, error)

    monkeypatch.setattr(writes, "_lock", lock)
    with writer.ledger.locked():
        begun(writer, samples)
    assert seen[:3] == ["asked"] * 3
    assert stored(writer) == held(writer)
    assert len(stored(writer)) == 1


def test_what_is_said_of_the_study_is_written_once(writer, monkeypatch, sqlite_url: str) -> None:
    large = {"text": "x" * 200_000}
    failing(writer, monkeypatch, 1, committed=True)
    writer.set_refit(3, large)
    writer.set_refit(3, large)
    assert read_study("first", sqlite_url).refits == {3: large}


def test_a_storage_that_stays_away_is_given_up(writer, samples, monkeypatch, sqlite_url: str) -> None:
    trial = begun(writer, samples)
    left = failing(writer, monkeypatch, 1_000_000, committed=False)
    with pytest.raises(sqlalchemy.exc.OperationalError, match="locked"):
        writer.fail(trial, samples.failure)
    tried = 1_000_000 - left[0]
    assert tried > 2
    with pytest.raises(sqlalchemy.exc.OperationalError):
        writer.set_refit(0, {})
    assert 1_000_000 - left[0] == tried + 1, "what is tidied up afterwards waits no more"
    assert [one.state for one in read_trials(read_study("first", sqlite_url))] == ["running"]


def test_whoever_stops_waits_no_longer(writer, samples, monkeypatch) -> None:
    monkeypatch.setattr(patience, "PATIENCE_SECONDS", 600.0)
    trial = begun(writer, samples)
    writer.wait_no_longer()  # nobody waits
    failing(writer, monkeypatch, 1, committed=False)
    writer.fail(trial, samples.failure)
    trial = begun(writer, samples)
    failing(writer, monkeypatch, 1_000_000, committed=False)
    writer.watch_storage(writer.wait_no_longer, lambda: None)
    with pytest.raises(sqlalchemy.exc.OperationalError):
        writer.fail(trial, samples.failure)


def test_an_error_that_does_not_pass_is_raised_at_once(sqlite_url: str, samples, monkeypatch) -> None:
    monkeypatch.setattr(patience, "PATIENCE_SECONDS", 600.0)

    def fill_up() -> None:
        with create_study(sqlite_url, "first", "maximize", samples.spec, samples.about) as writer:
            trial = begun(writer, samples)
            engine = writer.ledger._backend.engine
            sqlalchemy.event.listen(
                engine, "checkout", lambda made, *_: made.execute("PRAGMA max_page_count=1") and None
            )  # SQLite takes what it has for the least
            writer.finish(trial, 0.5, samples.result, {**samples.details, "summary": "x" * 500_000})

    with pytest.raises(
        StorageError, match=r"database or disk is full\. Make room on its disk; kerasweep resume"
    ):
        fill_up()
    assert [one.state for one in read_trials(read_study("first", sqlite_url))] == ["running"]


@pytest.mark.parametrize("replaced", [False, True], ids=["removed", "replaced"])
def test_a_database_that_is_removed_is_noticed(
    sqlite_url: str, samples, tmp_path, monkeypatch, replaced: bool
) -> None:
    file = tmp_path / "studies.db"

    def remove() -> None:
        with create_study(sqlite_url, "first", "maximize", samples.spec, samples.about) as writer:
            trial = begun(writer, samples)
            monkeypatch.chdir("/")  # as a user's model function may do
            writer.report(trial, 1, 0.5)
            writer.flush()
            copy = file.read_bytes()
            file.unlink()
            if replaced:
                (tmp_path / "other").write_bytes(copy)
                (tmp_path / "other").rename(file)
            writer.fail(trial, samples.failure)

    with pytest.raises(StorageError, match=r"studies\.db was removed or replaced while 'first' was run"):
        remove()
    assert file.exists() == replaced


def test_a_study_that_was_deleted_meanwhile_is_not_taken_for_written(writer, samples, monkeypatch) -> None:
    trial = begun(writer, samples)
    record = read_study("first", writer.ledger._backend.url)
    engine = writer.ledger._backend.engine
    for table in ("trial_user_attributes", "trials", "study_user_attributes"):
        with engine.begin() as connection:
            connection.exec_driver_sql(f"DELETE FROM {table}")
    failing(writer, monkeypatch, 1, committed=True)
    with pytest.raises(StudyLocked, match="deleted"):
        writer.fail(trial, samples.failure)
    delete_study(record)


def test_a_beat_whose_answer_was_lost_keeps_the_lease(writer, monkeypatch, sqlite_url: str) -> None:
    lease = writer.ledger._writes._check.__self__
    engine = writer.ledger._backend.engine
    failing(writer, monkeypatch, 1, committed=True)
    for _ in range(3):
        try:
            with engine.begin() as connection:
                assert lease._rewrite(connection, lease._record(1e9))
        except sqlalchemy.exc.OperationalError:
            continue
    record = read_study("first", sqlite_url)
    assert record.driver["token"] == writer.token
    with pytest.raises(StudyLocked), drive_study(record):
        pass
