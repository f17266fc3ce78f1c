"""Which training rows a model learns from, and what each weighs: ``training/data/resampling.py`` and ``weighting.py``."""

from __future__ import annotations

from ..kinds import Categorical, Float
from .entry import ANY, CLASSES, Entry, when

_CURVES = "Perlich et al. 2003, Tree Induction vs. Logistic Regression: A Learning-Curve Analysis"
_RARE = "King and Zeng 2001, Logistic Regression in Rare Events Data"
_BALANCE = "He and Garcia 2009, Learning from Imbalanced Data"

_ANY_ROWS = (
    Float(
        "subset",
        0.1,
        1.0,
        recommended=1.0,
        confidence="high",
        grid=(1.0,),
        meaning="share of the training rows that train, of each class alike",
        advice="Trials take too long: 0.2 to 0.5 while searching. Scores rise to 1.0: more rows would help.",
        source=_CURVES,
    ),
    Categorical(
        "bootstrap",
        (False, True),
        recommended=False,
        grid=(False,),
        meaning="whether training rows are drawn with replacement, as many as there are",
        advice="Switch it on to see how much the score hangs on single rows.",
        source="Breiman 1996, Bagging Predictors",
    ),
)
_OF_CLASSES = (
    Categorical(
        "class_weight",
        ("none", "balanced"),
        recommended="none",
        grid=("none",),
        meaning="whether rows of rare classes weigh more in the loss",
        advice="Rare classes are never predicted: balanced.",
        source=f"{_RARE}; keras.io/api/models/model_training_apis",
    ),
    Float(
        "class_weight_power",
        0.25,
        1.0,
        recommended=1.0,
        confidence="low",
        conditions=when(class_weight="balanced"),
        meaning="exponent on balanced weights: 1 is full balance, 0.5 its root",
        advice="Rare classes are predicted too often: 0.5.",
        source="Mahajan et al. 2018, Exploring the Limits of Weakly Supervised Pretraining: root of frequencies",
    ),
    Categorical(
        "balancing",
        ("none", "oversample", "undersample"),
        recommended="none",
        grid=("none",),
        meaning="whether rows of rare classes are repeated, or rows of common ones left out",
        advice="Rare classes are never predicted: oversample, or class_weight. Rows abound: undersample.",
        source=f"{_BALANCE}; Buda et al. 2018, A Systematic Study of the Class Imbalance Problem in Convolutional Neural Networks",
    ),
    Float(
        "balancing_strength",
        0.0,
        1.0,
        recommended=1.0,
        confidence="low",
        conditions=when(balancing=("oversample", "undersample")),
        meaning="how far towards classes of equal size",
        advice="Rare classes are predicted too often: 0.5.",
        source=_BALANCE,
    ),
)

ENTRIES = (
    *(Entry(hyperparameter, ANY) for hyperparameter in _ANY_ROWS),
    *(Entry(hyperparameter, ANY, CLASSES) for hyperparameter in _OF_CLASSES),
)
