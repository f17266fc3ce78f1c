"""Schedulers: how far each trial is trained."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .contract import Scheduler, TrialProgress, progress_of
from .halving import Halving
from .pruning import Pruning, make_pruning

if TYPE_CHECKING:
    from ...spaces import Space
    from ...studies import Direction

__all__ = ["Pruning", "Scheduler", "TrialProgress", "make_scheduler", "progress_of", "resolve_scheduler"]


def make_scheduler(method: str, space: Space, *, epochs: int, folds: int, direction: Direction) -> Scheduler:
    """Return the scheduler that a specification means.

    Args:
        method: ``none``, ``median``, ``hyperband``, ``asha`` or ``knowhow``.
        space: What is searched.
        epochs: The most that a trial may train.
        folds: Number of folds.
        direction: Which way the objective is better.
    """
    if method == "knowhow":
        from ..knowhow import KnowHow

        return KnowHow(space, 0, direction, epochs, folds)  # it draws nothing as a scheduler
    if method == "asha":
        return Halving.over(epochs, folds, direction)
    return make_pruning(method, epochs, folds)


def resolve_scheduler(method: str, search: str) -> str:
    """Return what ``auto`` means: none for a grid, whose table should be whole, and for KerasTuner's Hyperband; else median.

    The search from know-how has its own.
    """
    if method != "auto":
        return method
    if search == "knowhow":
        return search
    return "none" if search in ("grid", "kt-grid", "kt-hyperband") else "median"
