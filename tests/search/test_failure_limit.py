"""A sweep whose trials fail one after the other is given up; one whose configurations are wrong now and then is not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from kerasweep.errors import SweepError
from kerasweep.search.driver.failure_limit import FailureLimit
from kerasweep.search.executors.exception_origin import origin_of
from kerasweep.search.executors.retries import Death, Retries
from kerasweep.training.events import TrialFailed, TrialInfeasible

HERE = "ValueError at model.py:12"
REFUSED = TrialInfeasible(4, {"params": 9.0}, 9, "9 weights are more than 8")


def failed(kind: str = "model", origin: str = HERE) -> TrialFailed:
    return TrialFailed(4, kind, f"it failed: {kind}", "Traceback ...\nValueError: no", origin=origin)


def run_through(
    limit: FailureLimit, events: list[TrialFailed | TrialInfeasible | None], *, scored: bool
) -> int:
    """Return after how many events it is given up; None among them is a trial that is scored."""
    for number, event in enumerate(events, 1):
        if event is None:
            limit.succeed()
            scored = True
            continue
        try:
            limit.fail(event, scored=scored)
        except SweepError:
            return number
    return 0


ALIKE, OTHER, THERE = failed(), failed("bug"), failed(origin="ValueError at model.py:13")


@pytest.mark.parametrize(
    ("events", "ends"),
    [
        ([ALIKE] * 9, 4),
        ([ALIKE, ALIKE, ALIKE, None, ALIKE, ALIKE, ALIKE, None], 0),
        ([ALIKE, ALIKE, ALIKE, OTHER, ALIKE, ALIKE, ALIKE, THERE, ALIKE], 0),
        ([ALIKE, failed("memory"), ALIKE, failed("diverged"), ALIKE, REFUSED, ALIKE], 7),
        ([failed("memory")] * 99, 0),
        ([failed("diverged")] * 99, 0),
        ([REFUSED] * 99, 0),
        ([failed("timeout", "")] * 4, 4),
    ],
    ids="alike reset ways between memory diverged refused timeout".split(),
)
def test_what_counts_once_a_trial_was_scored(events, ends: int) -> None:
    assert run_through(FailureLimit(4), events, scored=True) == ends


@pytest.mark.parametrize(
    ("most", "events", "ends"),
    [
        (4, [ALIKE, OTHER, THERE], 3),
        (2, [ALIKE, OTHER, THERE], 2),
        (4, [ALIKE, failed("memory"), ALIKE, REFUSED, OTHER], 5),
        (4, [failed("memory"), REFUSED, failed("diverged"), failed("memory")] * 9, 20),
        (4, [failed("memory")] * 19 + [None] + [failed("memory")] * 99, 0),
        (None, [ALIKE] * 99, 0),
    ],
    ids="first few between configurations scored never".split(),
)
def test_what_counts_before(most: int | None, events, ends: int) -> None:
    assert run_through(FailureLimit(most), events, scored=False) == ends


def test_one_line_says_what_happened_how_often_and_the_traceback_is_a_note() -> None:
    limit = FailureLimit(2)
    limit.fail(ALIKE, scored=True)
    with pytest.raises(SweepError) as caught:
        limit.fail(ALIKE, scored=True)
    assert str(caught.value) == (
        "2 trials in a row failed in the same way (ValueError at model.py:12). Trial 4: it failed: model. "
        "Once that is mended, kerasweep resume goes on; --max-failures none goes on whatever fails."
    )
    assert caught.value.__notes__ == [ALIKE.traceback]


@pytest.mark.parametrize("capacity", [1, 3])
def test_a_sweep_is_given_up_and_resume_goes_on(lab, fake, capacity: int) -> None:
    made = lab(trials=2, max_failures=4)
    assert made.run(fake(capacity=capacity)) == "trials"
    made.trials = 20
    for failures in (4, 8):
        with pytest.raises(SweepError, match=r"^4 trials in a row failed in the same way \(crash\)\. Trial"):
            made.run(fake(fails=lambda _: "crash", capacity=capacity))
        assert made.states().count("F") == failures, "each run counts anew"
        assert set(made.states()) <= {*"CFW"}
    assert made.run(fake(capacity=capacity)) == "trials"
    assert made.states().count("C") == 12


def test_trials_that_are_paused_or_pruned_are_scored(lab, fake) -> None:
    """A trial that has come to a rung shows that its model can be trained."""
    for scheduler in ("asha", "hyperband"):
        made = lab(trials=12, scheduler=scheduler, max_failures=3, name=scheduler)
        tried: list[object] = []

        def fails(configuration, tried=tried) -> str | None:
            if configuration not in tried:
                tried.append(configuration)
            return "crash" if tried.index(configuration) % 2 else None

        assert made.run(fake(fails=fails)) == "trials"
        assert made.states().count("F") > 3


def raising(kind: type[Exception]) -> None:
    raise kind("no")


def chained() -> None:
    try:
        raising(KeyError)
    except KeyError as error:
        raise SweepError("what was raised from it") from error


@pytest.mark.parametrize(
    ("act", "name"),
    [
        (lambda: raising(ValueError), "ValueError"),
        (lambda: raising(KeyError), "KeyError"),
        (chained, "KeyError"),
    ],
)
def test_a_place_is_what_was_raised_first_and_where(act: Callable[[], None], name: str) -> None:
    places = set()
    for _ in range(2):
        with pytest.raises((ValueError, KeyError, SweepError)) as caught:
            act()
        places.add(origin_of(caught.value))
    line = raising.__code__.co_firstlineno + 1
    assert places == {f"{name} at test_failure_limit.py:{line}"}


def test_causes_in_a_ring_end() -> None:
    one, other = ValueError("one"), KeyError("other")
    one.__cause__, other.__cause__ = other, one
    assert origin_of(one) in {"ValueError", "KeyError"}


def test_deaths_are_told_apart_by_their_cause() -> None:
    def origin(*deaths: Death) -> str:
        retries = Retries()
        return [failed for death in deaths if (failed := retries.after(1, death)) is not None][-1].origin

    exits, crashes = Death("by its own exit, with code 7"), Death("by SIGSEGV (segmentation fault)")
    assert origin(exits, exits) == origin(crashes, exits) != origin(crashes, crashes)
