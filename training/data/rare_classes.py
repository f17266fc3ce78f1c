"""Drops or merges, on request, classes with too few rows to be on both sides of every split."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from ...errors import DataError
from ...texts import count_text, names_text
from .splits import shares
from .targets import Target
from .tasks import TASKS

RareClasses = Literal["drop", "merge"]
OTHER = "other"
"""The class that rare ones are merged into; the last one."""


@dataclass(frozen=True, eq=False)
class ClassMapping:
    """What becomes of each class."""

    target: Target
    """With the classes that are left; rows that are dropped are still there."""
    mapping: np.ndarray
    """Old code -> new code, -1 for a class that is dropped."""
    rare: tuple[str, ...] = ()
    """The classes that were dropped or merged."""


def handle_rare_classes(
    target: Target, how: RareClasses | None, fewest: int, *, name: str, test_rows: int
) -> ClassMapping:
    """Drop or merge the classes that would have fewer training rows than are needed.

    Args:
        target: Of all rows that a test split is still to be made from.
        how: What to do with them; nothing where None.
        fewest: Training rows that a class needs.
        name: How messages call the data.
        test_rows: How many rows are to be held out.

    Raises:
        DataError: Rows have several labels, too few classes are left, or the merged one is too small as well.
    """
    codes = np.arange(len(target.classes))
    if how is not None and target.task == "multilabel":
        raise DataError(f"{name}: --rare-classes is for classes, and {TASKS[target.task].no_classes}")
    if how is None or target.task != "classification":
        unused = (
            () if how is None else (f"rare_classes: {how} has no effect: {TASKS[target.task].no_classes}",)
        )
        return ClassMapping(replace(target, notes=(*target.notes, *unused)), codes)
    counts = np.bincount(target.y, minlength=len(codes))
    kept = np.ones(len(codes), bool)
    while (few := kept & (_training_rows(np.where(kept, counts, 0), test_rows, counts.sum()) < fewest)).any():
        kept &= ~few
        if how == "merge":
            break  # no row goes, so that the other classes keep theirs
    if kept.all():
        return ClassMapping(target, codes)
    rare = tuple(word for word, stays in zip(target.classes, kept, strict=True) if not stays)
    classes = tuple(word for word, stays in zip(target.classes, kept, strict=True) if stays)
    mapping = np.where(kept, np.cumsum(kept) - 1, -1)
    rows = count_text(int(counts[~kept].sum()), "row")
    what = f"{count_text(len(rare), 'rare class', 'rare classes')} {names_text(rare)} ({rows})"
    if how == "merge":
        merged = OTHER if OTHER not in classes else f"{OTHER} (rare)"
        classes, mapping = (*classes, merged), np.where(kept, mapping, len(classes))
        together = _training_rows(np.bincount(mapping, counts).astype(np.int64), test_rows, counts.sum())[-1]
        if together < fewest:
            raise DataError(
                f"{name}: {what} merged have {count_text(int(together), 'training row')}, too few for {fewest}: "
                "--rare-classes drop leaves them out"
            )
    if len(classes) < 2:
        raise DataError(
            f"{name}: without its rare classes, no two classes are left: use fewer folds, or more rows"
        )
    note = f"{what} merged into '{classes[-1]}'" if how == "merge" else f"{what} dropped"
    kept_target = Target(target.task, mapping[target.y], classes, (*target.notes, note))
    return ClassMapping(kept_target, mapping, rare)


def _training_rows(counts: np.ndarray, test_rows: int, total: int) -> np.ndarray:
    """Return the rows of each class that a test split leaves for training."""
    held_out = round(test_rows * counts.sum() / total)
    return np.asarray(counts - shares(counts, held_out, np.zeros_like(counts), np.maximum(counts - 1, 0)))
