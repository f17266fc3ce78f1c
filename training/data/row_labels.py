"""What rows bring beside features and targets: weights, and the groups that no split cuts in two."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ...errors import DataError, one_line
from ...texts import count_text
from .splits import group_labels

_NO_WEIGHTS = {"c": "complex numbers", "M": "dates", "m": "durations"}
"""What NumPy would turn into numbers: kind of a type -> in words."""


def as_weights(weights: Any, rows: int, name: str) -> np.ndarray:
    """Return the weights of rows, float32, ``(rows,)``.

    Raises:
        DataError: They are no numbers of 0 or more, one a row.
    """
    if what := _NO_WEIGHTS.get(getattr(getattr(weights, "dtype", None), "kind", "")):
        raise DataError(f"{name}: the weights of rows are {what}")
    if isinstance(weights, Mapping):
        raise DataError(f"{name}: weights by output are not taken: give one number a row")
    try:
        numbers = np.asarray(weights, np.float64).reshape(len(weights), -1)
    except (TypeError, ValueError) as error:
        raise DataError(f"{name}: the weights of rows are no numbers: {one_line(error, 100)}") from error
    if numbers.shape != (rows, 1):
        raise DataError(
            f"{name}: there are weights of shape {np.shape(weights)} for {count_text(rows, 'row')}: give one number a row"
        )
    if not np.isfinite(numbers).all() or (numbers < 0).any() or not numbers.any():
        raise DataError(
            f"{name}: the weights of rows must be numbers of 0 or more, none missing, and not all 0"
        )
    return numbers[:, 0].astype(np.float32)


def as_groups(groups: Any, rows: int, name: str) -> np.ndarray:
    """Return group labels as an array of integers or str, ``(rows,)``.

    Raises:
        DataError: One is missing, or there are not as many as rows.
    """
    import pandas as pd

    series = groups if isinstance(groups, pd.Series) else pd.Series(np.asarray(groups).reshape(-1))
    if len(series) != rows:
        raise DataError(f"{name}: groups has {count_text(len(series), 'row')}, y has {rows:,}")
    if missing := int(series.isna().sum()):
        raise DataError(f"{name}: the group is missing in {count_text(missing, 'row')}: fill or remove them")
    return group_labels(series)
