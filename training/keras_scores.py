"""Keras's metrics of whole validation parts, for models that do not compile them."""

from __future__ import annotations

from functools import cache
from typing import Any

import keras
import numpy as np

from .metric_names import KnownMetric

ROWS = 10_000
"""Rows that a metric is given at once: some compare each with many thresholds."""


def score_with_keras(metric: KnownMetric, truth: np.ndarray, predicted: np.ndarray) -> float:
    """Return a metric of targets and predictions.

    Args:
        metric: Of Keras.
        truth: As the metric reads targets.
        predicted: As it reads predictions.
    """
    return score_by(_made(metric, predicted.shape[1]), truth, predicted, along_rows=metric.along_rows)


def score_by(metric: Any, truth: np.ndarray, predicted: np.ndarray, *, along_rows: bool = False) -> float:
    """Return one of Keras's metric objects of all rows; of several numbers, one a class, the mean."""
    truth, predicted = truth.astype(np.float32), predicted.astype(np.float32)
    metric.reset_state()
    if along_rows:
        metric.update_state(truth.T, predicted.T)
        return float(np.mean(keras.ops.convert_to_numpy(metric.result())))
    for start in range(0, len(truth), ROWS):
        metric.update_state(truth[start : start + ROWS], predicted[start : start + ROWS])
    return float(np.mean(keras.ops.convert_to_numpy(metric.result())))


def score_classes_with_keras(metric: KnownMetric, codes: np.ndarray, scores: np.ndarray) -> float:
    """Return a metric of classes.

    Args:
        metric: Of Keras.
        codes: Of the true classes.
        scores: One column a class.
    """
    if metric.reads == "codes":
        return score_with_keras(metric, codes[:, None], scores)
    if metric.reads == "column" and scores.shape[1] == 2:
        return score_with_keras(metric, codes[:, None], scores[:, 1:])
    return score_with_keras(metric, np.eye(scores.shape[1])[codes], scores)


@cache
def _made(metric: KnownMetric, _columns: int) -> Any:
    """Return Keras's object; some have variables of as many columns as they see first."""
    kind = getattr(keras.metrics, metric.name)
    if isinstance(kind, type):
        # Under a name of its own: else it would take the next one that Keras has for metrics of its class.
        return kind(**dict(metric.arguments), name=f"of_all_{metric.name}")
    return keras.metrics.MeanMetricWrapper(kind, name=f"of_all_{metric.name}")
