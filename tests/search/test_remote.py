"""A sweep that is watched, paused and stopped from outside, through its study alone."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from kerasweep.errors import StudyError
from kerasweep.search.driver import remote, sweep
from kerasweep.search.driver.stopwatch import Stopwatch
from kerasweep.studies.control import SweepStatus, status_of, wait_for, wished
from kerasweep.studies.wishes import ask


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the driver look and speak after every event."""
    monkeypatch.setattr(remote, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(remote, "TELL_SECONDS", 0.0)
    monkeypatch.setattr(sweep, "WAKE_SECONDS", 0.01)


def after(events: int, act: Callable[[], object]) -> Callable[[int], None]:
    """Return what acts before an executor's event of that number."""

    def before_event(number: int) -> None:
        if number == events:
            act()

    return before_event


@pytest.mark.parametrize(("scheduler", "capacity"), [("none", 1), ("median", 1), ("asha", 3)])
def test_a_sweep_that_was_paused_is_the_sweep_that_never_was(
    lab, fake, scheduler: str, capacity: int
) -> None:
    whole = lab(scheduler=scheduler, name="whole")
    whole.run(fake(capacity=capacity))
    made = lab(scheduler=scheduler)
    executor = fake(capacity=capacity, before_event=after(7, lambda: ask(made.read(), "pause")))
    seen: list[str] = []

    def listen(progress) -> None:
        seen.append(progress.state)
        if progress.state == "paused":
            assert executor.held
            ask(made.read(), "go on")

    made.listen = listen
    assert made.run(executor) == "trials"
    assert made.picture == whole.picture
    states = [state for place, state in enumerate(seen) if place == 0 or state != seen[place - 1]]
    assert states == ["running", "pausing", "paused", "running"]


def test_no_time_of_the_budget_passes_while_it_is_paused(lab, fake, monkeypatch: pytest.MonkeyPatch) -> None:
    made, away = lab(trials=4), [0.0]
    monkeypatch.setattr(Stopwatch, "_now", lambda _: time.monotonic() + away[0])

    def listen(progress) -> None:
        if progress.state == "paused":
            away[0] = 1e6
            ask(made.read(), "go on")

    made.listen = listen
    assert made.run(fake(before_event=after(5, lambda: ask(made.read(), "pause"))), seconds=3600) == "trials"


def test_a_wish_to_stop_is_ctrl_c(lab, fake) -> None:
    whole = lab(name="whole")
    whole.run()
    made = lab()
    assert made.run(fake(before_event=after(9, lambda: ask(made.read(), "stop")))) == "interrupted"
    assert made.read().counts.get("running", 0) == 0
    assert made.run() == "trials"
    assert made.picture == whole.picture


def test_a_paused_sweep_can_be_stopped(lab, fake) -> None:
    made = lab()
    made.listen = lambda progress: progress.state == "paused" and ask(made.read(), "stop")
    assert made.run(fake(before_event=after(5, lambda: ask(made.read(), "pause")))) == "interrupted"


@pytest.mark.parametrize("scheduler", ["none", "median", "asha"])
def test_whoever_watches_sees_running_trials_with_their_curves(lab, fake, scheduler: str) -> None:
    made = lab(scheduler=scheduler, trials=3)
    seen: list[SweepStatus] = []
    made.run(fake(capacity=2, before_event=lambda _: seen.append(status_of(made.read()))))
    assert {status.state for status in seen} == {"running"}
    assert all(status.trials == 3 for status in seen)
    assert max(status.begun for status in seen) >= 1
    longest = max((trial for status in seen for trial in status.running), key=lambda trial: len(trial.curve))
    assert [epoch for epoch, _ in longest.curve] == list(range(1, len(longest.curve) + 1))
    assert len(longest.curve) >= 2
    assert all(0 <= value <= 1 for _, value in longest.curve)


@pytest.mark.parametrize("scheduler", ["none", "median", "asha"])
def test_all_that_a_status_says_is_of_one_picture(lab, fake, scheduler: str) -> None:
    """A trial that has ended since the driver spoke is in the study already, and would be counted beside itself running."""
    made = lab(scheduler=scheduler, trials=4)
    seen: list[SweepStatus] = []
    made.run(fake(capacity=2, before_event=lambda _: seen.append(status_of(made.read()))))
    told = [status for status in seen if status.told is not None]
    assert len(told) > 5
    for status in told:
        ended = sum(count for state, count in status.counts.items() if state not in ("running", "waiting"))
        assert (status.begun, len(status.running)) == (ended, status.counts.get("running", 0))


def test_nothing_of_it_is_left_once_the_driver_has_ended(lab, fake) -> None:
    made = lab(trials=3)
    made.run(fake(before_event=after(2, lambda: ask(made.read(), "go on"))))
    assert not {
        key for key in made.load().user_attrs if key.startswith(("kerasweep:live", "kerasweep:control"))
    }
    found = status_of(made.read())
    assert (found.state, found.running, found.told) == ("idle", (), None)
    assert wait_for(made.read(), "stop", 0).state == "idle"
    with pytest.raises(StudyError, match="Nobody runs the study 'study'; kerasweep resume study does"):
        ask(made.read(), "pause")


def test_a_killed_driver_leaves_words_that_nobody_heeds(lab, fake) -> None:
    made = lab(trials=4)

    def die() -> None:
        ask(made.read(), "pause")
        raise KeyboardInterrupt

    made.listen = lambda _: None
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("kerasweep.studies.study_writer.StudyWriter.fall_silent", lambda _: None)
        with pytest.raises(KeyboardInterrupt):
            made.run(fake(before_event=after(6, die)), killed=True)
    assert made.read().live
    assert status_of(made.read()).state == "idle"
    states: set[str] = set()
    made.listen = lambda progress: states.add(progress.state)
    assert made.run() == "trials"
    assert states == {"running"}, "the wish was for another driver"
    assert not made.read().live


@pytest.mark.parametrize(
    "stored",
    [
        None,
        "pause",
        3,
        [],
        {},
        {"wish": "pause"},
        {"wish": "pause", "driver": "other"},
        {"wish": "x", "driver": "own"},
    ],
)
def test_what_is_no_wish_for_this_driver_is_none(stored: object) -> None:
    assert wished(stored, "own") is None
    assert wished({"wish": "stop", "driver": "own"}, "own") == "stop"


def test_a_stopwatch_stands_still_while_it_is_held() -> None:
    now = [10.0]
    watch = Stopwatch(lambda: now[0])
    begun = watch()
    now[0] = 12.0
    watch.hold()
    now[0] = 100.0
    watch.hold()
    assert watch() - begun == 2.0
    watch.release()
    watch.release()
    now[0] = 101.0
    assert watch() - begun == 3.0
