"""When a sweep is over, and what of its budget is left."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ..training.events import EpochEnded, Rung
from .effort import Effort, Left
from .schedulers import Scheduler

Reason = Literal["trials", "time", "epochs", "target", "converged", "exhausted", "interrupted"]
"""Why a sweep has ended."""
DONE: tuple[Reason, ...] = ("epochs", "target", "converged", "exhausted")
"""Those that mean that what was asked for is done, however many trials were allowed beside it."""


@dataclass(frozen=True)
class Budget:
    """When a sweep is over."""

    trials: float
    """Trained trials of the whole study, duplicates not counted; ``math.inf`` where something else ends it."""
    seconds: float | None = None
    """Of this run."""
    target: float | None = None
    epochs: int | None = None
    """Of single folds, trained by all trials of the study together."""
    until_converged: bool = False
    """Whether it ends once more trials are not expected to help (``convergence.py``)."""
    covers_space: bool = False
    """Whether its trials suffice for every configuration of the space."""


class Spending:
    """What a sweep has spent of its budget; the driver tells it what happens."""

    def __init__(self, budget: Budget, scheduler: Scheduler, whole: Rung, clock: Callable[[], float]) -> None:
        """Begin now.

        Args:
            budget: When the sweep is over.
            scheduler: Says how far trials are trained.
            whole: All epochs and folds of a training.
            clock: Seconds, of which only differences count.
        """
        self._budget = budget
        self._scheduler = scheduler
        self._whole = whole
        self._clock = clock
        self._started = clock()
        self._effort = Effort(scheduler, whole)
        self._others = 0
        """Trials of other epochs than those of this run."""
        self._left: Left | None = None
        """What is left to train; None where it is to be estimated anew."""

    # What happens.

    def know(self, number: int, reached: Rung, *, alike: bool = True) -> None:
        """Learn how far a trial was trained by an earlier run, or another driver; one that is not ``alike`` has other epochs."""
        self._effort.know(number, reached, alike=alike)
        self._others += not alike
        self._left = None

    def forget(self, number: int) -> None:
        """Forget a trial that another driver has left, to be trained from its start."""
        self._effort.forget(number)
        self._left = None

    def start(self, number: int, *, inherits: bool = False) -> None:
        """Note that a worker begins a trial, or goes on with it, here or of another driver.

        One that ``inherits`` begins where another one has ended.
        """
        self._effort.start(number, self._clock(), inherits=inherits)
        self._left = None

    def train(self, event: EpochEnded, *, anew: bool) -> None:
        """Note the end of an epoch; ``anew`` of a trial that another worker trains from its start."""
        trained = self._effort.train(event, self._clock(), anew=anew)
        if anew or event.trained_before:
            self._left = None
        if self._left is not None:
            self._left = self._left.after(trained)

    def end(self, number: int, reached: Rung) -> None:
        """Note that a trial has ended, or is paused, after so much training."""
        self._effort.end(number, reached)
        self._left = None

    # What is left.

    @property
    def epochs(self) -> int:
        """Epochs of single folds that this run has trained."""
        return self._effort.spent

    @property
    def elapsed(self) -> float:
        """Seconds of this run."""
        return self._clock() - self._started

    @property
    def seconds_left(self) -> float | None:
        """Of the budget; None where it has no bound."""
        return None if self._budget.seconds is None else max(0.0, self._budget.seconds - self.elapsed)

    @property
    def training_left(self) -> float | None:
        """Estimated seconds until all trials and epochs of the budget are trained; None while there is nothing to go by."""
        if self._left is None:
            self._left = self._effort.left(self._budget.trials - self._others)
            if self._budget.epochs is not None:
                self._left = self._effort.within(self._left, self._budget.epochs)
        return self._effort.seconds(self._left, self.elapsed)

    @property
    def allows_a_trial(self) -> bool:
        """Whether the epochs that are left suffice for a new trial: to its first rung where it may be paused, else to its end."""
        return self._epochs_left >= self._effort.stretch_of(None)

    def allows_to_go_on(self, number: int) -> bool:
        """Tell whether the epochs that are left suffice for a trial that is paused, or waits at a rung, to come to its next rung."""
        taken = 0 if self._effort.is_running(number) else self._effort.stretch_of(number)
        return self._epochs_left >= taken

    @property
    def allows_a_whole_trial(self) -> bool:
        """Whether a new trial could be trained whole; where it could not, those that are paused are worth more."""
        whole, left = self._effort.seconds_of_a_trial(), self.seconds_left
        in_time = whole is None or left is None or left >= whole
        return in_time and self._epochs_left >= self._whole.cost

    @property
    def _epochs_left(self) -> float:
        """Of the budget, beyond what running trials may take until they come to where they may be paused."""
        if self._budget.epochs is None:
            return math.inf
        return self._budget.epochs - self._effort.total - self._effort.under_way()
