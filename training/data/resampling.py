"""Resamples a fold's training rows: a subset, balanced classes, a bootstrap sample. Validation rows never change.

A draw depends on the rows' strata, which are their classes or combinations of labels, and on nothing else, no seed of a
trial among it, so that configurations are compared on the same rows, a smaller subset is part of a larger one, and an
exported script can repeat it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import TrainingError, did_you_mean
from .tasks import TASKS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...spaces import Configuration
    from .tasks import Task

BALANCINGS = ("none", "oversample", "undersample")
ROW_SEED = 0


@dataclass(frozen=True)
class Resampling:
    """What a configuration asks for; by default all rows, each once."""

    subset: float = 1.0
    """Share of the rows of each class, at least one row of each."""
    balancing: str = "none"
    """``oversample`` repeats rows of rare classes, ``undersample`` leaves out rows of common ones."""
    strength: float = 1.0
    """How far towards classes of equal size: 0 is nothing, 1 is all the way."""
    bootstrap: bool = False
    """Draw as many rows of each class with replacement."""


@dataclass(frozen=True)
class RowDraw:
    """How many rows of each class a resampling takes of given rows; a regression has one class."""

    kept: tuple[int, ...]
    """Rows of each class that are drawn from."""
    counts: tuple[int, ...]
    """Rows of each class that an epoch trains, repeated where these are more."""
    bootstrap: bool

    def positions(self, codes: np.ndarray) -> np.ndarray:
        """Return the drawn positions, int64 and sorted.

        Args:
            codes: Classes of the rows to draw from, ``(rows,)``; zeros for a regression.
        """
        return draw_positions(codes, self.kept, self.counts, bootstrap=self.bootstrap)


def draw_positions(
    codes: np.ndarray, kept: Sequence[int], counts: Sequence[int], *, bootstrap: bool
) -> np.ndarray:
    """Return the sorted positions of the rows that train.

    Args:
        codes: Classes of the rows to draw from, ``(rows,)``; zeros for a regression.
        kept: Rows of each class that are drawn from.
        counts: Rows of each class that an epoch trains, repeated where these are more.
        bootstrap: Whether they are drawn with replacement.
    """
    rng = np.random.default_rng(ROW_SEED)
    taken = []
    for code, (most, count) in enumerate(zip(kept, counts, strict=True)):
        rows = rng.permutation(np.flatnonzero(codes == code))[:most]
        taken.append(rng.choice(rows, count) if bootstrap else np.resize(rows, count))
    return np.sort(np.concatenate(taken)).astype(np.int64)


def resampling_of(configuration: Configuration, task: Task) -> Resampling | None:
    """Return what a configuration asks for; None for all rows.

    Raises:
        TrainingError: ``data``: a value is unknown or out of range, or there are no classes to balance.
    """
    share = _share(configuration, "subset", 1.0, above_zero=True)
    balancing = configuration.get("balancing") or "none"
    if balancing not in BALANCINGS:
        raise TrainingError(
            "data", f"unknown balancing {balancing!r}.{did_you_mean(str(balancing), BALANCINGS)}"
        )
    if balancing != "none" and task != "classification":
        raise TrainingError("data", f"balancing is for classes, and {TASKS[task].no_classes}")
    strength = _share(configuration, "balancing_strength", 1.0)
    bootstrap = configuration.get("bootstrap", False)
    if not isinstance(bootstrap, bool):
        raise TrainingError("data", f"bootstrap must be true or false, got {bootstrap!r}")
    if balancing == "none" or strength == 0:
        balancing, strength = "none", 1.0
    resampling = Resampling(share, str(balancing), strength, bootstrap)
    return None if resampling == Resampling() else resampling


def draw_rows(resampling: Resampling, codes: np.ndarray) -> RowDraw:
    """Return how many rows of each class are taken.

    Args:
        resampling: What is asked for.
        codes: Classes of the rows to draw from; zeros for a regression.
    """
    counts = np.bincount(codes)
    present = counts > 0
    kept = np.where(present, np.clip(np.round(resampling.subset * counts), 1, counts), 0).astype(int)
    aim = {"oversample": kept.max(), "undersample": kept[present].min()}.get(resampling.balancing)
    taken = kept if aim is None else np.round(kept + resampling.strength * (aim - kept)).astype(int)
    return RowDraw(tuple(kept.tolist()), tuple(np.where(present, taken, 0).tolist()), resampling.bootstrap)


def _share(configuration: Configuration, name: str, default: float, *, above_zero: bool = False) -> float:
    value: Any = configuration.get(name, default)
    fits = not isinstance(value, bool) and isinstance(value, int | float) and 0 <= value <= 1
    if not fits or (above_zero and value == 0):
        words = "above 0 and at most 1" if above_zero else "from 0 to 1"
        raise TrainingError("data", f"{name} must be a number {words}, got {value!r}")
    return float(value)
