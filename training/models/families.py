"""The families: the four pipelines that a first course in Keras teaches, and what is built on them.

Each function has the contract of a user's own: ``build(config, signature)`` returns an uncompiled model. All but the
residual ones are ``keras.Sequential`` unless a configuration asks for branches.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

from ...spaces import Configuration
from .convolutions import Convolutions
from .layer_factory import Parts
from .signature import Signature
from .stack import Stack, through


def build_linear(config: Configuration, signature: Signature) -> keras.Model:
    """Linear or logistic regression: what every other model should beat."""
    parts = Parts(config, signature)
    stack = _entered(parts)
    stack.add([parts.output()])
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
    parts = Parts(config, signature)
    stack = _entered(parts)
    units, count = parts.whole("units"), parts.whole("blocks")
    stack.add([layers.Dense(units)])
    for block in range(count):
        before = stack.branch()
        stack.add([*_residual_block(parts, units), *parts.drop_path(block, count, axes=2)])
        stack.join(_sum(before, stack.branch()))
    if parts.is_normalized:
        stack.add([parts.normalization(units)])
    stack.add([parts.separate_activation(), parts.output()])
    return stack.model()


def build_cnn(config: Configuration, signature: Signature) -> keras.Model:
    """Blocks of convolution and pooling, dropout, and a head: by default flatten and a dense layer.

    The number of filters grows from block to block, by default twofold. A block pools only while the picture is at least 2 pixels
    high and wide, so that small pictures (digits are 8x8) take as many blocks as large ones.
    """
    parts = Convolutions(config, signature)
    stack = _entered(parts)
    for block in range(parts.whole("blocks")):
        first = stack.branch() if parts.flag("residual") else None
        for place in range(parts.whole("convolutions", 1)):
            stack.add(parts.convolution(parts.filters(block), first=block == place == 0))
        if parts.flag("squeeze_excitation"):
            stack.join(parts.squeeze(stack.branch(), parts.filters(block)))
        if first is not None:
            stack.join(_sum(parts.shortcut(first, stack.branch()), stack.branch()))
        stack.add(parts.downsampling(parts.filters(block)))
        stack.add(parts.convolution_dropout())
    stack.add(parts.dropout())
    stack.add(parts.head(1))
    return stack.model()


def build_resnet(config: Configuration, signature: Signature) -> keras.Model:
    """Stages of residual blocks; the first block of each further stage halves the picture.

    Source: He et al. 2016, Deep Residual Learning, and Identity Mappings in Deep Residual Networks.
    """
    parts = Convolutions(config, signature)
    stack = _entered(parts)
    stack.add(parts.convolution(parts.filters(0), first=True))
    stages, blocks = parts.whole("stages"), parts.whole("blocks")
    for stage in range(stages):
        for block in range(blocks):
            stride = 2 if block == 0 and stage > 0 and parts.can_halve() else 1
            parts.shrink(stride)
            branch, shortcut = parts.residual_branches(parts.filters(stage), stride, stack.branch())
            path = parts.drop_path(stage * blocks + block, stages * blocks, axes=4)
            stack.join(_sum(shortcut, through(path, branch)))
            if not parts.is_pre_activated:
                stack.add([parts.separate_activation(pictures=True)])
        stack.add(parts.convolution_dropout())
    if parts.is_pre_activated:
        stack.add(parts.normalized_activation(parts.filters(stages - 1)))
    stack.add(parts.dropout())
    stack.add(parts.head(0))
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


def _entered(parts: Parts) -> Stack:
    stack = Stack(parts.signature.input_shape)
    stack.add(parts.entrance())
    return stack


def _hidden(config: Configuration, signature: Signature, count: int) -> keras.Model:
    parts = Parts(config, signature)
    stack = _entered(parts)
    for place in range(count):
        growth = parts.number("units_growth", 1.0) ** place
        units = max(min(2, parts.whole("units")), round(parts.whole("units") * growth))
        before = stack.branch() if parts.flag("skip_connections") and place > 0 else None
        stack.add(parts.dense(units))
        if before is not None:
            after = stack.branch()
            same = before.shape == after.shape
            stack.join(_sum(before if same else layers.Dense(units, use_bias=False)(before), after))
    stack.add([parts.output()])
    return stack.model()


def _residual_block(parts: Parts, units: int) -> list[keras.Layer]:
    inner = max(1, round(units * parts.number("expansion", 2.0)))
    made = [parts.normalization(units)] if parts.is_normalized else []
    made += [*parts.plain_dense(inner), *parts.dropout(), layers.Dense(units, **parts.weights(units))]
    if parts.number("residual_dropout") > 0:
        made.append(layers.Dropout(parts.number("residual_dropout")))
    return made


def _sum(left: Any, right: Any) -> Any:
    return layers.Add()([left, right])
