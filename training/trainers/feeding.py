"""Feeds rows to ``model.fit`` in a given order, without tracing a pipeline again each epoch, and without copying more than few.

``fit`` on NumPy arrays builds a new input pipeline at every call, which costs more than an epoch of a small model.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple, TypeAlias

import keras
import numpy as np
import tensorflow as tf

from ..batching import Batches
from ..data import ByBatch, MappedRows, Tree
from ..data.by_batch import ARITHMETIC
from ..machine import ALIGNMENT, free_memory
from ..mixing import Mixing

VALIDATION_BATCH = 1000
"""Rows a validation step, at most; metrics are means over rows, so that it changes speed and memory only."""
VALIDATION_BYTES = 256 * 2**20
"""Of what a model's layers pass on in a validation step, at most."""

SMALL_BYTES = 16 * 2**20
"""Of rows that are gathered at once: a pipeline that gathers each batch takes longer to start than they do to copy."""

SHAREABLE = (np.float32, np.float64, np.int16, np.int32, np.int64, np.uint8)

_OPERATIONS: dict[str, Any] = {
    **ARITHMETIC,
    "fill": lambda rows, by: tf.where(tf.math.is_nan(rows), by, rows),
    "match": lambda rows, by: tf.where(tf.math.is_nan(by), rows, tf.cast(rows == by, rows.dtype)),
}
"""What ``ByBatch`` does, in a graph."""

Rows: TypeAlias = Any
"""A tensor, an array, ``Stored``, or a nest of tensors and arrays."""


class Stored(NamedTuple):
    """Rows as they are stored, in memory or in a file, of which each batch becomes what a model reads.

    It is a nest of tensors, as programs take them: its steps are told by their names.
    """

    values: Any
    """``(rows, ...)``: a tensor, or an array that memory does not hold twice."""
    places: tuple[tf.Tensor, ...]
    """int64, ``(rows,)``: where in ``values`` each row stands; nothing where each stands in its own place."""
    precision: tf.Tensor
    """Empty, of the type in which values are kept from step to step."""
    steps: dict[str, tf.Tensor]
    """``0 divide`` and so on: what is done, and by what, behind an axis of one; a constant divisor would be taken for its
    reciprocal, which rounds otherwise."""

    def take(self, positions: tf.Tensor) -> tf.Tensor:
        """Return some rows as ``ByBatch.apply`` returns them."""
        for places in self.places:
            positions = tf.gather(places, positions)
        taken = _take(self.values, positions)
        dtype = self.precision.dtype
        rows = tf.cast(taken, dtype)
        for name, by in sorted(self.steps.items()):
            operation = name.split()[1]
            if operation == "columns":
                rows = tf.gather(rows, by[0], axis=1)
                continue
            wider = tf.float64 if tf.float64 in (dtype, by.dtype) else tf.float32
            rows = tf.cast(_OPERATIONS[operation](tf.cast(rows, wider), tf.cast(by[0], wider)), dtype)
        return tf.ensure_shape(tf.cast(rows, tf.float32), (taken.shape[0], *self.row_shape))

    @property
    def row_shape(self) -> tuple[int, ...]:
        """Shape of a row as a model reads it."""
        taken = [by.shape[-1] for name, by in self.steps.items() if name.endswith("columns")]
        return (*taken, *self.values.shape[1 + len(taken) :])


class Feed:
    """The training rows of one model, in the order and the batches of each epoch, mixed where that is asked for."""

    def __init__(
        self,
        x: Rows,
        y: Rows,
        rows: np.ndarray,
        batches: Batches,
        seed: int,
        weights: tf.Tensor | None = None,
        mixing: Mixing | None = None,
    ) -> None:
        self._rows = rows
        self._seed = seed
        self._plan = batches
        size, count = batches.size, batches.rows(len(rows))
        parts = (x, y) if weights is None else (x, y, weights)
        self._gathered = parts if mixing is None and _is_small(parts, count) else None
        if self._gathered is not None:
            self._batches = _in_batches(parts, rows[:count], size)
            return
        order = tf.Variable(rows[:count], dtype=tf.int64, trainable=False)
        self._order = order
        self._draws = tf.Variable([seed, 0], dtype=tf.int64, trainable=False)  # the seed and the epoch

        def batch(number: tf.Tensor) -> tuple[tf.Tensor, ...]:
            chosen = order[number * size : tf.minimum((number + 1) * size, count)]
            taken: tuple[Any, ...] = take(parts, chosen)
            if mixing is None:
                return taken
            return mixing.mix(taken, self._draws.read_value(), number, mixing.strength)

        self._batches = tf.data.Dataset.range(batches.steps(len(rows))).map(batch)

    @property
    def specs(self) -> tuple[tf.TensorSpec, ...]:
        """What a batch is made of."""
        return tuple(self._batches.element_spec)

    def epoch(self, epoch: int) -> tf.data.Dataset:
        """Return the batches of an epoch, counted from 0; it replaces the epoch returned before."""
        order = self._rows[self._plan.order(self._seed, epoch, len(self._rows))]
        if self._gathered is not None:
            return _in_batches(self._gathered, order, self._plan.size)
        self._order.assign(order)
        self._draws.assign([self._seed, epoch])
        return self._batches


def validation_batch(activations: int, x: Rows = ()) -> int:
    """Return the rows of a validation step; fewer for large pictures.

    It follows from the model and what it reads, not from the memory that is free: a score is the same on every machine.

    Args:
        activations: Numbers that the model's layers pass on for one row.
        x: What the model reads: a row may hold more numbers than its layers pass on.
    """
    numbers = max(1, activations, _numbers_of_row(x))
    return max(1, min(VALIDATION_BATCH, VALIDATION_BYTES // (4 * numbers)))


def _numbers_of_row(x: Rows) -> int:
    """Return how many numbers one row holds, but in parts without a fixed shape."""
    if isinstance(x, Stored):
        return math.prod(x.row_shape)
    shapes = [part.shape[1:] for part in keras.tree.flatten(x)]
    return sum(math.prod(shape) for shape in shapes if None not in tuple(shape))


def in_order(
    x: Rows, y: Rows, rows: np.ndarray, batch: int, weights: tf.Tensor | None = None
) -> tf.data.Dataset:
    """Return rows in batches, in the order given; with their weights where they have any."""
    parts = (x, y) if weights is None else (x, y, weights)
    if _is_small(parts, len(rows)):
        return _in_batches(parts, rows, batch)
    chosen = tf.data.Dataset.from_tensor_slices(rows.astype(np.int64)).batch(batch)
    return chosen.map(lambda positions: take(parts, positions))


def _is_small(parts: Rows, count: int) -> bool:
    """Tell whether so many rows are tensors of few bytes."""
    size = 0
    for part in parts:
        for leaf in [part] if isinstance(part, Stored) else keras.tree.flatten(part):
            values = leaf.values if isinstance(leaf, Stored) else leaf
            if isinstance(values, np.ndarray):  # which memory does not hold twice
                return False
            shape, itemsize = values.shape[1:], values.dtype.size
            if isinstance(leaf, Stored):
                shape, itemsize = leaf.row_shape, tf.float32.size
            size += int(np.prod(shape)) * itemsize * count
    return size <= SMALL_BYTES


def _in_batches(parts: Rows, rows: np.ndarray, batch: int) -> tf.data.Dataset:
    """Return rows in batches, in the order given, gathered at once."""
    with tf.device("CPU"):
        chosen = take(parts, tf.constant(rows, tf.int64))
        return tf.data.Dataset.from_tensor_slices(chosen).batch(batch)


def stored_rows(rows: Any, by_batch: ByBatch) -> Stored:
    """Return rows, an array or in a file, with what is done to their batches."""
    in_file = isinstance(rows, MappedRows)
    places = () if not in_file or rows.rows is None else (tf.constant(rows.rows, tf.int64),)
    steps = {
        f"{number} {operation}": tf.constant(by[None])
        for number, (operation, by) in enumerate(by_batch.steps)
    }
    values = as_tensor(rows.values if in_file else rows)
    return Stored(values, places, tf.zeros(0, by_batch.dtype), steps)


def as_tensors(tree: Tree) -> Rows:
    """Return a nest of arrays as one of tensors, in which lists are tuples, as ``fit`` has it."""
    return keras.tree.map_structure(as_tensor, keras.tree.lists_to_tuples(tree))


def as_tensor(array: np.ndarray) -> Rows:
    """Return an array as a tensor; without a copy where it lies in memory as TensorFlow's kernels need it.

    The workers' share of the data does: it is mapped, and no worker has a copy of its own. An array that must be copied
    and is larger than the memory that is free stays an array, which only ``fit`` can train on.
    """
    shareable = array.flags.c_contiguous and array.flags.writeable and array.ctypes.data % ALIGNMENT == 0
    if array.size and shareable and array.dtype in SHAREABLE:
        return tf.experimental.dlpack.from_dlpack(array.__dlpack__())
    free = free_memory()
    return array if free is not None and array.nbytes > free else tf.constant(array)


def take(rows: Rows, positions: tf.Tensor) -> Rows:
    """Return some of the rows of every part, in a pipeline that is traced."""
    if isinstance(rows, Stored):
        return rows.take(positions)
    if type(rows) is tuple:
        return tuple(take(part, positions) for part in rows)
    return keras.tree.map_structure(lambda part: _take(part, positions), rows)


def _take(rows: Any, positions: tf.Tensor) -> tf.Tensor:
    if not isinstance(rows, np.ndarray):
        return tf.gather(rows, positions)
    taken = tf.numpy_function(lambda places: rows[places], [positions], rows.dtype)
    taken.set_shape((None, *rows.shape[1:]))
    return taken
