"""The networks of the works in plain Keras, as Keras's own guides write them, for those who are not Kerasweep.

Their layers are those of Kerasweep's families ``dnn`` and ``cnn``. ``compile`` is left at its defaults.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
from keras import layers


def build_dense(configuration: Mapping[str, Any], inputs: int, outputs: int = 10) -> keras.Model:
    """Return a compiled classifier of hidden layers with dropout."""
    model = keras.Sequential([keras.Input((inputs,))])
    for _ in range(configuration["hidden_layers"]):
        if configuration.get("normalization") == "batch":
            model.add(layers.Dense(configuration["units"], use_bias=False))
            model.add(layers.BatchNormalization())
            model.add(layers.Activation(configuration["activation"]))
        else:
            model.add(layers.Dense(configuration["units"], activation=configuration["activation"]))
        model.add(layers.Dropout(configuration["dropout"]))
    model.add(layers.Dense(outputs, activation="softmax"))
    return compiled(model, configuration)


def build_convolutional(configuration: Mapping[str, Any], shape: tuple[int, ...]) -> keras.Model:
    """Return a compiled classifier of blocks of convolution and pooling, and one dense layer."""
    model = keras.Sequential([keras.Input(shape)])
    for block in range(configuration["blocks"]):
        filters = configuration["filters"] * 2**block
        model.add(layers.Conv2D(filters, configuration["kernel_size"], padding="same", activation="relu"))
        model.add(layers.MaxPooling2D())
    model.add(layers.Dropout(configuration["dropout"]))
    model.add(layers.Flatten())
    model.add(layers.Dense(configuration["units"], activation="relu"))
    model.add(layers.Dropout(configuration["dropout"]))
    model.add(layers.Dense(10, activation="softmax"))
    return compiled(model, configuration)


def build_residual(configuration: Mapping[str, Any], inputs: int, outputs: int = 10) -> keras.Model:
    """Return a compiled classifier of residual blocks of dense layers, each normalized first."""
    units = configuration["units"]
    rows = keras.Input((inputs,))
    flow = layers.Dense(units)(rows)
    for _ in range(configuration["blocks"]):
        branch = layers.BatchNormalization()(flow)
        branch = layers.Dense(
            round(units * configuration["expansion"]), activation=configuration["activation"]
        )(branch)
        branch = layers.Dropout(configuration["dropout"])(branch)
        flow = layers.Add()([flow, layers.Dense(units)(branch)])
    flow = layers.Activation(configuration["activation"])(layers.BatchNormalization()(flow))
    return compiled(keras.Model(rows, layers.Dense(outputs, activation="softmax")(flow)), configuration)


def build_resnet(configuration: Mapping[str, Any], shape: tuple[int, ...]) -> keras.Model:
    """Return a compiled classifier of stages of residual convolutions; each further stage halves the picture."""

    def convolved(tensor: Any, filters: int, size: int = 3, stride: int = 1) -> Any:
        made = layers.Conv2D(filters, size, strides=stride, padding="same", use_bias=False)(tensor)
        return layers.BatchNormalization(momentum=configuration["normalization_momentum"])(made)

    pictures = keras.Input(shape)
    flow = layers.Activation("relu")(convolved(pictures, configuration["filters"]))
    for stage in range(configuration["stages"]):
        filters = configuration["filters"] * 2**stage
        for block in range(configuration["blocks"]):
            stride = 2 if stage and not block else 1
            branch = layers.Activation("relu")(convolved(flow, filters, stride=stride))
            branch = convolved(branch, filters)
            passed = flow if stride == 1 else convolved(flow, filters, 1, stride)
            flow = layers.Activation("relu")(layers.Add()([passed, branch]))
    head = layers.GlobalAveragePooling2D() if configuration["head"] == "global_average" else layers.Flatten()
    return compiled(keras.Model(pictures, layers.Dense(10, activation="softmax")(head(flow))), configuration)


def compiled(
    model: keras.Model, configuration: Mapping[str, Any], jit_compile: bool | str = "auto"
) -> keras.Model:
    """Compile a classifier with the configuration's optimizer and learning rate."""
    optimizers = {"adam": keras.optimizers.Adam, "sgd": keras.optimizers.SGD}
    model.compile(
        optimizer=optimizers[configuration["optimizer"]](learning_rate=configuration["learning_rate"]),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
        jit_compile=jit_compile,
    )
    return model
