"""Several labels a row: columns of 0 and 1, each a label of its own, with any number of ones in a row."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...errors import DataError
from ...texts import count_text, names_text


def is_one_hot(labels: np.ndarray) -> bool:
    """Tell whether rows have exactly one 1, which makes them classes; ``(rows, columns)``."""
    return are_indicators(labels) and bool((labels.sum(axis=1) == 1).all())


def are_indicators(labels: np.ndarray) -> bool:
    """Tell whether labels are several columns of 0 and 1."""
    return labels.ndim == 2 and labels.shape[1] > 1 and bool(np.isin(labels, (0, 1)).all())


def label_names(y: Any, known: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return the names of labels: columns of a frame, what the source knows, or else ``label_0`` and so on.

    Args:
        y: Targets as they came from their source.
        known: The source's own names.
    """
    if hasattr(y, "columns"):
        return tuple(str(column) for column in y.columns)
    columns = np.shape(y)[1] if np.ndim(y) == 2 else 0
    return known if len(known) == columns else tuple(f"label_{place}" for place in range(columns))


def named_columns(y: Any) -> tuple[str, ...]:
    """Return the names of a frame's columns; none for an array."""
    return label_names(y) if hasattr(y, "columns") else ()


def named_classes(labels: np.ndarray, columns: tuple[str, ...]) -> np.ndarray:
    """Return one-hot rows as the names of their columns; other labels, and columns without names, as they are."""
    if not columns or labels.ndim != 2 or not is_one_hot(labels):
        return labels
    return np.asarray(np.array(columns, object)[labels.argmax(axis=1)])


def read_indicators(labels: np.ndarray, name: str) -> np.ndarray:
    """Return labels as uint8, ``(rows, labels)``.

    Args:
        labels: What ``as_labels`` returned.
        name: How messages call the data.

    Raises:
        DataError: They are no columns of 0 and 1.
    """
    if are_indicators(labels):
        return labels.astype(np.uint8)
    if labels.ndim == 1:
        raise DataError(
            f"{name}: several labels a row need a column of 0 and 1 for each, and there is one column"
        )
    wrong = names_text(np.unique(labels[~np.isin(labels, (0, 1))]).tolist(), 3)
    raise DataError(f"{name}: several labels a row are columns of 0 and 1; these hold {wrong}, too")


def check_labels(y: np.ndarray, names: tuple[str, ...], name: str) -> tuple[str, ...]:
    """Return what is to be said of labels that are the same in every row.

    Raises:
        DataError: All of them are, or two have the same name.
    """
    if twice := sorted({column for column in names if names.count(column) > 1}):
        raise DataError(f"{name}: y has the column {names_text(twice)} more than once: rename or remove one")
    same = (y == y[:1]).all(axis=0)
    if same.all():
        raise DataError(f"{name}: every label is the same in every row: there is nothing to learn")
    found = [column for column, is_same in zip(names, same, strict=True) if is_same]
    what = count_text(len(found), "label")
    return (f"{what} the same in every row, which any model predicts: {names_text(found)}",) if found else ()
