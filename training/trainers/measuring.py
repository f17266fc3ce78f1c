"""What a model is measured by before it is trained: its weights, their bytes, and how long it takes to predict."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from .feeding import Rows, take

BATCH = 32
"""Rows that are predicted at a time, as ``model.predict`` does by default."""
REPEATS = 20
"""Predictions that are timed; the fastest counts, which others that use the machine disturb least."""


def measure(model: keras.Model, quantity: str, rows: Rows, positions: np.ndarray) -> float:
    """Return what a model is measured by.

    Args:
        model: As it was built; what its weights are is of no matter.
        quantity: ``bytes`` or ``seconds``.
        rows: Prepared rows.
        positions: Of those that are predicted.
    """
    if quantity == "bytes":
        return float(sum(_bytes_of(weight) for weight in model.weights))
    return _seconds_of(model, rows, positions)


def _bytes_of(weight: keras.Variable) -> int:
    return int(math.prod(weight.shape)) * int(tf.as_dtype(weight.dtype).size)


def _seconds_of(model: keras.Model, rows: Rows, positions: np.ndarray) -> float:
    """Return the seconds that it takes to predict a row."""
    x = take(rows, tf.constant(np.resize(positions, BATCH), tf.int64))
    predict: Callable[[], Any] = partial(model, x, training=False)
    if not model.run_eagerly:
        predict = tf.function(predict)

    def run() -> float:
        started = time.perf_counter()
        for part in keras.tree.flatten(predict()):
            np.asarray(part)  # a device may still be computing it
        return time.perf_counter() - started

    run()  # it is traced
    return min(run() for _ in range(REPEATS)) / BATCH
