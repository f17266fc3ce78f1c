"""An executor that keeps the contract of all of them and trains nothing: an analytic objective with learning curves."""

from __future__ import annotations

import hashlib
import json
import math
import random
import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from kerasweep.spaces import Configuration, configuration_key
from kerasweep.training.events import (
    Answer,
    EpochEnded,
    Event,
    Outcome,
    Rung,
    Task,
    TrialEnded,
    TrialFailed,
    TrialInfeasible,
    TrialPaused,
)
from kerasweep.training.goals import NO_GOALS, Goals

FOLDS = 3


def noise(*parts: Any) -> float:
    """A number in [0, 1) that follows from the parts."""
    digest = hashlib.blake2b(repr(parts).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def score(configuration: Configuration, fold: int, epoch: int) -> float:
    """Validation accuracy of an imaginary model: it rises with the epochs, the faster the higher the learning rate."""
    key = configuration_key(configuration)
    rate = float(configuration.get("learning_rate", 0.05))
    quality = 0.9 - 0.1 * (math.log10(rate) + 1.5) ** 2 - 0.05 * noise(key)
    speed = 2.0 + 2.0 * noise(key, "speed")
    return quality * (1 - math.exp(-epoch / speed)) + 0.01 * noise(key, fold, epoch)


def diverges(configuration: Configuration) -> str | None:
    """Say that high rates of plain gradient descent diverge."""
    return (
        "diverged"
        if configuration.get("momentum", 0) > 0.7 and configuration["learning_rate"] > 0.5
        else None
    )


@dataclass
class _Fake:
    task: Task
    epoch: int = 0
    folds: int = 1
    waits: bool = False
    scores: dict[int, tuple[float, ...]] = field(default_factory=dict)
    """Epoch -> the scores of the folds that have trained it."""

    @property
    def trained(self) -> int:
        return max(self.scores, default=0)

    def target(self, epochs: int, folds: int) -> Rung:
        """Where it is decided next how it goes on."""
        return next((rung for rung in self.task.rungs if rung not in self.passed), Rung(epochs, folds))

    passed: list[Rung] = field(default_factory=list)


class FakeExecutor:
    """Trains in no time; with a capacity of several, a seeded generator says whose epoch ends next."""

    def __init__(
        self,
        *,
        capacity: int = 1,
        epochs: int = 4,
        folds: int = FOLDS,
        fails: Callable[[Configuration], str | None] = diverges,
        scores: Callable[[Task, int, int], float] = lambda task, fold, epoch: score(
            task.configuration, fold, epoch
        ),
        before_event: Callable[[int], None] = lambda _: None,
        goals: Goals = NO_GOALS,
        epoch_seconds: Callable[[Configuration], float] = lambda _: 0.0,
    ) -> None:
        self.capacity = capacity
        self.trained: list[Task] = []
        self.events = 0
        self._epochs = epochs
        self._folds = folds
        self._fails = fails
        self._score = scores
        self._before_event = before_event
        self._goals = goals
        self._epoch_seconds = epoch_seconds
        self._running: dict[int, _Fake] = {}
        self.held = False
        self._cancelled: dict[int, Answer] = {}
        self.states: dict[str, _Fake] = {}
        """What was paused, by the file that it would be kept in."""
        self.single_epochs = 0
        """Epochs of single folds that were trained."""
        self._chance = random.Random(5)

    def start(self, task: Task) -> int:
        return 1

    def submit(self, task: Task) -> None:
        assert len(self._running) < self.capacity
        assert task.number not in self._running
        self.trained.append(task)
        fake = _Fake(task)
        kept = self.states.get(str(task.state))
        if task.continues and task.state is not None and task.state.exists():
            fake = _Fake(task, **json.loads(task.state.read_text()))
            fake.scores = {int(epoch): tuple(scores) for epoch, scores in fake.scores.items()}
        elif task.state is not None and kept is not None:
            fake = _Fake(task, kept.epoch, kept.folds, scores=dict(kept.scores))
        fake.passed = [rung for rung in task.rungs if rung[::-1] < (fake.folds, fake.epoch)]
        self._running[task.number] = fake

    def answer(self, number: int, answer: Answer) -> None:
        if answer is not Answer.GO_ON:
            self._cancelled[number] = answer
            return
        fake = self._running[number]
        assert fake.waits, "a trial is told to go on once, at a rung"
        fake.waits = False

    def restart(self, number: int) -> None:
        """Lose a worker in the middle of a task, which another one trains again."""
        self._cancelled.pop(number, None)
        self._running[number] = _Fake(self._running[number].task)

    def hold(self) -> None:
        self.held = True

    def release(self) -> None:
        self.held = False

    @property
    def is_held(self) -> bool:
        return self.held

    def next_event(self, timeout: float | None = None) -> Event | None:
        if not self._running:
            return None
        if self.held and not self._cancelled:
            return None
        self._before_event(self.events)
        self.events += 1
        fake = self._running[self._chance.choice(sorted(self._running))]
        number, configuration = fake.task.number, fake.task.configuration
        size = {"params": float(configuration.get("units", 1))} if self._goals.names else {}
        if broken := self._goals.broken(size):
            del self._running[number]
            return TrialInfeasible(number, size, int(size["params"]), "; ".join(broken))
        kind = self._fails(configuration)
        if kind is not None and fake.epoch == 1:
            del self._running[number]
            return TrialFailed(number, kind, f"it failed: {kind}", fatal=kind == "fatal")
        answer = self._cancelled.get(number, Answer.GO_ON) if fake.epoch > 0 else Answer.GO_ON
        ended = answer is not Answer.GO_ON
        assert ended or not fake.waits, "a rung is answered before the next event is asked for"
        epochs = configuration.get("epochs", self._epochs)
        if ended or (fake.epoch, fake.folds) == (epochs, self._folds):
            del self._running[number]
            self._cancelled.pop(number, None)
            if answer is Answer.PAUSE:
                if fake.task.state is not None:
                    self.states[str(fake.task.state)] = fake
                return TrialPaused(number, self._outcome(fake, "paused"))
            if fake.task.keeps is not None and not ended:
                state = {"epoch": fake.epoch, "folds": fake.folds, "scores": fake.scores}
                fake.task.keeps.write_text(json.dumps(state))
            return TrialEnded(number, self._outcome(fake, "stopped" if ended else "whole"))
        target = fake.target(epochs, self._folds)
        if (fake.epoch, fake.folds) == target:  # it was paused there, and is asked again
            fake.passed.append(target)
            fake.waits = True
            return EpochEnded(number, fake.epoch, fake.scores[fake.epoch])
        if fake.epoch == target.epochs or (fake.epoch == 0 and fake.folds < target.folds):
            fake.folds, fake.epoch = target.folds, 0
        fake.epoch += 1
        before = len(fake.scores.get(fake.epoch, ()))
        self.single_epochs += fake.folds - before
        scores = tuple(self._score(fake.task, fold, fake.epoch) for fold in range(fake.folds))
        fake.scores[fake.epoch] = scores
        event = EpochEnded(number, fake.epoch, scores)
        fake.waits = event.rung in fake.task.rungs
        if event.rung == target:
            fake.passed.append(target)
        return event

    def close(self) -> None:
        self._running.clear()

    def _outcome(self, fake: _Fake, ending: str) -> Outcome:
        means = {epoch: statistics.fmean(scores) for epoch, scores in fake.scores.items()}
        chosen = max(means, key=means.__getitem__)
        scores = fake.scores[chosen if ending == "whole" else fake.epoch]
        return Outcome(
            ending=ending,
            value=statistics.fmean(scores),
            fold_scores=scores,
            epochs=chosen,
            epochs_trained=fake.trained,
            seconds=self._epoch_seconds(fake.task.configuration) * sum(map(len, fake.scores.values())),
            parameters=1,
            seed=fake.task.seed,
            trainer="fake",
            curves={"val_accuracy": [[0.5]]},
            summary="",
            measured={"params": float(fake.task.configuration.get("units", 1))} if self._goals.names else {},
        )
