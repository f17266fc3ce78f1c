"""Depth and width of dense layers."""

from __future__ import annotations

from ..kinds import Categorical, Float, Int
from .entry import FAMILIES, HIDDEN, Entry, when
from .sources import COURSE, GOODFELLOW, keras_layer

_TABULAR = "Gorishniy et al. 2021, Revisiting Deep Learning Models for Tabular Data, section 3.2"

ENTRIES = (
    Entry(
        Int(
            "hidden_layers",
            1,
            6,
            recommended=2,
            confidence="low",
            meaning="number of layers between input and output",
            advice="Both scores are poor: one more. Overfitting: one less.",
            source=COURSE,
        ),
        ("nn", "dnn", "text"),
    ),
    Entry(
        Int(
            "units",
            8,
            1024,
            log=True,
            recommended=128,
            confidence="low",
            meaning="width of a hidden layer; of a recurrent one, the size of its state",
            advice="Both scores are poor: double it. Overfitting: halve it, or regularize.",
            source=COURSE,
        ),
        tuple(family for family in HIDDEN if family != "tcn"),
    ),
    Entry(
        Float(
            "units_growth",
            0.25,
            2.0,
            log=True,
            recommended=1.0,
            confidence="low",
            meaning="width of each hidden layer, as a multiple of the one before: below 1 is a funnel",
            advice="Many inputs and few classes: 0.5.",
            source="Bengio 2012, Practical Recommendations for Gradient-Based Training, section 3.2: equal widths",
        ),
        ("nn", "dnn"),
    ),
    Entry(
        Categorical(
            "skip_connections",
            (False, True),
            recommended=False,
            confidence="low",
            meaning="whether a hidden layer's input is added to its output",
            advice="Four hidden layers or more that learn slowly: switch it on.",
            source="He et al. 2016, Deep Residual Learning",
        ),
        ("nn", "dnn"),
    ),
    Entry(
        Float(
            "expansion",
            0.5,
            4.0,
            log=True,
            recommended=2.0,
            meaning="width inside a residual block, as a multiple of that between blocks",
            advice="Overfitting: 1.",
            source=_TABULAR,
        ),
        ("mlp_residual",),
    ),
    Entry(
        Categorical(
            "use_bias",
            (True, False),
            recommended=True,
            confidence="high",
            conditions=when(normalization="none"),
            meaning="whether hidden units have an offset",
            advice="Leave it on; normalization makes it idle.",
            source=f"{GOODFELLOW}, section 6.1; {keras_layer('core_layers/dense')}",
        ),
        HIDDEN,
    ),
    Entry(
        Categorical(
            "output_bias",
            (True, False),
            recommended=True,
            confidence="high",
            meaning="whether the output has an offset",
            advice="Leave it on: without it, rare classes start too likely.",
            source=keras_layer("core_layers/dense"),
        ),
        FAMILIES,
    ),
)
