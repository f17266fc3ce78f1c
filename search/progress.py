"""How far a sweep is: a frozen picture that the driver hands to whoever shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from ..spaces import Configuration
from ..studies.control import State
from ..training.metrics import Objective


@dataclass(frozen=True)
class TrialLine:
    """One trial that ended, or was paused."""

    number: int
    state: Literal["complete", "pruned", "failed", "paused"]
    configuration: Configuration
    value: float | None = None
    epochs: int = 0
    folds: int = 0
    """That were trained, where these are not all."""
    seconds: float = 0.0
    message: str = ""
    further_values: Mapping[str, float] = field(default_factory=dict)
    """Values of the objectives beside the first."""
    broken: tuple[str, ...] = ()
    """Constraints that it breaks, in words."""
    continues: int | None = None
    """The trial that it trains further."""
    notes: tuple[str, ...] = ()
    """What its training has to say, and no earlier trial of this run has said."""


@dataclass(frozen=True)
class Progress:
    """The state of a sweep after an event."""

    total: float
    """Trials of the budget; ``math.inf`` where there is no such bound."""
    seconds_budget: float | None = None
    complete: int = 0
    pruned: int = 0
    failed: int = 0
    paused: int = 0
    """Trials that are paused now."""
    best: TrialLine | None = None
    epochs: int = 0
    """Epochs of single folds that this run has trained."""
    seconds: float = 0.0
    """Since this run began."""
    ended_before: int = 0
    """Trials that had ended when this run began."""
    training_left: float | None = None
    """Estimated seconds until all trials of the budget have ended; None while there is nothing to go by."""
    running: Mapping[int, int] = field(default_factory=dict)
    """Trial number -> epoch, for trials being trained."""
    ended: TrialLine | None = None
    """The trial that ended just now, if that is the news."""
    epoch: tuple[int, int, float] | None = None
    """Trial number, epoch and mean, if the end of an epoch is the news."""
    state: State = "running"
    """``stopping`` once the user has asked to, and ``pausing`` until running trials have come to the end of their epochs."""

    @property
    def done(self) -> int:
        """Trials that have ended."""
        return self.complete + self.pruned + self.failed

    @property
    def begun(self) -> int:
        """Trials that have ended or are paused."""
        return self.done + self.paused

    @property
    def seconds_left(self) -> float | None:
        """Estimated seconds until the sweep is over; None while there is nothing to go by."""
        if self.seconds_budget is None:
            return self.training_left
        by_time = max(0.0, self.seconds_budget - self.seconds)
        return by_time if self.training_left is None else min(by_time, self.training_left)

    @property
    def unlike_complete(self) -> list[str]:
        """How many trials are paused, pruned or have failed, those that there are: ``3 paused``."""
        counts = {"paused": self.paused, "pruned": self.pruned, "failed": self.failed}
        return [f"{count} {state}" for state, count in counts.items() if count]

    def with_trial(self, line: TrialLine, objective: Objective, *, ended_now: bool = False) -> Progress:
        """Return the picture with one more trial ended, in this run or an earlier one."""
        best = self.best
        if (
            line.state == "complete"
            and line.value is not None
            and not line.further_values  # of several objectives, none is simply the best
            and not line.broken
            and (best is None or best.value is None or objective.is_better(line.value, best.value))
        ):
            best = line
        counts = {line.state: getattr(self, line.state) + 1}
        before = self.ended_before + (not ended_now)
        return replace(
            self, **counts, best=best, ended_before=before, ended=line if ended_now else None, epoch=None
        )

    def with_paused(self, paused: int, line: TrialLine | None = None) -> Progress:
        """Return the picture with so many trials paused, one of them just now if there is a line of it."""
        return replace(self, paused=paused, ended=line, epoch=None)

    def with_epoch(self, number: int, epoch: int, mean: float, epochs: int) -> Progress:
        """Return the picture after one more epoch of a trial, and so many of single folds."""
        return replace(self, epochs=epochs, epoch=(number, epoch, mean), ended=None)

    def without_news(self) -> Progress:
        """Return the picture without the event that led to it."""
        return replace(self, ended=None, epoch=None)

    def at(self, seconds: float, running: Mapping[int, int], training_left: float | None) -> Progress:
        """Return the picture at a time."""
        return replace(self, seconds=seconds, running=dict(running), training_left=training_left)
