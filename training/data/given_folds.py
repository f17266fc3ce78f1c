"""Folds that a table says: a column of fold numbers, or one that says which rows validate."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...cells import plain_text
from ...errors import DataError
from ...texts import names_text
from .table_options import TableOptions

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
    words = [(plain_text(_whole(value)) or "").lower() for value in column]
    if unknown := sorted({word for word in words if word not in _VALIDATES | _TRAINS}):
        raise DataError(
            f"{name}: column '{column.name}' holds {names_text(unknown)}, expected 1 or 0, true or false, validation or train"
        )
    validates = np.array([word in _VALIDATES for word in words])
    if validates.all() or not validates.any():
        raise DataError(f"{name}: column '{column.name}' must have rows that validate and rows that train")
    return np.where(validates, 0, -1).astype(np.int64)


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
