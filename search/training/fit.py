"""The reference trainer: ``model.fit`` on each fold, one epoch at a time, for any Keras model."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from ...errors import TrainingError, one_line
from ...spaces import Configuration
from ..events import EpochEnded, Outcome, Task
from ..metrics import in_target_units
from ..models.building import build_model, encode_labels, labels_of, summary_of
from .lockstep import Curves
from .seeds import epoch_order, fold_seed
from .workload import FoldData, Training, Workload

DEFAULT_BATCH = 100
VALIDATION_BATCH = 1000
"""Rows a validation step; metrics are means over rows, so that it changes speed and memory only."""


class FitTrainer:
    """Trains with ``model.fit``; slow for small models, right for every model."""

    name = "fit"

    def __init__(self, workload: Workload) -> None:
        self._workload = workload
        self._build = workload.model.load()

    def probe(self, task: Task) -> int:
        """Build the configuration's model once and return its number of weights."""
        keras.utils.clear_session()
        model = build_model(self._build, task.configuration, self._workload.signature, fold_seed(task.seed, 0))
        return int(model.count_params())

    def train(self, task: Task) -> Training:
        """Train a configuration, an epoch of all folds at a time."""
        started = time.perf_counter()
        workload = self._workload
        keras.utils.clear_session()  # programs of earlier trials would pile up
        runs = [self._start_fold(task, fold) for fold in range(len(workload.folds))]
        curves = Curves(workload.objective, len(runs))
        stopped = False
        for epoch in range(epochs_of(task.configuration, workload.epochs)):
            scores = curves.add_epoch([_train_epoch(run, epoch) for run in runs])
            stopped = yield EpochEnded(task.number, epoch + 1, scores)
            if stopped or curves.is_stalled(workload.patience):
                break
        shown = curves.epochs if stopped else curves.chosen
        scores = curves.scores_at(shown)
        model = runs[0].model
        return Outcome(
            stopped=bool(stopped),
            value=statistics.fmean(scores),
            fold_scores=scores,
            epochs=curves.chosen,
            epochs_trained=curves.epochs,
            seconds=round(time.perf_counter() - started, 3),
            parameters=int(model.count_params()),
            seed=task.seed,
            trainer=self.name,
            curves=curves.values,
            summary=summary_of(model),
        )

    def _start_fold(self, task: Task, fold: int) -> FoldRun:
        seed = fold_seed(task.seed, fold)
        model = build_model(self._build, task.configuration, self._workload.signature, seed)
        data = self._workload.fold_data[fold]
        y = data.y
        if self._workload.dataset.task == "classification":
            y = encode_labels(y, self._workload.dataset.outputs, labels_of(model))
        return FoldRun(model, data, y, seed, batch_size_of(task.configuration))


@dataclass(frozen=True)
class FoldRun:
    """One fold's model in training."""

    model: keras.Model
    data: FoldData
    y: np.ndarray
    """Labels in the form that the model's loss reads."""
    seed: int
    batch_size: int


def epochs_of(configuration: Configuration, default: int) -> int:
    """Return the most epochs that a configuration may train."""
    return int(configuration.get("epochs", default))  # type: ignore[arg-type]


def batch_size_of(configuration: Configuration) -> int:
    """Return the rows a step."""
    return int(configuration.get("batch_size", DEFAULT_BATCH))  # type: ignore[arg-type]


def train_epoch(
    model: keras.Model, x: np.ndarray, y: np.ndarray, order: np.ndarray, epoch: int, **options: Any
) -> dict[str, float]:
    """Train one epoch in a given order of rows and return Keras's logs.

    Raises:
        TrainingError: ``memory`` or ``training``: the model does not train on these rows.
    """
    try:
        history = model.fit(
            x[order], y[order], initial_epoch=epoch, epochs=epoch + 1, shuffle=False, verbose=0, **options
        )
    except tf.errors.ResourceExhaustedError as error:
        raise TrainingError("memory", f"out of memory: {one_line(error, 120)}") from error
    except Exception as error:
        raise TrainingError("training", f"model.fit raises {type(error).__name__}: {one_line(error)}") from error
    return {metric: values[-1] for metric, values in history.history.items()}


def _train_epoch(run: FoldRun, epoch: int) -> dict[str, float]:
    data = run.data
    order = data.train[epoch_order(run.seed, epoch, len(data.train))]
    logs = train_epoch(
        run.model,
        data.x,
        run.y,
        order,
        epoch,
        batch_size=run.batch_size,
        validation_data=(data.x[data.validation], run.y[data.validation]),
        validation_batch_size=VALIDATION_BATCH,
    )
    return {metric: in_target_units(metric, value, data.target_scale) for metric, value in logs.items()}
