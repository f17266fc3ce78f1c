"""What a family's presets are made of, and changes of the catalogue that several families share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..catalogue import entry
from ..catalogue.sources import COURSE

Changes = Mapping[str, Any]
"""Fields of a hyperparameter that differ from the catalogue's."""


@dataclass(frozen=True)
class Preset:
    """What is known about searching a family."""

    meaning: str
    basic: Mapping[str, Changes]
    """Hyperparameter -> what the course says otherwise than the catalogue."""
    standard: tuple[str, ...] = ()
    """Further hyperparameters of the standard preset."""
    ranges: Mapping[str, Changes] = field(default_factory=dict)
    """Hyperparameter -> what differs for this family in all sizes but the basic one."""
    task: str | None = None
    """Where the family does one."""
    kind: str | None = None
    """Where the family reads one kind of data."""


RATE: Changes = {
    "low": 0.001,
    "high": 0.1,
    "recommended": 0.01,
    "recommended_when": (),
    "grid": (0.01, 0.02, 0.04),
    "source": f"{COURSE}: 0.01-0.04",
}
TWO_RATES: Changes = {**RATE, "grid": (0.01, 0.04)}
OPTIMIZER: Changes = {"choices": ("adam", "sgd"), "grid": ("adam", "sgd")}
ACTIVATION: Changes = {"choices": ("relu", "elu", "tanh")}
DROPOUT: Changes = {"low": 0.1, "high": 0.5, "grid": (0.25, 0.4)}
NORMALIZATION: Changes = {"choices": ("none", "batch")}
BATCHES: Changes = {"choices": (100, 32, 64, 200), "recommended": 100, "recommended_when": ()}
BATCHES_NORMALIZED: Changes = {
    "choices": (100, 16, 32),
    "recommended": 100,
    "recommended_when": (),
    "source": f"{COURSE}: 100; with batch normalization 16-32 as well",
}
TRAINING = (
    "optimizer",
    "learning_rate",
    "momentum",
    "decay",
    "weight_decay",
    "learning_rate_schedule",
    "warmup",
    "warmup_epochs",
    "batch_size",
    "loss",
    "label_smoothing",
    "class_weight",
    "regression_loss",
    "huber_delta",
)
LAYERS = ("activation", "normalization", "dropout", "kernel_initializer")
TABLES = ("scaling", "imputation", "encoding")
NARROW: Mapping[str, Changes] = {
    "optimizer": {"choices": ("adam", "sgd", "adamw", "nadam", "rmsprop")},
    "learning_rate": {"low": 0.0001, "high": 0.3},
    "learning_rate_schedule": {"choices": ("constant", "cosine", "one_cycle", "plateau")},
    "activation": {"choices": ("relu", "elu", "tanh", "gelu", "silu", "leaky_relu", "selu")},
    "normalization": {"choices": ("none", "batch", "layer")},
    "kernel_initializer": {"choices": ("glorot_uniform", "he_normal", "lecun_normal", "orthogonal")},
    "kernel_regularizer": {"choices": ("none", "l2")},
    "loss": {"choices": ("crossentropy", "focal")},
    "regression_loss": {"choices": ("squared_error", "huber")},
}
"""What the standard preset leaves out of a catalogue's choices."""
FOR_TASKS: Mapping[str, Mapping[str, Changes]] = {
    "multilabel": {"loss": {"choices": ("crossentropy", "focal", "squared_error")}}
}
"""Task -> what it leaves out of a catalogue's choices: outputs of several labels never reach a hinge's margin."""
NO_MATRICES: Changes = {"choices": ("none", "l2", "l1", "l1_l2")}
"""An orthogonal regularizer is for matrices; most weights of a convolutional net are none."""
NO_MISH: Changes = {
    "choices": tuple(one for one in entry("activation").hyperparameter.values() if one != "mish")
}
"""TensorFlow 2.21 fuses a convolution, a sum and mish, and has no such operation on a processor."""
NO_PICTURES: Changes = {"choices": ("none", "mixup")}
"""Rectangles are cut out of pictures only."""
