"""Several inputs, several outputs, several labels a row: what cannot be trained yet is refused here, in one line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ...errors import DataError
from ...texts import count_text
from .source_data import SourceData
from .splits import FEWEST_ROWS

_LATER = "models of one input and one output are what can be searched so far"


def refuse_multiple_inputs(source_data: SourceData) -> None:
    """Refuse a dict or a list of arrays where one array is expected.

    Raises:
        DataError: which of the parts, and how many arrays it holds.
    """
    pairs = (("x", "input", source_data.x, source_data.y), ("y", "output", source_data.y, source_data.x))
    for part, what, value, other in pairs:
        if count := _arrays_in(value, other):
            raise DataError(
                f"{source_data.name}: {part} is {count_text(count, 'array')}, one for each of several {what}s: {_LATER}"
            )


def are_inputs_and_outputs(first: Any, second: Any) -> bool:
    """Tell whether two pairs of arrays are two inputs and two outputs, rather than training and test rows."""
    parts = [*first, *second]
    if not all(hasattr(part, "shape") and np.ndim(part) for part in parts):
        return False
    return len({len(part) for part in parts}) == 1 and np.shape(first[0])[1:] != np.shape(second[0])[1:]


def refuse_multiple_labels(labels: np.ndarray, name: str) -> None:
    """Refuse columns of 0 and 1 that are not one-hot: each row may have several labels.

    Args:
        labels: ``(rows, columns)``.
        name: How messages call the data.

    Raises:
        DataError: They are.
    """
    if labels.shape[1] > 1 and np.isin(labels, (0, 1)).all():
        raise DataError(
            f"{name}: y has {labels.shape[1]} columns of 0 and 1 with several labels a row, or none, which cannot be "
            "searched as a classification so far: choose one column, or fit them as numbers with --task regression"
        )


def _arrays_in(value: Any, other: Any) -> int:
    """Return of how many arrays of rows a value consists; 0 where it is one, be it a list of rows."""
    if isinstance(value, Mapping):
        return len(value)
    if not isinstance(value, list | tuple) or not value or not all(np.ndim(_shaped(part)) for part in value):
        return 0
    lengths = {len(part) for part in value}
    rows = _rows_of(other)
    if len(lengths) != 1 or not lengths <= rows:
        return 0
    most = max(lengths)
    return len(value) if len(value) not in rows or len(value) < FEWEST_ROWS <= most else 0


def _shaped(part: Any) -> Any:
    """Return an array as it is, and nothing for a list, which is a row or a number's own."""
    return part if hasattr(part, "shape") else 0


def _rows_of(other: Any) -> set[int]:
    """Return how many rows the other part may have: its length, or that of each of its arrays."""
    if isinstance(other, Mapping):
        return {len(part) for part in other.values() if hasattr(part, "__len__")}
    if not hasattr(other, "__len__"):
        return set()
    parts = other if isinstance(other, list | tuple) else ()
    return {len(other), *(len(part) for part in parts if hasattr(part, "shape") and np.ndim(part))}
