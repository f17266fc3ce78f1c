"""What training makes small: the loss and its numbers."""

from __future__ import annotations

from ..kinds import Categorical, Float
from .entry import ANY, LABELLED, NUMBERS, Entry, when
from .sources import GOODFELLOW, KERAS

_LOSSES = f"{KERAS}/losses"

OF_CLASSES = (
    Entry(
        Categorical(
            "loss",
            ("crossentropy", "focal", "squared_error", "hinge"),
            recommended="crossentropy",
            confidence="high",
            meaning="what training makes small",
            advice="Rare classes: focal. Labels that are not all right: squared_error.",
            source=f"{GOODFELLOW}, section 6.2; {_LOSSES}/probabilistic_losses",
        ),
        ANY,
        LABELLED,
    ),
    Entry(
        Float(
            "label_smoothing",
            0.0,
            0.3,
            recommended=0.0,
            conditions=when(loss=("crossentropy", "focal")),
            meaning="share of each label that is spread over all classes, or over yes and no where a row has several labels",
            advice="Confident and wrong, or labels that are not all right: 0.1.",
            source="Szegedy et al. 2016, Rethinking the Inception Architecture, section 7",
        ),
        ANY,
        LABELLED,
    ),
    Entry(
        Float(
            "focal_gamma",
            0.5,
            5.0,
            recommended=2.0,
            conditions=when(loss="focal"),
            meaning="how much less rows count that are already predicted well",
            advice="Rare classes are still missed: 3. Training is slow: 1.",
            source="Lin et al. 2017, Focal Loss for Dense Object Detection",
        ),
        ANY,
        LABELLED,
    ),
    Entry(
        Float(
            "focal_alpha",
            0.05,
            1.0,
            recommended=0.25,
            conditions=when(loss="focal"),
            meaning="weight of the whole loss, to balance it against regularization; of several labels a row the weight of yes, "
            "and the rest that of no",
            advice="Regularization outweighs it: 1.",
            source="Lin et al. 2017, Focal Loss for Dense Object Detection",
        ),
        ANY,
        LABELLED,
    ),
)

OF_NUMBERS = (
    Entry(
        Categorical(
            "regression_loss",
            ("squared_error", "absolute_error", "huber", "log_cosh"),
            recommended="squared_error",
            meaning="how errors of different sizes count",
            advice="A few rows far off rule the training: huber or absolute_error.",
            source=f"Huber 1964, Robust Estimation of a Location Parameter; {_LOSSES}/regression_losses",
        ),
        ANY,
        NUMBERS,
    ),
    Entry(
        Float(
            "huber_delta",
            0.1,
            5.0,
            log=True,
            recommended=1.0,
            conditions=when(regression_loss="huber"),
            meaning="error beyond which its size counts and no longer its square; in standard deviations of the target, for families",
            advice="Outliers still rule: lower it.",
            source="Huber 1964, Robust Estimation of a Location Parameter",
        ),
        ANY,
        NUMBERS,
    ),
)
