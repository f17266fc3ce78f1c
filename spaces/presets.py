"""The ``basic`` preset of each family: what a first course in deep learning recommends, as data.

Values come from the course notes that this project grew out of (initial learning rate 0.01-0.04, batch 100,
16-32 as well with batch normalization, ReLU, Adam or SGD, 3x3 kernels, dropout 0.25-0.4) unless a ``source`` says
otherwise. A grid over a basic preset has 6 to 10 configurations, as a practitioner's first grid has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..errors import SpaceError, did_you_mean
from .additions import missing_ancestors, without_foreign
from .catalogue import CATALOGUE, entry
from .dependencies import in_order
from .hyperparameters import Categorical, Condition, Float, Hyperparameter, Int
from .space import Space, narrowed

COURSE = "notes of a first deep-learning course"
GLOROT = "Glorot et al. 2011, Deep Sparse Rectifier Neural Networks"
DROPOUT = "Srivastava et al. 2014, Dropout"
BATCH_NORMALIZATION = "Ioffe and Szegedy 2015, Batch Normalization"
VGG = "Simonyan and Zisserman 2015, Very Deep Convolutional Networks"

OPTIMIZER = Categorical(
    "optimizer",
    ("adam", "sgd"),
    recommended="adam",
    confidence="high",
    group="optimizer",
    meaning="rule that turns gradients into steps",
    source=COURSE,
)
LEARNING_RATE = Float(
    "learning_rate",
    0.001,
    0.1,
    log=True,
    recommended=0.01,
    confidence="medium",
    grid=(0.01, 0.02, 0.04),
    group="optimizer",
    meaning="length of a step; the first hyperparameter to get right",
    source=f"{COURSE}: 0.01-0.04",
)
BATCH_SIZE = Categorical(
    "batch_size",
    (100, 32, 64, 200),
    recommended=100,
    confidence="medium",
    grid=(100,),
    group="batch",
    meaning="rows a step",
    source=COURSE,
)
BATCH_SIZE_NORMALIZED = replace(
    BATCH_SIZE, choices=(100, 16, 32), source=f"{COURSE}: 100; with batch normalization 16-32 as well"
)
ACTIVATION = Categorical(
    "activation",
    ("relu", "elu", "tanh"),
    recommended="relu",
    confidence="high",
    grid=("relu",),
    group="activation",
    meaning="what a hidden unit does with its sum",
    source=f"{COURSE}; {GLOROT}",
)
UNITS = Int(
    "units",
    16,
    512,
    log=True,
    recommended=128,
    confidence="low",
    grid=(128,),
    group="shape",
    meaning="width of a hidden layer",
    source=COURSE,
)
DROPOUT_RATE = Float(
    "dropout",
    0.1,
    0.5,
    recommended=0.25,
    confidence="medium",
    grid=(0.25, 0.4),
    group="dropout",
    meaning="share of units silenced in a step, against overfitting",
    source=f"{COURSE}: 0.25-0.4; {DROPOUT}",
)
NORMALIZATION = Categorical(
    "batch_normalization",
    (False, True),
    recommended=False,
    confidence="low",
    grid=(False,),
    group="normalization",
    meaning="whether layers standardise what they pass on over the batch",
    source=BATCH_NORMALIZATION,
)
TWO_RATES = replace(LEARNING_RATE, grid=(0.01, 0.04))


def _hidden_layers(low: int, high: int, recommended: int, grid: tuple[int, ...] = ()) -> Int:
    return Int(
        "hidden_layers",
        low,
        high,
        recommended=recommended,
        confidence="low",
        grid=grid or (recommended,),
        group="shape",
        meaning="number of layers between input and output",
        source=COURSE,
    )


_WITH_HIDDEN = (Condition("hidden_layers", (1, 2, 3)),)

_TRAINING = (OPTIMIZER, LEARNING_RATE, BATCH_SIZE)

_NN = (
    replace(OPTIMIZER, recommended="sgd", grid=("sgd",)),
    LEARNING_RATE,
    BATCH_SIZE,
    _hidden_layers(0, 3, 1, grid=(0, 1, 2)),
    replace(UNITS, low=4, high=128, recommended=32, grid=(32,), conditions=_WITH_HIDDEN),
    replace(ACTIVATION, conditions=_WITH_HIDDEN),
)
_ANN = (OPTIMIZER, LEARNING_RATE, BATCH_SIZE, UNITS, ACTIVATION)
_DNN = (
    OPTIMIZER,
    TWO_RATES,
    BATCH_SIZE_NORMALIZED,
    _hidden_layers(1, 3, 2),
    UNITS,
    ACTIVATION,
    DROPOUT_RATE,
    NORMALIZATION,
)
_CNN = (
    OPTIMIZER,
    TWO_RATES,
    BATCH_SIZE_NORMALIZED,
    Int(
        "blocks",
        1,
        3,
        recommended=2,
        confidence="medium",
        grid=(2,),
        group="convolution",
        meaning="number of convolution-and-pooling blocks",
        source=COURSE,
    ),
    Int(
        "filters",
        8,
        64,
        log=True,
        recommended=32,
        confidence="medium",
        grid=(32,),
        group="convolution",
        meaning="filters of the first block; each further block has twice as many",
        source=VGG,
    ),
    Categorical(
        "kernel_size",
        (3, 5),
        recommended=3,
        confidence="high",
        grid=(3,),
        group="convolution",
        meaning="side of a convolution's window in pixels",
        source=f"{COURSE}: 3x3; {VGG}",
    ),
    replace(UNITS, low=32, high=256, meaning="width of the dense layer before the output"),
    ACTIVATION,
    DROPOUT_RATE,
    NORMALIZATION,
)

PRESETS: dict[str, tuple[str, tuple[Hyperparameter, ...]]] = {
    "nn": ("regression from one feature or many, one or more dense layers", _NN),
    "ann": ("classification with one hidden layer", _ANN),
    "dnn": ("hidden layers with dropout", _DNN),
    "cnn": ("3x3 convolutions, max pooling, dropout, a dense layer", _CNN),
    "own": ("a model function of your own: optimizer, learning rate and batch size", _TRAINING),
}
"""One-line description and hyperparameters of each family's basic preset."""


SIZES = ("basic", "standard", "full")
"""Sizes of presets, from a practitioner's first grid to all that the catalogue has for a family."""


def preset(family: str, size: str = "basic", *, task: str | None = None, kind: str | None = None) -> Space:
    """Return a preset of a family.

    Args:
        family: Its name, or ``own``.
        size: ``basic``, ``standard`` or ``full``.
        task: Leave out what does not act on this task.
        kind: Leave out what does not act on this kind of data.

    Raises:
        SpaceError: There is no such family or size.
    """
    if family not in PRESETS:
        raise SpaceError(f"There is no preset '{family}'.{did_you_mean(family, PRESETS)}")
    if size not in SIZES:
        raise SpaceError(f"There is no preset '{size}'.{did_you_mean(size, SIZES)}")
    if size == "basic":
        return Space(PRESETS[family][1])
    return Space(tuple(one.hyperparameter for one in CATALOGUE.values() if one.applies(family, task, kind)))


def pick(family: str, names: Sequence[str], *, task: str | None = None, kind: str | None = None) -> Space:
    """Return the space of some of the catalogue's hyperparameters, with what they need to be active.

    Raises:
        SpaceError: A name is not in the catalogue, or does not act on the family's models.
    """
    picked = [entry(name) for name in dict.fromkeys(names)]
    for one in picked:
        if not one.applies(family, task, kind):
            name = one.hyperparameter.name
            fitting = [other for other, its in CATALOGUE.items() if its.applies(family, task, kind)]
            raise SpaceError(f"{name} does not act on {family} here.{did_you_mean(name, fitting)}")
    chosen = [one.hyperparameter for one in picked]
    added = missing_ancestors(chosen, [one.name for one in chosen])
    return Space(narrowed(in_order(without_foreign((*chosen, *added)))))
