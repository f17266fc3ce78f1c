"""The script's last lines where the objective is a metric that the model does not compute: by the functions that score here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras

from ..training.keras_scores import score_by
from ..training.metric_names import MULTILABEL_ARGUMENTS, KnownMetric
from ..training.scoring import (
    PredictedClasses,
    PredictedLabels,
    PredictedNumbers,
    as_scores,
    as_shares,
    reads_logits,
    score_with_sklearn,
)
from .expressions import call, literal
from .winner import Winner


@dataclass(frozen=True)
class ObjectiveCode:
    """What computes the objective of ``predictions`` of the test rows and their ``truth``."""

    name: str
    """As the refit called it."""
    lines: tuple[str, ...]
    """Set ``value``."""
    functions: tuple[Callable[..., Any], ...]
    """What the lines call of ours; a script holds the source."""


def objective_code(winner: Winner) -> ObjectiveCode | None:
    """Return what computes the objective; None where the model does, in ``evaluate``."""
    if winner.scoring is None:
        return None
    lines, functions = _reading(winner)
    of_sklearn = winner.scoring.library == "scikit-learn"
    value, more = (_of_sklearn if of_sklearn else _of_keras)(winner.scoring, winner)
    name = winner.study.metric.removeprefix("val_")
    return ObjectiveCode(name, (*lines, *f"value = {value}".split("\n")), (*functions, *more))


def _reading(winner: Winner) -> tuple[tuple[str, ...], tuple[Callable[..., Any], ...]]:
    """Return the lines that make ``predicted`` of a model's ``predictions``, and what they call."""
    if winner.dataset.task == "regression":
        scale = "" if winner.preparation.target is None else " * scale"
        return (
            'errors = predictions.reshape(y_test.shape).astype("float64") - y_test',
            'truth = truth.astype("float64")',
            f"predicted = truth + errors.reshape(truth.shape){scale}",
        ), ()
    read = as_shares if winner.dataset.task == "multilabel" else as_scores
    return (f"predicted = {read.__name__}(predictions, logits={reads_logits(winner.model)})",), (read,)


def _of_sklearn(metric: KnownMetric, winner: Winner) -> tuple[str, tuple[Callable[..., Any], ...]]:
    estimators = {"multilabel": PredictedLabels, "classification": PredictedClasses}
    estimator = estimators.get(winner.dataset.task, PredictedNumbers)
    value = call("score_with_sklearn", literal(metric.name), f"{estimator.__name__}(predicted)", "truth")
    return value, (score_with_sklearn, estimator)


def _of_keras(metric: KnownMetric, winner: Winner) -> tuple[str, tuple[Callable[..., Any], ...]]:
    task, arguments = winner.dataset.task, metric.arguments
    columns = ["truth", "predicted"]
    if task == "regression":
        columns = [f"{name}.reshape(len(truth), -1)" for name in columns]
    elif task == "multilabel":
        arguments = MULTILABEL_ARGUMENTS.get(metric.name, arguments)
    elif metric.reads == "codes":
        columns = ["truth[:, None]", "predicted"]
    elif metric.reads == "column" and len(winner.dataset.classes) == 2:
        columns = ["truth[:, None]", "predicted[:, 1:]"]
    else:
        columns = ["np.eye(predicted.shape[1])[truth]", "predicted"]
    kind = f"keras.metrics.{metric.name}"
    if isinstance(getattr(keras.metrics, metric.name), type):
        made = call(kind, **{name: literal(value) for name, value in arguments})
    else:
        made = f"keras.metrics.MeanMetricWrapper({kind})"
    named = {"along_rows": "True"} if metric.along_rows else {}
    return call("score_by", made, *columns, **named), (score_by,)
