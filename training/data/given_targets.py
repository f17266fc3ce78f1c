"""Targets as they are given: which are there, and the labels that they say, in plain types."""

from __future__ import annotations

import math
from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

import numpy as np

from ...cells import class_text, number_reader, plain_text
from ...errors import DataError, one_line
from ...texts import count_text, names_text
from .text_encodings import check_unicode

if TYPE_CHECKING:
    import pandas as pd

_BINARIZE = "several labels a row are a column of 0 and 1 for each, as scikit-learn's MultiLabelBinarizer makes them of lists"


def as_labels(values: Any, name: str) -> np.ndarray:
    """Return raw labels as bool, int64, float64 or str objects, of shape ``(rows,)`` or float64 ``(rows, targets)``.

    Whole numbers that int64 does not hold are uint64.

    Raises:
        DataError: Missing, infinite, or unusable values.
    """
    import pandas as pd

    if not isinstance(values, pd.DataFrame | pd.Series):
        try:
            values = np.asarray(values)
        except (ValueError, TypeError) as error:
            if all(isinstance(row, list | tuple) for row in values):
                raise DataError(f"{name}: rows of y have different lengths: {_BINARIZE}") from error
            raise DataError(f"{name}: y is no regular array: {one_line(error)}") from error
        if values.ndim not in (1, 2) or 0 in values.shape[1:]:
            raise DataError(f"{name}: y has shape {values.shape}, expected (rows,) or (rows, targets)")
        values = _decoded(values, name)
    check_unicode(values, f"{name}: y")
    values = pd.DataFrame(values) if values.ndim == 2 else pd.Series(values)
    if (missing := missing_targets(values)).any():
        marks = [] if values.ndim == 2 else values[missing].dropna().unique()
        words = f" ({names_text(marks)})" if len(marks) else ""
        raise DataError(
            f"{name}: the target is missing{words} in {count_text(int(missing.sum()), 'row')}: fill or remove them "
            "(--drop-missing-target, for a table)"
        )
    if values.ndim == 2 and values.shape[1] == 1:
        values = values.iloc[:, 0]
    values = values.infer_objects()
    labels = _several_numbers(values, name) if values.ndim == 2 else _plain(values, name)
    if labels.dtype.kind == "f" and (count := int((~np.isfinite(labels)).sum())):
        raise DataError(f"{name}: the target has {count_text(count, 'infinite value')}: remove those rows")
    return np.asarray(labels)


def _decoded(values: np.ndarray, name: str) -> np.ndarray:
    if values.dtype.kind != "S":
        return values
    try:
        return np.char.decode(values, "utf-8")
    except UnicodeDecodeError as error:
        raise DataError(f"{name}: y holds bytes that are no UTF-8: decode them first") from error


def missing_targets(values: pd.DataFrame | pd.Series, *, to_drop: bool = False) -> np.ndarray:
    """Return which rows lack a target, or one of several: ``(rows,)`` bool.

    An empty text is none, and, where the texts are numbers, a mark such as ``?``.

    Args:
        values: The targets.
        to_drop: Whether somebody wants such rows dropped; then a class ``?`` is none, either.
    """
    import pandas as pd

    if isinstance(values, pd.DataFrame):
        return np.asarray(values.isna().any(axis=1))
    missing = values.isna()
    cells = _texts_in(values)
    reader = number_reader(cells)
    says = class_text if to_drop else plain_text
    blank = [cell for cell in cells if (math.isnan(reader(cell)) if reader else not says(cell))]
    return np.asarray(missing | values.isin(blank) if blank else missing)


def present_targets(values: pd.DataFrame | pd.Series) -> tuple[pd.DataFrame | pd.Series, np.ndarray]:
    """Return the targets that are there, and the positions of their rows.

    They are read as if the other rows had never been: numbers beside a mark are no texts, and whole numbers beside a
    gap, which pandas reads as decimals, are whole.
    """
    import pandas as pd

    kept = np.flatnonzero(~missing_targets(values, to_drop=True))
    present = values.iloc[kept].reset_index(drop=True)
    if isinstance(values, pd.DataFrame) or isinstance(present, pd.DataFrame):
        return present, kept
    if reader := number_reader(_texts_in(values)):
        present = present.map(reader)
    if present.dtype.kind == "f" and (present % 1 == 0).all() and (present.abs() < 2**53).all():
        present = present.astype("int64")
    return present, kept


def _texts_in(values: pd.Series) -> list[str | bytes]:
    if values.dtype.kind in "biufc":  # of more bits than pandas knows, too
        return []
    present = values.dropna()
    try:
        found = present.unique()
    except TypeError as error:  # lists, dicts and arrays do not hash
        cell = next(cell for cell in present if isinstance(cell, tuple) or not isinstance(cell, Hashable))
        raise _several_in_a_cell(cell) from error
    several = next((cell for cell in found if isinstance(cell, tuple | frozenset)), None)
    if several is not None:
        raise _several_in_a_cell(several)
    return [cell for cell in found if isinstance(cell, str | bytes)]


def _several_in_a_cell(cell: object) -> DataError:
    labels = isinstance(cell, list | tuple | set | frozenset)
    return DataError(
        f"the target holds {type(cell).__name__} objects, expected a label or a number a row: "
        + (_BINARIZE if labels else "spread them over columns")
    )


def _several_numbers(frame: pd.DataFrame, name: str) -> np.ndarray:
    from pandas.api.types import is_complex_dtype, is_numeric_dtype

    real = {
        str(column): is_numeric_dtype(dtype) and not is_complex_dtype(dtype)
        for column, dtype in frame.dtypes.items()
    }
    if wrong := [column for column in real if not real[column]]:
        raise DataError(f"{name}: several targets must all be real numbers; {names_text(wrong)} is not")
    return np.asarray(frame.to_numpy(np.float64))


def _plain(series: Any, name: str) -> np.ndarray:
    import pandas as pd

    if isinstance(series.dtype, pd.CategoricalDtype):
        series = series.astype(object).map(class_name)
    kinds = pd.api.types
    if kinds.is_bool_dtype(series.dtype):
        return np.asarray(series.to_numpy(bool))
    if kinds.is_integer_dtype(series.dtype):
        fits = series.max() <= np.iinfo(np.int64).max  # what does not is not turned into a negative number
        return np.asarray(series.to_numpy(np.int64 if fits else np.uint64))
    if kinds.is_float_dtype(series.dtype) or kinds.infer_dtype(series) == "decimal":
        return np.asarray(series.to_numpy(np.float64))
    if kinds.is_datetime64_any_dtype(series.dtype) or kinds.is_timedelta64_dtype(series.dtype):
        raise DataError(f"{name}: the target holds dates or durations: turn them into numbers first")
    if kinds.is_complex_dtype(series.dtype):
        raise DataError(f"{name}: the target holds complex numbers")
    return _of_texts(series)


def _of_texts(series: Any) -> np.ndarray:
    """Return class names, or the numbers that texts say."""
    reader = number_reader(list(series.unique()))
    if reader is not None:
        numbers = np.asarray(series.map(reader).to_numpy(np.float64))
        return numbers.astype(np.int64) if (numbers == np.floor(numbers)).all() else numbers
    return np.asarray(series.map(class_name).to_numpy(object))


def class_name(value: object) -> str:
    """Return a label as text, without spaces and quotes around it; 3.0 and 3 are the same class."""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return plain_text(value) or ""
