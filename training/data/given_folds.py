"""Folds that a table says: a column of fold numbers, or one that says which rows validate."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...cells import plain_text
from ...errors import DataError
from ...texts import count_text, names_text
from .splits import FEWEST_ROWS
from .table_options import TableOptions

OF_NO_FOLD = "that validate in no fold"
"""Words of the note on test rows that were drawn from such rows only."""
_VALIDATES = {"1", "true", "yes", "val", "valid", "validation"}
_TRAINS = {"0", "false", "no", "train", "training"}


def given_folds(frame: Any, options: TableOptions, name: str) -> np.ndarray | None:
    """Return the fold in which each row validates, int64, ``(rows,)``, -1 for none; None where nothing says so.

    This is scikit-learn's ``PredefinedSplit``: a fold trains on all rows that do not validate in it.

    Raises:
        DataError: Both columns are named, groups too, or a value says neither.
    """
    if options.validation is None and options.fold_column is None:
        return None
    if options.validation is not None and options.fold_column is not None:
        raise DataError(f"{name}: validation and fold column both say how rows are split: give one of them")
    if options.group is not None:
        raise DataError(f"{name}: the folds are given, and groups would cut others: leave group out")
    if options.fold_column is not None:
        return _numbers(frame[options.fold_column], name)
    return _truth(frame[options.validation], name)


def _truth(column: Any, name: str) -> np.ndarray:
    if unknown := sorted({word for word in _words(column) if word not in _VALIDATES | _TRAINS}):
        raise DataError(
            f"{name}: column '{column.name}' holds {names_text(unknown)}, expected 1 or 0, true or false, validation or train"
        )
    validates = says_validation(column)
    if validates.all() or not validates.any():
        raise DataError(f"{name}: column '{column.name}' must have rows that validate and rows that train")
    return np.where(validates, 0, -1).astype(np.int64)


def says_validation(column: Any) -> np.ndarray:
    """Return which rows validate by a column that says so, bool, ``(rows,)``."""
    return np.array([word in _VALIDATES for word in _words(column)])


def _words(column: Any) -> list[str]:
    return [(plain_text(_whole(value)) or "").lower() for value in column]


def _numbers(column: Any, name: str) -> np.ndarray:
    try:
        numbers = np.asarray(column, np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"{name}: column '{column.name}' must hold the numbers of folds") from error
    if not np.isfinite(numbers).all() or (numbers != np.floor(numbers)).any() or (numbers < -1).any():
        raise DataError(
            f"{name}: column '{column.name}' must hold whole numbers, one a row: of a fold, or -1 for rows that always train"
        )
    return numbers.astype(np.int64)


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float | np.floating) and float(value).is_integer() else value


def fold_count(labels: np.ndarray) -> int:
    """Return the number of folds that labels of rows say."""
    return labels.shape[1] if labels.ndim == 2 else len(np.unique(labels[labels >= 0]))


def validating(labels: np.ndarray) -> np.ndarray:
    """Return which rows validate in a fold, bool, ``(rows,)``."""
    return np.asarray((labels == 1).any(axis=1) if labels.ndim == 2 else labels >= 0)


def rows_to_draw_from(labels: np.ndarray, name: str) -> np.ndarray:
    """Return the positions of the rows that test rows are drawn from: those that validate in no fold, int64, sorted.

    Given validation rows stay whole. They cannot where all rows or nearly all validate, each in its fold; and in folds
    that rows take part in by turns, those that never validate are the oldest, or left over. Test rows are then drawn from
    all.

    Raises:
        DataError: There is one fold, which leaves too few rows.
    """
    others = np.flatnonzero(~validating(labels))
    several = fold_count(labels) > 1
    if len(others) >= FEWEST_ROWS and not (several and labels.ndim == 2):
        return others
    if several:
        return np.arange(len(labels))
    raise DataError(
        f"{name}: {count_text(len(others), 'row')} that do not validate are too few to draw test rows from: at least "
        f"{FEWEST_ROWS} are needed"
    )
