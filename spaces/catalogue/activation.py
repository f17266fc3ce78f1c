"""What a hidden unit does with its sum."""

from __future__ import annotations

from ..kinds import Categorical, Float
from .entry import HIDDEN, IMAGES, Entry, when
from .sources import COURSE, KERAS, keras_layer

_ACTIVATIONS = f"{KERAS}/layers/activations"

_ACTIVATED = tuple(family for family in HIDDEN if family != "rnn")
"""The cells of a recurrent layer have activations of their own, on which their gates are built."""
_HYPERPARAMETERS = (
    Categorical(
        "activation",
        (
            "relu",
            "elu",
            "tanh",
            "gelu",
            "silu",
            "leaky_relu",
            "prelu",
            "selu",
            "mish",
            "celu",
            "softplus",
            "softsign",
            "hard_silu",
            "squareplus",
            "sigmoid",
        ),
        recommended="relu",
        confidence="high",
        meaning="function that a hidden unit applies to the weighted sum of its inputs",
        advice="Units that never wake: leaky_relu or elu. Residual nets gain a little from silu or gelu.",
        source=f"{COURSE}; Glorot et al. 2011, Deep Sparse Rectifier Neural Networks",
    ),
    Float(
        "negative_slope",
        0.001,
        0.5,
        log=True,
        recommended=0.2,
        confidence="low",
        conditions=when(activation="leaky_relu"),
        meaning="slope of leaky ReLU below zero",
        advice="0.01 is the first paper's value; the second found larger slopes to be better.",
        source="Maas et al. 2013, Rectifier Nonlinearities; Xu et al. 2015, Empirical Evaluation of Rectified Activations in Convolutional Network",
    ),
    Float(
        "elu_alpha",
        0.1,
        2.0,
        recommended=1.0,
        conditions=when(activation="elu"),
        meaning="what ELU tends to below zero, with its sign turned",
        advice="It rarely matters.",
        source="Clevert et al. 2016, Fast and Accurate Deep Network Learning by Exponential Linear Units",
    ),
    Float(
        "relu_threshold",
        0.0,
        0.5,
        recommended=0.0,
        confidence="high",
        conditions=when(activation="relu"),
        meaning="sum below which ReLU is silent",
        advice="Leave it at 0, unless few units should be awake.",
        source=keras_layer("activation_layers/relu"),
    ),
    Float(
        "prelu_initial",
        0.0,
        0.5,
        recommended=0.25,
        conditions=when(activation="prelu"),
        meaning="first slope of PReLU below zero, which is then learned",
        advice="It hardly matters.",
        source="He et al. 2015, Delving Deep into Rectifiers: 0.25",
    ),
)

ENTRIES = (
    *(Entry(hyperparameter, _ACTIVATED) for hyperparameter in _HYPERPARAMETERS),
    Entry(
        Categorical(
            "prelu_shared",
            (False, True),
            recommended=True,
            conditions=when(activation="prelu"),
            meaning="whether all pixels of a channel share PReLU's slope",
            advice="Overfitting: share it.",
            source=f"He et al. 2015, Delving Deep into Rectifiers; {_ACTIVATIONS}",
        ),
        IMAGES,
    ),
)
