"""Families that read pictures: what each is searched for."""

from __future__ import annotations

from ..catalogue.entry import advise, when
from ..conditions import Between
from .changes import (
    ACTIVATION,
    BATCHES,
    BATCHES_NORMALIZED,
    DROPOUT,
    LAYERS,
    NO_MATRICES,
    NO_MISH,
    NORMALIZATION,
    OPTIMIZER,
    RATE,
    TRAINING,
    TWO_RATES,
    Changes,
    Preset,
)

_AUGMENTED = ("random_flip", "geometry", "translation", "rotation")
_PICTURES = ("filters", "kernel_size", "head", *_AUGMENTED, "mixing", "mixing_alpha")
_TRANSFER_RATE: Changes = {
    "recommended": 0.001,
    "recommended_when": (),
    "grid": (0.0003, 0.001, 0.003),
    "source": "keras.io/guides/transfer_learning: Adam 0.001",
}
_TRANSFER_DROPOUT: Changes = {
    **DROPOUT,
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

FOR_PICTURES: dict[str, Preset] = {
    "cnn": Preset(
        "3x3 convolutions, max pooling, dropout, a dense layer",
        {
            "optimizer": OPTIMIZER,
            "learning_rate": TWO_RATES,
            "batch_size": BATCHES_NORMALIZED,
            "blocks": {"low": 1, "high": 3},
            "filters": {"low": 8, "high": 64},
            "kernel_size": {"choices": (3, 5)},
            "units": {"low": 32, "high": 256, "meaning": "width of the dense layer before the output"},
            "activation": ACTIVATION,
            "dropout": DROPOUT,
            "normalization": NORMALIZATION,
        },
        standard=(*TRAINING, *LAYERS, "blocks", "convolutions", "head_layers", "units", *_PICTURES),
        ranges={
            "units": {"low": 32, "high": 512, "conditions": when(head_layers=Between(1))},
            "kernel_regularizer": NO_MATRICES,
        },
        kind="image",
    ),
    "resnet": Preset(
        "stages of residual convolutions, global average pooling",
        {
            "optimizer": {"choices": ("adam", "sgd"), "recommended": "sgd", "grid": ("adam", "sgd")},
            "learning_rate": {
                **RATE,
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
            "batch_size": {**BATCHES, "choices": (128, 64, 32), "recommended": 128},
            "stages": {"low": 1, "high": 3},
            "blocks": {"low": 1, "high": 3},
            "filters": {"low": 16, "high": 64},
            "normalization": {**NORMALIZATION, "recommended": "batch"},
            "normalization_momentum": {"low": 0.8, "high": 0.99, "recommended": 0.9},
            "random_flip": {"choices": ("none", "horizontal")},
            "geometry": {},
            "translation": {},
            "head": {"choices": ("global_average", "flatten"), "recommended": "global_average"},
        },
        standard=(*TRAINING, *LAYERS, "stages", "blocks", *_PICTURES, "stochastic_depth"),
        ranges={
            "optimizer": {"recommended": "sgd"},
            "learning_rate": {"recommended_when": advise("optimizer", {"sgd": 0.1})},
            "batch_size": {"recommended": 128, "recommended_when": ()},
            "momentum": {},
            "decay": {"recommended": True, "recommended_when": ()},
            "learning_rate_schedule": {"recommended": "one_cycle"},
            "activation": NO_MISH,
            "normalization": {"recommended": "batch"},
            "normalization_momentum": {"recommended": 0.9},
            "head": {"recommended": "global_average"},
            "head_layers": {"recommended": 0},
            "dropout": {"recommended": 0.0},
            "filters": {"low": 8, "high": 64},
            "stages": {"low": 1, "high": 3},
            "blocks": {"low": 1, "high": 3},
            "units": {"low": 32, "high": 512, "conditions": when(head_layers=Between(1))},
            "kernel_regularizer": NO_MATRICES,
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
            "learning_rate": {**RATE, "low": 0.0001, "high": 0.03, **_TRANSFER_RATE},
            "batch_size": {**BATCHES, "choices": (32, 16, 64), "recommended": 32},
            "head": _POOLED,
            "dropout": _TRANSFER_DROPOUT,
            "fine_tuning": {"grid": (False, True)},
            "frozen_share": {"low": 0.2, "high": 0.8},
            "unfrozen_share": {},
            "fine_tuning_rate": {},
            "random_flip": {"choices": ("none", "horizontal")},
        },
        standard=(*TRAINING, *_AUGMENTED, "mixing", "mixing_alpha"),
        ranges={
            "learning_rate": _TRANSFER_RATE,
            "batch_size": {"recommended": 32, "recommended_when": ()},
            "head": _POOLED,
            "dropout": {"recommended": 0.2},
        },
        kind="image",
    ),
}
