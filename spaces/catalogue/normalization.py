"""What keeps the numbers between layers in one range."""

from __future__ import annotations

from ..kinds import Categorical, Float, Int
from .entry import HIDDEN, OF_NUMBERS, TRANSFER, Entry, when
from .sources import keras_layer

_BATCH = "Ioffe and Szegedy 2015, Batch Normalization"
_LAYERS = keras_layer("normalization_layers")

_HYPERPARAMETERS = (
    Categorical(
        "normalization",
        ("none", "batch", "layer", "group", "rms"),
        recommended="none",
        confidence="low",
        meaning="what hidden layers standardise their sums over: the batch, a row (layer; rms without its mean), or groups of a row",
        advice="Deep nets learn slowly: batch. Batches below 16: group or layer.",
        source=f"{_BATCH}; Ba et al. 2016, Layer Normalization; Wu and He 2018, Group Normalization",
    ),
    Float(
        "normalization_momentum",
        0.5,
        0.999,
        recommended=0.99,
        conditions=when(normalization="batch"),
        meaning="how long the averages remember that batch normalization predicts with",
        advice="Validation is far worse than training in the first epochs: 0.9.",
        source=keras_layer("normalization_layers/batch_normalization"),
    ),
    Float(
        "normalization_epsilon",
        1e-6,
        0.1,
        log=True,
        recommended=0.001,
        conditions=when(normalization=("batch", "layer", "group", "rms")),
        meaning="keeps the division by the spread from growing without bound",
        advice="Some inputs hardly vary and the loss jumps: raise it.",
        source=_LAYERS,
    ),
    Categorical(
        "normalization_center",
        (True, False),
        recommended=True,
        conditions=when(normalization=("batch", "layer", "group")),
        meaning="whether an offset is learned after normalization",
        advice="Leave it on: it takes the place of a bias.",
        source=_BATCH,
    ),
    Categorical(
        "normalization_scale",
        (True, False),
        recommended=True,
        conditions=when(normalization=("batch", "layer", "group")),
        meaning="whether a factor is learned after normalization",
        advice="With ReLU after it, the next layer can do the same: it may go.",
        source=f"{_BATCH}; {_LAYERS}",
    ),
    Int(
        "groups",
        1,
        32,
        log=True,
        recommended=8,
        confidence="low",
        conditions=when(normalization="group"),
        meaning="groups that the channels of a row are normalized in; where it does not divide them, the next lower number that does",
        advice="About 16 channels a group.",
        source="Wu and He 2018, Group Normalization: 32 groups, or 16 channels a group",
    ),
)

ENTRIES = (
    *(Entry(hyperparameter, HIDDEN) for hyperparameter in _HYPERPARAMETERS),
    Entry(
        Categorical(
            "normalization_position",
            ("before", "after"),
            recommended="before",
            conditions=when(normalization=("batch", "layer", "group", "rms")),
            meaning="whether normalization stands before the activation or after it",
            advice="The paper says before; after works as well.",
            source=f"{_BATCH}, section 3.2",
        ),
        ("nn", "ann", "dnn", "cnn", "cnn1d", "tcn", "text"),
    ),
    Entry(
        Categorical(
            "zero_gamma",
            (False, True),
            recommended=True,
            conditions=when(normalization=("batch", "layer", "group")),
            meaning="whether residual blocks start as their shortcut, with the last factor at zero",
            advice="The first epochs are unstable: switch it on.",
            source="Goyal et al. 2017, Accurate, Large Minibatch SGD, section 5.1",
        ),
        ("resnet",),
    ),
    Entry(
        Categorical(
            "input_normalization",
            (False, True),
            recommended=False,
            meaning="whether the inputs are standardised over each batch as well",
            advice="The data are already scaled; try it where their scale drifts.",
            source=keras_layer("normalization_layers/batch_normalization"),
        ),
        tuple(
            family for family in OF_NUMBERS if family not in TRANSFER
        ),  # a base wants its own range of pixels
    ),
)
