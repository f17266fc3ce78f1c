"""An optimizer that updates all weights of a model as one vector.

Keras's update is the same arithmetic for every weight, number by number, and a graph has it once a weight: some twenty
operations for each, and a learning rate's schedule for each that decays, which take longer to trace, to prepare and to
start than to compute. Joined, they stand there once. Numbers are the same to the bit. What Keras does weight by weight
before and after (clipping, averages, constraints) stays as it is. Optimizers that TensorFlow has an operation for need none
of this (`native_updates.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import keras
import tensorflow as tf

from .native_updates import decay_weights, has_native_update

NUMBER_BY_NUMBER = (
    keras.optimizers.Adam,
    keras.optimizers.AdamW,
    keras.optimizers.RMSprop,
    keras.optimizers.Adagrad,
    keras.optimizers.Adadelta,
    keras.optimizers.Adamax,
    keras.optimizers.Nadam,
    keras.optimizers.Lion,
)
"""Optimizers whose update of a number depends on its own history only, in operations that round alike anywhere in a
vector: powers of vectors (Ftrl) do not."""
_JOINED = "joined"
"""The name of the vector among the variables that an optimizer knows."""


class NotJoinedError(Exception):
    """Gradients that cannot be joined: sparse ones, or none for a weight, which Keras passes over."""


class _Vector:
    """Weights as an optimizer's update sees them: one variable of one dimension."""

    _unique_id = _JOINED

    def __init__(self, weights: Sequence[tf.Variable]) -> None:
        self._weights = weights
        self.dtype = weights[0].dtype

    def assign_add(self, value: tf.Tensor) -> None:
        for weight, part in zip(self._weights, self._parts(value), strict=True):
            weight.assign_add(part, read_value=False)

    def assign_sub(self, value: tf.Tensor) -> None:
        for weight, part in zip(self._weights, self._parts(value), strict=True):
            weight.assign_sub(part, read_value=False)

    def _parts(self, value: tf.Tensor) -> list[tf.Tensor]:
        parts = tf.split(value, [weight.shape.num_elements() for weight in self._weights])
        return [tf.reshape(part, weight.shape) for part, weight in zip(parts, self._weights, strict=True)]


def can_join(model: keras.Model) -> bool:
    """Tell whether a compiled model's optimizer may update its weights as one vector."""
    weights = model.trainable_variables
    return (
        type(model.optimizer) in NUMBER_BY_NUMBER
        and not has_native_update(model.optimizer)
        and len(weights) > 1
        and len({weight.dtype for weight in weights}) == 1
    )


def build_joined(model: keras.Model) -> None:
    """Give a compiled model's optimizer its variables: those that its update keeps of each number as one vector each."""
    optimizer, weights = model.optimizer, model.trainable_variables
    if optimizer.built:
        return
    add = optimizer.add_optimizer_variables
    count = sum(weight.value.shape.num_elements() for weight in weights)
    vector = keras.Variable(keras.ops.zeros(count, weights[0].dtype), name=_JOINED)

    def add_joined(variables: Sequence[Any], name: Any, initializer: Any = "zeros") -> Any:
        # averages of weights (``use_ema``) are read weight by weight
        return add(variables if name == "average" else [vector], name, initializer)

    optimizer.add_optimizer_variables = add_joined
    try:
        optimizer.build(weights)
    finally:
        del optimizer.add_optimizer_variables
    optimizer._trainable_variables_indices[_JOINED] = 0


@contextmanager
def joined_updates(model: keras.Model) -> Iterator[None]:
    """Have a model's optimizer, if ``build_joined`` built it, update all weights as one vector while it is traced.

    Raises:
        NotJoinedError: from the step that is traced inside.
    """
    optimizer = model.optimizer
    if _JOINED not in getattr(optimizer, "_trainable_variables_indices", ()):
        yield
        return
    count = len(model.trainable_variables)

    def update(_: Any, pairs: Sequence[tuple[Any, tf.Variable]], learning_rate: Any) -> None:
        gradients, weights = zip(*pairs, strict=True)
        if len(weights) < count or not all(isinstance(gradient, tf.Tensor) for gradient in gradients):
            raise NotJoinedError
        optimizer.update_step(_joined(gradients), _Vector(weights), learning_rate)

    optimizer._distributed_tf_update_step = update
    optimizer._apply_weight_decay = partial(decay_weights, optimizer)
    try:
        yield
    finally:
        del optimizer._distributed_tf_update_step, optimizer._apply_weight_decay


def _joined(tensors: Sequence[Any]) -> tf.Tensor:
    return tf.concat([tf.reshape(tensor, [-1]) for tensor in tensors], 0)
