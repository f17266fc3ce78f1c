"""Which numbers a regression's model can give, and whether the targets are among them."""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np

from ..data.preparation import Shapes
from ..metric_names import keras_class
from .heads import activation_of, known_activation

_UP = math.inf
_REACH: dict[str, tuple[float, float]] = {
    **dict.fromkeys(("sigmoid", "hard_sigmoid", "softmax", "sparsemax", "sparse_sigmoid"), (0.0, 1.0)),
    **dict.fromkeys(("tanh", "hard_tanh", "softsign"), (-1.0, 1.0)),
    **dict.fromkeys(("relu", "softplus", "squareplus", "sparse_plus", "exponential"), (0.0, _UP)),
    **dict.fromkeys(("log_sigmoid", "log_softmax"), (-_UP, 0.0)),
    "relu6": (0.0, 6.0),
    **dict.fromkeys(("elu", "celu"), (-1.0, _UP)),
    "selu": (-1.7581, _UP),
    **dict.fromkeys(("silu", "swish", "gelu", "mish", "hard_silu", "hard_swish"), (-0.376, _UP)),
}
"""Keras's activations as they are by default; the last ones' least values lie between -0.376 and -0.17."""
_OF_DISTANCE = frozenset(
    [
        *("MeanSquaredError", "MeanAbsoluteError", "RootMeanSquaredError", "MeanAbsolutePercentageError"),
        *("MeanSquaredLogarithmicError", "LogCoshError", "Poisson", "huber"),
    ]
)
"""Losses that are least where a model gives the targets themselves."""
_OWN_STEPS = ("train_step", "test_step", "compute_loss")


def reach_remark(model: keras.Model, input_shape: Shapes, y: np.ndarray, loss: str) -> tuple[str, bool]:
    """Return what is said of targets that a model cannot give, and whether that is sure and true of all of them.

    Args:
        model: Compiled and built, with one output.
        input_shape: Of a row.
        y: Targets of a regression, as the model is trained on them.
        loss: Its name; of a loss of the user's own it is not known what makes it small.
    """
    own = any(getattr(type(model), step) is not getattr(keras.Model, step) for step in _OWN_STEPS)
    if own or keras_class(loss) not in _OF_DISTANCE:
        return "", False
    try:
        activation = activation_of(model, input_shape)
    except Exception:  # noqa: BLE001 - a user's model may take no rows but the data's
        return "", False
    low, high = _REACH.get(activation, (-_UP, _UP))
    outside = (y < low) | (y > high)
    if not outside.any():
        return "", False
    share = "none of them can" if outside.all() else f"{outside.mean():.1%} of them cannot"
    text = (
        f"the model ends with {activation}, which gives numbers {_range_text(low, high)}, and targets are from "
        f"{y.min():.4g} to {y.max():.4g}: {share} be reached"
    )
    return text, bool(outside.all()) and known_activation(model) is not None


def whole_numbers_remark(model: keras.Model, x: Any) -> str:
    """Return what is said of an input of whole numbers that is given fractions; nothing where it is not."""
    inputs = list(getattr(model, "inputs", None) or ())
    if len(inputs) != 1 or not isinstance(x, np.ndarray) or x.dtype.kind != "f":
        return ""
    dtype = keras.backend.standardize_dtype(inputs[0].dtype)
    if "int" not in dtype or not (x % 1).any():
        return ""
    return (
        f"the model's input is {dtype}, and Keras cuts off the fractions of what it is given: leave out its dtype, or "
        "have whole numbers left as they are, with --scaling none"
    )


def _range_text(low: float, high: float) -> str:
    if high == _UP:
        return f"from {low:g} on"
    return f"up to {high:g}" if low == -_UP else f"from {low:g} to {high:g}"
