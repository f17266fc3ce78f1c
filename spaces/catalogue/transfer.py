"""Transfer: a base that was trained before, and when and how fast its layers go on training.

Most of it follows Keras's guide "Transfer learning & fine-tuning" (keras.io/guides/transfer_learning): a frozen base under
a new head with Adam at 0.001, then fine-tuning at 0.00001.
"""

from __future__ import annotations

from ..kinds import Categorical, Float
from .entry import TRANSFER, Entry, when

_GUIDE = "keras.io/guides/transfer_learning"
_TUTORIAL = "tensorflow.org/tutorials/images/transfer_learning"
_TUNED = when(fine_tuning=True)

ENTRIES = (
    Entry(
        Categorical(
            "base",
            ("mobilenet_v2", "mobilenet_v3_small", "efficientnet_b0", "resnet50_v2", "xception"),
            recommended="mobilenet_v2",
            meaning="model of keras.applications, trained on ImageNet, that gives the features; or a .keras file of your own",
            advice="Begin with a small one; the larger ones (resnet50_v2, xception) take ten times as many weights.",
            source="keras.io/api/applications",
        ),
        TRANSFER,
        takes_files=True,
    ),
    Entry(
        Categorical(
            "picture_size",
            (96, 128, 160, 192, 224),
            recommended=160,
            meaning="side in pixels to which pictures are resized for the base",
            advice="Small pictures, or little time: 96. Fine detail: 224, on which the bases were trained.",
            source=f"{_TUTORIAL}: 160; {_GUIDE}: 150",
        ),
        TRANSFER,
    ),
    Entry(
        Categorical(
            "fine_tuning",
            (False, True),
            recommended=True,
            meaning="whether the base's last layers train, too, after some epochs in which the head alone did",
            advice="Very few pictures, or pictures like those of the base: false.",
            source=_GUIDE,
        ),
        TRANSFER,
    ),
    Entry(
        Float(
            "frozen_share",
            0.0,
            0.9,
            recommended=0.5,
            conditions=_TUNED,
            meaning="share of the epochs in which the base stays frozen; early stopping counts from there on",
            advice="The head must have learned before: its first gradients would spoil the base.",
            source=f"{_TUTORIAL}: 10 of 20 epochs",
        ),
        TRANSFER,
    ),
    Entry(
        Categorical(
            "unfrozen_share",
            (0.1, 0.35, 1.0),
            recommended=0.35,
            confidence="low",
            conditions=_TUNED,
            meaning="share of the base's layers, the last ones, that fine-tuning trains; its BatchNormalization never does",
            advice="Pictures unlike those of the base, and many: 1. Few: 0.1.",
            source=f"{_TUTORIAL}: the last 54 of 154; {_GUIDE}: all",
        ),
        TRANSFER,
    ),
    Entry(
        Float(
            "fine_tuning_rate",
            0.001,
            1.0,
            log=True,
            recommended=0.01,
            conditions=_TUNED,
            meaning="learning rate of fine-tuning, as a share of the learning rate",
            advice="The score falls when the base unfreezes: lower it. It stands still: raise it.",
            source=f"{_GUIDE}: 0.001, then 0.00001",
        ),
        TRANSFER,
    ),
)
