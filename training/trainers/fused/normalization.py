"""Batch normalization of pictures as one operation of TensorFlow's, where Keras computes it by some forty.

Keras takes means, variances and the normalized pixels one after the other, and their gradients again, each in a pass over
all numbers: of a small residual net, two fifths of a step. TensorFlow's ``FusedBatchNormV3`` does it in two passes, and
one more for all gradients. The sums are taken in another order, so that results differ by rounding. Of rows and short
sequences, which are small, it is no faster.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import keras
import tensorflow as tf

EPSILONS = (0.001, 1e-5, 1.001e-5)
"""Those that the operation, which wants a constant, is traced with: Keras's, and what published nets have. With any other
one, a net is traced as Keras has it, so that a search over epsilons has one program."""
CHANNELS = (4, 8, 12)
"""Numbers of channels for which the operation is fast, beside multiples of 16: two to four times as fast as Keras's, on a
processor with AVX-512. With 6, 24 or 40 it is as slow or slower, up to three times."""


@contextmanager
def fused_normalization(model: keras.Model) -> Iterator[None]:
    """Have a model's batch normalizations be one operation each, while it is traced."""
    found = [layer for layer in model._flatten_layers() if _is_plain(layer)]
    for layer in found:
        object.__setattr__(layer, "call", partial(_call, layer))  # Keras would track it
    try:
        yield
    finally:
        for layer in found:
            object.__delattr__(layer, "call")


def _is_plain(layer: Any) -> bool:
    """Tell whether a layer is Keras's own, over the channels of pictures, and of the batch at hand alone."""
    if type(layer) is not keras.layers.BatchNormalization or layer.synchronized or layer.renorm:
        return False
    channels = layer.moving_mean.shape[0]
    last = layer.input_spec.ndim == 4 and layer.axis in (-1, 3)
    return last and (channels in CHANNELS or channels % 16 == 0)


def _call(
    layer: keras.layers.BatchNormalization, inputs: tf.Tensor, training: Any = None, mask: Any = None
) -> tf.Tensor:
    """Return the normalized inputs, as ``BatchNormalization.call`` does."""
    dtype = keras.backend.result_type(inputs.dtype, "float32")
    epsilon = next((usual for usual in EPSILONS if layer.epsilon == usual), None)
    if mask is not None or epsilon is None or dtype != "float32":
        return type(layer).call(layer, inputs, training=training, mask=mask)
    x = keras.ops.cast(inputs, dtype)
    count = x.shape[-1]
    parameters = {
        "x": x,
        "scale": layer.gamma.value if layer.scale else tf.ones(count),
        "offset": layer.beta.value if layer.center else tf.zeros(count),
        "epsilon": epsilon,
    }
    if training and layer.trainable:
        outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(**parameters, mean=[], variance=[])
        rows = tf.cast(tf.size(x) // count, x.dtype)
        _remember(layer.moving_mean, mean, layer.momentum)
        # the operation's is the variance of all rows as estimated from these; Keras remembers that of these
        _remember(layer.moving_variance, variance * ((rows - 1.0) / rows), layer.momentum)
    else:
        known = {"mean": layer.moving_mean.value, "variance": layer.moving_variance.value}
        outputs = tf.raw_ops.FusedBatchNormV3(**parameters, **known, is_training=False)[0]
    return keras.ops.cast(outputs, layer.compute_dtype)


def _remember(moving: keras.Variable, value: tf.Tensor, momentum: Any) -> None:
    moving.assign(moving.value * momentum + value * (1.0 - momentum))
