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
from .sequences import SequenceFactory
from .signature import Signature
from .stack import Stack, through
from .text import build_text
from .transfer import TransferFactory


def build_linear(config: Configuration, signature: Signature) -> keras.Model:
    """Linear or logistic regression: what every other model should beat."""
    factory = LayerFactory(config, signature)
    stack = _start_stack(factory)
    stack.add([factory.output()])
    return stack.model()


def build_ann(config: Configuration, signature: Signature) -> keras.Model:
    """One hidden layer, then softmax."""
    return _hidden(config, signature, 1)


def build_dnn(config: Configuration, signature: Signature) -> keras.Model:
    """Hidden layers, each followed by dropout and, where asked for, normalized; of ``nn`` the output is linear."""
    return _hidden(config, signature, int(config["hidden_layers"]))  # type: ignore[arg-type]


def build_mlp_residual(config: Configuration, signature: Signature) -> keras.Model:
    """Residual blocks for tables, each normalized first.

    Source: Gorishniy et al. 2021, Revisiting Deep Learning Models for Tabular Data, section 3.2.
    """
    factory = LayerFactory(config, signature)
    stack = _start_stack(factory)
    units, count = factory.integer("units"), factory.integer("blocks")
    stack.add([layers.Dense(units)])
    for block in range(count):
        before = stack.branch()
        stack.add([*_residual_block(factory, units), *factory.drop_path(block, count, axes=2)])
        stack.join(_sum(before, stack.branch()))
    if factory.is_normalized:
        stack.add([factory.normalization(units)])
    stack.add([factory.separate_activation(), factory.output()])
    return stack.model()


def build_cnn(config: Configuration, signature: Signature) -> keras.Model:
    """Blocks of convolution and pooling, dropout, and a head: by default flatten and a dense layer.

    The number of filters grows from block to block, by default twofold. A block pools only while the picture is at least 2 pixels
    high and wide, so that small pictures (digits are 8x8) take as many blocks as large ones.
    """
    factory = ConvolutionFactory(config, signature)
    stack = _start_stack(factory)
    for block in range(factory.integer("blocks")):
        first = stack.branch() if factory.flag("residual") else None
        for place in range(factory.integer("convolutions", 1)):
            stack.add(factory.convolution(factory.filters(block), first=block == place == 0))
        if factory.flag("squeeze_excitation"):
            stack.join(factory.squeeze(stack.branch(), factory.filters(block)))
        if first is not None:
            stack.join(_sum(factory.shortcut(first, stack.branch()), stack.branch()))
        stack.add(factory.downsampling(factory.filters(block)))
        stack.add(factory.convolution_dropout())
    stack.add(factory.dropout())
    stack.add(factory.head(1))
    return stack.model()


def build_resnet(config: Configuration, signature: Signature) -> keras.Model:
    """Stages of residual blocks; the first block of each further stage halves the picture.

    Source: He et al. 2016, Deep Residual Learning, and Identity Mappings in Deep Residual Networks.
    """
    factory = ConvolutionFactory(config, signature)
    stack = _start_stack(factory)
    stack.add(factory.convolution(factory.filters(0), first=True))
    stages, blocks = factory.integer("stages"), factory.integer("blocks")
    for stage in range(stages):
        for block in range(blocks):
            stride = 2 if block == 0 and stage > 0 and factory.can_halve() else 1
            factory.shrink(stride)
            branch, shortcut = factory.residual_branches(factory.filters(stage), stride, stack.branch())
            path = factory.drop_path(stage * blocks + block, stages * blocks, axes=4)
            stack.join(_sum(shortcut, through(path, branch)))
            if not factory.is_pre_activated:
                stack.add([factory.separate_activation(pictures=True)])
        stack.add(factory.convolution_dropout())
    if factory.is_pre_activated:
        stack.add(factory.normalized_activation(factory.filters(stages - 1)))
    stack.add(factory.dropout())
    stack.add(factory.head(0))
    return stack.model()


def build_transfer(config: Configuration, signature: Signature) -> keras.Model:
    """A base that was trained before, frozen, pooling, dropout, and an output of its own; see ``unfreezing.py`` for what follows.

    The base is made first, so that a seed gives the same other weights in an exported script. Source: Keras's guide
    "Transfer learning & fine-tuning".
    """
    factory = TransferFactory(config, signature)
    base = factory.base()
    stack = _start_stack(factory)
    stack.join(factory.pooled(base(factory.as_wanted(stack.branch(), base))))
    stack.add([*factory.dropout(), factory.output()])
    return stack.model()


def build_rnn(config: Configuration, signature: Signature) -> keras.Model:
    """Recurrent layers over the steps of a sequence; what they say in the end is the output's input."""
    factory = SequenceFactory(config, signature)
    stack = _start_stack(factory)
    count = factory.integer("recurrent_layers", 1)
    for place in range(count):
        stack.add(factory.recurrent(is_last=place == count - 1))
        stack.add(factory.dropout())
    stack.add([*factory.pooled_states(), factory.output()])
    return stack.model()


def build_cnn1d(config: Configuration, signature: Signature) -> keras.Model:
    """Blocks of convolutions over time and pooling, dropout, and a head: by default flatten and a dense layer.

    A block pools only while there are as many steps as its window has.
    """
    factory = SequenceFactory(config, signature)
    stack = _start_stack(factory)
    for block in range(factory.integer("blocks")):
        for _ in range(factory.integer("convolutions", 1)):
            stack.add(factory.convolution(factory.filters(block)))
        stack.add(factory.downsampling(factory.filters(block)))
        stack.add(factory.convolution_dropout())
    stack.add(factory.dropout())
    stack.add(factory.head(1))
    return stack.model()


def build_tcn(config: Configuration, signature: Signature) -> keras.Model:
    """Residual blocks of causal convolutions, each of which looks twice as far back as the one before.

    Source: Bai et al. 2018, An Empirical Evaluation of Generic Convolutional and Recurrent Networks, section 3.
    """
    factory = SequenceFactory(config, signature)
    stack = _start_stack(factory)
    for block in range(factory.integer("blocks")):
        before = stack.branch()
        branch = through(factory.causal_branch(2**block), before)
        same = before.shape == branch.shape
        stack.join(_sum(before if same else layers.Conv1D(branch.shape[-1], 1)(before), branch))
        stack.add([factory.separate_activation()])
    stack.add([*factory.pooled_steps(), factory.output()])
    return stack.model()


BUILDERS = {
    "linear": build_linear,
    "nn": build_dnn,
    "ann": build_ann,
    "dnn": build_dnn,
    "mlp_residual": build_mlp_residual,
    "cnn": build_cnn,
    "resnet": build_resnet,
    "transfer": build_transfer,
    "rnn": build_rnn,
    "cnn1d": build_cnn1d,
    "tcn": build_tcn,
    "text": build_text,
}


def _start_stack(factory: LayerFactory) -> Stack:
    stack = Stack(factory.signature.input_shape)
    stack.add(factory.input_layers())
    return stack


def _hidden(config: Configuration, signature: Signature, count: int) -> keras.Model:
    factory = LayerFactory(config, signature)
    stack = _start_stack(factory)
    for place in range(count):
        growth = factory.number("units_growth", 1.0) ** place
        units = max(min(2, factory.integer("units")), round(factory.integer("units") * growth))
        before = stack.branch() if factory.flag("skip_connections") and place > 0 else None
        stack.add(factory.dense(units))
        if before is not None:
            after = stack.branch()
            same = before.shape == after.shape
            stack.join(_sum(before if same else layers.Dense(units, use_bias=False)(before), after))
    stack.add([factory.output()])
    return stack.model()


def _residual_block(factory: LayerFactory, units: int) -> list[keras.Layer]:
    inner = max(1, round(units * factory.number("expansion", 2.0)))
    made = [factory.normalization(units)] if factory.is_normalized else []
    made += [*factory.plain_dense(inner), *factory.dropout(), layers.Dense(units, **factory.weights(units))]
    if factory.number("residual_dropout") > 0:
        made.append(layers.Dropout(factory.number("residual_dropout")))
    return made


def _sum(left: Any, right: Any) -> Any:
    return layers.Add()([left, right])
