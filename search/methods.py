"""Search methods and schedulers by their names, and how many trials there can be."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from ..spaces import Configuration, Space
from ..studies import Direction
from .proposers import ENUMERABLE, Bayes, Grid, Proposer, QuasiRandom, Random, Starting
from .schedulers import Halving, Scheduler, make_pruning
from .sensitivity import SmallChanges, most_trainings

BEGIN_ANYWHERE = ("knowhow", "random", "qmc", "bayes", "gp", "cmaes", "nsga2")
"""Searches that may begin with configurations that others chose."""


def make_proposer(
    method: str,
    space: Space,
    seed: int,
    *,
    starts: Sequence[Configuration] = (),
    direction: Direction = "maximize",
    epochs: int = 1,
    folds: int = 1,
    by_seconds: bool = False,
) -> Proposer:
    """Return the proposer of a search method.

    Args:
        method: One of ``spec.SearchMethod``; ``kt-`` begins KerasTuner's.
        space: What is searched.
        seed: Of the sweep.
        starts: What it begins with, after the recommended configuration.
        direction: Which way the objective is better.
        epochs: The most that a trial may train.
        folds: Number of folds.
        by_seconds: Whether the budget is time, so that what a training takes counts; ``knowhow`` alone asks.
    """
    if method == "knowhow":
        from .knowhow import KnowHow

        proposer: Proposer = KnowHow(space, seed, direction, epochs, folds, by_seconds=by_seconds)
    else:
        proposer = _proposer(method, space, seed, direction, epochs)
    return with_starts(proposer, method, starts)


def with_starts(proposer: Proposer, method: str, starts: Sequence[Configuration]) -> Proposer:
    """Return a proposer that begins with some configurations, after the recommended one and what judges that."""
    if not starts:
        return proposer
    if method == "knowhow":
        from .knowhow.search import JUDGES

        return Starting(proposer, starts, after=1 + JUDGES)
    return Starting(proposer, starts)


def _proposer(method: str, space: Space, seed: int, direction: Direction, epochs: int) -> Proposer:
    if method.startswith("kt-"):
        from .oracles import make_oracle

        return make_oracle(method, space, seed, direction, epochs)
    if method == "grid":
        return Grid(space.grid())
    if method == "sensitivity":
        return SmallChanges(space, seed, direction)
    makers: dict[str, Callable[[Space, int], Proposer]] = {"random": Random, "qmc": QuasiRandom}
    return makers.get(method, Bayes)(space, seed)  # all others are Optuna's


def make_scheduler(
    method: str, space: Space, *, epochs: int, folds: int, direction: Direction, by_seconds: bool = False
) -> Scheduler:
    """Return the scheduler that a specification means.

    Args:
        method: ``none``, ``median``, ``hyperband``, ``asha`` or ``knowhow``.
        space: What is searched.
        epochs: The most that a trial may train.
        folds: Number of folds.
        direction: Which way the objective is better.
        by_seconds: Whether the budget is time; ``knowhow`` alone asks.
    """
    if method == "knowhow":
        from .knowhow import KnowHow

        # as a scheduler it draws nothing
        return KnowHow(space, 0, direction, epochs, folds, by_seconds=by_seconds)
    if method == "asha":
        return Halving.over(epochs, folds, direction)
    return make_pruning(method, epochs, folds)


def resolve_scheduler(method: str, search: str, *, several: bool = False) -> str:
    """Return what ``auto`` means: none for a grid and small changes, whose tables should be whole, and for KerasTuner's
    Hyperband; else median.

    The search from know-how has its own. Of several objectives none ranks trials before their end.
    """
    if method == "auto" and several:
        return "none"
    if method != "auto":
        return method
    if search == "knowhow":
        return search
    return "none" if search in ("grid", "sensitivity", "kt-grid", "kt-hyperband") else "median"


def trials_at_most(method: str, space: Space) -> float:
    """Return how many different configurations a search can try, or trainings; ``math.inf`` for a continuous space."""
    if method == "sensitivity":
        return most_trainings(space)
    if method == "grid":
        return sum(1 for _ in space.grid())
    return sum(1 for _ in space.configurations()) if space.cardinality <= ENUMERABLE else math.inf
