"""Schedulers: how far each trial is trained."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .contract import Scheduler, TrialProgress
from .halving import Halving
from .pruning import Pruning, make_pruning

if TYPE_CHECKING:
    from ...studies import Direction

__all__ = ["Pruning", "Scheduler", "TrialProgress", "make_scheduler", "resolve_scheduler"]


def make_scheduler(method: str, epochs: int, folds: int, direction: Direction) -> Scheduler:
    """Return the scheduler that a specification means.

    Args:
        method: ``none``, ``median``, ``hyperband`` or ``asha``.
        epochs: The most that a trial may train.
        folds: Number of folds.
        direction: Which way the objective is better.
    """
    if method == "asha":
        return Halving.over(epochs, folds, direction)
    return make_pruning(method, epochs, folds)


def resolve_scheduler(method: str, search: str) -> str:
    """Return what ``auto`` means: none for a grid, whose table should be whole, and for KerasTuner's Hyperband; else median."""
    if method != "auto":
        return method
    return "none" if search in ("grid", "kt-grid", "kt-hyperband") else "median"
