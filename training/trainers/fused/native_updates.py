"""Updates of weights by TensorFlow's own operations for SGD, Adam and AdamW, where Keras takes up to twenty a weight.

Keras's Adam passes over a weight, its gradient and its averages some fifteen times; one operation passes over them once,
by the same formula. Of a dense net of 670,000 weights, that is a third of a step. Numbers differ by rounding at most.
What Keras does before and after (decay, clipping, averages, constraints, accumulation) stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import keras
import tensorflow as tf

Update = Callable[[tf.Variable, int, tf.Tensor, tf.Tensor], Any]
"""``update(weight, index, gradient, rate)`` updates one weight; the index is the optimizer's, of what it keeps of it."""


def has_native_update(optimizer: Any) -> bool:
    """Tell whether TensorFlow has an operation for an optimizer."""
    if type(optimizer) in (keras.optimizers.Adam, keras.optimizers.AdamW):
        return not optimizer.amsgrad
    return type(optimizer) is keras.optimizers.SGD


@contextmanager
def native_updates(model: keras.Model) -> Iterator[None]:
    """Have a model's optimizer, if there is an operation for it, update weights by that while it is traced."""
    optimizer = model.optimizer
    if not has_native_update(optimizer):
        yield
        return
    begin = _sgd if type(optimizer) is keras.optimizers.SGD else _adam

    def update(_: Any, pairs: Sequence[tuple[Any, tf.Variable]], learning_rate: Any) -> None:
        update_of: dict[tf.DType, Update] = {}
        for gradient, weight in pairs:
            if not isinstance(gradient, tf.Tensor):  # a sparse one
                optimizer.update_step(gradient, weight, learning_rate)
                continue
            if weight.dtype not in update_of:
                update_of[weight.dtype] = begin(optimizer, weight.dtype)
            rate = keras.ops.cast(learning_rate, weight.dtype)
            index = optimizer._get_variable_index(weight)
            update_of[weight.dtype](weight, index, tf.cast(gradient, weight.dtype), rate)

    optimizer._distributed_tf_update_step = update
    optimizer._apply_weight_decay = partial(decay_weights, optimizer)
    try:
        yield
    finally:
        del optimizer._distributed_tf_update_step, optimizer._apply_weight_decay


def decay_weights(optimizer: Any, weights: Sequence[keras.Variable]) -> None:
    """Decay weights as Keras does, to the bit; a schedule's rate is computed once, and not once a weight."""
    decaying = [weight.value for weight in weights if optimizer._use_weight_decay(weight.value)]
    if optimizer.weight_decay is None or not decaying:
        return
    rate = keras.ops.convert_to_tensor(optimizer.learning_rate)
    for weight in decaying:
        share = tf.cast(optimizer.weight_decay, weight.dtype)
        weight.assign_sub(weight * share * tf.cast(rate, weight.dtype))


def _sgd(optimizer: keras.optimizers.SGD, dtype: tf.DType) -> Update:
    if optimizer.momentum == 0:
        return _descend
    return partial(_roll, optimizer, tf.convert_to_tensor(optimizer.momentum, dtype))


def _descend(weight: tf.Variable, _: int, gradient: tf.Tensor, rate: tf.Tensor) -> None:
    tf.raw_ops.ResourceApplyGradientDescent(var=weight.handle, alpha=rate, delta=gradient)


def _roll(
    optimizer: keras.optimizers.SGD,
    momentum: tf.Tensor,
    weight: tf.Variable,
    index: int,
    gradient: tf.Tensor,
    rate: tf.Tensor,
) -> None:
    tf.raw_ops.ResourceApplyKerasMomentum(
        var=weight.handle,
        accum=optimizer.momentums[index].value.handle,
        lr=rate,
        grad=gradient,
        momentum=momentum,
        use_nesterov=optimizer.nesterov,
    )


def _adam(optimizer: keras.optimizers.Adam, dtype: tf.DType) -> Update:
    step = keras.ops.cast(optimizer.iterations + 1, dtype)
    first, second, epsilon = (
        tf.convert_to_tensor(number, dtype)
        for number in (optimizer.beta_1, optimizer.beta_2, optimizer.epsilon)
    )
    powers = {
        "beta1_power": tf.pow(keras.ops.cast(optimizer.beta_1, dtype), step),
        "beta2_power": tf.pow(keras.ops.cast(optimizer.beta_2, dtype), step),
    }
    # The operation takes 1 - beta in single precision, Keras in double: of 0.999 that is a difference of 1.3e-5.
    of_mean, of_square = (
        (1 - beta) / tf.convert_to_tensor(1 - number, dtype)
        for beta, number in ((first, optimizer.beta_1), (second, optimizer.beta_2))
    )
    root = tf.sqrt(of_square)
    epsilon, correction = epsilon * root, root / of_mean

    def update(weight: tf.Variable, index: int, gradient: tf.Tensor, rate: tf.Tensor) -> None:
        tf.raw_ops.ResourceApplyAdam(
            var=weight.handle,
            m=optimizer._momentums[index].value.handle,
            v=optimizer._velocities[index].value.handle,
            **powers,
            lr=rate * correction,
            beta1=first,
            beta2=second,
            epsilon=epsilon,
            grad=gradient,
        )

    return update
