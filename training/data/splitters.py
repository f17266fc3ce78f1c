"""Folds given from Python, as scikit-learn's ``cv=`` takes them: a splitter, or pairs of positions.

A splitter cuts the training rows, after test rows are set aside. Positions, in pairs or in a ``PredefinedSplit``, are of
the rows that were given; they are kept as labels of rows, from which test rows are then taken.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import DataError, one_line
from ...texts import count_text
from .folds import Fold, fold_strata
from .trees import is_nest

if TYPE_CHECKING:
    from .dataset import Dataset

TRAINS, VALIDATES, LEFT_OUT = 0, 1, -1
"""What a row does in a fold, in labels of several columns."""


def gives_positions(cv: Any) -> bool:
    """Tell whether this gives positions of rows, rather than cutting whatever rows there are."""
    return type(cv).__name__ == "PredefinedSplit" or not hasattr(cv, "split")


def keeps_order(cv: Any) -> bool:
    """Tell whether each fold validates on rows after those it trains on."""
    from sklearn.model_selection import TimeSeriesSplit

    return isinstance(cv, TimeSeriesSplit)


def describe_splitter(cv: Any) -> str:
    """Return a splitter in one line of words, the same in every process."""
    if gives_positions(cv):
        return type(cv).__name__ if hasattr(cv, "split") else "pairs of positions"
    words = one_line(repr(cv), 200)
    return type(cv).__name__ if " at 0x" in words else words


def folds_fingerprint(folds: Sequence[Fold]) -> str:
    """Return a hash of which rows train and validate in which fold: 16 hexadecimal digits."""
    digest = hashlib.blake2b(digest_size=8)
    for fold in folds:
        for rows in (fold.train, fold.validation):
            digest.update(f"{len(rows)}:".encode())
            digest.update(np.ascontiguousarray(rows, np.int64).data)
    return digest.hexdigest()


def labels_of_positions(cv: Any, rows: int, name: str) -> np.ndarray:
    """Return in which fold each row validates, ``(rows,)``, -1 for none; or what it does in each, ``(rows, folds)``.

    Several columns are for folds in which rows validate twice or take no part: see ``TRAINS``, ``VALIDATES``, ``LEFT_OUT``.

    Args:
        cv: A ``PredefinedSplit``, or an iterable of pairs of positions, or of masks.
        rows: How many were given.
        name: How messages call the data.

    Raises:
        DataError: It is none of these, or names rows that there are not.
    """
    if hasattr(cv, "split"):
        labels = np.asarray(cv.test_fold, np.int64)
        if len(labels) != rows:
            raise DataError(
                f"{name}: cv has {count_text(len(labels), 'fold number')} for {count_text(rows, 'row')}"
            )
        return labels
    if not isinstance(cv, Iterable):
        raise DataError(
            f"{name}: cv is {type(cv).__name__}, expected a splitter of scikit-learn or pairs of positions; "
            "folds= says how many"
        )
    folds = _checked(cv, rows, name)
    labels = np.full((rows, len(folds)), LEFT_OUT, np.int64)
    for number, fold in enumerate(folds):
        labels[fold.train, number] = TRAINS
        labels[fold.validation, number] = VALIDATES
    once = (labels == VALIDATES).sum(axis=1) <= 1
    if once.all() and not (labels == LEFT_OUT).any():  # a fold number says the same
        return np.where((labels == VALIDATES).any(axis=1), labels.argmax(axis=1), -1)
    return labels


def folds_of_splitter(cv: Any, dataset: Dataset) -> tuple[Fold, ...]:
    """Return the folds that a splitter of scikit-learn cuts the training rows into.

    Args:
        cv: Anything with ``split(X, y, groups)``.
        dataset: Its test rows take no part.

    Raises:
        DataError: It cannot cut these rows, cuts them otherwise each time, cuts groups in two, or lets windows overlap.
    """
    name, words = dataset.name, describe_splitter(cv)
    if dataset.fold_labels is not None:
        raise DataError(f"{name}: the folds are given, which {words} would cut anew: leave one out")
    first, second = (_split(cv, dataset, words) for _ in range(2))
    if folds_fingerprint(first) != folds_fingerprint(second):
        raise DataError(
            f"{name}: {words} cuts other folds each time, which no study could go on with: give it a random_state"
        )
    for number, fold in enumerate(first):
        _check_apart(dataset, fold, f"{name}: fold {number} of {words}")
    return first


def _split(cv: Any, dataset: Dataset, words: str) -> tuple[Fold, ...]:
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="The groups parameter is ignored")  # see _check_apart
            count = cv.get_n_splits(np.zeros(dataset.rows), dataset.fold_codes, dataset.groups)
            y = dataset.y if dataset.task == "regression" else fold_strata(dataset, int(count))
            x = np.zeros((dataset.rows, 1)) if is_nest(dataset.x) else dataset.x
            pairs = list(cv.split(x, y, dataset.groups))
    except Exception as error:
        raise DataError(f"{dataset.name}: {words} cannot cut these rows: {one_line(error, 200)}") from error
    return _checked(pairs, dataset.rows, f"{dataset.name}: {words}")


def _checked(pairs: Iterable[Any], rows: int, name: str) -> tuple[Fold, ...]:
    """Return pairs of positions as folds, sorted.

    Raises:
        DataError: They are no pairs, or a fold is empty, or a row is in it twice or not there.
    """
    folds = []
    for number, pair in enumerate(pairs):
        if not isinstance(pair, tuple | list) or len(pair) != 2:
            raise DataError(f"{name}: cv must give pairs of positions, of rows that train and that validate")
        fold = Fold(*(_positions(part, rows, f"{name}: fold {number}") for part in pair))
        if np.intersect1d(fold.train, fold.validation).size:
            raise DataError(f"{name}: fold {number} trains on rows that it validates on")
        folds.append(fold)
    if not folds:
        raise DataError(f"{name}: cv gives no folds")
    return tuple(folds)


def _positions(part: Any, rows: int, name: str) -> np.ndarray:
    found = np.asarray(part)
    if found.dtype == bool and found.shape == (rows,):
        found = np.flatnonzero(found)
    if found.ndim != 1 or not len(found):
        raise DataError(f"{name} has no rows that train, or none that validate")
    if found.dtype.kind not in "iu" or found.min() < 0 or found.max() >= rows:
        raise DataError(f"{name} names rows that are not there: positions go from 0 to {rows - 1:,}")
    unique = np.unique(found).astype(np.int64)
    if len(unique) < len(found):
        raise DataError(f"{name} names a row twice")
    return unique


def _check_apart(dataset: Dataset, fold: Fold, name: str) -> None:
    """Refuse a fold that validates on what it trains on: rows of one group, or windows that overlap."""
    if (
        dataset.groups is not None
        and np.isin(dataset.groups[fold.validation], dataset.groups[fold.train]).any()
    ):
        raise DataError(f"{name} cuts a group in two: GroupKFold and its like keep them together")
    if dataset.series is None:
        return
    after = np.searchsorted(fold.train, fold.validation)
    before, next_ = fold.train[np.maximum(after - 1, 0)], fold.train[np.minimum(after, len(fold.train) - 1)]
    distance = np.minimum(np.abs(fold.validation - before), np.abs(next_ - fold.validation)).min()
    if distance <= dataset.series.gap:
        raise DataError(
            f"{name} validates on windows that overlap with those it trains on: leave {dataset.series.gap} out between them, "
            f"as TimeSeriesSplit(gap={dataset.series.gap}) does"
        )
