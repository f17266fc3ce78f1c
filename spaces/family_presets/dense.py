"""Families of dense layers: what each is searched for."""

from __future__ import annotations

from ..catalogue.entry import when
from ..catalogue.sources import COURSE
from ..conditions import Between
from .changes import (
    ACTIVATION,
    BATCHES,
    BATCHES_NORMALIZED,
    DROPOUT,
    LAYERS,
    NO_PICTURES,
    NORMALIZATION,
    OPTIMIZER,
    RATE,
    TABLES,
    TRAINING,
    TWO_RATES,
    Changes,
    Preset,
)

_LINEAR_RATE: Changes = {
    **RATE,
    "recommended": 0.04,
    "source": f"{COURSE}: 0.01-0.04; docs/starts.md: a linear model bears the most, and gets there in time",
}
_UNITS: Changes = {"low": 16, "high": 512}
_HIDDEN: Changes = {"low": 1, "high": 3}
_WITH_HIDDEN: Changes = {"conditions": when(hidden_layers=Between(1))}
_PENALTIES = ("kernel_regularizer", "l2", "input_noise")
_DENSE = ("hidden_layers", "units", "units_growth", "skip_connections")

FOR_ROWS: dict[str, Preset] = {
    "linear": Preset(
        "linear or logistic regression, a baseline",
        {
            "optimizer": OPTIMIZER,
            "learning_rate": _LINEAR_RATE,
            "batch_size": BATCHES,
        },
        standard=(*TRAINING, "input_noise", "input_dropout", "output_regularizer", "output_l2", *TABLES),
        ranges={"learning_rate": {"recommended": 0.04}, "mixing": NO_PICTURES},
    ),
    "nn": Preset(
        "regression from one feature or many, one or more dense layers",
        {
            "optimizer": {
                **OPTIMIZER,
                "source": f"{COURSE}: SGD with 0.01 for one input, which the grid has; Adam first: docs/starts.md",
            },
            "learning_rate": TWO_RATES,
            "batch_size": BATCHES,
            "hidden_layers": {"low": 0, "high": 3, "recommended": 1, "grid": (1, 2)},
            "units": {"low": 4, "high": 128, "recommended": 32, **_WITH_HIDDEN},
            "activation": {**ACTIVATION, **_WITH_HIDDEN},
        },
        standard=(*TRAINING, *LAYERS, *_PENALTIES, *_DENSE, *TABLES),
        ranges={
            "learning_rate": {"recommended": 0.01},
            "hidden_layers": {"low": 1, "high": 4, "recommended": 1},
            "units": {"low": 4, "high": 256, "recommended": 32},
            "dropout": {"recommended": 0.0},
            "mixing": NO_PICTURES,
        },
        task="regression",
    ),
    "ann": Preset(
        "classification with one hidden layer",
        {
            "optimizer": OPTIMIZER,
            "learning_rate": RATE,
            "batch_size": BATCHES,
            "units": _UNITS,
            "activation": ACTIVATION,
        },
        standard=(*TRAINING, *LAYERS, *_PENALTIES, "units", *TABLES),
        ranges={"dropout": {"recommended": 0.0}, "mixing": NO_PICTURES},
        task="classification",
    ),
    "dnn": Preset(
        "hidden layers with dropout",
        {
            "optimizer": OPTIMIZER,
            "learning_rate": TWO_RATES,
            "batch_size": BATCHES_NORMALIZED,
            "hidden_layers": _HIDDEN,
            "units": _UNITS,
            "activation": ACTIVATION,
            "dropout": DROPOUT,
            "normalization": NORMALIZATION,
        },
        standard=(*TRAINING, *LAYERS, *_PENALTIES, *_DENSE, *TABLES),
        ranges={"mixing": NO_PICTURES},
    ),
    "mlp_residual": Preset(
        "residual blocks of dense layers, for tables",
        {
            "optimizer": {"choices": ("adam", "sgd"), "grid": ("adam",)},
            "learning_rate": {
                **RATE,
                "recommended": 0.001,
                "grid": (0.001, 0.01),
                "source": "docs/starts.md: 0.01 is thrown back by batch normalization on small tables",
            },
            "batch_size": {**BATCHES_NORMALIZED, "recommended": 32},
            "units": {**_UNITS, "high": 256},
            "blocks": {"low": 1, "high": 4, "grid": (1, 2)},
            "expansion": {},
            "activation": ACTIVATION,
            "dropout": DROPOUT,
            "normalization": {**NORMALIZATION, "recommended": "batch"},
        },
        standard=(*TRAINING, *LAYERS, "units", "blocks", "expansion", "residual_dropout", *TABLES),
        ranges={
            "normalization": {"recommended": "batch"},
            "units": {"low": 16, "high": 512},
            "mixing": NO_PICTURES,
        },
    ),
}
