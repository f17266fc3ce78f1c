"""What all trainers share: the way from epoch to epoch, and where it ends or is paused."""

from __future__ import annotations

import statistics
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ..events import Answer, EpochEnded, Outcome, Rung, Task
from ..models.tracked_configuration import note
from ..stopping import stopping_of
from ..workload import Training, Workload, epochs_of
from .curves import Curves
from .training_state import FoldsInTraining, TrainingState

ENDINGS: dict[Answer, Literal["stopped", "paused"]] = {Answer.STOP: "stopped", Answer.PAUSE: "paused"}
"""How a training ends that is told so."""
NEVER_TUNED = "fine_tuning never began: frozen_share leaves it none of the few epochs"


@dataclass(frozen=True)
class ModelFacts:
    """What is told of the model that all folds of a configuration have."""

    parameters: int
    """Number of its weights."""
    summary: str
    measured: Mapping[str, float]
    """What it was measured by before it was trained."""
    depends_on_epochs: bool
    """Whether its training depends on how many epochs there are in all."""


def train_in_lockstep(
    workload: Workload,
    task: Task,
    folds: FoldsInTraining,
    model: ModelFacts,
    *,
    trainer: str,
    started: float,
) -> Training:
    """Train a configuration epoch by epoch until it is stopped or paused, stalls, or has trained all of its epochs.

    Args:
        workload: Says how long at most, and by which metric.
        task: The configuration, and how many epochs of how many folds are trained before it is asked how to go on.
        folds: Train.
        model: Theirs.
        trainer: The trainer's name.
        started: ``time.perf_counter()`` when the task was taken.
    """
    epochs = epochs_of(task.configuration, workload.epochs)
    tuning = workload.fine_tuning(task.configuration)
    if tuning is None and workload.model.has_base and task.configuration.get("fine_tuning"):
        note(NEVER_TUNED)
    stopping = stopping_of(task.configuration, workload.patience, after=0 if tuning is None else tuning.epoch)
    curves = Curves(workload.objective, workload.judges)
    state = TrainingState(workload, task, folds, curves, started, epochs if model.depends_on_epochs else None)
    state.load(epochs)
    ended = curves.has_come_to(epochs, stopping)  # as the trial that it continues may have
    answer = yield from _ask_again(task, curves, state)
    ended &= answer is Answer.GO_ON or curves.has_come_to(epochs, stopping)
    told_before = answer is not Answer.GO_ON
    for target in (*task.rungs, Rung(epochs, len(workload.folds))):
        while not ended and answer is Answer.GO_ON and (some := curves.behind(target, epochs)):
            logs = folds.train(curves.lengths[some[0]], some)
            scores = curves.add_epoch(logs, some[0])
            ended = curves.has_come_to(epochs, stopping)
            saved = not ended and state.checkpoint()
            answer = yield from state.ask(EpochEnded(task.number, curves.epochs, scores, saved=saved))
    if answer is Answer.PAUSE and not ended and not told_before:  # else its file is there
        state.save(task.state, "paused, and its state is not kept, so that it will train from the start")
    if ended:
        if task.keeps is not None:
            state.save(task.keeps, "its state at its end is not kept")
        curves.cut(curves.epochs)
    ending = "whole" if ended else ENDINGS[answer]  # what has come to its own end is whole
    return _outcome(state, model, trainer, ending)


def _outcome(
    state: TrainingState, model: ModelFacts, trainer: str, ending: Literal["whole", "stopped", "paused"]
) -> Outcome:
    """Return what a training has come to: scored at its chosen epoch where it is whole, else at its last one."""
    curves, whole = state.curves, ending == "whole"
    scores = curves.scores if whole else curves.scores_at(curves.epochs)
    beside = curves.beside(state.workload.goals.metrics, whole=whole)
    return Outcome(
        ending=ending,
        value=statistics.fmean(scores),
        fold_scores=scores,
        epochs=curves.chosen,
        epochs_trained=curves.epochs,
        seconds=round(state.seconds, 3),
        parameters=model.parameters,
        seed=state.task.seed,
        trainer=trainer,
        curves=curves.trained,
        summary=model.summary,
        measured={**model.measured, **beside},
        taken_over=state.taken_over,
    )


def _ask_again(
    task: Task, curves: Curves, state: TrainingState
) -> Generator[EpochEnded, Answer | None, Answer]:
    """Ask at the rungs that lie behind the state that a trial goes on from: whoever was told of them has died.

    Where it does not go on after one, what it has trained further is left out of its curves.
    """
    answer = Answer.GO_ON
    for rung in task.rungs:
        if answer is Answer.GO_ON and curves.has_passed(rung):
            told = EpochEnded(task.number, rung.epochs, curves.scores_at_rung(rung), trained_before=True)
            answer = yield from state.ask(told)
            if answer is not Answer.GO_ON:
                curves.cut(*rung)
    return answer


def between_rungs(rungs: Sequence[Rung], training: Training) -> Training:
    """Tell all epochs of a training that has no rungs but those at which somebody else would wait."""
    try:
        event = next(training)
        while True:
            event = training.send(Answer.GO_ON if event.rung in rungs else (yield event))
    except StopIteration as end:
        outcome: Outcome = end.value
        return outcome
