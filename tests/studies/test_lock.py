"""One driver a study, in real processes, wherever they run."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy
from kerasweep.errors import KerasweepError, StudyLocked
from kerasweep.search.launch import run_plan
from kerasweep.studies import StudyRecord, is_driven, lease, lock, read_study, silence
from kerasweep.studies.lifecycle import add_study, create_study, delete_study, drive_study
from kerasweep.studies.study_attributes import write_attribute

HOLD = """
import sys
from kerasweep.studies import read_study
from kerasweep.studies.lifecycle import drive_study
with drive_study(read_study("first", sys.argv[1])) as writer:
    writer.new_trial({"units": 8}).suggest_int("units", 8, 64)
    print("holds", flush=True)
    sys.stdin.read()
"""


ELSEWHERE = {"machine": "another", "system": "another", "host": "far-away"}


@pytest.fixture(autouse=True)
def short_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(silence, "WATCH_SECONDS", 0.2)
    monkeypatch.setattr(lease, "_LOOK_SECONDS", 0.05)


@pytest.fixture
def hold() -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """Start processes that drive the study until their input ends."""
    started: list[subprocess.Popen[str]] = []

    def start(url: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", HOLD, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        assert process.stdout.readline() == "holds\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def is_running(url: str, name: str = "first") -> bool:
    return is_driven(read_study(name, url).driver, url)


def pretend(url: str, **changes: object) -> None:
    """Change what the study says about its driver, as a driver elsewhere would have written it."""
    about = {**read_study("first", url).driver, **changes}
    with sqlalchemy.create_engine(url).begin() as connection:
        connection.execute(
            sqlalchemy.text(
                "UPDATE study_user_attributes SET value_json = :text WHERE key = 'kerasweep:driver'"
            ),
            {"text": json.dumps(about)},
        )


def writers(record: StudyRecord, samples) -> dict[str, Callable[[], object]]:
    """All that writes a study: each must respect its driver."""
    name, url = record.name, record.storage
    arguments = (url, name, "maximize", {}, samples.about)
    return {
        "resume, refit": lambda: drive_study(record).__enter__(),
        "launch": lambda: (
            run_plan(None, record, url) if name is None else create_study(*arguments).__enter__()
        ),
        "import": lambda: add_study(*arguments, []),
        "delete": lambda: delete_study(record),
    }


@pytest.mark.parametrize("writer", ["resume, refit", "launch", "import", "delete"])
def test_a_second_driver_is_refused_and_told_of_the_first(
    sqlite_url: str, samples, hold, writer: str
) -> None:
    samples.fill(sqlite_url, trials=1)
    assert not is_running(sqlite_url)
    first = hold(sqlite_url)
    assert is_running(sqlite_url)
    record = read_study("first", sqlite_url)
    with pytest.raises(StudyLocked) as caught:
        writers(record, samples)[writer]()
    message = str(caught.value)
    assert message.startswith(
        f"The study 'first' is being run by process {first.pid} on {socket.gethostname()} since "
    )
    assert message.endswith("Wait for it, or stop it: kerasweep stop first.")
    first.communicate()
    assert not is_running(sqlite_url)
    with drive_study(record) as found:
        assert len(found.trials()) == 5


def test_kill_9_frees_the_study_and_leaves_no_file(sqlite_url: str, samples, hold, tmp_path: Path) -> None:
    samples.fill(sqlite_url, trials=1)
    first = hold(sqlite_url)
    assert {path.name.partition("-")[0] for path in tmp_path.iterdir()} <= {"studies.db"}
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    assert not is_running(sqlite_url)
    with drive_study(read_study("first", sqlite_url)) as writer:
        writer.requeue_running()
        assert [trial.state.name for trial in writer.trials()].count("RUNNING") == 0
    assert [path.name for path in tmp_path.iterdir()] == ["studies.db"]


def test_other_studies_of_the_database_are_free(sqlite_url: str, samples, hold) -> None:
    samples.fill(sqlite_url, "first", trials=1)
    samples.fill(sqlite_url, "second", trials=1)
    hold(sqlite_url)
    with drive_study(read_study("second", sqlite_url)) as writer:
        writer.set_refit(0, {"test": {}})
    assert read_study("second", sqlite_url).refits == {0: {"test": {}}}


@pytest.mark.parametrize(
    "spelling",
    [
        "sqlite:///studies.db",
        "sqlite:///folder/../studies.db",
        "sqlite:///folder/link.db",
        "sqlite+pysqlite:///studies.db",
        "sqlite:///studies.db?timeout=5",
        "sqlite:///file:studies.db?uri=true",
        "sqlite+pysqlite:///file:{folder}/studies.db?mode=rw&uri=true",
        "sqlite:///file://{folder}/folder/link.db?uri=true",
    ],
)
def test_a_file_is_one_by_whatever_name_it_goes(
    tmp_path: Path, samples, monkeypatch: pytest.MonkeyPatch, spelling: str
) -> None:
    file = tmp_path / "studies.db"
    url = f"sqlite:///{file}"
    samples.fill(url, trials=1)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "link.db").symlink_to(file)
    monkeypatch.chdir(tmp_path)
    other = spelling.format(folder=tmp_path)
    assert not is_running(other)
    with drive_study(read_study("first", url)):
        assert is_running(other)
        for attempt in writers(read_study("first", other), samples).values():
            with pytest.raises(StudyLocked):
                attempt()
    with drive_study(read_study("first", other)):
        assert is_running(url)


def test_a_driver_elsewhere_is_respected_while_it_gives_signs(sqlite_url: str, samples, hold) -> None:
    """Its process cannot be seen from here, whatever its number is."""
    samples.fill(sqlite_url, trials=1)
    hold(sqlite_url)
    elsewhere = {**ELSEWHERE, "pid": os.getpid()}
    pretend(sqlite_url, **elsewhere, beat=time.time() - lock.STALE_SECONDS / 2)
    record = read_study("first", sqlite_url)
    for attempt in writers(record, samples).values():
        with pytest.raises(
            StudyLocked, match=r"on far-away since .*If it has died, the study is free 120 s after"
        ):
            attempt()
    pretend(sqlite_url, **elsewhere, beat=time.time() - 2 * lock.STALE_SECONDS)
    assert not is_running(sqlite_url)
    with drive_study(record):
        assert read_study("first", sqlite_url).driver["pid"] == os.getpid()


@pytest.mark.parametrize("hours", [-3, 3], ids=["back", "forward"])
@pytest.mark.parametrize("lives", [True, False])
def test_a_clock_that_is_set_frees_no_study_of_a_driver_that_lives_and_keeps_none_of_a_dead_one(
    sqlite_url: str, samples, monkeypatch: pytest.MonkeyPatch, hours: float, lives: bool
) -> None:
    """By that clock, its last beat is old, or yet to come; one that lives beats again while it is watched."""
    samples.fill(sqlite_url, trials=1)
    driver = {**lock.new_driver(sqlite_url), **ELSEWHERE}
    pretend(sqlite_url, **driver, beat=time.time() - hours * 3600)
    said: list[str] = []

    def hear(text: str, *words: object) -> None:
        said.append(text % words)
        if lives:
            pretend(sqlite_url, beat=time.time())

    monkeypatch.setattr(lease.logger, "warning", hear)
    if lives:
        with pytest.raises(StudyLocked, match="on far-away"), drive_study(read_study("first", sqlite_url)):
            pass
    else:
        with drive_study(read_study("first", sqlite_url)):
            assert is_running(sqlite_url)
    (told,) = said
    assert "on far-away, which gives no sign any more. It goes on here unless one comes within" in told


def test_a_driver_that_shares_the_study_is_believed_until_it_was_watched(sqlite_url: str, samples) -> None:
    samples.fill(sqlite_url, trials=1)
    other = {**lock.new_driver(sqlite_url), **ELSEWHERE, "beat": 1.0}
    engine = sqlalchemy.create_engine(sqlite_url)
    with drive_study(read_study("first", sqlite_url)) as writer, engine.connect() as connection:
        write_attribute(connection, 1, "kerasweep:driver:other", other)
        for wait, believed in ((0.0, {other["token"]}), (0.25, set())):
            time.sleep(wait)
            writer.lease.look(connection)
            assert set(writer.lease.others) == believed


def test_a_silence_is_long_where_a_beat_has_not_changed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    seen, driver = silence.Silences(), {"token": "a", "beat": 5.0}
    assert not seen.is_long(driver)
    clock[0] = 0.15
    assert not seen.is_long(driver)
    assert not seen.is_long({**driver, "beat": 6.0})
    clock[0] = 0.3
    assert not seen.is_long({**driver, "beat": 6.0})
    clock[0] = 0.4
    assert seen.is_long({**driver, "beat": 6.0})


@pytest.mark.skipif(sys.platform != "linux", reason="it has no id for each boot")
def test_a_driver_of_an_earlier_boot_of_this_machine_has_ended(
    sqlite_url: str, samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At once, though its last sign is fresh; one of another machine, or of a container, is believed."""
    monkeypatch.setattr(lock, "_system", lambda: "this one")
    samples.fill(sqlite_url, trials=1)
    driver = {**lock.new_driver(sqlite_url), "machine": "this one, earlier", "beat": time.time()}
    assert not is_driven(driver, sqlite_url)
    assert not lock.is_silent(driver, time.time())
    for elsewhere in ({**driver, "system": "another"}, {**driver, "system": ""}, without(driver, "system")):
        assert is_driven(elsewhere, sqlite_url)
    monkeypatch.setattr(lock, "_system", lambda: "")
    assert is_driven({**driver, "system": ""}, sqlite_url), "both in containers"


def without(driver: dict[str, object], key: str) -> dict[str, object]:
    return {name: value for name, value in driver.items() if name != key}


def test_a_number_of_a_process_that_is_another_one_by_now_locks_nothing(sqlite_url: str, samples) -> None:
    samples.fill(sqlite_url, trials=1)
    now = {**lock.new_driver(sqlite_url), "beat": time.time()}
    assert not is_driven({**now, "pid": os.getppid(), "born": "0"}, sqlite_url)
    assert not is_driven(now, sqlite_url), "a driver of this process that has ended without a word"
    assert not is_driven({**now, "pid": 2**22 + 1}, sqlite_url)


def test_the_record_in_a_copy_of_a_file_locks_nothing(tmp_path: Path, sqlite_url: str, samples) -> None:
    samples.fill(sqlite_url, trials=1)
    copy = f"sqlite:///{tmp_path / 'copy.db'}"
    with drive_study(read_study("first", sqlite_url)):
        shutil.copy(tmp_path / "studies.db", tmp_path / "copy.db")
        with drive_study(read_study("first", copy)):
            assert is_running(copy)
        assert is_running(sqlite_url)


def test_a_driver_beats(sqlite_url: str, samples, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "BEAT_SECONDS", 0.05)
    samples.fill(sqlite_url, trials=1)
    with drive_study(read_study("first", sqlite_url)):
        beats = {read_study("first", sqlite_url).driver["beat"]}
        deadline = time.monotonic() + 30
        while len(beats) < 4:
            assert time.monotonic() < deadline
            beats.add(read_study("first", sqlite_url).driver["beat"])
    assert "beat" not in read_study("first", sqlite_url).driver


@pytest.mark.parametrize("how", ["taken over", "deleted"])
def test_a_driver_that_has_lost_its_study_writes_nothing_more(sqlite_url: str, samples, how: str) -> None:
    """As after a long sleep of its machine."""
    samples.fill(sqlite_url, trials=1)
    record = read_study("first", sqlite_url)
    with drive_study(record) as writer:
        if how == "deleted":
            with sqlalchemy.create_engine(sqlite_url).begin() as connection:
                connection.execute(sqlalchemy.text("DELETE FROM study_user_attributes"))
        else:
            pretend(sqlite_url, **ELSEWHERE, token="its own")
        before = read_study("first", sqlite_url).counts
        for write in (writer.new_trial, writer.requeue_running, lambda: writer.set_refit(0, {})):
            with pytest.raises(KerasweepError, match=how):
                write()
        assert read_study("first", sqlite_url).counts == before
    if how == "taken over":
        assert read_study("first", sqlite_url).driver["host"] == "far-away"


def test_two_that_claim_at_once_are_one(sqlite_url: str, samples, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second one has looked before the first one has written."""
    samples.fill(sqlite_url, trials=1)
    record = read_study("first", sqlite_url)
    looked = lease.is_driven
    others = []

    def slow(*arguments: object) -> bool:
        answer = looked(*arguments)
        monkeypatch.setattr(lease, "is_driven", looked)
        others.append(drive_study(record))
        others[0].__enter__()
        return answer

    monkeypatch.setattr(lease, "is_driven", slow)
    with pytest.raises(StudyLocked, match="at this moment"), drive_study(record):
        pass
    others[0].__exit__(None, None, None)
