"""Rules for arrays of features: what is an image, what is a plain array, what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import DataError, one_line
from ...texts import count_text
from .array_files import left_in_file
from .mapped_rows import MappedRows, parts_of

if TYPE_CHECKING:
    from .dataset import Kind

_CHANNELS = (1, 3, 4)
_SEQUENCE_AXES = 3  # rows, time, features
_SMALLEST_IMAGE = 8  # pixels a side; smaller grids of floats are rather windows of a time series


def as_array(values: Any, name: str) -> Any:
    """Return features as an array of numbers, or as ``MappedRows`` of them, with at least two axes.

    Args:
        values: Anything that NumPy reads.
        name: How messages call it: ``digits: x``.

    Raises:
        DataError: Not numbers, ragged, sparse, empty, or infinite.
    """
    values = left_in_file(values)
    if isinstance(values, MappedRows):
        return _mapped(values, name)
    if hasattr(values, "toarray"):
        raise DataError(f"{name} is a sparse matrix: call .toarray() first")
    try:
        array = np.asarray(values)
    except (ValueError, TypeError) as error:
        raise DataError(f"{name} is no regular array of numbers: {one_line(error)}") from error
    if array.ndim == 0:
        raise DataError(f"{name} is {type(values).__name__}, expected an array with one row per example")
    if array.dtype.kind in "US" or (
        array.dtype.kind == "O" and any(isinstance(cell, str) for cell in array.flat)
    ):
        raise DataError(
            f"{name} holds text, expected numbers: columns of categories, of several texts, or of text and numbers go into "
            "a pandas DataFrame; one text a row is a list or an array of shape (rows,), which the family 'text' reads"
        )
    if array.dtype.kind not in "biuf":
        raise DataError(f"{name} holds {_describe_dtype(array)}, expected numbers")
    if array.dtype.kind == "b":
        array = array.astype(np.uint8)
    if array.ndim == 1:
        array = array[:, None]
    if 0 in array.shape[1:]:
        raise DataError(f"{name} has shape {array.shape}: there are no features")
    _check_finite(array, name)
    return array


def _mapped(rows: MappedRows, name: str) -> MappedRows:
    """Check rows in a file as ``as_array`` checks others."""
    if rows.dtype.kind not in "iuf":
        raise DataError(f"{name} holds {rows.dtype}, expected numbers")
    if rows.ndim == 1:
        rows = rows.reshaped((1,))
    if 0 in rows.shape[1:]:
        raise DataError(f"{name} has shape {rows.shape}: there are no features")
    _check_finite(rows, name)
    return rows


def _check_finite(array: Any, name: str) -> None:
    if array.dtype.kind == "f" and (count := sum(int(np.isinf(part).sum()) for part in parts_of(array))):
        raise DataError(f"{name} holds {count_text(count, 'infinite value')}: replace or remove them")


def _describe_dtype(array: np.ndarray) -> str:
    words = {
        "O": "Python objects",
        "c": "complex numbers",
        "M": "dates",
        "m": "durations",
    }
    return words.get(array.dtype.kind, str(array.dtype))


def as_image_or_array(array: Any, name: str, kind: Kind | None) -> tuple[Any, Kind, tuple[str, ...]]:
    """Decide whether rows are images; give images their channel axis, last.

    Without ``kind``, an array is images if it is (rows, height, width, 1, 3 or 4), or (rows, height, width) of bytes
    or of a square of at least 8x8 values from 0 to 1.

    Returns:
        The array, its kind, and what was decided.

    Raises:
        DataError: ``kind`` is image but the shape is not, or pixels are missing.
    """
    notes: tuple[str, ...] = ()
    if kind is None and looks_like_images(array):
        kind, notes = "image", (f"rows of shape {shape_text(array)} read as images",)
    if kind != "image":
        return array, "sequence" if array.ndim == _SEQUENCE_AXES else "array", notes
    if array.ndim == 3:
        array = array.reshaped((*array.shape[1:], 1)) if isinstance(array, MappedRows) else array[..., None]
    if array.ndim != 4:
        raise DataError(f"{name} has shape {array.shape}, expected images (rows, height, width, channels)")
    if array.shape[-1] not in _CHANNELS and array.shape[1] in _CHANNELS:
        array = np.ascontiguousarray(np.moveaxis(np.asarray(array), 1, -1))
        notes += ("channels moved from first to last axis",)
    if array.dtype.kind == "f" and (count := sum(int(np.isnan(part).sum()) for part in parts_of(array))):
        raise DataError(f"{name} has {count_text(count, 'missing pixel')} (NaN): fill them first")
    return array, "image", notes


def keeps_shape(values: Any) -> bool:
    """Tell whether values are an array that would get another shape for being taken for images."""
    if isinstance(values, MappedRows):
        array: Any = values
    else:
        array = np.asarray(values) if not hasattr(values, "columns") else np.zeros(0)
    if array.dtype.kind not in "biuf" or not looks_like_images(array):
        return False
    return array.ndim == 3 or array.shape[-1] not in _CHANNELS


def shape_text(values: Any) -> str:
    """Return the shape of a row: ``28x28``."""
    return "x".join(map(str, np.shape(values)[1:]))


def looks_like_images(array: Any) -> bool:
    """Tell whether an array's shape and values are those of images, with a channel axis or without."""
    if array.ndim == 4:
        return array.shape[-1] in _CHANNELS or array.shape[1] in _CHANNELS
    if array.ndim != 3:
        return False
    if array.dtype == np.uint8:
        return True
    _, height, width = array.shape
    square = height == width >= _SMALLEST_IMAGE and array.dtype.kind == "f" and len(array) > 0
    return bool(square) and all(part.min() >= 0 and part.max() <= 1 for part in parts_of(array))
