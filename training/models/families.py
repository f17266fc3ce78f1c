"""The families: the four pipelines that a first course in Keras teaches, and what is built on them.

Each function has the contract of a user's own: ``build(config, signature)`` returns an uncompiled model. All but the
residual ones are ``keras.Sequential`` unless a configuration asks for branches.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

from ...spaces import Configuration
from .convolutions import ConvolutionFactory
from .layer_factory import LayerFactory
from .signature import Signature
from .stack import Stack, through


def build_linear(config: Configuration, signature: Signature) -> keras.Model:
    """Linear or logistic regression: what every other model should beat."""
    layers = LayerFactory(config, signature)
    stack = _entered(layers)
    stack.add([layers.output()])
    return stack.model()


def build_nn(config: Configuration, signature: Signature) -> keras.Model:
    """Regression from one feature or many: Dense layers, the last one linear."""
    return _hidden(config, signature, int(config["hidden_layers"]))  # type: ignore[arg-type]


def build_ann(config: Configuration, signature: Signature) -> keras.Model:
    """One hidden layer, then softmax."""
    return _hidden(config, signature, 1)


def build_dnn(config: Configuration, signature: Signature) -> keras.Model:
    """Hidden layers, each followed by dropout and, where asked for, normalized."""
    return _hidden(config, signature, int(config["hidden_layers"]))  # type: ignore[arg-type]


def build_mlp_residual(config: Configuration, signature: Signature) -> keras.Model:
    """Residual blocks for tables, each normalized first.

    Source: Gorishniy et al. 2021, Revisiting Deep Learning Models for Tabular Data, section 3.2.
    """
    layers = LayerFactory(config, signature)
    stack = _entered(layers)
    units, count = layers.integer("units"), layers.integer("blocks")
    stack.add([layers.Dense(units)])
    for block in range(count):
        before = stack.branch()
        stack.add([*_residual_block(layers, units), *layers.drop_path(block, count, axes=2)])
        stack.join(_sum(before, stack.branch()))
    if layers.is_normalized:
        stack.add([layers.normalization(units)])
    stack.add([layers.separate_activation(), layers.output()])
    return stack.model()


def build_cnn(config: Configuration, signature: Signature) -> keras.Model:
    """Blocks of convolution and pooling, dropout, and a head: by default flatten and a dense layer.

    The number of filters grows from block to block, by default twofold. A block pools only while the picture is at least 2 pixels
    high and wide, so that small pictures (digits are 8x8) take as many blocks as large ones.
    """
    layers = ConvolutionFactory(config, signature)
    stack = _entered(layers)
    for block in range(layers.integer("blocks")):
        first = stack.branch() if layers.flag("residual") else None
        for place in range(layers.integer("convolutions", 1)):
            stack.add(layers.convolution(layers.filters(block), first=block == place == 0))
        if layers.flag("squeeze_excitation"):
            stack.join(layers.squeeze(stack.branch(), layers.filters(block)))
        if first is not None:
            stack.join(_sum(layers.shortcut(first, stack.branch()), stack.branch()))
        stack.add(layers.downsampling(layers.filters(block)))
        stack.add(layers.convolution_dropout())
    stack.add(layers.dropout())
    stack.add(layers.head(1))
    return stack.model()


def build_resnet(config: Configuration, signature: Signature) -> keras.Model:
    """Stages of residual blocks; the first block of each further stage halves the picture.

    Source: He et al. 2016, Deep Residual Learning, and Identity Mappings in Deep Residual Networks.
    """
    layers = ConvolutionFactory(config, signature)
    stack = _entered(layers)
    stack.add(layers.convolution(layers.filters(0), first=True))
    stages, blocks = layers.integer("stages"), layers.integer("blocks")
    for stage in range(stages):
        for block in range(blocks):
            stride = 2 if block == 0 and stage > 0 and layers.can_halve() else 1
            layers.shrink(stride)
            branch, shortcut = layers.residual_branches(layers.filters(stage), stride, stack.branch())
            path = layers.drop_path(stage * blocks + block, stages * blocks, axes=4)
            stack.join(_sum(shortcut, through(path, branch)))
            if not layers.is_pre_activated:
                stack.add([layers.separate_activation(pictures=True)])
        stack.add(layers.convolution_dropout())
    if layers.is_pre_activated:
        stack.add(layers.normalized_activation(layers.filters(stages - 1)))
    stack.add(layers.dropout())
    stack.add(layers.head(0))
    return stack.model()


BUILDERS = {
    "linear": build_linear,
    "nn": build_nn,
    "ann": build_ann,
    "dnn": build_dnn,
    "mlp_residual": build_mlp_residual,
    "cnn": build_cnn,
    "resnet": build_resnet,
}


def _entered(layers: LayerFactory) -> Stack:
    stack = Stack(layers.signature.input_shape)
    stack.add(layers.entrance())
    return stack


def _hidden(config: Configuration, signature: Signature, count: int) -> keras.Model:
    layers = LayerFactory(config, signature)
    stack = _entered(layers)
    for place in range(count):
        growth = layers.number("units_growth", 1.0) ** place
        units = max(min(2, layers.integer("units")), round(layers.integer("units") * growth))
        before = stack.branch() if layers.flag("skip_connections") and place > 0 else None
        stack.add(layers.dense(units))
        if before is not None:
            after = stack.branch()
            same = before.shape == after.shape
            stack.join(_sum(before if same else layers.Dense(units, use_bias=False)(before), after))
    stack.add([layers.output()])
    return stack.model()


def _residual_block(layers: LayerFactory, units: int) -> list[keras.Layer]:
    inner = max(1, round(units * layers.number("expansion", 2.0)))
    made = [layers.normalization(units)] if layers.is_normalized else []
    made += [*layers.plain_dense(inner), *layers.dropout(), layers.Dense(units, **layers.weights(units))]
    if layers.number("residual_dropout") > 0:
        made.append(layers.Dropout(layers.number("residual_dropout")))
    return made


def _sum(left: Any, right: Any) -> Any:
    return layers.Add()([left, right])
