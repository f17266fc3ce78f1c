"""Search methods by their names: what proposes configurations, and how many there can be."""

from __future__ import annotations

import math
from collections.abc import Callable

from ..spaces import Space
from ..studies import Direction
from .proposers import ENUMERABLE, Bayes, Grid, Proposer, QuasiRandom, Random


def make_proposer(
    method: str,
    space: Space,
    seed: int,
    *,
    direction: Direction = "maximize",
    epochs: int = 1,
    folds: int = 1,
) -> Proposer:
    """Return the proposer of a search method.

    Args:
        method: ``knowhow``, ``grid``, ``random``, ``qmc`` or ``bayes``; ``kt-`` begins KerasTuner's.
        space: What is searched.
        seed: Of the sweep.
        direction: Which way the objective is better.
        epochs: The most that a trial may train.
        folds: Number of folds.
    """
    if method == "knowhow":
        from .knowhow import KnowHow

        return KnowHow(space, seed, direction, epochs, folds)
    if method.startswith("kt-"):
        from .oracles import make_oracle

        return make_oracle(method, space, seed, direction, epochs)
    if method == "grid":
        return Grid(space.grid())
    makers: dict[str, Callable[[Space, int], Proposer]] = {
        "random": Random,
        "qmc": QuasiRandom,
        "bayes": Bayes,
    }
    return makers[method](space, seed)


def trials_at_most(method: str, space: Space) -> float:
    """Return how many different configurations a search can try; ``math.inf`` for a continuous space."""
    if method == "grid":
        return sum(1 for _ in space.grid())
    return sum(1 for _ in space.configurations()) if space.cardinality <= ENUMERABLE else math.inf
