"""Noise while training, against learning by heart."""

from __future__ import annotations

from ..kinds import Categorical, Float
from .entry import HIDDEN, IMAGES, OF_NUMBERS, TRANSFER, Entry
from .sources import COURSE, keras_layer

_DROPOUT = "Srivastava et al. 2014, Dropout"

ENTRIES = (
    Entry(
        Float(
            "dropout",
            0.0,
            0.7,
            recommended=0.25,
            meaning="share of units silenced in a step, against overfitting",
            advice="Training is better than validation: raise it. Both are poor: lower it.",
            source=f"{COURSE}: 0.25-0.4; {_DROPOUT}",
        ),
        (*HIDDEN, *TRANSFER),
    ),
    Entry(
        Categorical(
            "dropout_kind",
            ("plain", "alpha", "gaussian"),
            recommended="plain",
            confidence="high",
            meaning="whether units are set to zero, to SELU's lowest value (alpha), or multiplied by noise (gaussian)",
            advice="With SELU: alpha.",
            source=f"{_DROPOUT}; Klambauer et al. 2017, Self-Normalizing Neural Networks",
        ),
        tuple(family for family in (*HIDDEN, *TRANSFER) if family != "tcn"),
    ),
    Entry(
        Float(
            "input_dropout",
            0.0,
            0.5,
            recommended=0.0,
            meaning="share of inputs silenced in a step",
            advice="Many redundant inputs: 0.2.",
            source=f"{_DROPOUT}, appendix A.4: 0.2 for inputs",
        ),
        OF_NUMBERS,
    ),
    Entry(
        Float(
            "input_noise",
            0.0,
            0.5,
            recommended=0.0,
            meaning="spread of the noise that inputs get in a step, in units of the scaled features",
            advice="Few rows and numeric features: 0.05 to 0.2.",
            source="Bishop 1995, Training with Noise is Equivalent to Tikhonov Regularization; "
            + keras_layer("regularization_layers/gaussian_noise"),
        ),
        OF_NUMBERS,
    ),
    Entry(
        Float(
            "activation_noise",
            0.0,
            0.5,
            recommended=0.0,
            confidence="low",
            meaning="spread of the noise that hidden layers pass on in a step",
            advice="Overfitting although dropout is set: 0.1.",
            source="Poole et al. 2014, Analyzing noise in autoencoders and deep networks",
        ),
        ("nn", "ann", "dnn"),
    ),
    Entry(
        Float(
            "convolution_dropout",
            0.0,
            0.5,
            recommended=0.0,
            meaning="share silenced after each block of convolutions",
            advice="Overfitting although the dense dropout is set: 0.1.",
            source="Tompson et al. 2015, Efficient Object Localization, section 3.2",
        ),
        (*IMAGES, "cnn1d"),
    ),
    Entry(
        Categorical(
            "convolution_dropout_kind",
            ("spatial", "plain"),
            recommended="spatial",
            meaning="whether whole channels are silenced or single pixels or steps",
            advice="Neighbouring pixels say nearly the same, so that silencing single ones does little: spatial.",
            source="Tompson et al. 2015, Efficient Object Localization, section 3.2",
        ),
        (*IMAGES, "cnn1d"),
    ),
    Entry(
        Float(
            "residual_dropout",
            0.0,
            0.5,
            recommended=0.0,
            meaning="share of a residual block's output that is silenced",
            advice="Overfitting although dropout is set: 0.1 to 0.3.",
            source="Gorishniy et al. 2021, Revisiting Deep Learning Models for Tabular Data, section 3.2",
        ),
        ("mlp_residual",),
    ),
    Entry(
        Float(
            "stochastic_depth",
            0.0,
            0.5,
            recommended=0.0,
            meaning="share of rows that skip the last residual block; earlier ones are skipped less",
            advice="Deep residual nets that overfit: 0.1 to 0.3.",
            source="Huang et al. 2016, Deep Networks with Stochastic Depth",
        ),
        ("resnet", "mlp_residual"),
    ),
)
