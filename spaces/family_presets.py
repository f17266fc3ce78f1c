"""What each family of models is searched for in each size of preset: a table, of which ``presets.py`` makes spaces.

``basic`` is what a first course recommends (learning rate 0.01-0.04, batch 100, 16-32 and more with batch
normalization, ReLU, Adam or SGD, 3x3 kernels, dropout 0.25-0.4), and its grid has 6 to 10 configurations, as a
practitioner's first grid has; those of ``mlp_residual`` and ``resnet`` lean on their papers, those that read steps of time on theirs. ``standard`` adds what
practitioners try next, ``full`` all that acts on the family.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .catalogue import entry
from .catalogue.entry import advise, when
from .catalogue.sources import COURSE
from .conditions import Between

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


_RATE: Changes = {
    "low": 0.001,
    "high": 0.1,
    "recommended": 0.01,
    "recommended_when": (),
    "grid": (0.01, 0.02, 0.04),
    "source": f"{COURSE}: 0.01-0.04",
}
_LINEAR_RATE: Changes = {
    **_RATE,
    "recommended": 0.04,
    "source": f"{COURSE}: 0.01-0.04; docs/starts.md: a linear model bears the most, and gets there in time",
}
_TWO_RATES: Changes = {**_RATE, "grid": (0.01, 0.04)}
_OPTIMIZER: Changes = {"choices": ("adam", "sgd"), "grid": ("adam", "sgd")}
_ACTIVATION: Changes = {"choices": ("relu", "elu", "tanh")}
_UNITS: Changes = {"low": 16, "high": 512}
_DROPOUT: Changes = {"low": 0.1, "high": 0.5, "grid": (0.25, 0.4)}
_NORMALIZATION: Changes = {"choices": ("none", "batch")}


_BATCHES: Changes = {"choices": (100, 32, 64, 200), "recommended": 100, "recommended_when": ()}
_BATCHES_NORMALIZED: Changes = {
    "choices": (100, 16, 32),
    "recommended": 100,
    "recommended_when": (),
    "source": f"{COURSE}: 100; with batch normalization 16-32 as well",
}
_HIDDEN: Changes = {"low": 1, "high": 3}
_WITH_HIDDEN: Changes = {"conditions": when(hidden_layers=Between(1))}

_TRAINING = (
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
_LAYERS = ("activation", "normalization", "dropout", "kernel_initializer")
_PENALTIES = ("kernel_regularizer", "l2", "input_noise")
_TABLES = ("scaling", "imputation", "encoding")
_DENSE = ("hidden_layers", "units", "units_growth", "skip_connections")
_AUGMENTED = ("random_flip", "geometry", "translation", "rotation")
_PICTURES = ("filters", "kernel_size", "head", *_AUGMENTED, "mixing", "mixing_alpha")

_TRANSFER_RATE: Changes = {
    "recommended": 0.001,
    "recommended_when": (),
    "grid": (0.0003, 0.001, 0.003),
    "source": "keras.io/guides/transfer_learning: Adam 0.001",
}
_TRANSFER_DROPOUT: Changes = {
    **_DROPOUT,
    "low": 0.0,
    "recommended": 0.2,
    "grid": (0.2,),
    "source": "keras.io/guides/transfer_learning: 0.2",
}
_POOLED: Changes = {
    "choices": ("global_average", "global_max"),
    "recommended": "global_average",
    "source": "keras.io/guides/transfer_learning",
}

_TIME_RATE: Changes = {
    "low": 0.0001,
    "high": 0.03,
    "recommended": 0.003,
    "grid": (0.001, 0.003, 0.01),
    "source": "Greff et al. 2017, LSTM: A Search Space Odyssey, section 5: the rate matters most",
}
_TIME_STARTS: Changes = {"recommended": 0.003}
_TIME_BATCHES: Changes = {"choices": (32, 64, 128), "recommended": 32, "recommended_when": ()}
_ONE_DROPOUT: Changes = {**_DROPOUT, "grid": (0.25,)}
_TCN = "Bai et al. 2018, An Empirical Evaluation of Generic Convolutional and Recurrent Networks"
_REACH = (
    "The output sees 1 + 2 * (kernel_size - 1) * (2^blocks - 1) steps: as many blocks as reach what counts."
)
_STEPS = ("scaling", "imputation", "input_noise", "kernel_regularizer", "l2")

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

_NO_MATRICES: Changes = {"choices": ("none", "l2", "l1", "l1_l2")}
"""An orthogonal regularizer is for matrices; most weights of a convolutional net are none."""

_NO_MISH: Changes = {
    "choices": tuple(one for one in entry("activation").hyperparameter.values() if one != "mish")
}
"""TensorFlow 2.21 fuses a convolution, a sum and mish, and has no such operation on a processor."""

_NO_PICTURES: Changes = {"choices": ("none", "mixup")}
"""Rectangles are cut out of pictures only."""

_CONVOLVED, _READ_IN_ORDER = when(text_encoder="convolution"), when(text_encoder="gru")
_TEXT_FILTERS: Changes = {
    "low": 16,
    "high": 256,
    "recommended": 64,
    "meaning": "filters of the convolution",
    "source": "Kim 2014, Convolutional Neural Networks for Sentence Classification, section 3.1: 100 of each width",
}

PRESETS: dict[str, Preset] = {
    "linear": Preset(
        "linear or logistic regression, a baseline",
        {
            "optimizer": _OPTIMIZER,
            "learning_rate": _LINEAR_RATE,
            "batch_size": _BATCHES,
        },
        standard=(*_TRAINING, "input_noise", "input_dropout", "output_regularizer", "output_l2", *_TABLES),
        ranges={"learning_rate": {"recommended": 0.04}, "mixing": _NO_PICTURES},
    ),
    "nn": Preset(
        "regression from one feature or many, one or more dense layers",
        {
            "optimizer": {
                **_OPTIMIZER,
                "source": f"{COURSE}: SGD with 0.01 for one input, which the grid has; Adam first: docs/starts.md",
            },
            "learning_rate": _TWO_RATES,
            "batch_size": _BATCHES,
            "hidden_layers": {"low": 0, "high": 3, "recommended": 1, "grid": (1, 2)},
            "units": {"low": 4, "high": 128, "recommended": 32, **_WITH_HIDDEN},
            "activation": {**_ACTIVATION, **_WITH_HIDDEN},
        },
        standard=(*_TRAINING, *_LAYERS, *_PENALTIES, *_DENSE, *_TABLES),
        ranges={
            "learning_rate": {"recommended": 0.01},
            "hidden_layers": {"low": 1, "high": 4, "recommended": 1},
            "units": {"low": 4, "high": 256, "recommended": 32},
            "dropout": {"recommended": 0.0},
            "mixing": _NO_PICTURES,
        },
        task="regression",
    ),
    "ann": Preset(
        "classification with one hidden layer",
        {
            "optimizer": _OPTIMIZER,
            "learning_rate": _RATE,
            "batch_size": _BATCHES,
            "units": _UNITS,
            "activation": _ACTIVATION,
        },
        standard=(*_TRAINING, *_LAYERS, *_PENALTIES, "units", *_TABLES),
        ranges={"dropout": {"recommended": 0.0}, "mixing": _NO_PICTURES},
        task="classification",
    ),
    "dnn": Preset(
        "hidden layers with dropout",
        {
            "optimizer": _OPTIMIZER,
            "learning_rate": _TWO_RATES,
            "batch_size": _BATCHES_NORMALIZED,
            "hidden_layers": _HIDDEN,
            "units": _UNITS,
            "activation": _ACTIVATION,
            "dropout": _DROPOUT,
            "normalization": _NORMALIZATION,
        },
        standard=(*_TRAINING, *_LAYERS, *_PENALTIES, *_DENSE, *_TABLES),
        ranges={"mixing": _NO_PICTURES},
    ),
    "mlp_residual": Preset(
        "residual blocks of dense layers, for tables",
        {
            "optimizer": {"choices": ("adam", "sgd"), "grid": ("adam",)},
            "learning_rate": {
                **_RATE,
                "recommended": 0.001,
                "grid": (0.001, 0.01),
                "source": "docs/starts.md: 0.01 is thrown back by batch normalization on small tables",
            },
            "batch_size": {**_BATCHES_NORMALIZED, "recommended": 32},
            "units": {**_UNITS, "high": 256},
            "blocks": {"low": 1, "high": 4, "grid": (1, 2)},
            "expansion": {},
            "activation": _ACTIVATION,
            "dropout": _DROPOUT,
            "normalization": {**_NORMALIZATION, "recommended": "batch"},
        },
        standard=(*_TRAINING, *_LAYERS, "units", "blocks", "expansion", "residual_dropout", *_TABLES),
        ranges={
            "normalization": {"recommended": "batch"},
            "units": {"low": 16, "high": 512},
            "mixing": _NO_PICTURES,
        },
    ),
    "cnn": Preset(
        "3x3 convolutions, max pooling, dropout, a dense layer",
        {
            "optimizer": _OPTIMIZER,
            "learning_rate": _TWO_RATES,
            "batch_size": _BATCHES_NORMALIZED,
            "blocks": {"low": 1, "high": 3},
            "filters": {"low": 8, "high": 64},
            "kernel_size": {"choices": (3, 5)},
            "units": {"low": 32, "high": 256, "meaning": "width of the dense layer before the output"},
            "activation": _ACTIVATION,
            "dropout": _DROPOUT,
            "normalization": _NORMALIZATION,
        },
        standard=(*_TRAINING, *_LAYERS, "blocks", "convolutions", "head_layers", "units", *_PICTURES),
        ranges={
            "units": {"low": 32, "high": 512, "conditions": when(head_layers=Between(1))},
            "kernel_regularizer": _NO_MATRICES,
        },
        kind="image",
    ),
    "resnet": Preset(
        "stages of residual convolutions, global average pooling",
        {
            "optimizer": {"choices": ("adam", "sgd"), "recommended": "sgd", "grid": ("adam", "sgd")},
            "learning_rate": {
                **_RATE,
                "high": 0.3,
                "recommended": 0.01,
                "recommended_when": advise("optimizer", {"sgd": 0.1}),
                "grid": (0.01, 0.03, 0.1),
                "source": "He et al. 2016, Deep Residual Learning, section 4.2: SGD 0.1",
            },
            "momentum": {"low": 0.8, "conditions": when(optimizer="sgd"), "recommended_when": ()},
            "decay": {"recommended": True, "recommended_when": ()},
            "weight_decay": {"recommended_when": advise("optimizer", {"sgd": 0.0005})},
            "learning_rate_schedule": {
                "choices": ("one_cycle", "cosine", "constant"),
                "recommended": "one_cycle",
                "grid": ("one_cycle",),
            },
            "batch_size": {**_BATCHES, "choices": (128, 64, 32), "recommended": 128},
            "stages": {"low": 1, "high": 3},
            "blocks": {"low": 1, "high": 3},
            "filters": {"low": 16, "high": 64},
            "normalization": {**_NORMALIZATION, "recommended": "batch"},
            "normalization_momentum": {"low": 0.8, "high": 0.99, "recommended": 0.9},
            "random_flip": {"choices": ("none", "horizontal")},
            "geometry": {},
            "translation": {},
            "head": {"choices": ("global_average", "flatten"), "recommended": "global_average"},
        },
        standard=(*_TRAINING, *_LAYERS, "stages", "blocks", *_PICTURES, "stochastic_depth"),
        ranges={
            "optimizer": {"recommended": "sgd"},
            "learning_rate": {"recommended_when": advise("optimizer", {"sgd": 0.1})},
            "batch_size": {"recommended": 128, "recommended_when": ()},
            "momentum": {},
            "decay": {"recommended": True, "recommended_when": ()},
            "learning_rate_schedule": {"recommended": "one_cycle"},
            "activation": _NO_MISH,
            "normalization": {"recommended": "batch"},
            "normalization_momentum": {"recommended": 0.9},
            "head": {"recommended": "global_average"},
            "head_layers": {"recommended": 0},
            "dropout": {"recommended": 0.0},
            "filters": {"low": 8, "high": 64},
            "stages": {"low": 1, "high": 3},
            "blocks": {"low": 1, "high": 3},
            "units": {"low": 32, "high": 512, "conditions": when(head_layers=Between(1))},
            "kernel_regularizer": _NO_MATRICES,
        },
        kind="image",
    ),
    "transfer": Preset(
        "a base that was trained before, frozen, then fine-tuned, under a new output",
        {
            "base": {
                "choices": ("mobilenet_v2", "mobilenet_v3_small", "efficientnet_b0"),
                "grid": ("mobilenet_v2",),
            },
            "picture_size": {"grid": (160,)},
            "optimizer": {"choices": ("adam", "sgd"), "grid": ("adam",)},
            "learning_rate": {**_RATE, "low": 0.0001, "high": 0.03, **_TRANSFER_RATE},
            "batch_size": {**_BATCHES, "choices": (32, 16, 64), "recommended": 32},
            "head": _POOLED,
            "dropout": _TRANSFER_DROPOUT,
            "fine_tuning": {"grid": (False, True)},
            "frozen_share": {"low": 0.2, "high": 0.8},
            "unfrozen_share": {},
            "fine_tuning_rate": {},
            "random_flip": {"choices": ("none", "horizontal")},
        },
        standard=(*_TRAINING, *_AUGMENTED, "mixing", "mixing_alpha"),
        ranges={
            "learning_rate": _TRANSFER_RATE,
            "batch_size": {"recommended": 32, "recommended_when": ()},
            "head": _POOLED,
            "dropout": {"recommended": 0.2},
        },
        kind="image",
    ),
    "rnn": Preset(
        "GRU or LSTM over the steps of a sequence",
        {
            "optimizer": {"choices": ("adam", "sgd"), "grid": ("adam",)},
            "learning_rate": {**_RATE, **_TIME_RATE},
            "batch_size": _TIME_BATCHES,
            "cell": {"grid": ("gru", "lstm")},
            "recurrent_layers": {"low": 1, "high": 2},
            "units": {"low": 16, "high": 256, "recommended": 64},
            "dropout": {**_DROPOUT, "low": 0.0, "recommended": 0.0, "grid": (0.0,)},
            "bidirectional": {},
            "time_pooling": {},
        },
        standard=(*_TRAINING, *_STEPS, "units", "recurrent_dropout", "clipping", "global_clipnorm"),
        ranges={
            "learning_rate": _TIME_STARTS,
            "units": {"low": 8, "high": 512, "recommended": 64},
            "dropout": {"recommended": 0.0},
            "kernel_initializer": {"recommended": "glorot_uniform"},
            "normalization": {"choices": ("none", "layer", "batch", "rms", "group")},
            "mixing": _NO_PICTURES,
        },
        kind="sequence",
    ),
    "cnn1d": Preset(
        "convolutions over the steps of a sequence, pooling, a dense layer",
        {
            "optimizer": {"choices": ("adam", "sgd"), "grid": ("adam",)},
            "learning_rate": {**_RATE, **_TIME_RATE},
            "batch_size": _TIME_BATCHES,
            "blocks": {"low": 1, "high": 3, "grid": (1, 2)},
            "filters": {"low": 8, "high": 128},
            "kernel_size": {"choices": (3, 5, 7)},
            "units": {
                "low": 16,
                "high": 256,
                "recommended": 64,
                "meaning": "width of the dense layer before the output",
            },
            "activation": _ACTIVATION,
            "dropout": _ONE_DROPOUT,
            "normalization": _NORMALIZATION,
            "head": {},
        },
        standard=(*_TRAINING, *_STEPS, *_LAYERS, "convolutions", "head_layers", "units"),
        ranges={
            "learning_rate": _TIME_STARTS,
            "units": {"low": 16, "high": 512, "recommended": 64, "conditions": when(head_layers=Between(1))},
            "kernel_regularizer": _NO_MATRICES,
            "mixing": _NO_PICTURES,
        },
        kind="sequence",
    ),
    "tcn": Preset(
        "dilated causal convolutions in residual blocks, over the steps of a sequence",
        {
            "optimizer": {"choices": ("adam", "sgd"), "grid": ("adam",)},
            "learning_rate": {**_RATE, **_TIME_RATE},
            "batch_size": _TIME_BATCHES,
            "blocks": {
                "low": 1,
                "high": 6,
                "recommended": 3,
                "grid": (3, 4),
                "advice": _REACH,
                "source": _TCN,
            },
            "filters": {"low": 8, "high": 128},
            "kernel_size": {"choices": (3, 5, 7)},
            "activation": _ACTIVATION,
            "dropout": {
                **_DROPOUT,
                "low": 0.0,
                "recommended": 0.1,
                "grid": (0.1,),
                "source": f"{_TCN}, appendix A: 0 to 0.5",
            },
            "normalization": _NORMALIZATION,
            "time_pooling": {},
        },
        standard=(*_TRAINING, *_STEPS, *_LAYERS),
        ranges={
            "learning_rate": _TIME_STARTS,
            "blocks": {"low": 1, "high": 8, "recommended": 3, "advice": _REACH, "source": _TCN},
            "dropout": {"recommended": 0.1},
            "activation": _NO_MISH,
            "kernel_regularizer": _NO_MATRICES,
            "mixing": _NO_PICTURES,
        },
        kind="sequence",
    ),
    "text": Preset(
        "words looked up in an embedding, averaged, convolved, or read by a GRU, then a dense layer",
        {
            "optimizer": {"choices": ("adam", "sgd"), "grid": ("adam",)},
            "learning_rate": {
                **_RATE,
                "low": 0.0003,
                "high": 0.03,
                "recommended": 0.003,
                "recommended_when": advise("text_encoder", {"convolution": 0.001}),
                "grid": (0.001, 0.003),
                "source": "Google, Machine Learning Guides: Text classification, step 4: Adam 0.001",
            },
            "batch_size": _TIME_BATCHES,
            "max_tokens": {},
            "sequence_length": {},
            "text_encoder": {"choices": ("average", "convolution"), "grid": ("average", "convolution")},
            "embedding_dim": {"low": 16},
            "filters": {**_TEXT_FILTERS, "conditions": _CONVOLVED},
            "kernel_size": {"choices": (3, 5, 7), "conditions": _CONVOLVED},
            "hidden_layers": {"low": 1, "high": 2, "recommended": 1},
            "units": {"low": 16, "high": 256, "recommended": 64},
            "activation": _ACTIVATION,
            "dropout": {**_DROPOUT, "recommended": 0.25, "grid": (0.25, 0.5)},
        },
        standard=(*_TRAINING, *_LAYERS, *_TABLES, "token_unit", "bidirectional"),
        ranges={
            "learning_rate": {"recommended": 0.003},
            "hidden_layers": {"low": 1, "high": 3, "recommended": 1},
            "units": {"low": 16, "high": 512, "recommended": 64},
            "filters": {**_TEXT_FILTERS, "conditions": _CONVOLVED},
            "kernel_size": {"conditions": _CONVOLVED},
            "bidirectional": {"conditions": _READ_IN_ORDER},
            "recurrent_dropout": {"conditions": _READ_IN_ORDER},
            "activation": _NO_MISH,
        },
        kind="table",
    ),
    "own": Preset(
        "a model function of your own: optimizer, learning rate and batch size",
        {"optimizer": _OPTIMIZER, "learning_rate": _RATE, "batch_size": _BATCHES},
        standard=_TRAINING,
    ),
}
"""Each family's presets."""
