"""What all trainers share: the way from epoch to epoch, curves, the chosen number of epochs, patience, divergence."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from ...errors import TrainingError, did_you_mean
from ..epoch_selection import best_epoch, mean_curve, unbiased_scores
from ..events import Answer, EpochEnded, Outcome, Task
from ..metrics import Objective
from ..models.tracked_configuration import note
from ..stopping import LOSS, Stopping, stopping_of
from ..workload import Training, Workload, epochs_of

ENDINGS: dict[Answer, Literal["stopped", "paused"]] = {Answer.STOP: "stopped", Answer.PAUSE: "paused"}
"""How a training ends that is told so."""
NEVER_TUNED = "fine_tuning never began: frozen_share leaves it none of the few epochs"


def train_in_lockstep(
    workload: Workload,
    task: Task,
    train_epoch: Callable[[int], Sequence[Mapping[str, float]]],
    *,
    trainer: str,
    started: float,
    parameters: int,
    summary: str,
) -> Training:
    """Train a configuration epoch by epoch until it is stopped, stalls, or has trained all of its epochs.

    Args:
        workload: Says how long at most, and by which metric.
        task: The configuration.
        train_epoch: Trains an epoch of all folds, counted from 0, and returns the logs of each.
        trainer: The trainer's name.
        started: ``time.perf_counter()`` when the task was taken.
        parameters: Number of the model's weights.
        summary: The model's summary.
    """
    curves = Curves(workload.objective, workload.judges)
    epochs = epochs_of(task.configuration, workload.epochs)
    tuning = workload.fine_tuning(task.configuration)
    if tuning is None and workload.model.has_base and task.configuration.get("fine_tuning"):
        note(NEVER_TUNED)
    stopping = stopping_of(task.configuration, workload.patience, after=0 if tuning is None else tuning.epoch)
    ended, answer = False, Answer.GO_ON
    while not ended and answer is Answer.GO_ON:
        scores = curves.add_epoch(train_epoch(curves.epochs))
        ended = curves.epochs >= epochs or curves.is_stalled(stopping)
        answer = yield EpochEnded(task.number, curves.epochs, scores)
    scores = curves.scores if ended else curves.scores_at(curves.epochs)
    return Outcome(
        ending="whole" if ended else ENDINGS[answer],  # what has come to its own end is whole
        value=statistics.fmean(scores),
        fold_scores=scores,
        epochs=curves.chosen,
        epochs_trained=curves.epochs,
        seconds=round(time.perf_counter() - started, 3),
        parameters=parameters,
        seed=task.seed,
        trainer=trainer,
        curves=curves.values,
        summary=summary,
    )


@dataclass
class Curves:
    """Every metric of every fold and epoch, as it grows."""

    objective: Objective
    judges: Sequence[Sequence[int]]
    """Fold -> the folds that choose the epoch that it is scored at; see ``unbiased_scores``."""
    values: dict[str, list[list[float]]] = field(default_factory=dict)
    """Metric -> fold -> epoch."""

    def add_epoch(self, logs: Sequence[Mapping[str, float]]) -> tuple[float, ...]:
        """Add one epoch of all folds and return the objective on each.

        Raises:
            TrainingError: ``diverged`` if a number is not finite; ``model`` if the objective is not computed.
        """
        for fold, log in enumerate(logs):
            for metric, value in log.items():
                self.values.setdefault(metric, [[] for _ in self.judges])[fold].append(float(value))
        epoch = self.epochs
        for fold, log in enumerate(logs):
            for metric, value in log.items():
                if not math.isfinite(value):
                    raise TrainingError(
                        "diverged", f"{metric} became {value} in fold {fold + 1}, epoch {epoch}"
                    )
        if self.objective.metric not in self.values:
            known = [metric for metric in self.values if metric.startswith("val_")]
            hint = did_you_mean(self.objective.metric, known)
            raise TrainingError("metric", f"the model does not compute {self.objective.metric}.{hint}")
        return tuple(fold[-1] for fold in self.values[self.objective.metric])

    @property
    def epochs(self) -> int:
        """Epochs trained so far."""
        return max((len(fold) for folds in self.values.values() for fold in folds), default=0)

    @property
    def mean(self) -> list[float]:
        """The objective's mean over the folds, by epoch."""
        return mean_curve(self.values.get(self.objective.metric, []))

    @property
    def chosen(self) -> int:
        """The one number of epochs for all folds: where the mean curve is best, the first of equals."""
        return best_epoch(self.values[self.objective.metric], self.objective)

    @property
    def scores(self) -> tuple[float, ...]:
        """The objective on each fold, at the epochs that the other folds choose."""
        return unbiased_scores(self.values[self.objective.metric], self.objective, self.judges)

    def is_stalled(self, stopping: Stopping) -> bool:
        """Tell whether neither the objective nor the validation loss has improved for too long, on the folds' mean."""
        watched = {self.objective.metric: self.objective, LOSS.metric: LOSS}
        return all(
            stopping.is_over(mean_curve(self.values[metric]), objective)
            for metric, objective in watched.items()
            if metric in self.values
        )

    def scores_at(self, epoch: int) -> tuple[float, ...]:
        """Return the objective on each fold at an epoch counted from 1."""
        return tuple(fold[epoch - 1] for fold in self.values[self.objective.metric])
