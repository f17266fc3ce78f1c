"""Refuses a model that memory would not hold, while its weights are made."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras

from ...errors import TrainingError
from ..data.mapped_rows import gigabytes
from ..machine import BYTES_A_PARAMETER, most_parameters
from ..model_size import ModelSize, tell_size


@contextmanager
def within_memory() -> Iterator[None]:
    """Refuse a model that memory would not hold, before its weights are made.

    Counted where layers ask for weights: a system that promises more memory than it has kills the process that uses
    it, and nothing could be said afterwards.
    """
    most, counted = most_parameters(), 0
    original = keras.Layer.add_weight

    def add_weight(layer: Any, shape: Any = None, *args: Any, **options: Any) -> Any:
        nonlocal counted
        counted += math.prod(shape) if isinstance(shape, tuple | list) else shape or 1
        if counted > most:
            tell_size(ModelSize(counted, counted * BYTES_A_PARAMETER))
            raise TrainingError(
                "memory",
                f"the model has {counted:,} parameters or more, which take {gigabytes(counted * BYTES_A_PARAMETER)} to train; "
                f"memory has room for {most:,.0f}",
            )
        return original(layer, shape, *args, **options)

    keras.Layer.add_weight = add_weight
    try:
        yield
    finally:
        keras.Layer.add_weight = original
