"""Families that read steps of time, or words: what each is searched for."""

from __future__ import annotations

from ..catalogue.entry import advise, when
from ..conditions import Between
from .changes import (
    ACTIVATION,
    DROPOUT,
    LAYERS,
    NO_MATRICES,
    NO_MISH,
    NO_PICTURES,
    NORMALIZATION,
    RATE,
    TABLES,
    TRAINING,
    Changes,
    Preset,
)

_TIME_RATE: Changes = {
    "low": 0.0001,
    "high": 0.03,
    "recommended": 0.003,
    "grid": (0.001, 0.003, 0.01),
    "source": "Greff et al. 2017, LSTM: A Search Space Odyssey, section 5: the rate matters most",
}
_TIME_STARTS: Changes = {"recommended": 0.003}
_TIME_BATCHES: Changes = {"choices": (32, 64, 128), "recommended": 32, "recommended_when": ()}
_ONE_DROPOUT: Changes = {**DROPOUT, "grid": (0.25,)}
_TCN = "Bai et al. 2018, An Empirical Evaluation of Generic Convolutional and Recurrent Networks"
_REACH = (
    "The output sees 1 + 2 * (kernel_size - 1) * (2^blocks - 1) steps: as many blocks as reach what counts."
)
_STEPS = ("scaling", "imputation", "input_noise", "kernel_regularizer", "l2")
_CONVOLVED, _READ_IN_ORDER = when(text_encoder="convolution"), when(text_encoder="gru")
_TEXT_FILTERS: Changes = {
    "low": 16,
    "high": 256,
    "recommended": 64,
    "meaning": "filters of the convolution",
    "source": "Kim 2014, Convolutional Neural Networks for Sentence Classification, section 3.1: 100 of each width",
}

FOR_SEQUENCES: dict[str, Preset] = {
    "rnn": Preset(
        "GRU or LSTM over the steps of a sequence",
        {
            "optimizer": {"choices": ("adam", "sgd"), "grid": ("adam",)},
            "learning_rate": {**RATE, **_TIME_RATE},
            "batch_size": _TIME_BATCHES,
            "cell": {"grid": ("gru", "lstm")},
            "recurrent_layers": {"low": 1, "high": 2},
            "units": {"low": 16, "high": 256, "recommended": 64},
            "dropout": {**DROPOUT, "low": 0.0, "recommended": 0.0, "grid": (0.0,)},
            "bidirectional": {},
            "time_pooling": {},
        },
        standard=(*TRAINING, *_STEPS, "units", "recurrent_dropout", "clipping", "global_clipnorm"),
        ranges={
            "learning_rate": _TIME_STARTS,
            "units": {"low": 8, "high": 512, "recommended": 64},
            "dropout": {"recommended": 0.0},
            "kernel_initializer": {"recommended": "glorot_uniform"},
            "normalization": {"choices": ("none", "layer", "batch", "rms", "group")},
            "mixing": NO_PICTURES,
        },
        kind="sequence",
    ),
    "cnn1d": Preset(
        "convolutions over the steps of a sequence, pooling, a dense layer",
        {
            "optimizer": {"choices": ("adam", "sgd"), "grid": ("adam",)},
            "learning_rate": {**RATE, **_TIME_RATE},
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
            "activation": ACTIVATION,
            "dropout": _ONE_DROPOUT,
            "normalization": NORMALIZATION,
            "head": {},
        },
        standard=(*TRAINING, *_STEPS, *LAYERS, "convolutions", "head_layers", "units"),
        ranges={
            "learning_rate": _TIME_STARTS,
            "units": {"low": 16, "high": 512, "recommended": 64, "conditions": when(head_layers=Between(1))},
            "kernel_regularizer": NO_MATRICES,
            "mixing": NO_PICTURES,
        },
        kind="sequence",
    ),
    "tcn": Preset(
        "dilated causal convolutions in residual blocks, over the steps of a sequence",
        {
            "optimizer": {"choices": ("adam", "sgd"), "grid": ("adam",)},
            "learning_rate": {**RATE, **_TIME_RATE},
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
            "activation": ACTIVATION,
            "dropout": {
                **DROPOUT,
                "low": 0.0,
                "recommended": 0.1,
                "grid": (0.1,),
                "source": f"{_TCN}, appendix A: 0 to 0.5",
            },
            "normalization": NORMALIZATION,
            "time_pooling": {},
        },
        standard=(*TRAINING, *_STEPS, *LAYERS),
        ranges={
            "learning_rate": _TIME_STARTS,
            "blocks": {"low": 1, "high": 8, "recommended": 3, "advice": _REACH, "source": _TCN},
            "dropout": {"recommended": 0.1},
            "activation": NO_MISH,
            "kernel_regularizer": NO_MATRICES,
            "mixing": NO_PICTURES,
        },
        kind="sequence",
    ),
    "text": Preset(
        "words looked up in an embedding, averaged, convolved, or read by a GRU, then a dense layer",
        {
            "optimizer": {"choices": ("adam", "sgd"), "grid": ("adam",)},
            "learning_rate": {
                **RATE,
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
            "activation": ACTIVATION,
            "dropout": {**DROPOUT, "recommended": 0.25, "grid": (0.25, 0.5)},
        },
        standard=(*TRAINING, *LAYERS, *TABLES, "token_unit", "bidirectional"),
        ranges={
            "learning_rate": {"recommended": 0.003},
            "hidden_layers": {"low": 1, "high": 3, "recommended": 1},
            "units": {"low": 16, "high": 512, "recommended": 64},
            "filters": {**_TEXT_FILTERS, "conditions": _CONVOLVED},
            "kernel_size": {"conditions": _CONVOLVED},
            "bidirectional": {"conditions": _READ_IN_ORDER},
            "recurrent_dropout": {"conditions": _READ_IN_ORDER},
            "activation": NO_MISH,
        },
        kind="table",
    ),
}
