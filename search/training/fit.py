"""The reference trainer: ``model.fit`` on each fold, one epoch at a time, for any Keras model."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from ...errors import TrainingError, one_line
from ...spaces import Configuration
from ..data import Dataset
from ..events import EpochEnded, Outcome, Task
from ..metrics import in_target_units
from ..models.building import build_model, encode_labels, labels_of, loss_name, summary_of
from .feeding import Feed, in_order
from .lockstep import Curves
from .seeds import fold_seed
from .workload import Training, Workload

DEFAULT_BATCH = 100


class FitTrainer:
    """Trains with ``model.fit``; slow for small models, right for every model."""

    name = "fit"

    def __init__(self, workload: Workload) -> None:
        self._workload = workload
        self._build = workload.model.load()
        self._tensors: dict[int, tf.Tensor] = {}

    def probe(self, task: Task) -> int:
        """Build the configuration's model once and return its number of weights."""
        keras.utils.clear_session()
        model = build_model(
            self._build, task.configuration, self._workload.signature, fold_seed(task.seed, 0)
        )
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
            scores = curves.add_epoch([_train_fold(run, epoch) for run in runs])
            stopped = yield EpochEnded(task.number, epoch + 1, scores)
            if stopped or curves.is_stalled(workload.patience):
                break
        scores = curves.scores_at(curves.epochs if stopped else curves.chosen)
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
        x, y = self._tensor(data.x), tf.constant(targets_for(model, data.y, self._workload.dataset))
        return FoldRun(
            model,
            Feed(x, y, data.train, batch_size_of(task.configuration), seed),
            in_order(x, y, data.validation),
            data.target_scale,
        )

    def _tensor(self, x: np.ndarray) -> tf.Tensor:
        """Return an array as a tensor, made once; the workload keeps the array alive, so that its id is its own."""
        if id(x) not in self._tensors:
            self._tensors[id(x)] = tf.constant(x)
        return self._tensors[id(x)]


@dataclass(frozen=True)
class FoldRun:
    """One fold's model in training."""

    model: keras.Model
    feed: Feed
    validation: tf.data.Dataset
    target_scale: float


def targets_for(model: keras.Model, y: np.ndarray, dataset: Dataset) -> np.ndarray:
    """Return targets in the form that a model's loss reads."""
    if dataset.task == "regression":
        return y
    return encode_labels(y, dataset.outputs, labels_of(model))


def epochs_of(configuration: Configuration, default: int) -> int:
    """Return the most epochs that a configuration may train."""
    return int(configuration.get("epochs", default))  # type: ignore[arg-type]


def batch_size_of(configuration: Configuration) -> int:
    """Return the rows a step."""
    return int(configuration.get("batch_size", DEFAULT_BATCH))  # type: ignore[arg-type]


def train_epoch(
    model: keras.Model, feed: Feed, epoch: int, validation: tf.data.Dataset | None = None
) -> dict[str, float]:
    """Train one epoch, counted from 0, and return Keras's logs.

    Raises:
        TrainingError: ``memory`` or ``training``: the model does not train on these rows.
    """
    try:
        history = model.fit(
            feed.epoch(epoch),
            initial_epoch=epoch,
            epochs=epoch + 1,
            shuffle=False,
            verbose=0,
            validation_data=validation,
        )
    except tf.errors.ResourceExhaustedError as error:
        raise TrainingError("memory", f"out of memory: {one_line(error, 120)}") from error
    except Exception as error:
        raise TrainingError(
            "training", f"model.fit raises {type(error).__name__}: {one_line(error)}"
        ) from error
    return {metric: values[-1] for metric, values in history.history.items()}


def _train_fold(run: FoldRun, epoch: int) -> dict[str, float]:
    logs = train_epoch(run.model, run.feed, epoch, run.validation)
    return in_target_units(logs, loss_name(run.model), run.target_scale)
