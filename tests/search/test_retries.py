"""When a trial whose worker died is trained again, and when it is given up."""

from __future__ import annotations

import pytest
from kerasweep.search.executors.retries import Death, Retries

OWN = Death("with exit code 7", log="the last words")
OUTSIDE = Death("with its machine", from_outside=True)


def test_a_trial_is_given_up_with_the_second_worker_that_it_killed() -> None:
    retries = Retries()
    assert retries.after(4, OWN) is None
    assert retries.after(5, OWN) is None, "another trial's"
    failed = retries.after(4, OWN)
    assert (failed.number, failed.kind, failed.fatal) == (4, "crash", False)
    assert (failed.message, failed.traceback) == (
        "its worker died 2 times, with exit code 7",
        "the last words",
    )


def test_deaths_from_outside_are_forgiven_more_often_and_counted_apart() -> None:
    retries = Retries()
    assert [retries.after(4, death) for death in (OUTSIDE, OWN, OUTSIDE)] == [None] * 3
    failed = retries.after(4, OUTSIDE)
    assert failed.message == "its worker died 4 times, with its machine"


def test_a_trial_that_has_ended_is_forgotten() -> None:
    retries = Retries()
    assert retries.after(4, OWN) is None
    retries.forget(4)
    retries.forget(9)
    assert retries.after(4, OWN) is None


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        (-9, "killed by the system, most likely for want of memory"),
        (-11, "by signal 11"),
        (3, "with exit code 3"),
    ],
)
def test_a_death_is_told_by_the_exit_code_of_its_process(code: int, cause: str) -> None:
    assert Death.of_process(code, "log") == Death(cause, log="log")
