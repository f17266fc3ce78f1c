"""Optuna's pruners: a trial that lags behind the others at a rung ends there, for good."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from optuna.pruners import BasePruner, HyperbandPruner, MedianPruner, NopPruner

from ...training.events import Answer, EpochEnded, Rung
from .contract import TrialProgress

if TYPE_CHECKING:
    from optuna.trial import Trial

REDUCTION = 3
"""Of three trials at a rung one goes on; the value of the Hyperband paper (Li et al. 2018) and of Optuna."""
STARTUP_TRIALS = 5
"""Trials that the median pruner lets run before it has a median worth the name (Optuna's default)."""
RUNGS = 10
"""How often the median pruner decides in a trial; each decision has a worker wait for the driver."""


@dataclass(frozen=True)
class Pruning:
    """A pruner, which is the study's as well, and where it is asked."""

    pruner: BasePruner
    rungs: tuple[Rung, ...]
    pauses: ClassVar[bool] = False

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
        rungs = range(step, epochs, step)
        median = MedianPruner(n_startup_trials=STARTUP_TRIALS)
        return Pruning(median, tuple(Rung(epoch, folds) for epoch in rungs))
    if method == "hyperband":
        shortest = max(1, epochs // REDUCTION**3)
        hyperband = HyperbandPruner(min_resource=shortest, max_resource=epochs, reduction_factor=REDUCTION)
        powers = [shortest * REDUCTION**power for power in range(10)]
        return Pruning(hyperband, tuple(Rung(epoch, folds) for epoch in powers if epoch < epochs))
    return Pruning(NopPruner(), ())
