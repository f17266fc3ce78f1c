"""What trials cost, and what is left of a sweep."""

from __future__ import annotations

import math

import pytest
from kerasweep.search.effort import Effort
from kerasweep.search.methods import make_scheduler
from kerasweep.search.schedulers import Scheduler
from kerasweep.spaces import Float, Space
from kerasweep.training.events import EpochEnded, Rung

WHOLE = Rung(9, 2)


def scheduler(method: str) -> Scheduler:
    return make_scheduler(method, Space((Float("x", 0.0, 1.0),)), epochs=9, folds=2, direction="maximize")


def train(
    effort: Effort, number: int, epochs: range, now: float, *, start: float = 10.0, epoch: float = 1.0
) -> float:
    """Train epochs of both folds, and return the time when they have ended."""
    effort.start(number, now)
    now += start
    for one in epochs:
        now += epoch
        effort.train(EpochEnded(number, one, (0.5, 0.5)), now, anew=False)
    return now


def test_starting_a_trial_takes_its_time() -> None:
    effort, now = Effort(scheduler("none"), WHOLE), 0.0
    for number in range(2):
        now = train(effort, number, range(1, 10), now)
        effort.end(number, Rung(9, 2))
    left = effort.left(10)
    assert (left.stretches, left.cost) == (8, 8 * 18)
    assert effort.seconds(left, now) == pytest.approx(8 * 19)
    assert effort.seconds(effort.left(2), now) == 0


def test_of_paused_trials_a_third_is_expected_to_go_on() -> None:
    effort, now = Effort(scheduler("asha"), WHOLE), 0.0
    for number in range(30):
        now = train(effort, number, range(1, 2), now, start=0.0)
        effort.end(number, Rung(1, 2))
        if number % 3 == 2:
            now = train(effort, number, range(2, 4), now, start=0.0)
            effort.end(number, Rung(3, 2))
    left = effort.left(60)
    assert left.cost >= 30 * 2 + 10 * 4 + 6 * 12  # of which most are expected to be trained whole
    now = train(effort, 2, range(4, 10), now)
    effort.end(2, WHOLE)
    assert effort.left(30).cost < effort.left(60).cost < left.cost + 24
    assert effort.spent == 30 * 2 + 10 * 4 + 12


def test_what_an_earlier_run_has_trained_is_not_left() -> None:
    resumed = Effort(scheduler("none"), WHOLE)
    resumed.know(0, WHOLE)
    resumed.know(1, WHOLE)
    assert resumed.left(4).cost == 36
    assert resumed.seconds(resumed.left(4), 5.0) is None
    assert resumed.spent == 0


def test_folds_that_join_have_trained_only_their_own_epochs() -> None:
    effort = Effort(scheduler("none"), WHOLE)
    effort.start(0, 0.0)
    scores = [(1, 1), (2, 1), (1, 2), (2, 2), (3, 2)]
    trained = [effort.train(EpochEnded(0, epoch, (0.5,) * folds), 1.0, anew=False) for epoch, folds in scores]
    assert trained == [1, 1, 1, 1, 2]
    assert effort.train(EpochEnded(0, 1, (0.5,)), 2.0, anew=True) == 1


def checkpointed(effort: Effort, first: int, *, anew: bool = False) -> None:
    """Go on with a trial of nine epochs from a checkpoint before some epoch."""
    for epoch in range(first, 10):
        effort.train(EpochEnded(0, epoch, (0.5, 0.5)), 1.0, anew=anew and epoch == first)


@pytest.mark.parametrize("checkpoint", [0, 2, 5])
def test_from_a_checkpoint_a_trial_counts_as_if_it_had_never_been_interrupted(checkpoint: int) -> None:
    """By another worker of this driver, by another run, and by one that is told its rungs once more."""
    whole = Effort(scheduler("none"), WHOLE)
    train(whole, 0, range(1, 10), 0.0)
    worker, run, told = (Effort(scheduler("none"), WHOLE) for _ in range(3))
    train(worker, 0, range(1, 7), 0.0)
    checkpointed(worker, checkpoint + 1, anew=True)
    run.start(0, 0.0)
    checkpointed(run, checkpoint + 1)
    train(told, 0, range(1, 7), 0.0)
    for epoch in range(1, checkpoint + 1):
        event = EpochEnded(0, epoch, (0.5, 0.5), trained_before=True)
        assert told.train(event, 1.0, anew=epoch == 1) == 0
    checkpointed(told, checkpoint + 1, anew=checkpoint == 0)
    assert whole.total == worker.total == run.total == told.total == 18
    assert run.spent == 18 - 2 * checkpoint
    assert worker.spent == told.spent == 12 + 18 - 2 * checkpoint


def test_what_another_trial_has_trained_is_not_counted() -> None:
    effort = Effort(scheduler("none"), WHOLE)
    effort.start(0, 0.0, inherits=True)
    checkpointed(effort, 6)
    assert effort.total == effort.spent == 8


def test_patience_is_learned_and_an_open_end_has_no_time() -> None:
    effort, now = Effort(scheduler("none"), WHOLE), 0.0
    for number in range(8):
        now = train(effort, number, range(1, 4), now)
        effort.end(number, Rung(3, 2))
    assert effort.left(9).cost == pytest.approx(
        (8 * 6 + 18) / 9
    )  # a whole one counts beside those that were seen
    assert effort.seconds(effort.left(math.inf), now) is None
