"""An executor on a virtual clock: it keeps the executors' contract, and reads from a table what training would give.

One unit of time is a whole training of one configuration, all folds and epochs, by one worker.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np
from kerasweep.spaces import Configuration
from kerasweep.training.events import (
    Answer,
    EpochEnded,
    Event,
    Outcome,
    Rung,
    Task,
    TrialEnded,
    TrialFailed,
    TrialPaused,
)
from kerasweep.training.model_size import ModelSize
from simulation.table import Array, Table

Clock: TypeAlias = Literal["epochs", "seconds"]
"""What a training costs: the same for each epoch of each fold, or what it took when it was recorded."""


@dataclass(frozen=True)
class Seen:
    """A score that the search has seen."""

    time: float
    number: int
    rung: Rung
    value: float
    """Mean of the folds after this epoch; of a whole training its worth."""
    whole: bool


@dataclass
class _Run:
    task: Task
    scores: Array
    costs: Array
    """Of every epoch of every fold, ``(folds, epochs)``."""
    trained: list[int]
    """Epochs that each fold has trained."""
    folds: int = 0
    """That train now, or have joined."""
    epoch: int = 0
    """That they all have come to; the folds that join begin at 1."""
    due: float = math.inf
    """When its next event comes; never while it waits for an answer."""
    passed: set[Rung] = field(default_factory=set)

    @property
    def reached(self) -> Rung:
        return Rung(self.epoch, self.folds)

    def target(self) -> Rung:
        """Where it is decided next how it goes on."""
        folds, epochs = self.scores.shape
        left = [rung for rung in self.task.rungs if rung not in self.passed]
        return left[0] if left else Rung(epochs, folds)

    @property
    def whole(self) -> bool:
        return min(self.trained) == int(self.scores.shape[1])

    def next_epoch(self) -> tuple[int, int]:
        """Return which epoch is trained next, and by how many folds."""
        target = self.target()
        if self.folds < target.folds:
            return 1, target.folds
        return self.epoch + 1, self.folds

    def cost(self) -> float:
        """Return the time of the next epoch: of the folds that have not trained it."""
        epoch, folds = self.next_epoch()
        lacking = [fold for fold in range(folds) if self.trained[fold] < epoch]
        return float(self.costs[lacking, epoch - 1].sum())

    def train(self) -> EpochEnded:
        """Train the next epoch."""
        self.epoch, self.folds = self.next_epoch()
        for fold in range(self.folds):
            self.trained[fold] = max(self.trained[fold], self.epoch)
        if self.reached == self.target():
            self.passed.add(self.reached)
        return EpochEnded(
            self.task.number, self.epoch, tuple(self.scores[: self.folds, self.epoch - 1].tolist())
        )


class VirtualExecutor:
    """Takes as many tasks at once as it has workers; time passes with their epochs."""

    def __init__(
        self, table: Table, workers: int, clock: Clock, until: float, on_spent: Callable[[], None]
    ) -> None:
        """Begin at time 0.

        Args:
            table: What trainings give.
            workers: How many there are.
            clock: What a training costs.
            until: Time at which the budget is spent.
            on_spent: Called then; it has the sweep end.

        Raises:
            ValueError: The table has no seconds to go by.
        """
        if clock == "seconds" and not math.isfinite(table.draws.seconds):
            raise ValueError(f"Nobody took the time of {table.name}; use the clock of epochs.")
        self.capacity = workers
        self.now = 0.0
        self.seen: list[Seen] = []
        self.configurations: dict[int, Configuration] = {}
        self.worths: dict[int, float] = {}
        """What each trial's configuration is worth, whether it was trained whole or not."""
        self.decisions: list[tuple[int, float]] = []
        """Trials so far, and the real seconds that the driver took to say what a worker does next."""
        self._table = table
        self._clock = clock
        self._until = until
        self._on_spent = on_spent
        self._running: dict[int, _Run] = {}
        self._kept: dict[str, _Run] = {}
        """Paused trainings, by the file that would hold their state."""
        self._answers: dict[int, Answer] = {}
        self._asked = time.perf_counter()
        self._deciding = True

    def start(self, task: Task, within: float | None = None) -> ModelSize:
        """Have nothing to make ready."""
        return ModelSize(parameters=1, training_bytes=1)

    def submit(self, task: Task) -> None:
        """Begin a training, or go on with one that was paused."""
        self._note_decision()
        run = self._kept.pop(str(task.state), None) if task.state is not None else None
        if run is None:
            curves = self._table.curves_of(task.configuration)
            folds, epochs = curves.scores.shape
            costs = np.full((folds, epochs), 1 / (folds * epochs))
            if self._clock == "seconds" and curves.seconds is not None:
                costs = curves.seconds / self._table.draws.seconds
            run = _Run(task, curves.scores, costs, [0] * folds)
            self.configurations[task.number] = task.configuration
            self.worths[task.number] = self._table.worth(curves.scores)
        run.task = task
        run.passed = {rung for rung in task.rungs if rung[::-1] <= run.reached[::-1]}
        self._running[task.number] = run
        run.due = self.now + (0.0 if run.whole else run.cost())
        self._asked = time.perf_counter()

    def answer(self, number: int, answer: Answer) -> None:
        """End a trial at once, or at its first epoch, or let it go on from a rung."""
        self._note_decision()
        run = self._running[number]
        if answer is not Answer.GO_ON:
            self._answers[number] = answer
            if run.epoch > 0:
                run.due = self.now
            return
        run.due = self.now + (0.0 if run.whole else run.cost())

    def hold(self) -> None:
        """Nobody holds it."""

    def release(self) -> None:
        """Nobody holds it."""

    @property
    def is_held(self) -> bool:
        """Whether it is held."""
        return False

    def next_event(self, timeout: float | None = None) -> Event | None:
        """Go forward to the next event."""
        if not self._running:
            return None
        number = min(self._running, key=lambda one: (self._running[one].due, one))
        run = self._running[number]
        self.now = max(self.now, run.due)
        if self.now >= self._until:
            self._on_spent()
        event = self._event(run)
        if not isinstance(event, EpochEnded):
            del self._running[number]
            self._answers.pop(number, None)
        self._asked, self._deciding = time.perf_counter(), True
        return event

    def close(self) -> None:
        """Drop all tasks."""
        self._running.clear()

    def _event(self, run: _Run) -> Event:
        number = run.task.number
        answer = self._answers.get(number) if run.epoch > 0 else None
        if answer is Answer.PAUSE:
            if run.task.state is not None:
                self._kept[str(run.task.state)] = run
            return TrialPaused(number, self._outcome(run, "paused"))
        if answer is Answer.STOP:
            return TrialEnded(number, self._outcome(run, "stopped"))
        if run.whole:
            self.seen.append(Seen(self.now, number, run.reached, self.worths[number], whole=True))
            return TrialEnded(number, self._outcome(run, "whole"))
        event = run.train()
        if not math.isfinite(event.mean):
            return TrialFailed(number, "diverged", f"the objective is {event.mean} after epoch {event.epoch}")
        self.seen.append(Seen(self.now, number, event.rung, event.mean, whole=False))
        waits = event.rung in run.task.rungs
        run.due = math.inf if waits else self.now + (0.0 if run.whole else run.cost())
        return event

    def _note_decision(self) -> None:
        """Note how long the driver took since the event, or since the last task."""
        if self._deciding:
            self.decisions.append((len(self.configurations), time.perf_counter() - self._asked))
        self._deciding = False

    def _outcome(self, run: _Run, ending: Literal["whole", "stopped", "paused"]) -> Outcome:
        scores = run.scores[: run.folds, : run.epoch]
        means = self._table.sign * scores.mean(axis=0)
        chosen = int(np.argmax(means)) + 1 if ending == "whole" else run.epoch
        values = scores[:, chosen - 1]
        return Outcome(
            ending=ending,
            value=float(values.mean()),
            fold_scores=tuple(values.tolist()),
            epochs=chosen,
            epochs_trained=max(run.trained),
            seconds=float(sum(costs[:n].sum() for costs, n in zip(run.costs, run.trained, strict=True))),
            parameters=1,
            seed=run.task.seed,
            trainer="table",
            curves={"objective": scores.tolist()},
            summary="",
        )
