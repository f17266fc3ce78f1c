"""Optuna's pruners: a trial that lags behind the others at a rung ends there, for good."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from optuna.pruners import BasePruner, HyperbandPruner, MedianPruner, NopPruner

from ...training.events import Answer, EpochEnded, Rung
from .contract import REDUCTION, TrialProgress

if TYPE_CHECKING:
    from optuna.trial import Trial

STARTUP_TRIALS = 5
"""Trials that the median pruner lets run before it has a median worth the name (Optuna's default)."""
RUNGS = 10
"""How often the median pruner decides in a trial; each decision has a worker wait for the driver."""

GROWTH = 4.0
"""The root of so many times the trials at the median pruner's first rung goes on: it compares with those that were trained
whole, which are ever better ones. On recorded trainings it is 2.5 for random draws, and 8 where a search improves."""
LATER = 0.97
"""Share of trials that the median pruner lets go on at a rung but its first: measured on recorded trainings, where it is 0.95 to 0.99."""


@dataclass(frozen=True)
class Pruning:
    """A pruner, which is the study's as well, and where it is asked."""

    pruner: BasePruner
    rungs: tuple[Rung, ...]
    pauses: ClassVar[bool] = False

    def expected_to_go_on(self, rung: int, trials: float) -> float:
        """As ``Scheduler.expected_to_go_on``."""
        if isinstance(self.pruner, HyperbandPruner):
            return _going_on_in_brackets(rung, len(self.rungs), trials)
        if rung == 0:
            return min(trials, math.sqrt(GROWTH * trials))
        return min(trials, STARTUP_TRIALS + LATER * max(0.0, trials - STARTUP_TRIALS))

    def answer(
        self, trial: Trial, event: EpochEnded, trials: Sequence[TrialProgress], *, may_begin: bool
    ) -> Answer:
        """Stop where the study's pruner says so."""
        return Answer.STOP if trial.should_prune() else Answer.GO_ON

    def next_paused(self, trials: Sequence[TrialProgress], *, may_begin: bool) -> int | None:
        """Begin new trials only: none is paused."""
        return None


def make_pruning(method: str, epochs: int, folds: int) -> Pruning:
    """Return the pruning that a specification means.

    Args:
        method: ``none``, ``median`` or ``hyperband``.
        epochs: The most that a trial may train.
        folds: Number of folds, all of which train up to each rung.
    """
    if method == "median":
        step = max(1, epochs // RUNGS)
        rungs = tuple(Rung(epoch, folds) for epoch in range(step, epochs, step))
        median = MedianPruner(n_startup_trials=STARTUP_TRIALS)
        return Pruning(median, rungs)
    if method == "hyperband":
        shortest = max(1, epochs // REDUCTION**3)
        hyperband = HyperbandPruner(min_resource=shortest, max_resource=epochs, reduction_factor=REDUCTION)
        powers = [shortest * REDUCTION**power for power in range(10)]
        rungs = tuple(Rung(epoch, folds) for epoch in powers if epoch < epochs)
        return Pruning(hyperband, rungs)
    return Pruning(NopPruner(), ())


def _going_on_in_brackets(rung: int, rungs: int, trials: float) -> float:
    """Return how many of so many trials at a rung of Hyperband go on: of each bracket, all up to its own first rung."""
    shares = [float(REDUCTION) ** (rungs - bracket) / (rungs + 1 - bracket) for bracket in range(rungs + 1)]
    shares = [share / REDUCTION ** max(0, rung - bracket) for bracket, share in enumerate(shares)]
    counts = [trials * share / sum(shares) for share in shares]
    return sum(counts[rung + 1 :]) + sum(_best_third(count) for count in counts[: rung + 1])


def _best_third(trials: float) -> float:
    """Return how many of so many trials are among the best third of those before them, or the best of all, in any order."""
    return min(trials, (trials + 2.5) / REDUCTION)  # 1, 1/2 and 1/3 of the first three, then one in three
