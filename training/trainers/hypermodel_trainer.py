"""The trainer of a ``HyperModel`` with a ``fit`` of its own: its folds train one after the other, as that fit does it.

A fold's scores are those of its epochs' ends, told by a callback or by the history that the fit returns. A number that
it returns, or a dict with the objective in it, is the fold's score, as in KerasTuner.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from ...errors import TrainingError
from ...spaces import Configuration
from ..data import Dataset, Tree, row_strata, take
from ..events import EpochEnded, Outcome, Rung, Task
from ..fold_cache import FoldData
from ..heartbeat import beat
from ..metrics import Objective, as_number, in_target_units
from ..model_size import ModelSize, tell_size
from ..models import batch_size_of, of_user
from ..models.building import build_optimizer, loss_name, summary_of
from ..models.hypermodel_fit import HypermodelFit, RetryFit
from ..models.hypermodels import note_defaults
from ..models.tracked_configuration import note
from ..scoring import reads_logits
from ..weighting import class_weights
from ..workload import Training, Workload, epochs_of
from .averaging import averaged
from .curves import Curves
from .fit_folds import out_of_memory
from .fit_trainer import FitTrainer, labels_for, targets_for
from .refit_run import RefitRun, start_refit
from .training_state import NOT_KEPT, note_without_checkpoint

NOTE = "its folds were trained one after the other by HyperModel.fit, which cannot be pruned midway"


class HypermodelTrainer(FitTrainer):
    """Calls ``HyperModel.fit`` for each fold."""

    name = "hyperfit"

    def __init__(self, workload: Workload, own: HypermodelFit) -> None:
        super().__init__(workload)
        self._own = own
        self._build = own.build

    def probe(self, task: Task) -> ModelSize:
        """Build the configuration's model once and return how large it is."""
        if self._workload.trainer == "fused":
            raise TrainingError(
                "model", "the model cannot be trained fused: it has a HyperModel.fit of its own"
            )
        return super().probe(task)

    def train(self, task: Task) -> Training:
        """Train a configuration, a fold after the other, and tell its epochs once all of them are trained."""
        started = time.perf_counter()
        self.forget()
        if task.continues:
            note(NOT_KEPT)
        if task.keeps is not None:
            note("its state at its end is not kept: it is HyperModel.fit's own")
        measured = self.measure(task, self.build(task, 0)) if self._workload.goals.quantities else {}
        folds = [self._train_fold(task, fold) for fold in range(len(self._workload.folds))]
        note_without_checkpoint(
            task, time.perf_counter() - started, "HyperModel.fit trains it by itself, to its last epoch"
        )
        model = folds[0].model
        curves = curves_of(folds, self._workload)
        for epoch in range(1, curves.epochs + 1):
            scores = tuple(curve[epoch - 1] for curve in curves.values[self._workload.objective.metric])
            if Rung(epoch, len(scores)) not in task.rungs:  # what is trained is not pruned
                yield EpochEnded(task.number, epoch, scores)
        final = [fold.score for fold in folds if fold.score is not None]
        scores = tuple(final) if final else curves.scores
        trained = max(fold.epochs for fold in folds)
        return Outcome(
            ending="whole",
            value=statistics.fmean(scores),
            fold_scores=scores,
            epochs=trained if final else curves.chosen,
            epochs_trained=trained,
            seconds=round(time.perf_counter() - started, 3),
            parameters=int(model.count_params()),
            seed=task.seed,
            trainer=self.name,
            curves=curves.values,
            summary=folds[0].summary,
            notes=(NOTE, *_lengths(folds)),
            measured={**measured, **curves.beside(self._workload.goals.metrics, whole=True)},
        )

    def _train_fold(self, task: Task, fold: int) -> FoldResult:
        data, dataset = self._workload.data_of(task.configuration)[fold], self._workload.dataset
        if dataset.weights is not None:
            raise TrainingError(
                "model", "its HyperModel.fit trains by itself, which weights of rows cannot reach"
            )
        weights = class_weights(task.configuration, dataset, take(data.y, data.train))
        while True:
            model = self.build(task, fold)
            self.leave(model)
            tell_size(self.size(task, model))
            y = targets_for(labels_for(self._workload, task.configuration, model), data.y, dataset)
            try:
                done = call_fit(
                    self._own,
                    model,
                    task.configuration,
                    data.inputs(data.train),
                    take(y, data.train),
                    epochs=epochs_of(task.configuration, self._workload.epochs),
                    weights=weights,
                    validation=(data.inputs(data.validation), take(y, data.validation)),
                    score=self._score_of(data),
                )
            except RetryFit:
                continue
            return fold_result(model, done, self._workload.objective, data.target_scale)

    def _score_of(self, data: FoldData) -> Callable[[keras.Model], dict[str, float]] | None:
        """Return what computes the objective of a model in training; None where the fit or the model does."""
        scorer = self.scorer
        if scorer is None:
            return None
        x = data.inputs(data.validation)

        def score(model: keras.Model) -> dict[str, float]:
            with averaged(model):
                predictions = model.predict(x, verbose=0)
            return {scorer.name: scorer.score_fold(data, predictions, logits=reads_logits(model))}

        return score


@dataclass(frozen=True)
class FitResult:
    """What a call of a fit left."""

    logs: list[dict[str, float]]
    """Of each epoch that its callback or its history told."""
    returned: dict[str, float]
    """What it returned beside a history; a number is the objective and has no name yet."""
    epochs: int
    summary: str


@dataclass(frozen=True)
class FoldResult:
    """One fold, trained."""

    model: keras.Model
    logs: list[dict[str, float]]
    score: float | None
    """What the fit returned as the objective, where it returned that."""
    epochs: int
    summary: str


class EpochRecorder(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types
    """Keeps what every epoch's end says, and ends the training after a number of epochs."""

    def __init__(self, epochs: int, score: Callable[[keras.Model], dict[str, float]] | None = None) -> None:
        super().__init__()
        self._epochs = epochs
        self._score = score
        self.logs: list[dict[str, float]] = []

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Note an epoch."""
        beat()
        scores = {} if self._score is None else self._score(self.model)
        self.logs.append({**_numbers(logs or {}), **scores})
        if len(self.logs) >= self._epochs and self.model is not None:
            self.model.stop_training = True


@contextmanager
def _recorded(model: keras.Model, recorder: EpochRecorder) -> Iterator[None]:
    """Have every call of ``model.fit`` inside tell a recorder its epochs, whether the caller passes callbacks on or not."""
    fit = model.fit

    def fit_recorded(*rows: Any, callbacks: Any = None, **options: Any) -> Any:
        given = callbacks if isinstance(callbacks, list | tuple) else [callbacks] if callbacks else []
        return fit(*rows, callbacks=list(dict.fromkeys([*given, recorder])), **options)

    model.fit = fit_recorded
    try:
        yield
    finally:
        del model.fit  # the class's own again


def call_fit(
    own: HypermodelFit,
    model: keras.Model,
    configuration: Configuration,
    x: Tree,
    y: Tree,
    *,
    epochs: int,
    weights: Mapping[int, float] | None,
    validation: tuple[Tree, Tree] | None,
    ends: bool = False,
    score: Callable[[keras.Model], dict[str, float]] | None = None,
) -> FitResult:
    """Call a ``HyperModel.fit`` as KerasTuner does.

    Args:
        own: It, with the ``hp`` that its build asked last.
        model: Built and compiled.
        configuration: Its batch size is passed on, where it has one.
        x: Training rows.
        y: Their targets, as the model's loss reads them.
        epochs: Passed on; a fit may take its own.
        weights: Class code -> weight; passed on where there are any.
        validation: Rows to score; a refit has none.
        ends: Whether a fit with epochs of its own is ended after ``epochs`` all the same.
        score: Computes the objective where neither the fit nor the model does; what the fit returns is then none.

    Raises:
        RetryFit: The model is to be built again.
        TrainingError: It raises, or returns what is no score.
    """
    build_optimizer(model)
    recorder = EpochRecorder(epochs if ends else 10**9, score)
    options: dict[str, Any] = {"callbacks": [recorder], "epochs": epochs, "verbose": 0}
    if validation is not None:
        options["validation_data"] = validation
    if "batch_size" in configuration:
        options["batch_size"] = batch_size_of(configuration)
    if weights is not None:
        options["class_weight"] = dict(weights)
    summary = summary_of(model)
    try:
        with _recorded(model, recorder):
            returned = own(own.build.hp, model, x, y, **options)
    except (RetryFit, TrainingError):
        raise
    except (MemoryError, tf.errors.ResourceExhaustedError) as error:
        raise out_of_memory(error) from error
    except Exception as error:
        raise of_user("training", "HyperModel.fit", error) from error
    note_defaults(own.build.hp, configuration)
    logs, values = _read_returned(returned)
    logs = recorder.logs or logs
    if not logs:
        note(
            "its HyperModel.fit does not say how many epochs it trained; they are counted as those that it was asked for"
        )
    if score is not None:
        return FitResult(recorder.logs or [score(model)], {}, len(logs) or epochs, summary)
    return FitResult(logs, values, len(logs) or epochs, summary)


def _read_returned(returned: Any) -> tuple[list[dict[str, float]], dict[str, float]]:
    """Return the epochs of a history, and the values of anything else; of several, their means."""
    if isinstance(returned, keras.callbacks.History):
        names = list(returned.history)
        columns = [returned.history[name] for name in names]
        return [_numbers(dict(zip(names, row, strict=True))) for row in zip(*columns, strict=False)], {}
    if isinstance(returned, Mapping):
        return [], _numbers(returned)
    if isinstance(returned, list) and returned:
        parts = [_read_returned(one)[1] for one in returned]
        shared = [name for name in parts[0] if all(name in part for part in parts)]
        return [], {name: statistics.fmean(part[name] for part in parts) for name in shared}
    try:
        return [], {_NUMBER: float(returned)}
    except (TypeError, ValueError) as error:
        raise TrainingError(
            "training",
            f"HyperModel.fit returns {type(returned).__name__}; return the history of model.fit, a dict or a number",
        ) from error


_NUMBER = ""
"""Name of a number that was returned without one."""


def _numbers(logs: Mapping[str, Any]) -> dict[str, float]:
    """Return what is a number; of several, one a class, their mean."""
    arrays = {str(name): np.asarray(value) for name, value in logs.items()}
    return {
        name: as_number(array)
        for name, array in arrays.items()
        if array.size and np.issubdtype(array.dtype, np.number)
    }


def fold_result(model: keras.Model, done: FitResult, objective: Objective, scale: float) -> FoldResult:
    """Return a fold's curves and score, in the target's units."""
    loss = loss_name(model)
    computed = {"loss", *(metric.name for metric in model.metrics)}
    logs = [_named(in_target_units(one, loss, scale), objective, computed) for one in done.logs]
    values = _named(in_target_units(done.returned, loss, scale), objective, computed)
    score = values.get(_NUMBER, values.get(objective.metric))
    logs = [
        one for one in logs if objective.metric in one
    ] or logs  # a first stage may be trained unvalidated
    if score is not None and not any(objective.metric in one for one in logs):
        logs = [{**(logs[-1] if logs else {}), objective.metric: score}]  # it is known of the end alone
    return FoldResult(model, logs, score, done.epochs, done.summary)


def _named(logs: dict[str, float], objective: Objective, computed: set[str]) -> dict[str, float]:
    """Return logs in which a metric of the fit's own, which has no ``val_`` before it, is the objective that is named so."""
    bare = objective.metric.removeprefix("val_")
    if objective.metric in logs or bare not in logs or bare in computed:
        return logs
    return {objective.metric if name == bare else name: value for name, value in logs.items()}


def curves_of(folds: Sequence[FoldResult], workload: Workload) -> Curves:
    """Return the curves of all folds, as long as the shortest; a score that is not finite ends the trial.

    Raises:
        TrainingError: ``diverged`` or ``metric``.
    """
    objective = workload.objective
    curves = Curves(objective, workload.judges)
    names = set.intersection(*({name for log in fold.logs for name in log} for fold in folds))
    for logs in zip(*(fold.logs for fold in folds), strict=False):
        curves.add_epoch([{name: log[name] for name in log if name in names} for log in logs])
    for number, fold in enumerate(folds):
        if fold.score is not None and not math.isfinite(fold.score):
            raise TrainingError("diverged", f"{objective.metric} became {fold.score} in fold {number + 1}")
    if not curves.epochs:
        raise TrainingError(
            "metric", f"HyperModel.fit neither calls its callbacks nor returns {objective.metric}"
        )
    return curves


def _lengths(folds: Sequence[FoldResult]) -> tuple[str, ...]:
    lengths = sorted({len(fold.logs) for fold in folds})
    if len(lengths) == 1:
        return ()
    return (f"its folds trained {lengths[0]} to {lengths[-1]} epochs; the first {lengths[0]} are compared",)


@dataclass(frozen=True)
class HypermodelRefit(RefitRun):
    """A model that a ``HyperModel.fit`` has trained on all rows."""

    logs: tuple[dict[str, float], ...] = ()

    def train(self, epochs: int) -> Iterator[dict[str, float]]:
        """Yield what the ends of the epochs said, which are trained."""
        yield from self.logs


def _trained_rows(run: RefitRun, dataset: Dataset) -> np.ndarray:
    """Return the positions of the rows that train: drawn as in the folds."""
    if run.draw is None:
        return np.arange(dataset.rows)
    return run.draw.positions(row_strata(dataset.y, dataset.task))


def refit_hypermodel(
    workload: Workload, configuration: Configuration, seed: int, own: HypermodelFit, epochs: int
) -> HypermodelRefit:
    """Train a model on all rows by its own fit; the arguments are those of ``start_refit``.

    A fit that names validation rows gets training rows: the test split is for the end alone.

    Raises:
        TrainingError: The model cannot be built, or the fit raises.
    """
    dataset = workload.dataset
    while True:
        run = start_refit(workload, configuration, seed, own.build)
        rows = _trained_rows(run, dataset)
        x = take(run.preparation.transform_training(dataset.x), rows)
        y = take(targets_for(run.labels, run.preparation.transform_target(dataset.y), dataset), rows)
        try:
            done = call_fit(
                own,
                run.model,
                configuration,
                x,
                y,
                epochs=epochs,
                weights=run.class_weight,
                validation=(take(x, slice(1000)), take(y, slice(1000))) if own.needs_validation else None,
                ends=True,
            )
        except RetryFit:
            continue
        loss, scale = loss_name(run.model), run.preparation.target_scale
        logs = tuple(in_target_units(one, loss, scale) for one in done.logs)
        return HypermodelRefit(**vars(run), logs=logs)
