"""Storages that fail while a sweep runs, in real processes: one clear line, nothing lost that was there, and resume works."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import kerasweep
import numpy as np
import pytest
from database_servers import SERVERS
from kerasweep.errors import KerasweepError, StorageError
from kerasweep.search import launch
from kerasweep.search.driver import remote
from kerasweep.search.driver.dispatcher import Dispatcher
from kerasweep.search.interrupt import graceful_interrupt
from kerasweep.search.progress import Progress
from kerasweep.studies import patience, read_study, read_trials
from kerasweep.studies.control import Wish
from kerasweep.studies.lifecycle import drive_study
from kerasweep.studies.wishes import ask
from requiring import required, required_server
from sqlalchemy.exc import OperationalError

pytestmark = pytest.mark.costly

SECONDS = 40
TRIALS = 30


def drive(lab: Any, executor: Any, out: Path, seconds: float) -> None:
    """Be a driver, in a process of its own, that says how it ended as the command does."""
    patience.PATIENCE_SECONDS = seconds
    with out.open("w") as file:
        code = 0
        try:
            with graceful_interrupt(lambda *_: lab.sweep.stop()):
                print(lab.run(executor), file=file)
        except KerasweepError as error:
            print(f"Error: {error}", file=file)
            code = error.exit_code
        states = [progress.state for progress in lab.progress]
        print("waited" if "waiting" in states else "", file=file)
    os._exit(code)


class Driver:
    def __init__(self, lab: Any, fake: type[Any], folder: Path, seconds: float = 30.0) -> None:
        self.lab = lab
        self._out = folder / "output"
        executor = fake(before_event=lambda _: time.sleep(0.02))
        arguments = (lab, executor, self._out, seconds)
        self.process = multiprocessing.get_context("fork").Process(target=drive, args=arguments)
        self.process.start()

    def after(self, trials: int) -> None:
        """Wait until so many trials are complete."""
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            try:
                if read_study("study", self.lab.url).counts.get("complete", 0) >= trials:
                    return
            except KerasweepError:
                pass
            time.sleep(0.05)
        raise AssertionError(f"there are no {trials} trials")

    def end(self) -> tuple[int, str]:
        """Wait for its end; return exit code and output."""
        self.process.join(SECONDS)
        assert self.process.exitcode is not None, "it hangs"
        return self.process.exitcode, self._out.read_text()


@pytest.fixture
def driver(lab, fake, tmp_path: Path) -> Iterator[Callable[..., Driver]]:
    made: list[Driver] = []

    def start(storage: str = "", folder: Path = tmp_path, **options: Any) -> Driver:
        made.append(
            Driver(
                replace(lab(trials=TRIALS, method="random"), server=storage, folder=folder),
                fake,
                tmp_path,
                **options,
            )
        )
        return made[-1]

    yield start
    for one in made:
        one.process.kill()


def undisturbed(lab, fake, folder: Path) -> list[Any]:
    """Return the trials of the sweep that nothing happened to."""
    folder.mkdir()
    whole = replace(lab(trials=TRIALS, method="random"), folder=folder)
    whole.run(fake())
    return whole.picture


def resumed(made: Driver, fake) -> list[Any]:
    made.lab.run(fake())
    return list(made.lab.picture)


@pytest.fixture(scope="module", params=list(SERVERS))
def server(request: pytest.FixtureRequest) -> Iterator[Any]:
    with required_server(request.param) as made:
        yield made


def test_a_server_that_is_restarted_is_waited_for(server, driver, lab, fake, tmp_path) -> None:
    """Twice, once as in a power cut; then it stays away, and comes back for resume."""
    made = driver(server.url)
    for trials, hard in ((5, False), (12, True)):
        made.after(trials)
        server.stop(hard=hard)
        time.sleep(0.5)
        server.start()
    code, output = made.end()
    assert (code, output.splitlines()) == (0, ["trials", "waited"])
    made.lab.run(fake())  # nothing is left to do
    assert made.lab.picture == undisturbed(lab, fake, tmp_path / "whole")
    from kerasweep.studies.lifecycle import delete_study

    delete_study(read_study("study", server.url))
    made = driver(server.url, seconds=1.0)
    made.after(5)
    server.stop()
    code, output = made.end()
    server.start()
    assert code == 1
    assert output.startswith(f"Error: The storage {server.url} failed: ")
    assert "Once it answers, kerasweep resume goes on from what is written." in output
    assert len(output.splitlines()) == 2
    made.after(5)
    assert resumed(made, fake) == undisturbed(lab, fake, tmp_path / "again")


@pytest.fixture
def swept(server, fake, monkeypatch) -> Callable[..., Any]:
    """Runs a sweep of four trials on the server, which nobody trains, and returns how it has ended."""
    monkeypatch.setattr(launch, "start_workers", lambda *_: fake(epochs=1, folds=2))
    rows = np.random.default_rng(0).normal(size=(40, 3))
    settings = {"search": "random", "trials": 4, "epochs": 1, "folds": 2, "scheduler": "none", "time": 600}

    def run(name: str, listen: Callable[[Progress], None] = lambda _: None) -> Any:
        plan = kerasweep.plan_sweep((rows, rows[:, 0]), "linear", study=name, **settings)
        return launch.run_plan(*launch.resolve_study(plan, server.url, named=True), server.url, listen)

    return run


@pytest.fixture
def losing(monkeypatch) -> Callable[..., None]:
    """Has the storage go in the middle of some decisions on a trial."""

    def lose(*numbers: int, meanwhile: Callable[[], object] = lambda: None) -> None:
        left, propose = list(numbers), Dispatcher._take_next

        def lost(self: Dispatcher) -> Any:
            if left and self._writer.next_number() == left[0]:
                del left[0]
                meanwhile()
                raise OperationalError("SELECT", {}, Exception("server closed the connection unexpectedly"))
            return propose(self)

        monkeypatch.setattr(Dispatcher, "_take_next", lost)

    return lose


def test_a_server_that_goes_in_the_middle_of_a_decision(server, swept, losing, caplog) -> None:
    """Others may decide meanwhile, so that nothing of it is written; the sweep goes on from what is."""
    losing(2)
    swept("lost")
    assert "the sweep goes on from what is written." in caplog.text
    swept("whole")
    found, whole = (
        [
            (one.number, one.state, one.configuration, one.fold_scores)
            for one in read_trials(read_study(study, server.url))
        ]
        for study in ("lost", "whole")
    )
    assert found == whole
    assert len(found) == 4


def test_a_server_that_goes_again_and_again(server, swept, losing, monkeypatch) -> None:
    """That ends a sweep which comes no further."""
    monkeypatch.setattr(launch, "MOST_LOSSES", 1)
    losing(0, 1, 2)
    assert swept("often").reason == "trials"
    losing(0, 0)
    with pytest.raises(StorageError, match=r"failed: .*closed the connection.* kerasweep resume goes on"):
        swept("gone")
    assert read_study("gone", server.url).counts == {}


def test_a_sweep_that_is_told_to_stop_does_not_go_on_because_its_server_went(
    server, swept, losing, caplog
) -> None:
    losing(2, meanwhile=lambda: signal.raise_signal(signal.SIGTERM))
    assert swept("stopped").reason == "interrupted"
    assert "goes on" not in caplog.text
    assert read_study("stopped", server.url).counts == {"complete": 2}
    assert swept("stopped").reason == "trials"


def wishing(monkeypatch, server, study: str, wish: Wish) -> Callable[[Progress], None]:
    """Return a listener that wishes something when the second trial has ended, which the driver does not look for before its server goes."""
    monkeypatch.setattr(remote, "LOOK_SECONDS", 3600.0)

    def listen(progress: Progress) -> None:
        if progress.ended is not None and progress.ended.number == 1:
            ask(read_study(study, server.url), wish)

    return listen


def test_a_wish_to_stop_that_was_not_heard_is_heeded(server, swept, losing, monkeypatch, caplog) -> None:
    losing(2)
    assert swept("wished", wishing(monkeypatch, server, "wished", "stop")).reason == "interrupted"
    assert "goes on" not in caplog.text
    assert read_study("wished", server.url).counts == {"complete": 2}
    assert swept("wished").reason == "trials"


def test_a_wish_to_pause_that_was_not_heard_is_heeded_by_the_driver_that_goes_on(
    server, swept, losing, monkeypatch
) -> None:
    losing(2)
    pausing, seen = wishing(monkeypatch, server, "paused", "pause"), []

    def listen(progress: Progress) -> None:
        pausing(progress)
        if progress.state == "paused" and "paused" not in seen:
            monkeypatch.setattr(remote, "LOOK_SECONDS", 0.0)
            ask(read_study("paused", server.url), "go on")
        seen.append(progress.state)

    assert swept("paused", listen).reason == "trials"
    assert "paused" in seen
    assert seen[-1] == "running"
    assert read_study("paused", server.url).counts == {"complete": 4}


def test_a_driver_whose_server_went_goes_on_beside_those_that_have_joined_it(server, swept, losing) -> None:
    """Its study is driven by others by now, and has another budget."""
    losing(2)
    with contextlib.ExitStack() as others:

        def join(progress: Progress) -> None:
            record = read_study("joined", server.url)
            if progress.ended and record.spec["search"]["trials"] == 4:
                spec = {**record.spec, "search": {**record.spec["search"], "trials": 5}}
                others.enter_context(drive_study(record, spec, "joins"))

        assert swept("joined", join).reason == "trials"
        record = read_study("joined", server.url)
    assert record.counts == {"complete": 4}
    assert record.spec["search"]["trials"] == 5


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own with little room."""
    folder = tmp_path / "disk"
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", str(folder)], check=False, capture_output=True
    )
    required(done.returncode == 0, "the right to mount a file system")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=False)


def fill_up(file: Path) -> None:
    """Leave no room on a file's disk."""
    with file.open("wb", buffering=0) as opened, contextlib.suppress(OSError):
        while opened.write(b"x" * 4096):
            pass


def test_a_full_disk(small_disk, driver, lab, fake, tmp_path) -> None:
    made = driver(folder=small_disk)
    made.after(5)
    filler = small_disk / "filler"
    fill_up(filler)
    code, output = made.end()
    assert code == 1
    assert output.startswith(f"Error: The storage {made.lab.file} failed: ")
    assert "kerasweep resume goes on from what is written." in output
    there = [one.number for one in read_trials(read_study("study", made.lab.url)) if one.state == "complete"]
    assert len(there) >= 5
    filler.unlink()
    assert resumed(made, fake) == undisturbed(lab, fake, tmp_path / "whole")
    assert sorted(path.name for path in small_disk.iterdir()) == ["study.db"]


def test_a_damaged_database(driver) -> None:
    made = driver()
    made.after(5)
    size = made.lab.file.stat().st_size
    with made.lab.file.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * (size - 4096))
    code, output = made.end()
    assert code == 1
    assert "damaged: put a backup in its place" in output
    assert len(output.splitlines()) == 2


@pytest.mark.parametrize("what", ["file", "folder"])
def test_a_database_that_is_removed(driver, tmp_path, what: str) -> None:
    folder = tmp_path / "studies"
    folder.mkdir()
    made = driver(folder=folder)
    made.after(5)
    (made.lab.file if what == "file" else folder).rename(tmp_path / "away")
    code, output = made.end()
    assert code == 1
    assert "was removed or replaced while 'study' was run; nothing more is written." in output
    if what == "folder":
        (tmp_path / "away").rename(folder)
    else:
        (tmp_path / "away").rename(made.lab.file)
    made.after(5)


def test_a_database_that_another_program_locks(driver, lab, fake, tmp_path, monkeypatch) -> None:
    from kerasweep.studies import connections

    monkeypatch.setattr(connections, "BUSY_SECONDS", 0.1)
    made = driver()
    made.after(5)
    connection = sqlite3.connect(made.lab.file, isolation_level=None, timeout=20)
    connection.execute("BEGIN EXCLUSIVE")
    time.sleep(1)
    connection.close()
    assert made.end() == (0, "trials\nwaited\n")
    made.lab.run(fake())
    assert made.lab.picture == undisturbed(lab, fake, tmp_path / "whole")


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
def test_ctrl_c_while_a_storage_is_waited_for(driver, fake, monkeypatch) -> None:
    from kerasweep.studies import connections

    monkeypatch.setattr(connections, "BUSY_SECONDS", 0.1)
    made = driver(seconds=600.0)
    made.after(5)
    connection = sqlite3.connect(made.lab.file, isolation_level=None, timeout=20)
    connection.execute("BEGIN EXCLUSIVE")
    time.sleep(1)
    os.kill(made.process.pid, signal.SIGINT)
    code, output = made.end()
    connection.close()
    assert code == 1
    assert "Another program keeps it locked; once it does not, kerasweep resume" in output
    assert len(resumed(made, fake)) == TRIALS
