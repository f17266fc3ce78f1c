"""Asynchronous successive halving that resumes what it promotes: Li et al. 2020, A System for Massively Parallel Hyperparameter Tuning.

Of the trials that have reached a rung the best third goes on. The others are paused there, and go on later if enough
worse ones follow: nothing is trained twice, and no worker waits for others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...training.events import Rung
from .contract import REDUCTION, PausingScheduler, TrialProgress
from .racing import RACED, contender

if TYPE_CHECKING:
    from ...studies import Direction

MOST_RUNGS = 4
"""Before the last epoch: a trial that is trained for less than a hundredth says little."""


@dataclass(frozen=True)
class Halving(PausingScheduler):
    """Rungs of all folds, each of three times the epochs of the one before."""

    rungs: tuple[Rung, ...]
    direction: Direction

    @classmethod
    def over(cls, epochs: int, folds: int, direction: Direction) -> Halving:
        """Return the halving of trials of so many epochs and folds."""
        shares = {round(epochs / REDUCTION**power) for power in range(1, MOST_RUNGS + 1)}
        return cls(tuple(Rung(epoch, folds) for epoch in sorted(shares) if 0 < epoch < epochs), direction)

    def expected_to_go_on(self, rung: int, trials: float) -> float:
        """As ``Scheduler.expected_to_go_on``; from the last rung, where folds tell noise, all that race are trained whole in the end."""
        raced = self.rungs[rung].folds > 1 and rung == len(self.rungs) - 1
        return max(trials / REDUCTION, min(trials, RACED) if raced else 0.0)

    def next_paused(self, trials: Sequence[TrialProgress], *, may_begin: bool) -> int | None:
        """Return the best trial of the highest rung that is among the best third there and waits there.

        Where no trial may begin it is what cannot be told from the best whole one (``racing.py``), and where none was trained
        whole, the best one of the highest rung.
        """
        for rung in reversed(self.rungs):
            there = self._ranked(trials, rung)
            for trial in there[: len(there) // REDUCTION]:
                if trial.state == "paused" and trial.last == rung:
                    return trial.number
        if may_begin or not self.rungs:
            return None
        if any(trial.complete for trial in trials):
            return contender(trials, self.rungs[-1], self.direction)
        if any(trial.state == "running" for trial in trials):
            return None
        for rung in reversed(self.rungs):
            waiting = [trial for trial in self._ranked(trials, rung) if trial.state == "paused"]
            if waiting:
                return waiting[0].number
        return None

    def _ranked(self, trials: Sequence[TrialProgress], rung: Rung) -> list[TrialProgress]:
        """Return the trials that have reported at a rung, best first, the earlier of equals."""
        sign = -1.0 if self.direction == "maximize" else 1.0
        there = [trial for trial in trials if rung in trial.reports]
        return sorted(there, key=lambda trial: (sign * trial.reports[rung], trial.number))
