"""The script's last lines, for metrics that the model does not compute: by the functions that score here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import sklearn.metrics
from sklearn.metrics import get_scorer

from ..training.keras_scores import score_by
from ..training.metric_names import MULTILABEL_ARGUMENTS, KnownMetric
from ..training.scoring import (
    LABEL_THRESHOLD,
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
class ScoringCode:
    """What computes a metric of ``predictions`` of the test rows and their ``truth``."""

    name: str
    """As the refit called it."""
    lines: tuple[str, ...]
    """Set ``value``."""
    functions: tuple[Callable[..., Any], ...]
    """What the lines call of ours; a script holds the source."""
    imports: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Call:
    """A call that computes a metric, and what it needs."""

    text: str
    functions: tuple[Callable[..., Any], ...] = ()
    imports: tuple[str, ...] = ()


_ESTIMATORS: dict[str, type[PredictedClasses]] = {
    "multilabel": PredictedLabels,
    "classification": PredictedClasses,
}


def scoring_code(winner: Winner) -> list[ScoringCode]:
    """Return what computes each metric of the refit that the model does not compute in ``evaluate``."""
    found = []
    read, functions = _reading(winner)
    for name, metric in winner.scorings.items():
        made = (_of_sklearn if metric.library == "scikit-learn" else _of_keras)(metric, winner)
        lines = (*read, *f"value = {made.text}".split("\n"))
        found.append(ScoringCode(name, lines, (*functions, *made.functions), made.imports))
        read = ()  # what the first one has made of predictions
    return found


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


def _of_sklearn(metric: KnownMetric, winner: Winner) -> _Call:
    """Return the call of the function that scikit-learn's scorer calls; of the scorer itself where that has no public name."""
    scorer, task = get_scorer(metric.name), winner.dataset.task
    function = scorer._score_func  # no public way to what a scorer is made of, nor to the next two
    public = function.__name__
    if getattr(sklearn.metrics, public, None) is not function:
        estimator: type[Any] = _ESTIMATORS.get(task, PredictedNumbers)
        value = call("score_with_sklearn", literal(metric.name), f"{estimator.__name__}(predicted)", "truth")
        return _Call(value, (score_with_sklearn, estimator))
    read = "predicted"
    if task == "multilabel" and metric.reads != "probabilities":
        read = f"predicted > {LABEL_THRESHOLD}"
    elif task == "classification" and metric.reads != "probabilities":
        read = "predicted.argmax(axis=1)"
    elif task == "classification" and len(winner.dataset.classes) == 2:
        read = "predicted[:, 1]"
    named = {name: literal(value) for name, value in scorer._kwargs.items()}
    value = call(f"{'-' if scorer._sign < 0 else ''}{public}", "truth", read, **named)
    return _Call(value, imports=(f"from sklearn.metrics import {public}",))


def _of_keras(metric: KnownMetric, winner: Winner) -> _Call:
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
    return _Call(call("score_by", made, *columns, **named), (score_by,))
