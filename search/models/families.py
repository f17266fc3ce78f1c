"""The four families, after the four pipelines that a first course in Keras teaches.

Each function has the contract of a user's own: ``build(config, signature)`` returns an uncompiled
``keras.Sequential``. Layers are made in the order in which rows pass them, so that a seed gives the same weights
here and in an exported script.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

from ...spaces import Configuration
from .signature import Signature


def build_nn(config: Configuration, signature: Signature) -> keras.Model:
    """Regression from one feature or many: Dense layers, the last one linear."""
    hidden = [
        layers.Dense(config["units"], activation=config["activation"])
        for _ in range(_whole(config, "hidden_layers"))
    ]
    return _model(hidden, signature)


def build_ann(config: Configuration, signature: Signature) -> keras.Model:
    """One hidden layer, then softmax."""
    return _model([layers.Dense(config["units"], activation=config["activation"])], signature)


def build_dnn(config: Configuration, signature: Signature) -> keras.Model:
    """Hidden layers, each followed by dropout and, where asked for, batch normalization before its activation."""
    hidden: list[keras.Layer] = []
    for _ in range(_whole(config, "hidden_layers")):
        hidden += _normalized(config, layers.Dense, units=config["units"])
        hidden.append(layers.Dropout(config["dropout"]))
    return _model(hidden, signature)


def build_cnn(config: Configuration, signature: Signature) -> keras.Model:
    """Blocks of convolution and max pooling, dropout, flatten, a dense layer.

    The number of filters doubles from block to block. A block pools only while the picture is at least 2 pixels
    high and wide, so that small pictures (digits are 8x8) take as many blocks as large ones.
    """
    hidden: list[keras.Layer] = []
    filters = _whole(config, "filters")
    size = min(_height_and_width(signature.input_shape))
    for _ in range(_whole(config, "blocks")):
        hidden += _normalized(
            config, layers.Conv2D, filters=filters, kernel_size=config["kernel_size"], padding="same"
        )
        if size >= 2:
            hidden.append(layers.MaxPooling2D())
            size //= 2
        filters *= 2
    hidden.append(layers.Dropout(config["dropout"]))
    hidden.append(layers.Flatten())
    hidden.append(layers.Dense(config["units"], activation=config["activation"]))
    hidden.append(layers.Dropout(config["dropout"]))
    return _model(hidden, signature)


BUILDERS = {"nn": build_nn, "ann": build_ann, "dnn": build_dnn, "cnn": build_cnn}


def _model(hidden: list[keras.Layer], signature: Signature) -> keras.Sequential:
    """Return the model, made at once: a layer that is added to a ``Sequential`` builds all of it anew."""
    # Probabilities and predictions need float32, whatever the layers before compute in.
    mixed = keras.config.dtype_policy().compute_dtype != "float32"
    output = layers.Dense(
        signature.outputs, activation=signature.output_activation, dtype="float32" if mixed else None
    )
    return keras.Sequential([keras.Input(signature.input_shape), *hidden, output])


def _normalized(config: Configuration, layer: Any, **arguments: Any) -> list[keras.Layer]:
    """Return a layer with its activation; with batch normalization, in the order layer, normalization, activation."""
    if not config["batch_normalization"]:
        return [layer(activation=config["activation"], **arguments)]
    return [
        layer(use_bias=False, **arguments),  # the normalization's own offset makes a bias idle
        layers.BatchNormalization(),
        layers.Activation(config["activation"]),
    ]


def _whole(config: Configuration, name: str) -> int:
    return int(config[name])  # type: ignore[arg-type]


def _height_and_width(shape: tuple[int, ...]) -> tuple[int, int]:
    return shape[:2] if keras.config.image_data_format() == "channels_last" else shape[1:3]  # type: ignore[return-value]
