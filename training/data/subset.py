"""``limit``: a part of the training rows, for a sweep that takes less time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ...errors import DataError
from ...texts import count_text
from .given_folds import fold_count, validating
from .splits import AT_RANDOM, FEWEST_ROWS, draw_in_proportion, draw_stratified, how_drawn, shares
from .strata import row_strata

if TYPE_CHECKING:
    from .dataset import Dataset


def limited(dataset: Dataset, limit: int | None, seed: int) -> Dataset:
    """Return a dataset with at most ``limit`` training rows: class proportions kept, test rows untouched.

    Raises:
        DataError: Fewer rows than classes, or fewer than can be split.
    """
    if limit is None:
        return dataset
    if limit >= dataset.rows:
        note = f"limit of {limit:,} rows has no effect: there are {count_text(dataset.rows, 'training row')}"
        return replace(dataset, notes=(*dataset.notes, note))
    classes = len(dataset.classes) if dataset.task == "classification" else 0
    if limit < max(FEWEST_ROWS, classes):
        needed = f"{classes} rows, one of each class" if classes > FEWEST_ROWS else f"{FEWEST_ROWS} rows"
        raise DataError(
            f"limit of {count_text(limit, 'row')} is too small for {dataset.name}: at least {needed}"
        )
    rng = np.random.default_rng(seed)
    if dataset.series is not None:
        rows = np.arange(dataset.rows - limit, dataset.rows)
    elif dataset.task == "classification":
        per_class = np.bincount(dataset.y, minlength=len(dataset.classes))
        rows = draw_stratified(dataset.y, shares(per_class, limit, np.minimum(per_class, 1), per_class), rng)
    else:
        rows = draw_in_proportion(row_strata(dataset.y, dataset.task), limit, rng)
    how = how_drawn(dataset.task) if dataset.series is None else "the last ones"
    note = f"{limit:,} of {count_text(dataset.rows, 'training row')} drawn{' ' if how == AT_RANDOM else ', '}{how}"
    left = dataset.taken(rows)
    if left.fold_labels is not None:
        note += _validating_left(dataset, left.fold_labels)
    return replace(left, notes=(*dataset.notes, note))


def _validating_left(dataset: Dataset, labels: np.ndarray) -> str:
    """Return how many rows of a given validation part a subset keeps, in words; nothing where there are several folds.

    Raises:
        DataError: It keeps none of them, or no other.
    """
    given = np.asarray(dataset.fold_labels)
    if fold_count(given) > 1:
        return ""
    kept = int(validating(labels).sum())
    if kept in (0, len(labels)):
        lost = "validate" if kept == 0 else "train"
        raise DataError(
            f"limit of {count_text(len(labels), 'row')} is too small for {dataset.name}: none of the rows that {lost} is left"
        )
    return f"; {kept:,} of the {int(validating(given).sum()):,} that validate are among them"
