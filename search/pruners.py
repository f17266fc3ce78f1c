"""Pruners: which trials end early, and at which epochs that is decided (the rungs)."""

from __future__ import annotations

from dataclasses import dataclass

from optuna.pruners import BasePruner, HyperbandPruner, MedianPruner, NopPruner

from ..training.events import Rung

REDUCTION = 3
"""Of three trials at a rung one goes on; the value of the Hyperband paper (Li et al. 2018) and of Optuna."""
STARTUP_TRIALS = 5
"""Trials that the median pruner lets run before it has a median worth the name (Optuna's default)."""
RUNGS = 10
"""How often the median pruner decides in a trial; each decision has a worker wait for the driver."""


@dataclass(frozen=True)
class Pruning:
    """A pruner and where it is asked."""

    pruner: BasePruner
    rungs: tuple[Rung, ...]


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
        return Pruning(
            MedianPruner(n_startup_trials=STARTUP_TRIALS), tuple(Rung(epoch, folds) for epoch in rungs)
        )
    if method == "hyperband":
        shortest = max(1, epochs // REDUCTION**3)
        pruner = HyperbandPruner(min_resource=shortest, max_resource=epochs, reduction_factor=REDUCTION)
        powers = [shortest * REDUCTION**power for power in range(10)]
        return Pruning(pruner, tuple(Rung(epoch, folds) for epoch in powers if epoch < epochs))
    return Pruning(NopPruner(), ())


def resolve_pruner(method: str, search: str) -> str:
    """Return what ``auto`` means: none for a grid, whose table should be whole, and for KerasTuner's Hyperband; else median."""
    if method != "auto":
        return method
    return "none" if search in ("grid", "kt-grid", "kt-hyperband") else "median"
