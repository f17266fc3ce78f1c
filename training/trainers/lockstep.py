"""What all trainers share: the way from epoch to epoch, curves, the chosen number of epochs, patience, divergence, pauses."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal, Protocol

from ...errors import TrainingError, did_you_mean
from ..epoch_selection import best_epoch, mean_curve, unbiased_scores
from ..events import Answer, EpochEnded, Outcome, Rung, Task
from ..metrics import Objective
from ..models.tracked_configuration import note
from ..stopping import LOSS, Stopping, stopping_of
from ..workload import Training, Workload, epochs_of
from .paused_state import FoldState, PausedTrial, UnusableStateError, identity_of, load_state, save_state

ENDINGS: dict[Answer, Literal["stopped", "paused"]] = {Answer.STOP: "stopped", Answer.PAUSE: "paused"}
"""How a training ends that is told so."""
NOT_KEPT = "trained from the start: no state was kept of the trial that it continues"
NEVER_TUNED = "fine_tuning never began: frozen_share leaves it none of the few epochs"


class FoldsInTraining(Protocol):
    """The folds of one configuration, each as far as it was trained."""

    @property
    def way(self) -> str:
        """How they are trained; states go from one training to another of the same way only."""
        ...

    def train(self, epoch: int, folds: Sequence[int]) -> Sequence[Mapping[str, float]]:
        """Train an epoch, counted from 0, of some folds, and return the logs of each.

        Folds begin in their order, with epoch 0, and each trains its epochs one after the other.
        """
        ...

    def take(self, folds: Sequence[int]) -> list[FoldState]:
        """Return the states of some folds, after all of their epochs so far.

        Raises:
            UnusableStateError: There is more to the training than can be taken.
        """
        ...

    def give(self, states: Sequence[FoldState], epochs: Sequence[int]) -> None:
        """Have the first folds go on from states, each after so many epochs; nothing was trained before.

        Raises:
            UnusableStateError: They are another model's; all folds are to be trained from the start.
        """
        ...


def train_in_lockstep(
    workload: Workload,
    task: Task,
    folds: FoldsInTraining,
    *,
    trainer: str,
    started: float,
    parameters: int,
    summary: str,
    measured: Mapping[str, float],
    spans: bool,
) -> Training:
    """Train a configuration epoch by epoch until it is stopped or paused, stalls, or has trained all of its epochs.

    Args:
        workload: Says how long at most, and by which metric.
        task: The configuration, and how many epochs of how many folds are trained before it is asked how to go on.
        folds: Train.
        trainer: The trainer's name.
        started: ``time.perf_counter()`` when the task was taken.
        parameters: Number of the model's weights.
        summary: The model's summary.
        measured: What the model was measured by.
        spans: Whether the training depends on how many epochs there are in all.
    """
    epochs = epochs_of(task.configuration, workload.epochs)
    tuning = workload.fine_tuning(task.configuration)
    if tuning is None and workload.model.has_base and task.configuration.get("fine_tuning"):
        note(NEVER_TUNED)
    stopping = stopping_of(task.configuration, workload.patience, after=0 if tuning is None else tuning.epoch)
    curves, started = _begin(workload, task, folds, started)
    taken_over, answer = curves.epochs if task.continues else 0, Answer.GO_ON
    ended = curves.has_come_to(epochs, stopping)  # as the trial that it continues may have
    if Rung(curves.epochs, curves.folds) in task.rungs:  # it was paused there, but whoever asked it has died
        told = EpochEnded(task.number, curves.epochs, curves.scores_at(curves.epochs))
        answer, waited = yield from _ask(told)
        started += waited
    for target in (*task.rungs, Rung(epochs, len(workload.folds))):
        while not ended and answer is Answer.GO_ON and (some := curves.behind(target, epochs)):
            logs = folds.train(curves.lengths[some[0]], some)
            scores = curves.add_epoch(logs, some[0])
            ended = curves.has_come_to(epochs, stopping)
            answer, waited = yield from _ask(EpochEnded(task.number, curves.epochs, scores))
            started += waited
    state = partial(_state_of, workload, task, folds, curves, started, epochs if spans else None)
    if answer is Answer.PAUSE and not ended:
        _save(state, task.state, "paused, and its state is not kept, so that it will train from the start")
    if ended:
        if task.keeps is not None:
            _save(state, task.keeps, "its state at its end is not kept")
        curves.cut(curves.epochs)
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
        curves=curves.trained,
        summary=summary,
        measured={**measured, **curves.beside(workload.goals.metrics, whole=ended)},
        taken_over=taken_over,
    )


def _ask(event: EpochEnded) -> Generator[EpochEnded, Answer | None, tuple[Answer, float]]:
    """Tell an event, and return how the training goes on, and the seconds until that was said, which are not its own."""
    asked = time.perf_counter()
    answer = (yield event) or Answer.GO_ON
    return answer, time.perf_counter() - asked


def _begin(workload: Workload, task: Task, folds: FoldsInTraining, started: float) -> tuple[Curves, float]:
    """Return the curves so far, and when the training began, pauses left out; folds go on where they were paused."""
    curves = Curves(workload.objective, workload.judges)
    if task.state is None or not task.state.exists():
        if task.continues:
            note(NOT_KEPT)
        return curves, started
    try:
        epochs = epochs_of(task.configuration, workload.epochs)
        paused = load_state(task.state, identity_of(workload, task, folds.way), epochs)
        folds.give(paused.folds, paused.lengths)
    except (UnusableStateError, OSError) as error:
        note(f"trained from the start: its state cannot be used: {error}")
        return curves, started
    for metric, values in paused.curves.items():
        curves.values[metric] = [*values, *([] for _ in workload.folds[len(values) :])]
    return curves, started if task.continues else started - paused.seconds


def _state_of(
    workload: Workload, task: Task, folds: FoldsInTraining, curves: Curves, started: float, span: int | None
) -> PausedTrial:
    """Return all that a trial needs to go on.

    Raises:
        UnusableStateError: There is more to its training than can be taken.
    """
    states = tuple(folds.take(range(curves.folds)))
    seconds = time.perf_counter() - started
    return PausedTrial(identity_of(workload, task, folds.way), states, curves.trained, seconds, span)


def _save(state: Callable[[], PausedTrial], path: Path | None, otherwise: str) -> None:
    """Write the state of a trial; where that cannot be, say what comes of it, and why."""
    if path is None:
        note(f"{otherwise}: it has no file")
        return
    try:
        save_state(state(), path)
    except (UnusableStateError, OSError) as error:
        note(f"{otherwise}: {error}")


def between_rungs(rungs: Sequence[Rung], training: Training) -> Training:
    """Tell all epochs of a training that has no rungs but those at which somebody else would wait."""
    try:
        event = next(training)
        while True:
            event = training.send(Answer.GO_ON if event.rung in rungs else (yield event))
    except StopIteration as end:
        outcome: Outcome = end.value
        return outcome


@dataclass
class Curves:
    """Every metric of every fold and epoch, as it grows; later folds may have fewer epochs, or none yet."""

    objective: Objective
    judges: Sequence[Sequence[int]]
    """Fold -> the folds that choose the epoch that it is scored at; see ``unbiased_scores``."""
    values: dict[str, list[list[float]]] = field(default_factory=dict)
    """Metric -> fold -> epoch."""

    def add_epoch(self, logs: Sequence[Mapping[str, float]], first: int = 0) -> tuple[float, ...]:
        """Add one epoch of some folds, and return the objective on each fold from the first of all.

        Args:
            logs: Of folds that have trained equally long.
            first: The first of them.

        Raises:
            TrainingError: ``diverged`` if a number is not finite; ``model`` if the objective is not computed.
        """
        for fold, log in enumerate(logs, first):
            for metric, value in log.items():
                self.values.setdefault(metric, [[] for _ in self.judges])[fold].append(float(value))
        epoch = self.epochs
        for fold, log in enumerate(logs, first):
            for metric, value in log.items():
                if not math.isfinite(value):
                    raise TrainingError(
                        "diverged", f"{metric} became {value} in fold {fold + 1}, epoch {epoch}"
                    )
        if self.objective.metric not in self.values:
            metric = self.objective.metric
            raise TrainingError("metric", f"the model does not compute {metric}.{self._hint(metric)}")
        return self.scores_at(epoch)

    @property
    def lengths(self) -> list[int]:
        """Epochs trained so far, by fold."""
        return [max(map(len, fold), default=0) for fold in zip(*self.values.values(), strict=True)] or [
            0 for _ in self.judges
        ]

    @property
    def folds(self) -> int:
        """Folds that have begun, the first ones."""
        return sum(length > 0 for length in self.lengths)

    @property
    def is_of_all(self) -> bool:
        """Whether all folds have begun."""
        return self.folds == len(self.judges)

    @property
    def epochs(self) -> int:
        """Epochs that all folds that have begun have trained."""
        return min((length for length in self.lengths if length), default=0)

    @property
    def trained(self) -> dict[str, list[list[float]]]:
        """The curves of the folds that have begun."""
        return {metric: folds[: self.folds] for metric, folds in self.values.items()}

    def behind(self, target: Rung, epochs: int) -> range:
        """Return which folds train next to get to a rung: those that have come least far; none if it is reached.

        Args:
            target: Folds that have begun go there, too.
            epochs: The most that a fold trains.
        """
        lengths = self.lengths[: max(target.folds, self.folds)]
        least = min(lengths)
        return range(lengths.index(least), len(lengths) if least < min(target.epochs, epochs) else 0)

    def cut(self, epochs: int) -> None:
        """Forget what some folds have trained further."""
        self.values = {metric: [fold[:epochs] for fold in folds] for metric, folds in self.values.items()}

    @property
    def mean(self) -> list[float]:
        """The objective's mean over the folds, by epoch."""
        return mean_curve(self._side_by_side(self.objective.metric))

    @property
    def chosen(self) -> int:
        """The one number of epochs for all folds: where the mean curve is best, the first of equals."""
        return best_epoch(self._side_by_side(self.objective.metric), self.objective)

    @property
    def scores(self) -> tuple[float, ...]:
        """The objective on each fold, at the epochs that the other folds choose."""
        return unbiased_scores(self.values[self.objective.metric], self.objective, self.judges)

    def beside(self, metrics: Iterable[str], *, whole: bool) -> dict[str, float]:
        """Return the means of other metrics over the folds: where the objective is scored, or at the last epoch.

        Raises:
            TrainingError: The model does not compute one of them.
        """
        found = {}
        for metric in metrics:
            if metric == self.objective.metric:
                continue
            if metric not in self.values:
                raise TrainingError("metric", f"the model does not compute {metric}.{self._hint(metric)}")
            own, curves = self.values[self.objective.metric], self.values[metric]
            scores = (
                unbiased_scores(own, self.objective, self.judges, curves)
                if whole
                else [fold[self.epochs - 1] for fold in curves if fold]
            )
            found[metric] = statistics.fmean(scores)
        return found

    def _hint(self, metric: str) -> str:
        return did_you_mean(metric, [known for known in self.values if known.startswith("val_")])

    def has_come_to(self, epochs: int, stopping: Stopping) -> bool:
        """Tell whether all folds have come to their end: so many epochs, or an earlier one where they have stalled."""
        return self.is_of_all and (self.epochs >= epochs or self.is_stalled(stopping))

    def is_stalled(self, stopping: Stopping) -> bool:
        """Tell whether neither the objective nor the validation loss has improved for too long, on the folds' mean."""
        watched = {self.objective.metric: self.objective, LOSS.metric: LOSS}
        return all(
            stopping.is_over(mean_curve(self._side_by_side(metric)), objective)
            for metric, objective in watched.items()
            if metric in self.values
        )

    def scores_at(self, epoch: int) -> tuple[float, ...]:
        """Return the objective on each fold that has begun, at an epoch counted from 1."""
        return tuple(fold[epoch - 1] for fold in self.values[self.objective.metric] if fold)

    def _side_by_side(self, metric: str) -> list[list[float]]:
        """Return the curves of the folds that have begun, as far as all of them go."""
        epochs = self.epochs
        return [fold[:epochs] for fold in self.values.get(metric, []) if fold]
