"""Finite ``tf.data.Dataset`` and Keras's ``PyDataset`` as sources: one pass over their batches, held in memory.

Folds take rows by position, again in every trial, which a stream cannot give. Nothing here imports TensorFlow: who hands
over such an object has imported it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ...errors import DataError, one_line
from ...texts import count_text
from ..machine import free_memory
from .trees import Tree, concatenate, is_nest, leaves, map_leaves, named_leaves, row_count

_TF_DATA, _PY_DATASET = "tf.data.Dataset", "PyDataset"
_KINDS = {"tensorflow.DatasetV2": _TF_DATA, "keras.PyDataset": _PY_DATASET}
_INFINITE = -1
"""``tf.data.INFINITE_CARDINALITY``."""


def kind_of_batches(value: Any) -> str | None:
    """Return what a source of batches is called; None for anything else."""
    names = (f"{base.__module__.partition('.')[0]}.{base.__name__}" for base in type(value).__mro__)
    return next((_KINDS[name] for name in names if name in _KINDS), None)


def read_batches(source: Any, name: str) -> tuple[list[Tree], str]:
    """Return x, y and, where it has them, weights of all rows, in the order of one pass, and a note that says so.

    Args:
        source: Of which ``kind_of_batches`` knows the kind; each element is (x, y) or (x, y, weight), or a batch of these.
        name: How messages call it.

    Raises:
        DataError: It has no end, no rows, no y, batches that are not alike, or more than memory holds; or it raises.
    """
    kind = kind_of_batches(source)
    try:
        elements = _rows_of_tf_data(source, name) if kind == _TF_DATA else _rows_of_py_dataset(source, name)
        parts = list(_held(elements, name))
    except DataError:
        raise
    except Exception as error:
        raise DataError(f"{name} raised {type(error).__name__}: {one_line(error, 200)}") from error
    if not parts:
        raise DataError(f"{name} gives no rows")
    read = list(concatenate(parts))
    return read, f"{count_text(row_count(read), 'row')} of a {kind} held in memory, in the order of one pass"


def _held(elements: Iterator[Any], name: str) -> Iterator[Tree]:
    """Yield the arrays of each batch, as long as memory holds all of them."""
    held, free, first = 0, free_memory(), None
    for element in elements:
        batch = _batch(element, name)
        first = batch if first is None else first
        batch = _like(batch, first, name)
        held += sum(leaf.nbytes for leaf in leaves(batch))
        if free is not None and 2 * held > free:  # they are copied into one array a leaf
            raise DataError(f"{name}: its rows are more than the memory that is free: .take() fewer")
        yield batch


def _rows_of_tf_data(source: Any, name: str) -> Iterator[Any]:
    if int(source.cardinality()) == _INFINITE:
        raise DataError(f"{name} has no end: leave .repeat() out, or .take() as many rows as are wanted")
    _check_parts(source.element_spec, name)
    if type(source.element_spec[-1]).__name__ == "NoneTensorSpec":
        source = source.map(lambda x, y, _: (x, y))
    batched = _is_batched(source.element_spec, name)
    return (source if batched else source.batch(1000)).as_numpy_iterator()  # type: ignore[no-any-return]


def _is_batched(spec: Any, name: str) -> bool:
    """Tell by its shapes whether each element is a batch, rather than a row."""
    if any("Ragged" in type(leaf).__name__ for leaf in leaves(spec)):
        raise DataError(f"{name} gives ragged rows: make them equally long with .to_tensor()")
    if any(leaf.shape.rank is None for leaf in leaves(spec)):
        raise DataError(f"{name} gives arrays of unknown shapes: say them in its output_signature")
    firsts = {tuple(leaf.shape)[:1] for leaf in leaves(spec)}
    if firsts == {(None,)}:
        return True
    if len(firsts) == 1 and () not in firsts:
        raise DataError(
            f"{name}: elements of fixed shapes may be rows or batches: add .batch(100), or .unbatch() first"
        )
    return False


def _rows_of_py_dataset(source: Any, name: str) -> Iterator[Any]:
    count = source.num_batches
    if count is None:
        raise DataError(f"{name} has no end: give it a number of batches")
    return (_without_none(source[number]) for number in range(count))


def _without_none(element: Any) -> Any:
    """Return a batch as ``fit`` takes it, which may be a list, and whose weights may be None."""
    parts = tuple(element) if isinstance(element, list) else element
    return parts[:2] if isinstance(parts, tuple) and len(parts) == 3 and parts[2] is None else parts


def _batch(element: Any, name: str) -> Tree:
    """Return x, y and perhaps weights of a batch, as arrays."""
    _check_parts(element, name)
    batch = map_leaves(np.asarray, element)
    if len({len(leaf) for leaf in leaves(batch)}) != 1:
        raise DataError(f"{name}: x and y of a batch must have as many rows")
    return batch


def _like(batch: Tree, first: Tree, name: str) -> Tree:
    """Return a batch in the nest of the first one: its arrays by their names, in whatever order they come."""
    found, wanted = dict(named_leaves(batch)), dict(named_leaves(first))
    if found.keys() != wanted.keys():
        raise DataError(
            f"{name}: all batches must hold the same inputs, targets and weights as the first one"
        )
    for key, leaf in wanted.items():
        if found[key].shape[1:] != leaf.shape[1:]:
            raise DataError(
                f"{name}: rows of shape {leaf.shape[1:]} in the first batch are of shape {found[key].shape[1:]} in another: "
                "make them equal, by padding"
            )
    ordered = (found[key] for key in wanted)
    return map_leaves(lambda _: next(ordered), first)


def _check_parts(element: Any, name: str) -> None:
    if not isinstance(element, tuple) or len(element) not in (2, 3):
        given = count_text(len(element), "part") if isinstance(element, tuple) else "x alone"
        raise DataError(
            f"{name}: each element must be (x, y) or (x, y, weight), got {given}; where the target is the input, map x to (x, x)"
        )
    if is_nest(element[-1]) and len(element) == 3:
        raise DataError(f"{name}: weights by output are not taken: give one number a row")
