"""One driver a study, in real processes."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from kerasweep.errors import StudyLocked
from kerasweep.studies import is_driven, read_study
from kerasweep.studies.lock import driving, lock_path
from kerasweep.studies.writing import create_study, delete_study, drive_study

HOLD = """
import sys
from kerasweep.studies import read_study
from kerasweep.studies.writing import drive_study
with drive_study(read_study("first", sys.argv[1])) as writer:
    writer.new_trial({"units": 8}).suggest_int("units", 8, 64)
    print("holds", flush=True)
    sys.stdin.read()
"""


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


def test_a_second_driver_is_refused_and_told_of_the_first(sqlite_url: str, samples, hold) -> None:
    samples.fill(sqlite_url, trials=1)
    assert not is_driven(sqlite_url, "first")
    first = hold(sqlite_url)
    assert is_driven(sqlite_url, "first")
    record = read_study("first", sqlite_url)
    with pytest.raises(StudyLocked) as caught, drive_study(record):
        pass
    message = str(caught.value)
    assert message.startswith(
        f"The study 'first' is being run by process {first.pid} on {socket.gethostname()} since "
    )
    assert message.endswith("Wait for it, or stop it with Ctrl-C there.")
    with pytest.raises(StudyLocked):
        delete_study(record)
    with pytest.raises(StudyLocked), create_study(sqlite_url, "first", "maximize", {}, samples.about):
        pass
    first.communicate()
    assert not is_driven(sqlite_url, "first")
    with drive_study(record) as writer:
        assert len(writer.trials()) == 5


def test_kill_9_frees_the_study(sqlite_url: str, samples, hold) -> None:
    samples.fill(sqlite_url, trials=1)
    first = hold(sqlite_url)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    assert not is_driven(sqlite_url, "first")
    with drive_study(read_study("first", sqlite_url)) as writer:
        writer.requeue_running()
        assert [trial.state.name for trial in writer.trials()].count("RUNNING") == 0


def test_other_studies_of_the_database_are_free(sqlite_url: str, samples, hold) -> None:
    samples.fill(sqlite_url, "first", trials=1)
    samples.fill(sqlite_url, "second", trials=1)
    hold(sqlite_url)
    with drive_study(read_study("second", sqlite_url)) as writer:
        writer.set_refit(0, {"test": {}})
    assert read_study("second", sqlite_url).refits == {0: {"test": {}}}


def test_one_lock_by_whatever_name_the_file_goes(
    tmp_path: Path, samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "studies.db"
    url = f"sqlite:///{file}"
    samples.fill(url, trials=1)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "link.db").symlink_to(file)
    monkeypatch.chdir(tmp_path)
    names = ("sqlite:///studies.db", "sqlite:///folder/../studies.db", "sqlite:///folder/link.db")
    assert {lock_path(name, "first") for name in (url, *names)} == {lock_path(url, "first")}
    assert lock_path(url, "second") != lock_path(url, "first")
    assert lock_path(url, "하나") != lock_path(url, "둘")
    with driving(url, "first", {}):
        assert all(is_driven(name, "first") for name in names)


def test_looking_does_not_keep_a_driver_out(sqlite_url: str, samples) -> None:
    """A look takes the lock for a moment; who comes at that moment waits for it."""
    samples.fill(sqlite_url, trials=1)
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            is_driven(sqlite_url, "first")

    looker = threading.Thread(target=look)
    looker.start()
    driven = []
    try:
        for _ in range(20):
            with driving(sqlite_url, "first", {}):
                driven.append(is_driven(sqlite_url, "first"))
    finally:
        done.set()
        looker.join()
    assert driven == [True] * 20
