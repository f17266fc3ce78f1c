"""The score of a constant prediction: the least that a model must beat, on the same folds by the same metric."""

from __future__ import annotations

import statistics
from dataclasses import replace
from typing import Any

import numpy as np

from ..errors import TrainingError
from .data import TASKS, Dataset, Fold
from .metric_names import SKLEARN
from .metrics import Objective
from .scoring import Scorer

_LOG_LOSS = ("neg_log_loss", -1)
_AS_SCORERS: dict[str, tuple[str, int]] = {
    **dict.fromkeys(
        ("SparseCategoricalAccuracy", "CategoricalAccuracy", "BinaryAccuracy"),
        ("accuracy", 1),
    ),
    **dict.fromkeys(
        ("SparseCategoricalCrossentropy", "CategoricalCrossentropy", "BinaryCrossentropy"), _LOG_LOSS
    ),
    "AUC": ("roc_auc", 1),
    "F1Score": ("f1_macro", 1),
    "Precision": ("precision", 1),
    "Recall": ("recall", 1),
    "MeanSquaredError": ("neg_mean_squared_error", -1),
    "RootMeanSquaredError": ("neg_root_mean_squared_error", -1),
    "MeanAbsoluteError": ("neg_mean_absolute_error", -1),
    "R2Score": ("r2", 1),
}
"""Keras's metrics as scorers, with the sign between them: no baseline is worth importing TensorFlow for."""
_LABEL_BY_LABEL: dict[str, tuple[str, int]] = {
    "BinaryAccuracy": ("accuracy", 1),
    "BinaryCrossentropy": _LOG_LOSS,
}
"""The same for several labels a row, each of which Keras takes for a row of its own."""
_OF_THE_MEDIAN = ("absolute_error", "absolute_percentage_error")


def baseline(objective: Objective, dataset: Dataset, folds: tuple[Fold, ...]) -> dict[str, Any] | None:
    """Return how a constant prediction scores, as plain data; None where the objective is none that is known.

    For classes it is the shares that they have in a fold's training rows, so that the label is the largest class; for
    several labels a row the share of each, so that it is said where most rows have it; for numbers their mean, or their
    median where the metric is of absolute errors, which it makes smallest.
    """
    labels = dataset.task == "multilabel"
    name, sign = (_LABEL_BY_LABEL if labels else _AS_SCORERS).get(objective.kind, (objective.kind, 1))
    metric, one_by_one = SKLEARN.get(name), labels and objective.kind in _LABEL_BY_LABEL
    weighs = dataset.weights is not None and objective.metric == "val_loss"  # in the loss alone
    if metric is None or weighs or not (one_by_one or metric.measures(dataset.task)):
        return None
    if metric.two_classes and dataset.task == "classification" and len(dataset.classes) != 2:
        return None
    median = any(part in name for part in _OF_THE_MEDIAN)
    scorer = Scorer(objective.metric, metric, _label_by_label(dataset) if one_by_one else dataset)
    scores = []
    for fold in folds:
        truth = dataset.y[fold.validation]
        said = np.repeat(_constant(dataset, dataset.y[fold.train], median=median)[None], len(truth), axis=0)
        if one_by_one:
            truth, said = truth.reshape(-1), said.reshape(-1)
        try:
            scores.append(sign * scorer.score(truth, truth, said, scale=1.0, logits=False))
        except TrainingError:  # a class is missing in the fold, of which training will say more
            return None
    if not np.isfinite(scores).all():
        return None
    predictor = "median" if median else TASKS[dataset.task].constant
    return {"predictor": predictor, "value": statistics.fmean(scores), "fold_scores": scores}


def _label_by_label(dataset: Dataset) -> Dataset:
    """Return a dataset as if each label of each row were a row of two classes; its targets are of no matter."""
    return replace(dataset, task="classification", classes=("no", "yes"))


def last_value(objective: Objective, dataset: Dataset, folds: tuple[Fold, ...]) -> dict[str, Any] | None:
    """Return how it scores to predict that a series stays as it is, as plain data; None for all else than its values."""
    series = dataset.series
    if series is None or len(series.targets) != dataset.outputs or dataset.task != "regression":
        return None
    name, sign = _AS_SCORERS.get(objective.kind, (objective.kind, 1))
    metric = SKLEARN.get(name)
    if metric is None or not metric.measures(dataset.task):
        return None
    scorer = Scorer(objective.metric, metric, dataset)
    scores = []
    for fold in folds:
        truth = dataset.y[fold.validation]
        said = dataset.x[fold.validation, -1][:, list(series.targets)].reshape(truth.shape)
        scores.append(sign * scorer.score(truth, truth, said, scale=1.0, logits=False))
    return {"predictor": "last value", "value": statistics.fmean(scores), "fold_scores": scores}


def _constant(dataset: Dataset, targets: np.ndarray, *, median: bool) -> np.ndarray:
    if dataset.task == "classification":
        return np.bincount(targets, minlength=len(dataset.classes)) / len(targets)
    return np.asarray(np.median(targets, axis=0) if median else targets.mean(axis=0, dtype=np.float64))
