"""Finds which metrics a user-defined model computes, by building it once and scoring a few rows."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from ...errors import TrainingError
from ...spaces import Configuration, Space
from ..data import Dataset, Fold, take
from ..events import Task
from ..metric_names import Direction, keras_class, keras_direction, known_metric
from ..metrics import ComputedMetrics
from ..models.building import loss_name
from ..models.loss_identity import loss_identity
from ..workload import Workload
from .fit_trainer import FitTrainer

FEW = 32
"""Rows that are scored."""
MOST_BUILDS = 40
"""Models that are built to see whether their losses differ; a small one takes some milliseconds."""


def find_computed_metrics(
    workload: Workload, configuration: Configuration, seed: int
) -> ComputedMetrics | None:
    """Return what a configuration's model computes; None where it cannot be built or scored, as training will say.

    Args:
        workload: Its objective takes no part.
        configuration: The one to build.
        seed: Of its weights.
    """
    rows = np.arange(min(FEW, workload.dataset.rows))
    few = replace(workload, dataset=_rows(workload.dataset, rows), folds=(Fold(rows, rows),))
    trainer = FitTrainer(few)
    task = Task(-1, configuration, seed)
    try:
        run = trainer.start_fold(task, 0, trainer.data(task)[0])
        names = _names_of_scores(run.model, run.validation)
    except Exception:  # noqa: BLE001 - a user's model may raise anything
        return None
    objects = dict(_named_metrics(run.model))
    metrics = {name: _direction_of(name, objects.get(name)) for name in names}
    metrics |= {name: "minimize" for name in _loss_names(run.model) if name in metrics}
    if workload.dataset.task == "outputs":
        return ComputedMetrics(metrics | {"loss": "minimize"}, {})
    known = {name: type(metric).__name__ for name, metric in objects.items() if _is_of_keras(type(metric))}
    loss = keras_class(loss_name(run.model))
    return ComputedMetrics(metrics | {"loss": "minimize"}, known | ({"loss": loss} if loss else {}))


def _names_of_scores(model: keras.Model, rows: tf.data.Dataset) -> list[str]:
    """Return what a model's scores are called; eagerly, because tracing takes longer than a few rows do."""
    traced = model.run_eagerly
    for eagerly in (True, traced):  # code of a user's own may need a graph
        model.run_eagerly = eagerly
        try:
            return list(model.evaluate(rows, verbose=0, return_dict=True))
        except Exception:
            if eagerly == traced:
                raise
    raise AssertionError("the last way returns or raises")


def losses_differ(workload: Workload, space: Space, seed: int) -> bool:
    """Tell whether one value of a space changes what a model's loss is the sum of, so that losses compare nothing.

    Configurations that cannot be built take no part; training says why they fail.
    """
    found: set[str] = set()
    trainer = FitTrainer(workload)
    for configuration in itertools.islice(space.one_at_a_time(), MOST_BUILDS):
        try:
            found.add(loss_identity(trainer.build(Task(-1, configuration, seed), 0)))
        except TrainingError:
            continue
        if len(found) > 1:
            return True
    return False


def _rows(dataset: Dataset, rows: np.ndarray) -> Dataset:
    groups = None if dataset.groups is None else dataset.groups[rows]
    return replace(dataset, x=take(dataset.x, rows), y=take(dataset.y, rows), groups=groups)


def _named_metrics(model: keras.Model) -> Iterator[tuple[str, Any]]:
    """Yield all metrics as they are called in a history, those inside the one that ``compile`` makes of them, too."""
    for metric in model.metrics:
        # no public way to the output that a metric is of
        lists = [*getattr(metric, "_flat_metrics", ()), *getattr(metric, "_flat_weighted_metrics", ())]
        for one in (one for one in lists if one is not None):
            before = f"{one.output_name}_" if one.output_name else ""
            yield from ((f"{before}{inner.name}", inner) for inner in one.metrics)
        if not lists:
            yield metric.name, metric


def _loss_names(model: keras.Model) -> list[str]:
    """Return what a history calls the loss of each of several outputs."""
    return [tracker.name for tracker in getattr(model._compile_loss, "metrics", ())]


def _direction_of(name: str, metric: Any) -> Direction | None:
    """Return which way is better: by the class or function of Keras's that computes a metric, else by an exact name."""
    if metric is not None and _is_of_keras(type(metric)):
        function = getattr(metric, "_fn", None)
        kind = type(metric).__name__
        found = keras_direction(kind)
        if found is None and function is not None and _is_of_keras(function):
            found = keras_direction(function.__name__)
        if found is not None:
            return found
    known = known_metric(name)
    return None if known is None else known.direction


def _is_of_keras(thing: Any) -> bool:
    return str(getattr(thing, "__module__", "")).startswith("keras.")
