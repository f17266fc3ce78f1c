"""Finds which metrics a user-defined model computes, by building it once and scoring a few rows; whether it can, too."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from ...errors import TrainingError, UnfitError
from ...spaces import Space
from ..data import Dataset, Fold, take
from ..data.preparation import Shapes
from ..events import Task
from ..metric_names import Direction, keras_direction, known_metric
from ..metrics import ComputedMetrics
from ..models.building import loss_name
from ..models.heads import units_of
from ..models.labels import pairs_remark
from ..models.loss_identity import loss_identity
from ..models.metric_meanings import Reading, is_of_keras, kind_of, kind_of_loss, meaning_of
from ..models.reach import reach_remark, whole_numbers_remark
from ..models.user_errors import describe_error
from ..scoring import reads_logits
from ..workload import Workload
from .fit_folds import FoldRun
from .fit_trainer import FitTrainer

FEW = 32
"""Rows that are scored."""
MOST_BUILDS = 40
"""Models that are built to see whether their losses differ; a small one takes some milliseconds."""


def find_computed_metrics(workload: Workload, space: Space, seed: int) -> ComputedMetrics | None:
    """Return what a model computes in its recommended configuration, or the first other one that fits the data.

    Args:
        workload: Its objective takes no part.
        space: Of its configurations.
        seed: Of its weights.

    Returns:
        None where the user's function raises an error, as training will say.

    Raises:
        UnfitError: No configuration that was tried fits the data.
    """
    rows = np.arange(min(FEW, workload.dataset.rows))
    few = replace(workload, dataset=_rows(workload.dataset, rows), folds=(Fold(rows, rows),))
    trainer, first = FitTrainer(few), None
    for configuration in itertools.islice(space.one_at_a_time(), MOST_BUILDS):
        task = Task(-1, configuration, seed)
        try:
            run = trainer.start_fold(task, 0, trainer.data(task)[0])
            return _computed_by(run, workload, workload.signature(configuration).input_shape)
        except UnfitError as error:
            first = first or error
        except Exception:  # noqa: BLE001 - a user's function may raise anything
            return None
    raise first or AssertionError("a space has a recommended configuration")


def _computed_by(run: FoldRun, workload: Workload, input_shape: Shapes) -> ComputedMetrics:
    """Return what a model computes on a few rows.

    Raises:
        UnfitError: It cannot be called on them, or can give none of the targets.
    """
    model, dataset = run.model, workload.dataset
    try:
        names = _names_of_scores(model, run.validation)
    except (MemoryError, tf.errors.ResourceExhaustedError):
        raise
    except Exception as error:
        raise UnfitError(f"it cannot be called on rows of the data: {describe_error(error)}") from error
    objects = dict(_named_metrics(model))
    metrics = {name: _direction_of(name, objects.get(name)) for name in names}
    metrics |= {name: "minimize" for name in _loss_names(model) if name in metrics}
    metrics["loss"] = "minimize"
    if dataset.task == "outputs":
        return ComputedMetrics(metrics, {})
    reading = Reading(dataset.task, dataset.outputs, _units(model, input_shape), reads_logits(model))
    kinds = {name: kind_of(one, reading) for name, one in objects.items()}
    kinds["loss"] = kind_of_loss(model, reading)
    meanings = {name: meaning_of(one, reading) for name, one in objects.items()}
    return ComputedMetrics(
        metrics,
        {name: kind for name, kind in kinds.items() if kind},
        meanings={name: meaning for name, meaning in meanings.items() if meaning},
        remarks=tuple(filter(None, _remarks(run, workload, input_shape))),
    )


def _units(model: keras.Model, input_shape: Shapes) -> int:
    """Return how many numbers a model puts out for a row; 0 where it is not known."""
    try:
        return units_of(model, input_shape)
    except Exception:  # noqa: BLE001 - a user's model may have several outputs, or none in a graph
        return 0


def _remarks(run: FoldRun, workload: Workload, input_shape: Shapes) -> Iterator[str]:
    """Yield what the data are to a model that trains on them all the same.

    Raises:
        UnfitError: It can give none of the targets.
    """
    yield whole_numbers_remark(run.model, run.data.x)
    if workload.dataset.task != "regression" or workload.preparation.scale_target:
        return
    if workload.dataset.target_format.shape == "flat" and workload.dataset.outputs == 1:
        yield pairs_remark(run.model)
    remark, hopeless = reach_remark(run.model, input_shape, workload.dataset.y, loss_name(run.model))
    if hopeless:
        raise UnfitError(remark)
    yield remark


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
    if metric is not None and is_of_keras(type(metric)):
        function = getattr(metric, "_fn", None)
        kind = type(metric).__name__
        found = keras_direction(kind)
        if found is None and function is not None and is_of_keras(function):
            found = keras_direction(function.__name__)
        if found is not None:
            return found
    known = known_metric(name)
    return None if known is None else known.direction
