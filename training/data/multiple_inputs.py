"""Several inputs and outputs: dicts, lists and tuples of arrays, told from lists of rows, and kept as they were given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ...errors import DataError, did_you_mean
from ...texts import count_text, names_text
from .arrays import as_array
from .splits import FEWEST_ROWS
from .text_encodings import check_unicode
from .trees import Tree, as_given, is_nest, map_leaves, named_leaves


def holds_several(value: Any, other: Any) -> bool:
    """Tell whether a value is a nest of arrays of rows, rather than one array or a list of rows.

    Args:
        value: Features, or targets.
        other: The other part, which has as many rows.
    """
    if isinstance(value, Mapping):
        return True
    if not isinstance(value, list | tuple) or not value or not all(_is_part(part) for part in value):
        return False
    lengths = {_rows_in(part) for part in value}
    rows = {len(other), _rows_in(other)} if hasattr(other, "__len__") else set()
    if len(lengths) != 1 or not lengths <= rows:
        return False
    return len(value) not in rows or len(value) < FEWEST_ROWS <= max(lengths)


def read_several(value: Any, name: str) -> Tree:
    """Return a nest of arrays, each as it was given: floats as float32, other numbers in their own type.

    Args:
        value: What ``holds_several`` is true of.
        name: How messages call it: ``the data given: x``.

    Raises:
        DataError: A part is no array of numbers, lacks values, or has another number of rows.
    """
    tree = _read_part(value, name)
    check_unicode([leaf_name for leaf_name, _ in named_leaves(tree)], f"{name}, its names")
    counts = {leaf_name: len(leaf) for leaf_name, leaf in named_leaves(tree)}
    if not counts:
        raise DataError(f"{name} holds no arrays")
    if len(set(counts.values())) > 1:
        words = ", ".join(f"{leaf_name} {count:,}" for leaf_name, count in counts.items())
        raise DataError(f"{name} holds arrays of different numbers of rows: {words}")
    return tree


def as_arrays(value: Any) -> Tree:
    """Return a nest of arrays of which some may be lists of rows yet."""
    if isinstance(value, Mapping):
        return {key: as_arrays(part) for key, part in value.items()}
    if isinstance(value, list | tuple) and _is_part(value):
        parts = [as_arrays(part) for part in value]
        return parts if isinstance(value, list) else tuple(parts)
    return np.asarray(value)


def describe_several(tree: Tree) -> str:
    """Return the arrays of a nest with the shapes of their rows: ``left 4, right 8x8x1``; ``8x8x1`` of a lone array."""
    return ", ".join(f"{name} {_shape_words(leaf)}".strip() for name, leaf in named_leaves(tree))


def strata_of(y: Tree, output: str, name: str) -> np.ndarray:
    """Return the codes of the classes that one of several outputs holds, int64, ``(rows,)``.

    Args:
        y: The targets.
        output: Name of the output; a position in a list.
        name: How messages call the data.

    Raises:
        DataError: There is no such output, or it holds other numbers than classes.
    """
    if not is_nest(y):
        raise DataError(f"{name}: stratify names one of several outputs, and there is one: leave it out")
    outputs = dict(named_leaves(y))
    if output not in outputs:
        raise DataError(f"{name} has no output '{output}' to stratify by.{did_you_mean(output, outputs)}")
    codes = class_codes_in(outputs[output])
    if codes is None:
        raise DataError(f"{name}: the output '{output}' holds amounts, and no classes to stratify by")
    return codes


def class_codes_in(values: np.ndarray) -> np.ndarray | None:
    """Return the codes of classes in an output: whole numbers, in a column or not, or one-hot rows; None for others."""
    if values.ndim == 2 and values.shape[1] > 1:
        is_one_hot = np.isin(values, (0, 1)).all() and (values.sum(axis=1) == 1).all()
        return values.argmax(axis=1) if is_one_hot else None
    flat = values.reshape(-1)
    if len(flat) != len(values) or (flat != np.floor(flat)).any() or len(np.unique(flat)) == len(flat):
        return None
    return np.unique(flat, return_inverse=True)[1]


def refuse_one_array(part: str, tree: Tree) -> str:
    """Return why a model that reads one array cannot take several, and what can."""
    names = [name for name, _ in named_leaves(tree)]
    return (
        f"{part} is {count_text(len(names), 'array')} ({names_text(names)}), and families of models read one array of rows: "
        "give a model function of your own, or one array"
    )


def are_inputs_and_outputs(first: Any, second: Any) -> bool:
    """Tell whether two pairs of arrays are two inputs and two outputs, rather than training and test rows."""
    parts = [*first, *second]
    if not all(hasattr(part, "shape") and np.ndim(part) for part in parts):
        return False
    return len({len(part) for part in parts}) == 1 and np.shape(first[0])[1:] != np.shape(second[0])[1:]


def _is_part(part: Any) -> bool:
    """Tell whether a part of a list is an array of rows, or a nest of them; a list of numbers is a row."""
    if isinstance(part, Mapping):
        return bool(part)
    if isinstance(part, list | tuple):
        return bool(part) and all(_is_part(one) for one in part)
    return hasattr(part, "shape") and np.ndim(part) > 0


def _rows_in(part: Any) -> int:
    """Return the rows of an array, or of the first one of a nest."""
    while is_nest(part) and part and _is_part(part):
        part = next(iter(part.values())) if isinstance(part, Mapping) else part[0]
    return len(part) if hasattr(part, "__len__") and np.ndim(part) else 0


def _read_part(value: Any, name: str) -> Tree:
    if isinstance(value, Mapping):
        wrong = [key for key in value if not isinstance(key, str)]
        if wrong:
            raise DataError(f"{name} is a dict whose keys are not all text: {names_text(wrong)}")
        return {key: _read_part(part, f"{name}['{key}']") for key, part in value.items()}
    if isinstance(value, list | tuple) and _is_part(value):
        parts = [_read_part(part, f"{name}[{position}]") for position, part in enumerate(value)]
        return parts if isinstance(value, list) else tuple(parts)
    return _read_leaf(value, name)


def _read_leaf(value: Any, name: str) -> np.ndarray:
    array = as_array(value, name)
    array = array[:, 0] if np.ndim(value) == 1 else array
    if array.dtype.kind != "f":
        return as_given(array)
    if missing := int(np.isnan(array).sum()):
        raise DataError(f"{name} has {count_text(missing, 'missing value')} (NaN): fill them first")
    with np.errstate(over="ignore"):
        array = as_given(array)
    if not np.isfinite(array).all():
        raise DataError(f"{name} holds values that are too large for float32: divide them by a constant")
    return array


def _shape_words(leaf: Any) -> str:
    return "x".join(map(str, leaf.shape[1:])) or "1"


def check_like(tree: Tree, pattern: Tree, name: str) -> None:
    """Refuse a nest that is none of the same arrays as another one: test rows unlike the training rows.

    Raises:
        DataError: Names, or shapes of rows, differ.
    """
    given, known = (map_leaves(_shape_words, one) for one in (tree, pattern))
    if given != known:
        raise DataError(f"{name} holds {describe_several(tree)}, expected {describe_several(pattern)}")
