"""The shape of nets that read steps of time: recurrent cells and layers, and what becomes of all steps in the end.

Those of convolutions over time, ``cnn1d`` and ``tcn``, are in ``convolution.py``.
"""

from __future__ import annotations

from ..kinds import Categorical, Float, Int
from .entry import Entry
from .sources import keras_layer

_ODYSSEY = "Greff et al. 2017, LSTM: A Search Space Odyssey"
_RNN = ("rnn",)
_RECURRENT = ("rnn", "text")

ENTRIES = (
    Entry(
        Categorical(
            "cell",
            ("gru", "lstm"),
            recommended="gru",
            meaning="kind of recurrent cell",
            advice="Sequences of a hundred steps and more, and rows enough: lstm, which has a third more weights.",
            source="Chung et al. 2014, Empirical Evaluation of Gated Recurrent Neural Networks; "
            f"{_ODYSSEY}: no variant beats another clearly",
        ),
        _RNN,
    ),
    Entry(
        Int(
            "recurrent_layers",
            1,
            3,
            recommended=1,
            meaning="recurrent layers, each of which reads all states of the one below",
            advice="Both scores are poor, and twice the units do not help: 2.",
            source="Graves et al. 2013, Speech Recognition with Deep Recurrent Neural Networks",
        ),
        _RNN,
    ),
    Entry(
        Categorical(
            "bidirectional",
            (False, True),
            recommended=False,
            meaning="whether a second cell reads the steps backwards",
            advice="The whole sequence says what it is, as in classification: true. Its end matters most, as in a forecast: "
            "false.",
            source="Schuster and Paliwal 1997, Bidirectional Recurrent Neural Networks; "
            + keras_layer("recurrent_layers/bidirectional"),
        ),
        _RECURRENT,
    ),
    Entry(
        Float(
            "recurrent_dropout",
            0.0,
            0.5,
            recommended=0.0,
            meaning="share of the state that is silenced from step to step, the same units in all steps of a row",
            advice="Overfitting although dropout is set: 0.1 to 0.3.",
            source="Gal and Ghahramani 2016, A Theoretically Grounded Application of Dropout in Recurrent Neural Networks",
        ),
        _RECURRENT,
    ),
    Entry(
        Categorical(
            "time_pooling",
            ("last", "average", "max"),
            recommended="last",
            meaning="what the output reads of all steps: the state after the last one, their mean, or their largest numbers",
            advice="What counts may lie anywhere in a long sequence: max or average.",
            source="Conneau et al. 2017, Supervised Learning of Universal Sentence Representations, section 3.2; Bai et al. "
            "2018, An Empirical Evaluation of Generic Convolutional and Recurrent Networks: the last step",
        ),
        ("rnn", "tcn"),
    ),
)
