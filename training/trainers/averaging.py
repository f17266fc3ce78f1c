"""Optimizers that keep a moving average of the weights (``use_ema``): it is what a model is scored with.

The averaged weights are what ``fit`` leaves in a model at its end. Scores after an epoch are therefore taken with them,
as ``keras.callbacks.SwapEMAWeights`` does, and training goes on from the weights as they were.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras

from ..models.optimizers import unscaled


def uses_average(model: keras.Model) -> bool:
    """Tell whether a compiled model's optimizer keeps an average of the weights."""
    return bool(getattr(unscaled(model.optimizer), "use_ema", False))


@contextmanager
def averaged(model: keras.Model) -> Iterator[None]:
    """Have a model hold its averaged weights, if it keeps any; works in a traced function, too."""
    kept = take_average(model) if uses_average(model) else []
    yield
    put_back(model, kept)


def take_average(model: keras.Model) -> list[Any]:
    """Put the averaged weights into a model and return those that it had."""
    kept = [keras.ops.copy(variable) for variable in model.trainable_variables]
    model.optimizer.finalize_variable_values(model.trainable_variables)
    return kept


def put_back(model: keras.Model, kept: list[Any]) -> None:
    """Put weights back that ``take_average`` returned."""
    for variable, value in zip(model.trainable_variables, kept, strict=False):
        variable.assign(value)


class ScoreAverage(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types
    """Has ``fit`` score a model with its averaged weights and go on from the others in a further call."""

    def __init__(self) -> None:
        super().__init__()
        self._kept: list[Any] = []

    def on_test_begin(self, logs: Any = None) -> None:
        """Score the average."""
        self._kept = take_average(self.model)

    def on_test_end(self, logs: Any = None) -> None:
        """Go on from the weights."""
        put_back(self.model, self._kept)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Keep the weights: at its end ``fit`` puts the average in their place."""
        self._kept = [keras.ops.copy(variable) for variable in self.model.trainable_variables]

    def on_train_end(self, logs: Any = None) -> None:
        """Go on from the weights."""
        put_back(self.model, self._kept)
