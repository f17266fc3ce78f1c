"""Metrics by Keras's and scikit-learn's names: which way is better, and what each one reads. Nothing is imported.

A test holds both tables against the libraries, so that a metric which one of them gains is not forgotten.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

Direction = Literal["maximize", "minimize"]
Library = Literal["keras", "scikit-learn"]
Reads = Literal["labels", "probabilities", "codes", "one-hot", "column"]
"""What a metric reads of a classification: predicted labels or probabilities (scikit-learn); class codes, one-hot rows,
or the second of two classes as a column (Keras)."""


@dataclass(frozen=True)
class KnownMetric:
    """A metric of Keras or scikit-learn."""

    library: Library
    name: str
    """As the library's own function finds it: a class or function of ``keras.metrics``, or a scorer."""
    direction: Direction
    reads: Reads | None
    """None: it measures no classification."""
    numbers: bool
    """Whether it measures a regression."""
    multilabel: bool = False
    """Whether it measures several labels a row, as 0 and 1 or as probabilities; ``reads`` says which for scikit-learn's."""
    two_classes: bool = False
    """Whether it needs exactly two classes."""
    of_one_class: bool = False
    """Whether it is about the second of two classes, which is the positive one."""
    arguments: tuple[tuple[str, Any], ...] = ()
    """What its class is given."""
    along_rows: bool = False
    """Whether it is a correlation, which Keras computes along the last axis: all rows together must be that axis."""

    def measures(self, task: str) -> bool:
        """Tell whether it can be computed for a task."""
        measured = {
            "regression": self.numbers,
            "classification": self.reads is not None,
            "multilabel": self.multilabel,
        }
        return measured.get(task, False)


def _keras(
    direction: Direction, reads: Reads | None, names: str, *, numbers: bool = False
) -> list[KnownMetric]:
    of_one = {"Precision", "Recall", "TruePositives", "TrueNegatives", "FalsePositives", "FalseNegatives"}
    averaged = {"F1Score": (("average", "macro"),), "FBetaScore": (("average", "macro"),)}
    return [
        KnownMetric(
            "keras",
            name,
            direction,
            reads,
            numbers,
            multilabel=name in _OF_LABELS,
            of_one_class=name in of_one,
            arguments=averaged.get(name, ()),
            along_rows=name.endswith("Correlation"),
        )
        for name in names.split()
    ]


def _sklearn(
    reads: Reads | None, names: str, *, two_classes: bool = False, of_one: bool = False
) -> list[KnownMetric]:
    """Scorers: scikit-learn gives the negative of what should be small, so that more is better in all of them."""
    return [
        KnownMetric(
            "scikit-learn",
            name,
            "maximize",
            reads,
            reads is None and not name.endswith("_samples"),
            name in _OF_LABELS,
            two_classes,
            of_one,
        )
        for name in names.split()
    ]


_OF_LABELS = frozenset(
    [
        "AUC",
        "BinaryAccuracy",
        "BinaryCrossentropy",
        "BinaryIoU",
        "F1Score",
        "FBetaScore",
        "Precision",
        "Recall",
        "binary_focal_crossentropy",
        "TruePositives",
        "TrueNegatives",
        "FalsePositives",
        "FalseNegatives",
        "MeanSquaredError",
        "MeanAbsoluteError",
        "RootMeanSquaredError",
        "accuracy",
        "average_precision",
        "roc_auc",
        "f1_macro",
        "f1_micro",
        "f1_weighted",
        "f1_samples",
        "jaccard_macro",
        "jaccard_micro",
        "jaccard_weighted",
        "jaccard_samples",
        "precision_macro",
        "precision_micro",
        "precision_weighted",
        "precision_samples",
        "recall_macro",
        "recall_micro",
        "recall_weighted",
        "recall_samples",
    ]
)
"""Metrics of several labels a row. scikit-learn's ``accuracy`` counts rows all of whose labels are right."""
KERAS = {
    metric.name: metric
    for metric in (
        *_keras("maximize", "codes", "SparseCategoricalAccuracy SparseTopKCategoricalAccuracy"),
        *_keras("minimize", "codes", "SparseCategoricalCrossentropy"),
        *_keras("maximize", "one-hot", "CategoricalAccuracy TopKCategoricalAccuracy F1Score FBetaScore"),
        *_keras("minimize", "one-hot", "CategoricalCrossentropy CategoricalHinge KLDivergence"),
        *_keras("minimize", "one-hot", "categorical_focal_crossentropy"),
        *_keras(
            "maximize", "column", "AUC BinaryAccuracy BinaryIoU Precision Recall TruePositives TrueNegatives"
        ),
        *_keras("minimize", "column", "BinaryCrossentropy FalsePositives FalseNegatives Hinge SquaredHinge"),
        *_keras("minimize", "column", "binary_focal_crossentropy"),
        *_keras("maximize", "one-hot", "CosineSimilarity R2Score", numbers=True),
        *_keras(
            "minimize", "one-hot", "MeanSquaredError MeanAbsoluteError RootMeanSquaredError", numbers=True
        ),
        *_keras(
            "minimize", "one-hot", "MeanAbsolutePercentageError MeanSquaredLogarithmicError", numbers=True
        ),
        *_keras("minimize", "one-hot", "LogCoshError Poisson huber", numbers=True),
        *_keras("maximize", None, "PearsonCorrelation ConcordanceCorrelation", numbers=True),
    )
}
KERAS_WITH_ARGUMENTS = (
    *("IoU", "MeanIoU", "OneHotIoU", "OneHotMeanIoU", "PrecisionAtRecall", "RecallAtPrecision"),
    *("SensitivityAtSpecificity", "SpecificityAtSensitivity"),
)
"""They need arguments, which a name does not give; more is better in all of them."""
KERAS_ALIASES = {
    "mse": "MeanSquaredError",
    "mae": "MeanAbsoluteError",
    "rmse": "RootMeanSquaredError",
    "mape": "MeanAbsolutePercentageError",
    "msle": "MeanSquaredLogarithmicError",
    "bce": "BinaryCrossentropy",
    "logcosh": "LogCoshError",
    "log_cosh": "LogCoshError",
    "fbeta_score": "FBetaScore",
    "binary_iou": "BinaryIoU",
}
"""Names that do not follow from the class's; ``rmse`` is not Keras's, but what people write."""
SKLEARN = {
    metric.name: metric
    for metric in (
        *_sklearn("labels", "accuracy balanced_accuracy matthews_corrcoef"),
        *_sklearn("labels", "f1 jaccard precision recall", two_classes=True, of_one=True),
        *_sklearn("labels", "f1_macro f1_micro f1_weighted jaccard_macro jaccard_micro jaccard_weighted"),
        *_sklearn("labels", "precision_macro precision_micro precision_weighted"),
        *_sklearn("labels", "recall_macro recall_micro recall_weighted"),
        *_sklearn(None, "f1_samples jaccard_samples precision_samples recall_samples"),
        *_sklearn("probabilities", "average_precision", of_one=True),
        *_sklearn("probabilities", "roc_auc", two_classes=True),
        *_sklearn("probabilities", "roc_auc_ovo roc_auc_ovo_weighted roc_auc_ovr roc_auc_ovr_weighted"),
        *_sklearn(
            "probabilities", "neg_log_loss neg_brier_score d2_log_loss_score d2_brier_score top_k_accuracy"
        ),
        *_sklearn(None, "r2 explained_variance d2_absolute_error_score neg_max_error"),
        *_sklearn(None, "neg_mean_absolute_error neg_mean_squared_error neg_root_mean_squared_error"),
        *_sklearn(None, "neg_mean_absolute_percentage_error neg_median_absolute_error"),
        *_sklearn(None, "neg_mean_squared_log_error neg_root_mean_squared_log_error"),
        *_sklearn(None, "neg_mean_poisson_deviance neg_mean_gamma_deviance"),
    )
}
INSTEAD = {
    "f1": "f1_macro",
    "jaccard": "jaccard_macro",
    "precision": "precision_macro",
    "recall": "recall_macro",
    "roc_auc": "roc_auc_ovr",
}
"""What measures several classes, or labels, in place of a metric that is for two classes."""
ACCURACIES = {
    "classification": ("SparseCategoricalAccuracy", "CategoricalAccuracy", "BinaryAccuracy"),
    "multilabel": ("BinaryAccuracy",),
}
"""Classes of Keras's by which a task's models are right or wrong, row by row or label by label."""
MULTILABEL_ARGUMENTS: dict[str, tuple[tuple[str, Any], ...]] = {
    "AUC": (("multi_label", True),),
    "F1Score": (("average", "macro"), ("threshold", 0.5)),
    "FBetaScore": (("average", "macro"), ("threshold", 0.5)),
}
"""What a class of Keras's is given for several labels a row: else areas would be of all labels at once, and scores of
each row's likeliest label."""


def snake_case(name: str) -> str:
    """Return what Keras calls an object of a class: ``mean_squared_error``."""
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)).lower()


_BY_NAME = {
    **{snake_case(name): metric for name, metric in KERAS.items()},
    **{alias: KERAS[name] for alias, name in KERAS_ALIASES.items()},
    "Accuracy": SKLEARN["accuracy"],
    **{name: metric for name, metric in KERAS.items() if name != name.lower()},
    **{alias.upper(): KERAS[KERAS_ALIASES[alias]] for alias in ("mse", "mae", "mape", "msle", "bce")},
    **SKLEARN,  # recall in small letters is scikit-learn's, Recall is Keras's
}
NAMES = tuple(_BY_NAME)


def known_metric(name: str) -> KnownMetric | None:
    """Return the metric of a name of Keras's (``MSE``, ``mse``, ``MeanSquaredError``, ...) or of a scorer; None for another."""
    return _BY_NAME.get(name)


def keras_class(name: str) -> str | None:
    """Return the metric of ``KERAS`` that a class, function or loss of Keras's is, by any of its names."""
    if name in KERAS:
        return name
    if name in KERAS_ALIASES:
        return KERAS_ALIASES[name]
    return next((known for known in KERAS if snake_case(known) == name), None)


def keras_direction(name: str) -> Direction | None:
    """Return which way is better for objects of a class of ``keras.metrics`` or a function of it; None where it says nothing."""
    if name in KERAS_WITH_ARGUMENTS or name in ("Accuracy", "accuracy"):
        return "maximize"
    found = keras_class(name)
    return None if found is None else KERAS[found].direction
