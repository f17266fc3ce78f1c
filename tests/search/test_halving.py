"""Asynchronous halving: trials are paused at rungs and go on from there; nothing is trained twice, and nothing is lost."""

from __future__ import annotations

import itertools
import os
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from kerasweep.search.paused_states import PausedStates
from kerasweep.search.schedulers import TrialProgress, progress_of
from kerasweep.search.schedulers.halving import Halving
from kerasweep.search.schedulers.racing import RACED, contender, is_behind
from kerasweep.studies import read_trials
from kerasweep.training.events import Rung

EPOCHS, FOLDS = 27, 3


def progress(number: int, *values: float, state="paused", rungs: Sequence[Rung]) -> TrialProgress:
    return TrialProgress(number, {}, state, dict(zip(rungs, values, strict=False)))


def test_rungs_are_thirds_of_the_epochs() -> None:
    assert Halving.over(27, 5, "maximize").rungs == (Rung(1, 5), Rung(3, 5), Rung(9, 5))
    assert Halving.over(10, 2, "maximize").rungs == (Rung(1, 2), Rung(3, 2))
    assert Halving.over(1, 2, "maximize").rungs == ()


@pytest.mark.parametrize("direction", ["maximize", "minimize"])
def test_the_best_third_of_a_rung_goes_on_the_highest_rung_first(direction: str) -> None:
    halving = Halving.over(EPOCHS, FOLDS, direction)
    sign = 1 if direction == "maximize" else -1
    low = [progress(number, sign * number, rungs=halving.rungs) for number in range(5)]
    assert halving.next_paused(low, may_begin=True) == 4
    assert halving.next_paused(low[:2], may_begin=True) is None, "of two none is the best third"
    high = [
        progress(10 + number, sign * 100, sign * number, rungs=halving.rungs, state=state)
        for number, state in enumerate(("paused", "paused", "running"))
    ]
    assert halving.next_paused([*low, *high], may_begin=True) is None, "the best of each rung is under way"
    high[2] = replace(high[2], state="paused")
    assert halving.next_paused([*low, *high], may_begin=True) == 12


def test_where_nothing_is_whole_the_best_is_trained_whole(lab, fake) -> None:
    made = lab(method="random", scheduler="asha", trials=2, epochs=9)
    made.run(fake(epochs=9))
    assert sorted(made.states()) == ["C", "P"]
    ended = {trial.state: trial.value for trial in read_trials(made.read())}
    assert ended["complete"] > 0


@pytest.mark.parametrize("direction", ["maximize", "minimize"])
def test_what_cannot_be_told_from_the_best_is_trained_whole(direction: str) -> None:
    halving = Halving.over(9, 3, direction)
    rung, sign = halving.rungs[-1], 1 if direction == "maximize" else -1

    def at(number: int, *scores: float, value: float | None = None) -> TrialProgress:
        signed = tuple(sign * score for score in scores)
        reports = {one: sum(signed) / 3 for one in halving.rungs}
        state = "paused" if value is None else "ended"
        return TrialProgress(
            number, {}, state, reports, None if value is None else sign * value, scores={rung: signed}
        )

    best, behind = at(0, 0.5, 0.6, 0.7, value=0.9), at(1, 0.4, 0.501, 0.6)
    close, closer = at(2, 0.4, 0.6, 0.6), at(3, 0.4, 0.6, 0.7)
    assert halving.next_paused([best, behind], may_begin=False) is None, "all folds say that it is behind"
    trials = [best, at(4, 0.45, 0.6, 0.68, value=0.8), behind, close, closer, behind]
    assert halving.next_paused(trials, may_begin=True) is None
    assert halving.next_paused(trials, may_begin=False) == 3
    assert halving.next_paused([best, behind, close], may_begin=False) == 2
    unknown = [replace(trial, scores={rung: ()}) for trial in trials]
    assert halving.next_paused(unknown, may_begin=False) is None, "without folds what is worse is behind"


@pytest.mark.parametrize("capacity", [1, 2])
def test_no_winner_is_named_before_its_equals_are_whole(lab, fake, capacity: int) -> None:
    made = lab(method="random", scheduler="asha", trials=20, epochs=9)
    assert made.run(fake(epochs=9, capacity=capacity)) == "trials"
    trials = [progress_of(trial) for trial in made.load().trials]
    rung = max(rung for trial in trials for rung in trial.reports)
    best = max((trial for trial in trials if trial.complete), key=lambda trial: trial.value or 0.0)
    others = [trial for trial in trials if rung in trial.reports and not trial.complete]
    assert others
    assert all(is_behind(trial, best, rung, "maximize") for trial in others)


@pytest.mark.parametrize("capacity", [1, 3])
def test_nothing_is_trained_twice(lab, fake, capacity: int) -> None:
    made = lab(method="random", scheduler="asha", trials=27, epochs=27)
    executor = fake(epochs=27, capacity=capacity)
    assert made.run(executor) == "trials"
    trials = read_trials(made.read())
    assert len(trials) == 27
    assert {trial.state for trial in trials} <= {"complete", "pruned", "failed"}
    trained = sum(
        trial.epochs_trained * len(trial.fold_scores) for trial in trials if trial.state != "failed"
    )
    failed = sum(FOLDS for trial in trials if trial.state == "failed")
    assert executor.single_epochs == trained + failed
    assert trained < 0.4 * 27 * 27 * FOLDS
    whole = [trial for trial in trials if trial.state == "complete"]
    assert whole
    assert all(trial.epochs_trained == 27 for trial in whole)
    assert not (made.folder / "states").exists(), "no state is left when the study is done"


def test_a_state_that_is_lost_costs_time_alone(lab, fake, tmp_path: Path) -> None:
    kept, lost = lab(method="random", scheduler="asha", trials=12, epochs=9), None
    executor = fake(epochs=9)
    kept.run(executor)

    class Forgets(fake):
        def submit(self, task) -> None:
            self.states.clear()
            super().submit(task)

    lost = kept.copy(tmp_path / "again", Path("nowhere"))
    forgets = Forgets(epochs=9)
    lost.run(forgets)
    assert lost.picture == kept.picture
    assert forgets.single_epochs > executor.single_epochs


@pytest.mark.parametrize("seed", range(3))
def test_a_kill_at_any_event_changes_nothing(lab, fake, tmp_path: Path, seed: int) -> None:
    """Whatever is lost with the driver: reports that were not written, states of files."""
    whole = lab(method="random", scheduler="asha", trials=14, epochs=9)
    executor = fake(epochs=9)
    whole.run(executor)
    places = random.Random(seed).sample(range(1, executor.events), 8)
    for place in sorted(places):
        died = whole.copy(tmp_path / f"{seed}-{place}", Path("nowhere"))

        def die(event: int, place: int = place) -> None:
            if event == place:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            died.run(fake(epochs=9, before_event=die), killed=True)
        again = fake(epochs=9)
        assert died.run(again) == "trials"
        assert died.picture == whole.picture, place


def test_an_interrupted_sweep_keeps_what_is_paused_for_resume(lab, fake, tmp_path: Path) -> None:
    whole = lab(method="random", scheduler="asha", trials=14, epochs=9)
    whole.run(fake(epochs=9))
    made = whole.copy(tmp_path / "again", Path("nowhere"))
    made.listen = lambda seen: seen.paused > 3 and seen.state == "running" and made.sweep.stop()
    executor = fake(epochs=9)
    assert made.run(executor) == "interrupted"
    counts = made.read().counts
    assert counts["paused"] > 3
    assert counts.get("running", 0) == 0
    assert sum(trial.state == "paused" for trial in read_trials(made.read())) == counts["paused"]
    made.listen = lambda _: None
    rest = fake(epochs=9)
    rest.states = executor.states
    assert made.run(rest) == "trials"
    assert made.picture == whole.picture
    assert "paused" not in made.read().counts


def test_a_worker_that_dies_is_answered_as_before(lab, fake, tmp_path: Path) -> None:
    whole = lab(method="random", scheduler="asha", trials=9, epochs=9)
    whole.run(fake(epochs=9))
    died = whole.copy(tmp_path / "died", Path("nowhere"))
    events = itertools.count()

    class Dies(fake):
        def next_event(self, timeout=None):
            if self._running and next(events) in (4, 9, 13, 20, 26):
                self.restart(next(iter(self._running)))
            return super().next_event(timeout)

    died.run(Dies(epochs=9))
    assert died.picture == whole.picture


def test_a_twin_of_a_paused_trial_shares_its_end(lab, fake) -> None:
    """Also where the sweep is interrupted, and nothing may begin when it goes on."""
    made = lab(method="random", scheduler="asha", trials=3, epochs=9)
    asked: list[int] = []

    def listen(progress) -> None:
        news = progress.ended
        if news is not None and news.state == "paused" and len(asked) < 2:
            asked.append(news.number)
            made.enqueue(made.load().trials[news.number].params)
        if progress.begun == 3 and progress.state == "running":
            made.sweep.stop()

    made.listen = listen
    assert made.run(fake(epochs=9)) == "interrupted"
    assert "W" in made.states(), "a twin waits"
    made.listen = lambda _: None
    assert made.run(fake(epochs=9)) == "trials"
    assert set(made.states()) <= {"C", "P"}
    trials = read_trials(made.read())
    assert [trial.duplicate_of for trial in trials if trial.duplicate_of is not None] == asked
    assert "pruned" in [trials[number].state for number in asked], "one of them was paused to the end"


class TestPausedStates:
    def test_files_are_bounded_the_oldest_go_first(self, tmp_path: Path) -> None:
        states = PausedStates(tmp_path / "db.states" / "3", most_bytes=250)
        for number in range(4):
            file = states.file(number)
            file.write_bytes(b"x" * 100)
            os.utime(file, (number, number))
        states.make_room(keep=0)
        assert sorted(path.stem for path in states.folder.iterdir()) == ["0", "3"]
        states.drop(3)
        states.drop(3)
        assert [path.stem for path in states.folder.iterdir()] == ["0"]
        states.clear()
        assert not (tmp_path / "db.states").exists()

    def test_a_folder_that_others_use_stays(self, tmp_path: Path) -> None:
        mine, other = (PausedStates(tmp_path / "db.states" / name) for name in ("1", "2"))
        other.file(0).write_bytes(b"x")
        mine.file(0)
        mine.clear()
        assert other.file(0).exists()

    def test_what_others_have_put_there_stays(self, tmp_path: Path) -> None:
        """A database of others may come with a link in the place of the folder, to files of whoever opens it."""
        (tmp_path / "home").mkdir()
        (tmp_path / "db.states").mkdir()
        states = PausedStates(tmp_path / "db.states" / "1", most_bytes=1, models=1)
        states.folder.symlink_to(tmp_path / "home")
        own = ("1.state", "2.kept", ".3.state.77", ".4.kept.77")
        others = ("letter", "x.kept", "x.state", "²3.kept", ".state", "1.state.txt")
        for name in (*own, *others):
            (tmp_path / "home" / name).write_text("dear")
        assert "1 trial (2)" in states.text
        states.make_room(keep=0)
        states.keep_best([])
        states.clear()
        assert {path.name for path in (tmp_path / "home").iterdir()} == set(others)

    def test_the_best_stay_when_a_study_is_done(self, tmp_path: Path) -> None:
        states = PausedStates(tmp_path / "db.states" / "3", most_bytes=250, models=2)
        assert states.text == "No trial's last state is kept."
        for number in range(3):
            states.last_file(number).write_bytes(b"x" * 100)
            os.utime(states.last_file(number), (number, number))
        states.file(3).write_bytes(b"x" * 40)
        states.make_room(keep=3)
        assert sorted(path.name for path in states.folder.iterdir()) == ["1.kept", "2.kept", "3.state"]
        states.hand_over(1, to=4)
        states.hand_over(0, to=5)
        states.keep_best([2])
        states.clear(best=[2], waiting=[4])
        assert sorted(path.name for path in states.folder.iterdir()) == ["2.kept", "4.state"]
        assert states.text == f"The last state of 1 trial (2), 1 kB, is kept in {states.folder}."
        states.clear()
        assert not (tmp_path / "db.states").exists()

    def test_where_nothing_can_be_kept_there_is_no_file(self, tmp_path: Path) -> None:
        (tmp_path / "taken").write_text("a file where the folder should be")
        assert PausedStates(tmp_path / "taken" / "1").file(0) is None
        assert PausedStates(tmp_path / "off", most_bytes=0).file(0) is None
        assert PausedStates(None).file(0) is None
        assert PausedStates(tmp_path / "none").last_file(0) is None
        assert PausedStates(None, models=1).last_file(0) is None
        assert PausedStates(None, models=1).text.startswith("No trial's last state is kept: ")
        PausedStates(None).make_room(keep=0)
        PausedStates(None).keep_best([])
        PausedStates(None).hand_over(0, to=1)
        PausedStates(None).clear()


def test_the_best_few_at_the_last_rung_race_and_no_others() -> None:
    """Folds that tell nothing apart would have nearly every trial trained whole."""
    rung = Rung(9, 2)

    def trial(number: int, mean: float, value: float | None = None) -> TrialProgress:
        scores = {rung: (mean - 0.1 * number, mean + 0.1 * number)}
        state = "paused" if value is None else "ended"
        return TrialProgress(number, {}, state, {rung: mean}, value, scores=scores)

    trials = [trial(0, 0.5, 0.6), *(trial(number, 0.5 - 0.001 * number) for number in range(1, 9))]
    raced = []
    while (number := contender(trials, rung, "maximize")) is not None:
        raced.append(number)
        trials[number] = trial(number, 0.5 - 0.001 * number, 0.55)
    assert raced == [1, 2, 3, 4] == list(range(1, RACED))
