"""The trainer of a ``HyperModel`` with a ``fit`` of its own: its folds train one after the other, as that fit does it."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import keras

from ...errors import TrainingError
from ..data import take
from ..events import EpochEnded, Outcome, Rung, Task
from ..fold_cache import FoldData
from ..metrics import Objective, in_target_units
from ..model_size import ModelSize, tell_size
from ..models.building import loss_name
from ..models.hypermodel_fit import HypermodelFit, RetryFit
from ..models.tracked_configuration import note
from ..scoring import reads_logits, score_fold
from ..weighting import class_weights
from ..workload import Training, Workload, epochs_of
from .averaging import averaged
from .curves import Curves
from .fit_trainer import FitTrainer, labels_for, targets_for
from .hypermodel_call import UNNAMED, FitResult, call_fit
from .training_state import NOT_KEPT, note_without_checkpoint

NOTE = "its folds were trained one after the other by HyperModel.fit, which cannot be pruned midway"


class HypermodelTrainer(FitTrainer):
    """Calls ``HyperModel.fit`` for each fold."""

    name = "hypermodel"

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
        """Return what scores a model in training; None where the fit or the model computes all that is asked for."""
        if not self.scorers:
            return None
        x = data.inputs(data.validation)

        def score(model: keras.Model) -> dict[str, float]:
            with averaged(model):
                predictions = model.predict(x, verbose=0)
            return score_fold(self.scorers, data, predictions, logits=reads_logits(model))

        return score


@dataclass(frozen=True)
class FoldResult:
    """One fold, trained."""

    model: keras.Model
    logs: list[dict[str, float]]
    score: float | None
    """What the fit returned as the objective, where it returned that."""
    epochs: int
    summary: str


def fold_result(model: keras.Model, done: FitResult, objective: Objective, scale: float) -> FoldResult:
    """Return a fold's curves and score, in the target's units."""
    loss = loss_name(model)
    computed = {"loss", *(metric.name for metric in model.metrics)}
    logs = [_named(in_target_units(one, loss, scale), objective, computed) for one in done.logs]
    values = _named(in_target_units(done.returned, loss, scale), objective, computed)
    score = values.get(UNNAMED, values.get(objective.metric))
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
