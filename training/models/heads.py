"""What a model puts out: how many numbers, and what bounds them.

Where the last layer of a graph has one of Keras's activations, that says it. Else the model is asked what it makes of a
few random rows: probabilities that add up to 1, numbers between 0 and 1, or any.
"""

from __future__ import annotations

import inspect
from weakref import WeakKeyDictionary

import keras
import numpy as np

from ...errors import TrainingError, UnfitError
from ..data import map_shapes
from ..data.preparation import Shapes
from .user_errors import describe_error

_ROWS = 16
_KNOWN = {one: name for name, one in vars(keras.activations).items() if inspect.isfunction(one)}
_shapes: WeakKeyDictionary[keras.Model, list[tuple[int | None, ...]]] = WeakKeyDictionary()
"""Of models without a graph, whose shapes are found by tracing them."""


def build_weights(model: keras.Model, input_shape: Shapes) -> None:
    """Give a model without an ``Input`` its weights now, so that they can be counted and its output's shape is known.

    A subclassed model is called on a symbolic row: ``model.build`` would take its layers for built.
    """
    try:
        if isinstance(model, keras.Sequential) or type(model).build is not keras.Model.build:
            model.build(map_shapes(lambda shape: (None, *shape), input_shape))
        else:
            _output_shapes_of(model, input_shape)
    except TrainingError:
        raise
    except Exception as error:
        raise UnfitError(
            f"the model does not take rows of shape {input_shape}: {describe_error(error)}"
        ) from error


def output_shape_of(model: keras.Model, input_shape: Shapes) -> tuple[int | None, ...]:
    """Return the shape of a model's output, with the axis of rows.

    Raises:
        UnfitError: It has several outputs.
    """
    shapes = _output_shapes_of(model, input_shape)
    if len(shapes) != 1:
        raise UnfitError(f"the model has {len(shapes)} outputs, and y is 1 array")
    return shapes[0]


def _output_shapes_of(model: keras.Model, input_shape: Shapes) -> list[tuple[int | None, ...]]:
    outputs = getattr(model, "outputs", None)
    if outputs:
        return [tuple(output.shape) for output in outputs]
    if model not in _shapes:
        made = keras.tree.flatten(model(map_shapes(keras.Input, input_shape)))
        _shapes[model] = [tuple(output.shape) for output in made]
    return _shapes[model]


def units_of(model: keras.Model, input_shape: Shapes) -> int:
    """Return how many numbers a built model puts out for a row."""
    shape = output_shape_of(model, input_shape)
    return int(shape[-1] or 0) if len(shape) > 1 else 1


def activation_of(model: keras.Model, input_shape: Shapes) -> str:
    """Return what a built model's outputs went through last: ``softmax``, ``sigmoid``, ``linear``, or another of Keras's."""
    return known_activation(model) or _bounds_of(_some_outputs(model, input_shape))


def known_activation(model: keras.Model) -> str | None:
    """Return the activation of the last layer of a model's graph; None where it has no graph, or the layer has none of Keras's."""
    outputs = getattr(model, "outputs", None)
    activation = getattr(outputs[0]._keras_history.operation, "activation", None) if outputs else None
    return str(_KNOWN[activation]) if activation in _KNOWN else None


def _some_outputs(model: keras.Model, input_shape: Shapes) -> np.ndarray:
    """Return what a model makes of random rows; of values from 0 to 1 where it takes no others (an embedding's)."""
    generator = np.random.default_rng(0)
    wide = map_shapes(
        lambda shape: 3 * generator.normal(size=(_ROWS, *shape)).astype(np.float32), input_shape
    )
    try:
        return np.asarray(keras.ops.convert_to_numpy(model(wide, training=False)))
    except Exception:  # noqa: BLE001 - a user's model may raise anything
        narrow = map_shapes(lambda shape: generator.random((_ROWS, *shape), np.float32), input_shape)
        return np.asarray(keras.ops.convert_to_numpy(model(narrow, training=False)))


def _bounds_of(outputs: np.ndarray) -> str:
    values = outputs.astype(np.float64)
    if not values.any():
        return "linear"  # weights that begin at zero
    if values.min() >= 0 and np.allclose(values.sum(axis=-1), 1, atol=1e-2):
        return "softmax"
    if values.min() >= 0 and values.max() <= 1:
        return "sigmoid"
    return "relu" if values.min() == 0 else "linear"
