"""How well a trained model does on rows whose targets are known: by scikit-learn's metrics, whatever it was trained by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn import metrics

from ..errors import DataError, StudyError
from ..texts import count_text, names_text
from ..training.data.given_targets import as_labels, class_name
from ..training.data.multilabel import are_indicators, is_one_hot
from ..training.data.targets import amounts, class_codes
from .predictor import Predictor

_NAME = "evaluate"
"""What messages call the rows."""


def scores_on(predictor: Predictor, x: Any, y: Any) -> dict[str, float]:
    """Return the scores of a model on raw rows.

    Of classes ``accuracy``, ``balanced_accuracy`` and, where the model tells probabilities, ``log_loss``; of several labels
    a row ``binary_accuracy`` and ``f1_macro``; of numbers ``mse``, ``mae`` and ``r2``, in the target's units.

    Args:
        predictor: The model with its preparation.
        x: Raw rows, as it was trained on them.
        y: Their targets, as it was trained on them: names of classes, one-hot rows, columns of 0 and 1, numbers.

    Raises:
        DataError: The targets are not those of these rows, or of this model.
        StudyError: What the model predicts has no such scores.
    """
    about = predictor.about
    if about["task"] == "outputs" or (about["task"] == "classification" and not predictor.names_classes):
        raise StudyError(
            "What this model predicts is for its own metrics: compare predict(x) with the targets by them."
        )
    if about["series"] and isinstance(x, pd.DataFrame):
        raise StudyError(
            "A table's rows become windows, whose targets are others: give windows, (rows, time, features)."
        )
    labels = as_labels(y, _NAME)
    if about["task"] == "classification":
        return _of_classes(predictor, x, _codes(labels, about["classes"]))
    if about["task"] == "multilabel":
        return _of_labels(predictor, x, labels)
    return _of_amounts(predictor.predict(x), amounts(labels, _NAME))


def _codes(labels: np.ndarray, classes: Sequence[str]) -> np.ndarray:
    """Return class codes of names, or of one-hot rows.

    Raises:
        DataError: One of them is no class of the model.
    """
    if labels.ndim == 2:
        if labels.shape[1] != len(classes) or not is_one_hot(labels):
            raise DataError(
                f"{_NAME}: several columns of y must be one-hot, one for each of {len(classes)} classes"
            )
        return np.asarray(labels.argmax(axis=1))
    codes = class_codes(labels, classes)
    if (codes < 0).any():
        unknown = dict.fromkeys(class_name(label) for label in labels[codes < 0])
        raise DataError(
            f"{_NAME}: the model knows no class {names_text(unknown)}: it tells {names_text(classes)}"
        )
    return codes


def _of_classes(predictor: Predictor, x: Any, codes: np.ndarray) -> dict[str, float]:
    found = predictor.outputs(x)
    _check_rows(found, codes)
    told = found.argmax(axis=1)
    recalls = [np.mean(told[codes == code] == code) for code in np.unique(codes)]
    scores = {"accuracy": float(np.mean(told == codes)), "balanced_accuracy": float(np.mean(recalls))}
    if predictor.about["gives"] == "scores":
        return scores
    shares = np.clip(found.astype(np.float64), 1e-15, None)
    shares /= shares.sum(axis=1, keepdims=True)
    return {**scores, "log_loss": float(-np.log(shares[np.arange(len(codes)), codes]).mean())}


def _of_labels(predictor: Predictor, x: Any, labels: np.ndarray) -> dict[str, float]:
    found = predictor.predict(x)
    if not are_indicators(labels) and not (labels.ndim == 2 and np.isin(labels, (0, 1)).all()):
        raise DataError(f"{_NAME}: several labels a row are columns of 0 and 1")
    _check_rows(found, labels)
    f1 = metrics.f1_score(labels.astype(int), found, average="macro", zero_division=0)
    return {"binary_accuracy": float(np.mean(found == labels)), "f1_macro": float(f1)}


def _of_amounts(found: np.ndarray, y: np.ndarray) -> dict[str, float]:
    _check_rows(found, y)
    scores = {
        "mse": float(metrics.mean_squared_error(y, found)),
        "mae": float(metrics.mean_absolute_error(y, found)),
    }
    return {**scores, "r2": float(metrics.r2_score(y, found))} if len(y) > 1 else scores


def _check_rows(found: np.ndarray, y: np.ndarray) -> None:
    """Raise `DataError` where there are not as many predictions as targets, row by row and column by column."""
    if len(found) != len(y):
        raise DataError(f"{_NAME}: x has {count_text(len(found), 'row')}, and y has {len(y):,}")
    if y.ndim == 2 and found.shape != y.shape:
        raise DataError(f"{_NAME}: y has {y.shape[1]} columns, and the model predicts {found[0].size}")
