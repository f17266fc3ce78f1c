"""Feeds rows to ``model.fit`` in a given order, without copying them and without tracing a pipeline again each epoch.

``fit`` on NumPy arrays builds a new input pipeline at every call, which costs more than an epoch of a small model.
"""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from .seeds import epoch_order

VALIDATION_BATCH = 1000
"""Rows a validation step; metrics are means over rows, so that it changes speed and memory only."""

ALIGNMENT = 64
"""Bytes; TensorFlow's kernels end the process on a tensor that begins elsewhere."""


class Feed:
    """The training rows of one model, in an order of their own each epoch; the last batch may be smaller."""

    def __init__(
        self,
        x: tf.Tensor,
        y: tf.Tensor,
        rows: np.ndarray,
        batch_size: int,
        seed: int,
        weights: tf.Tensor | None = None,
    ) -> None:
        self._rows = rows
        self._seed = seed
        order = tf.Variable(rows, dtype=tf.int64, trainable=False)
        self._order = order
        count = len(rows)

        parts = (x, y) if weights is None else (x, y, weights)

        def batch(number: tf.Tensor) -> tuple[tf.Tensor, ...]:
            chosen = order[number * batch_size : tf.minimum((number + 1) * batch_size, count)]
            return tuple(tf.gather(part, chosen) for part in parts)

        self._batches = tf.data.Dataset.range(-(-count // batch_size)).map(batch)

    def epoch(self, epoch: int) -> tf.data.Dataset:
        """Return the batches of an epoch, counted from 0; it replaces the epoch returned before."""
        self._order.assign(self._rows[epoch_order(self._seed, epoch, len(self._rows))])
        return self._batches


def in_order(x: tf.Tensor, y: tf.Tensor, rows: np.ndarray) -> tf.data.Dataset:
    """Return rows in batches of ``VALIDATION_BATCH``, in the order given."""
    chosen = tf.data.Dataset.from_tensor_slices(rows.astype(np.int64)).batch(VALIDATION_BATCH)
    return chosen.map(lambda positions: (tf.gather(x, positions), tf.gather(y, positions)))


def as_tensor(array: np.ndarray) -> tf.Tensor:
    """Return an array as a tensor; without a copy where it lies in memory as TensorFlow's kernels need it.

    The workers' share of the data does: it is mapped, and no worker has a copy of its own.
    """
    shareable = array.flags.c_contiguous and array.flags.writeable and array.ctypes.data % ALIGNMENT == 0
    if array.size and shareable and array.dtype in (np.float32, np.int64):
        return tf.experimental.dlpack.from_dlpack(array.__dlpack__())
    return tf.constant(array)
