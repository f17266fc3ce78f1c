"""What a user's code raises while a trial is trained: it fails that trial, and ends nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from kerasweep.search.executors.contract import run_task
from kerasweep.training.events import EpochEnded, Task, TrialFailed


class Own(BaseException):
    """Not an ``Exception``."""


class Raises:
    """A trainer of one epoch, after which a user's code raises."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def train(self, task: Task) -> Any:
        yield EpochEnded(task.number, 1, (0.5,))
        raise self.error


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (Own("of mine"), "Own: of mine"),
        (GeneratorExit(), "GeneratorExit: GeneratorExit"),
        (SystemExit(3), "SystemExit: 3"),
        (ValueError("no"), "ValueError: no"),
    ],
)
def test_whatever_is_raised_fails_the_trial_with_its_traceback(error: BaseException, message: str) -> None:
    epoch, failed = run_task(Raises(error), Task(4, {}, seed=1))
    assert isinstance(epoch, EpochEnded)
    assert isinstance(failed, TrialFailed)
    assert (failed.number, failed.kind, failed.message, failed.fatal) == (4, "bug", message, False)
    assert "raise self.error" in failed.traceback
    assert failed.origin.startswith(f"{type(error).__name__} at test_run_task.py:")


def test_ctrl_c_is_not_the_trials_where_this_process_launches() -> None:
    events = run_task(Raises(KeyboardInterrupt()), Task(4, {}, seed=1))
    next(events)
    with pytest.raises(KeyboardInterrupt):
        next(events)


def test_a_trial_that_is_given_up_is_closed() -> None:
    events = run_task(Raises(ValueError()), Task(4, {}, seed=1))
    next(events)
    events.close()
