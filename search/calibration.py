"""What a sweep would cost: model sizes, and the time of one epoch, measured before anything is written."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..errors import ModelError
from ..spaces import Configuration
from ..training.data import Fold
from ..training.events import EpochEnded, Task, TrialFailed
from ..training.goals import NO_GOALS
from ..training.quiet import quiet_tensorflow
from ..training.randomness import random_state_kept
from .executors import InlineExecutor
from .plan import Plan

MOST_ROWS = 2_000
"""Of a fold's training rows, and as large a share of its validation rows, that an epoch is timed on."""
SHOWN = 10
"""Configurations that are listed with the size of their model."""


@dataclass(frozen=True)
class Estimate:
    """A dry run's findings."""

    configurations: tuple[tuple[Configuration, int], ...]
    """The first configurations that would be tried and the number of weights of each one's model."""
    trials: float
    first_epoch: float
    """Seconds until all folds have trained one epoch, building and tracing included."""
    epoch: float
    """Seconds of one more epoch of all folds."""
    trial: float
    """Seconds of a trial that trains all of its epochs."""
    seconds: float
    """Of the whole sweep if every trial trained all of its epochs: an upper bound."""
    share: float = 1.0
    """Of each fold's rows that epochs were timed on; the seconds are extrapolated to all of them."""


@quiet_tensorflow()
@random_state_kept()
def calibrate(plan: Plan) -> Estimate:
    """Train the recommended configuration for two epochs, of many rows on a share of them, and extrapolate.

    Raises:
        ModelError: The model cannot be built or trained.
    """
    seed = plan.spec.search.seed
    recommended = plan.space.recommended()
    shown = (
        list(itertools.islice(plan.space.grid(), SHOWN))
        if plan.spec.search.method == "grid"
        else [recommended]
    )
    folds, share = _fewer_rows(plan.workload.folds)
    workload = replace(plan.workload, folds=folds, goals=NO_GOALS)  # what breaks a constraint is timed, too
    executor = InlineExecutor(workload, plan.threads(plan.workers))
    try:
        sizes = [
            (configuration, executor.start(Task(-1, configuration, seed)).parameters)
            for configuration in shown
        ]
        first, second = _time_two_epochs(executor, Task(0, recommended, seed))
    finally:
        executor.close()
    first, second = first + second * (1 / share - 1), second / share
    trials, workers = plan.budget.trials, plan.workers
    trial = first + (plan.workload.epochs - 1) * second
    rounds = math.ceil(trials / workers) if math.isfinite(trials) else math.inf
    limit = plan.budget.seconds if plan.budget.seconds is not None else math.inf
    return Estimate(tuple(sizes), trials, first, second, trial, min(rounds * trial, limit), share)


def _fewer_rows(folds: Sequence[Fold]) -> tuple[tuple[Fold, ...], float]:
    """Return folds of at most ``MOST_ROWS`` training rows, evenly drawn, and which share of all rows that is."""
    step = max(1, math.ceil(max(len(fold.train) for fold in folds) / MOST_ROWS))
    found = tuple(Fold(fold.train[::step], fold.validation[::step]) for fold in folds)
    return found, sum(len(fold.train) for fold in found) / sum(len(fold.train) for fold in folds)


def _time_two_epochs(executor: InlineExecutor, task: Task) -> tuple[float, float]:
    executor.submit(task)
    seconds = []
    for _ in range(2):
        started = time.perf_counter()
        event = executor.next_event()
        if isinstance(event, TrialFailed):
            raise ModelError(f"The recommended configuration cannot be trained: {event.message}.")
        if not isinstance(event, EpochEnded):
            break  # a single epoch is all there is
        seconds.append(time.perf_counter() - started)
    return seconds[0], seconds[-1]
