"""The loss of a configuration, by its task."""

from __future__ import annotations

from typing import Any

import keras

from ...spaces import Configuration

CROSS_ENTROPY = "sparse_categorical_crossentropy"
SQUARED_ERROR = "mean_squared_error"


def make_loss(configuration: Configuration, task: str) -> Any:
    """Return what ``compile`` takes as the loss: cross-entropy for classes, squared error for numbers, by default."""
    return _of_classes(configuration) if task == "classification" else _of_numbers(configuration)


def _of_classes(configuration: Configuration) -> Any:
    """Return a loss that reads codes where that is all it needs, and else one that reads one-hot rows."""
    name = configuration.get("loss", "crossentropy")
    smoothing = _number(configuration, "label_smoothing", 0.0)
    losses = keras.losses
    if name == "focal":
        return losses.CategoricalFocalCrossentropy(
            _number(configuration, "focal_alpha", 0.25),
            _number(configuration, "focal_gamma", 2.0),
            label_smoothing=smoothing,
        )
    if name == "generalized":
        return losses.CategoricalGeneralizedCrossEntropy(_number(configuration, "noise_tolerance", 0.7))
    if name == "squared_error":
        return losses.MeanSquaredError()
    if name == "hinge":
        return losses.CategoricalHinge()
    mixed = configuration.get("mixing", "none") != "none"
    if smoothing or mixed:
        return losses.CategoricalCrossentropy(label_smoothing=smoothing)
    return CROSS_ENTROPY


def _of_numbers(configuration: Configuration) -> Any:
    name = configuration.get("regression_loss", "squared_error")
    if name == "huber":
        return keras.losses.Huber(_number(configuration, "huber_delta", 1.0))
    return {"absolute_error": "mean_absolute_error", "log_cosh": "log_cosh"}.get(str(name), SQUARED_ERROR)


def _number(configuration: Configuration, name: str, default: float) -> float:
    return float(configuration.get(name, default))  # type: ignore[arg-type]
