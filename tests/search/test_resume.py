"""Nothing finished is lost: a sweep that is killed at any moment ends as if it never had been.

One uninterrupted run is watched, and the database is copied at each of its moments: each copy is what a ``kill -9``
would have left there. Every copy is resumed, and must end in the same study.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy
from kerasweep.search.driver.dispatcher import STUCK_AFTER
from kerasweep.spaces import Categorical, Int, Space
from kerasweep.studies import TrialRecord, find_study, read_trials


class Killed(BaseException):
    """Stands for SIGKILL."""


class Watch:
    """Copies a database whenever it is told to, unless it is as it was the last time."""

    def __init__(self, file: Path, folder: Path) -> None:
        self._file = file
        self._folder = folder
        self._last = b""
        self.copies: list[Path] = []

    def look(self, *_: object) -> None:
        content = self._file.read_bytes() if self._file.exists() else b""
        if content == self._last:
            return
        self._last = content
        copy = self._folder / f"{len(self.copies)}.db"
        copy.write_bytes(content)
        self.copies.append(copy)


@pytest.fixture
def watch(tmp_path: Path) -> Callable[[Path], Watch]:
    folder = tmp_path / "copies"
    folder.mkdir()
    return lambda file: Watch(file, folder)


def check_copies(whole, copies: list[Path], folder: Path) -> None:
    """Resume each copy until one more trial has ended, and compare with the run that was not interrupted.

    One is enough: what lies between two trials is nothing but the study, and that moment has a copy of its own.
    """
    for copy in copies:
        resumed = whole.copy(folder / copy.stem, copy)
        ended = 0
        if copy.stat().st_size and (study := find_study(whole.name, resumed.url)) is not None:
            ended = len([trial for trial in read_trials(study) if is_own_end(trial)])
        resumed.trials = min(ended + 1, whole.trials)
        resumed.run()
        count = len(resumed.picture)
        assert resumed.picture == whole.picture[:count], f"killed at copy {copy.name}"
        assert count == len(whole.picture) or resumed.trials < whole.trials
        shutil.rmtree(resumed.folder)


def is_own_end(trial: TrialRecord) -> bool:
    return trial.state in ("complete", "pruned", "failed") and trial.duplicate_of is None


@pytest.mark.parametrize(
    ("method", "scheduler", "trials", "epochs"),
    [
        ("grid", "median", 10, 3),
        ("random", "hyperband", 7, 4),
        ("qmc", "median", 8, 3),
        ("bayes", "median", 11, 2),
        ("bayes", "hyperband", 11, 4),
        ("cmaes", "median", 11, 2),
        ("sensitivity", "median", 8, 3),
        pytest.param("kt-random", "hyperband", 7, 4, marks=pytest.mark.trains),
        pytest.param("kt-grid", "median", 7, 3, marks=pytest.mark.trains),
    ],
)
def test_a_kill_at_any_event(lab, fake, watch, tmp_path, method, scheduler, trials, epochs) -> None:
    whole = lab(method=method, scheduler=scheduler, trials=trials, epochs=epochs)
    watched = watch(whole.file)
    whole.listen = lambda progress: progress.ended and watched.look()  # between two trials
    whole.run(fake(epochs=epochs, before_event=watched.look))
    assert {trial[1] for trial in whole.picture} >= {"COMPLETE", "PRUNED"}
    assert len(watched.copies) > 1.5 * trials
    check_copies(whole, watched.copies, tmp_path)


@pytest.mark.parametrize(("method", "scheduler"), [("bayes", "hyperband"), ("cmaes", "none")])
def test_a_kill_between_late_trials(lab, watch, tmp_path, method, scheduler) -> None:
    """A resumed sampler may not heed Hyperband's brackets less than one whose pruner has decided before, nor lose a generation."""
    whole = lab(method=method, scheduler=scheduler, trials=18, epochs=4)
    watched = watch(whole.file)
    whole.listen = lambda progress: progress.ended and watched.look()
    assert whole.run() == "trials"
    assert len(watched.copies) > 8
    check_copies(whole, watched.copies[-8:-1], tmp_path)


def test_a_kill_at_any_write(lab, watch, tmp_path) -> None:
    """Also between the writes of one event: while the study is made, a trial begun, a result stored."""
    space = Space((Categorical("a", ("x", "y")), Int("b", 1, 3)))
    whole = lab(method="bayes", scheduler="hyperband", trials=6, space=space, epochs=3, seed=36)
    watched = watch(whole.file)
    sqlalchemy.event.listen(sqlalchemy.Engine, "commit", watched.look)
    try:
        whole.run()
    finally:
        sqlalchemy.event.remove(sqlalchemy.Engine, "commit", watched.look)
    repeated = ["kerasweep:duplicate_of" in trial[6] for trial in whole.picture]
    assert sum(repeated) >= STUCK_AFTER, "the sampler gets stuck, and chance finds the last configuration"
    check_copies(whole, watched.copies[:20] + watched.copies[20::16], tmp_path)


@pytest.mark.parametrize("killed", [False, True], ids=["exception", "kill"])
def test_an_exception_at_any_event(lab, fake, tmp_path, killed) -> None:
    """Beside what a kill leaves, an exception lets the driver give its trials back."""
    whole = lab(method="random", scheduler="hyperband", trials=2, epochs=3)
    executor = fake(epochs=3)
    whole.run(executor)
    for index in range(executor.events):
        broken = whole.copy(tmp_path / str(index), Path("none"))

        def die(event: int, index: int = index) -> None:
            if event == index:
                raise Killed

        with pytest.raises(Killed):
            broken.run(fake(epochs=3, before_event=die), killed=killed)
        if not killed:
            assert "R" not in broken.states()
        broken.run(fake(epochs=3))
        assert broken.picture == whole.picture


@pytest.mark.parametrize("capacity", [3])
def test_several_workers_killed_at_any_event_lose_nothing(
    lab, fake, finite, tmp_path, watch, capacity
) -> None:
    """What is tried next depends on timing here; that everything is trained once does not."""
    whole = lab(method="grid", trials=9, space=finite, epochs=2)
    watched = watch(whole.file)
    whole.run(fake(capacity=capacity, epochs=2, before_event=watched.look))
    expected = {frozenset(trial.params.items()): trial.value for trial in whole.load().trials}
    assert len(expected) == 9
    for copy in watched.copies:
        resumed = whole.copy(tmp_path / copy.stem, copy)
        resumed.run(fake(capacity=capacity, epochs=2))
        trials = resumed.load().trials
        assert {trial.state.name for trial in trials} == {"COMPLETE"}
        assert [trial.number for trial in trials] == list(range(9))
        assert {frozenset(trial.params.items()): trial.value for trial in trials} == expected


def test_a_worker_that_dies_changes_nothing(lab, fake, tmp_path) -> None:
    """Its task is trained again from the start, in the same driver; the pruner must not see its epochs twice."""
    whole = lab(method="bayes", scheduler="hyperband", trials=12, epochs=9)
    whole.run(fake(epochs=9))
    shaken = whole.copy(tmp_path / "shaken", Path("none"))
    deaths: set[int] = set()

    def die_once(_: int) -> None:
        for number, run in executor._running.items():
            if run.epoch == 3 and number not in deaths:
                deaths.add(number)
                executor.restart(number)
                return

    executor = fake(epochs=9, before_event=die_once)
    shaken.run(executor)
    assert len(deaths) > 3
    assert shaken.picture == whole.picture
