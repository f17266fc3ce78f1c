"""A laboratory for the search: sweeps over an analytic objective with learning curves, and no TensorFlow.

``Lab`` is one study in a temporary folder. ``FakeExecutor`` keeps the contract of all executors and trains nothing.
"""

from __future__ import annotations

import hashlib
import json
import math
import random
import shutil
import statistics
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import optuna
import pytest
from kerasweep.search.budget import Budget, Reason
from kerasweep.search.driver.sweep import Sweep
from kerasweep.search.further import plan_further, take_on
from kerasweep.search.methods import make_proposer, make_scheduler
from kerasweep.search.paused_states import PausedStates
from kerasweep.search.progress import Progress
from kerasweep.search.samplers import make_sampler
from kerasweep.search.schedulers import Pruning
from kerasweep.spaces import Categorical, Condition, Configuration, Float, Int, Space, configuration_key
from kerasweep.studies import StudyObjective, StudyRecord, find_study, read_study
from kerasweep.studies.lease import Sharing
from kerasweep.studies.lifecycle import create_study, drive_study
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
from kerasweep.training.metrics import Objective
from optuna.trial import FrozenTrial

SPACE = Space(
    (
        Categorical("optimizer", ("adam", "sgd"), grid=("adam", "sgd")),
        Float("momentum", 0.0, 0.9, conditions=(Condition("optimizer", ("sgd",)),), grid=(0.0, 0.9)),
        Float("learning_rate", 0.001, 1.0, log=True, recommended=0.02, grid=(0.01, 0.1, 1.0)),
        Int("units", 8, 64, log=True, grid=(8, 32)),
    )
)
FOLDS = 3
FINITE = Space((Categorical("a", ("x", "y", "z")), Int("b", 1, 3)))


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
    def rests(self) -> bool:
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


@dataclass
class Lab:
    """One study of one search."""

    folder: Path
    method: str = "random"
    scheduler: str = "none"
    space: Space = SPACE
    starts: tuple[Configuration, ...] = ()
    trials: float = 8
    epochs: int = 4
    seed: int = 3
    name: str = "study"
    server: str = ""
    """Where the study lies in place of a file."""
    sharing: Sharing = "alone"
    direction: str = "maximize"
    total_epochs: int | None = None
    until_converged: bool = False
    goals: Goals = NO_GOALS
    models: int = 0
    """Whose last states are kept."""
    max_failures: int | None = 10
    listen: Callable[[Progress], object] = lambda _: None
    progress: list[Progress] = field(default_factory=list)
    sweep: Sweep | None = None
    picture: list[tuple[Any, ...]] = field(default_factory=list)
    """Everything about the trials after the last run, but times and ids."""

    @property
    def file(self) -> Path:
        return self.folder / "study.db"

    @property
    def url(self) -> str:
        return self.server or f"sqlite:///{self.file}"

    def run(
        self,
        executor: FakeExecutor | None = None,
        *,
        seconds: float | None = None,
        target: float | None = None,
        killed: bool = False,
        further: int | None = None,
    ) -> Reason:
        """Start the sweep, or go on with it, or have its best trials trained on to ``further`` epochs.

        ``killed`` has the driver die of an exception without a last word.
        """
        objective = Objective("val_accuracy", self.direction)
        existing = find_study(self.name, self.url)
        about = {
            "metric": "val_accuracy",
            "data": {"name": "fake", "fingerprint": "0"},
            "epochs": self.epochs,
        }
        trained_on = None if existing is None else plan_further(existing, further, self.models)
        epochs = self.epochs if trained_on is None else trained_on.epochs
        opened = (
            create_study(
                self.url,
                self.name,
                self.direction,
                {"model": "fake"},
                about,
                [StudyObjective(one.metric, one.direction) for one in self.goals.further],
                sharing=self.sharing,
            )
            if existing is None
            else drive_study(existing, sharing=self.sharing)
        )
        with opened as writer:
            scheduler = make_scheduler(
                "none" if trained_on else self.scheduler,
                self.space,
                epochs=epochs,
                folds=FOLDS,
                direction=self.direction,
                by_seconds=seconds is not None,
            )
            states = PausedStates(self.folder / "states", models=self.models)
            budget = Budget(self.trials, seconds, target, self.total_epochs, self.until_converged)
            if trained_on is not None:
                budget = Budget(take_on(trained_on, writer, states), seconds)
            writer.optuna.sampler = make_sampler(self.seed, self.method)
            if isinstance(scheduler, Pruning):
                writer.optuna.pruner = scheduler.pruner
            self.sweep = Sweep(
                writer=writer,
                space=self.space,
                proposer=make_proposer(
                    self.method,
                    self.space,
                    self.seed,
                    starts=self.starts,
                    direction=self.direction,
                    epochs=self.epochs,
                    folds=FOLDS,
                    by_seconds=seconds is not None,
                ),
                executor=executor or FakeExecutor(epochs=epochs, goals=self.goals),
                objective=objective,
                goals=self.goals,
                scheduler=scheduler,
                budget=budget,
                seed=self.seed,
                whole=Rung(epochs, FOLDS),
                listen=self._hear,
                states=states,
                max_failures=self.max_failures,
            )
            if killed:
                self.sweep._under_way.requeue_running = lambda: None
            reason = self.sweep.run()
            self.picture = picture(writer.optuna)
            return reason

    def _hear(self, progress: Progress) -> None:
        self.progress.append(progress)
        self.listen(progress)

    def enqueue(self, *configurations: Configuration) -> None:
        """Have configurations wait in the study."""
        for configuration in configurations:
            self.load().enqueue_trial(configuration)

    def load(self) -> optuna.Study:
        """Open the study as any user of Optuna does."""
        return optuna.load_study(study_name=self.name, storage=self.url)

    def read(self) -> StudyRecord:
        return read_study(self.name, self.url)

    def states(self) -> str:
        """The trials' states in order, one letter each."""
        return "".join(trial.state.name[0] for trial in self.load().trials)

    def copy(self, folder: Path, file: Path | None = None) -> Lab:
        """The same search, on a copy of its database or of another file."""
        folder.mkdir(parents=True, exist_ok=True)
        source = file or self.file
        if source.exists():
            shutil.copy(source, folder / "study.db")
        return replace(self, folder=folder, progress=[], picture=[], sweep=None, listen=lambda _: None)


def picture(study: optuna.Study) -> list[tuple[Any, ...]]:
    """Return everything about a study's trials but times and ids."""
    return [_picture(trial) for trial in study.get_trials(deepcopy=False)]


def _picture(trial: FrozenTrial) -> tuple[Any, ...]:
    attributes = dict(sorted(trial.user_attrs.items()))
    return (
        trial.number,
        trial.state.name,
        trial.values,
        dict(trial.params),
        {name: type(value).__name__ for name, value in trial.params.items()},
        dict(trial.intermediate_values),
        attributes,
        dict(sorted(trial.system_attrs.items())),
    )


@pytest.fixture
def lab(tmp_path: Path) -> Callable[..., Lab]:
    """Make a laboratory in the test's folder."""
    return lambda **settings: Lab(tmp_path, **settings)


@pytest.fixture
def fake() -> type[FakeExecutor]:
    return FakeExecutor


@pytest.fixture
def finite() -> Space:
    return FINITE
