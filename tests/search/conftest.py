"""A laboratory for the search: sweeps over an analytic objective with learning curves, and no TensorFlow.

``Lab`` is one study in a temporary folder. ``FakeExecutor`` keeps the contract of all executors and trains nothing.
"""

from __future__ import annotations

import hashlib
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
from kerasweep.search.methods import make_proposer
from kerasweep.search.progress import Progress
from kerasweep.search.pruners import make_pruning
from kerasweep.search.samplers import make_sampler
from kerasweep.search.sweep import Budget, Reason, Sweep
from kerasweep.spaces import Categorical, Condition, Configuration, Float, Int, Space, configuration_key
from kerasweep.studies import StudyRecord, read_study
from kerasweep.studies.writing import create_study, drive_study, find_study
from kerasweep.training.events import Answer, EpochEnded, Event, Outcome, Task, TrialEnded, TrialFailed
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
    waits: bool = False
    means: list[float] = field(default_factory=list)


class FakeExecutor:
    """Trains in no time; with a capacity of several, a seeded generator says whose epoch ends next."""

    def __init__(
        self,
        *,
        capacity: int = 1,
        epochs: int = 4,
        folds: int = FOLDS,
        fails: Callable[[Configuration], str | None] = diverges,
        before_event: Callable[[int], None] = lambda _: None,
    ) -> None:
        self.capacity = capacity
        self.trained: list[Task] = []
        self.events = 0
        self._epochs = epochs
        self._folds = folds
        self._fails = fails
        self._before_event = before_event
        self._running: dict[int, _Fake] = {}
        self._cancelled: set[int] = set()
        self._chance = random.Random(5)

    def start(self, task: Task) -> int:
        return 1

    def submit(self, task: Task) -> None:
        assert len(self._running) < self.capacity
        assert task.number not in self._running
        self.trained.append(task)
        self._running[task.number] = _Fake(task)

    def answer(self, number: int, answer: Answer) -> None:
        if answer is Answer.STOP:
            self._cancelled.add(number)
            return
        fake = self._running[number]
        assert fake.waits, "a trial is told to go on once, at a rung"
        fake.waits = False

    def restart(self, number: int) -> None:
        """Lose a worker in the middle of a task, which another one trains again."""
        self._cancelled.discard(number)
        self._running[number] = _Fake(self._running[number].task)

    def next_event(self, timeout: float | None = None) -> Event | None:
        if not self._running:
            return None
        self._before_event(self.events)
        self.events += 1
        fake = self._running[self._chance.choice(sorted(self._running))]
        number, configuration = fake.task.number, fake.task.configuration
        kind = self._fails(configuration)
        if kind is not None and fake.epoch == 1:
            del self._running[number]
            return TrialFailed(number, kind, f"it failed: {kind}", fatal=kind == "fatal")
        stopped = fake.epoch > 0 and number in self._cancelled
        assert stopped or not fake.waits, "a rung is answered before the next event is asked for"
        if stopped or fake.epoch == configuration.get("epochs", self._epochs):
            del self._running[number]
            self._cancelled.discard(number)
            return TrialEnded(number, self._outcome(fake, stopped=stopped))
        fake.epoch += 1
        scores = tuple(score(configuration, fold, fake.epoch) for fold in range(self._folds))
        fake.means.append(statistics.fmean(scores))
        event = EpochEnded(number, fake.epoch, scores)
        fake.waits = event.rung in fake.task.rungs
        return event

    def close(self) -> None:
        self._running.clear()

    def _outcome(self, fake: _Fake, *, stopped: bool) -> Outcome:
        chosen = fake.means.index(max(fake.means)) + 1
        at = fake.epoch if stopped else chosen
        scores = tuple(score(fake.task.configuration, fold, at) for fold in range(self._folds))
        return Outcome(
            ending="stopped" if stopped else "whole",
            value=statistics.fmean(scores),
            fold_scores=scores,
            epochs=chosen,
            epochs_trained=fake.epoch,
            seconds=0.0,
            parameters=1,
            seed=fake.task.seed,
            trainer="fake",
            curves={"val_accuracy": [[0.5]]},
            summary="",
        )


@dataclass
class Lab:
    """One study of one search."""

    folder: Path
    method: str = "random"
    pruner: str = "none"
    space: Space = SPACE
    trials: float = 8
    epochs: int = 4
    seed: int = 3
    name: str = "study"
    direction: str = "maximize"
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
        return f"sqlite:///{self.file}"

    def run(
        self,
        executor: FakeExecutor | None = None,
        *,
        seconds: float | None = None,
        target: float | None = None,
        killed: bool = False,
    ) -> Reason:
        """Start the sweep, or go on with it; ``killed`` has the driver die of an exception without a last word."""
        objective = Objective("val_accuracy", self.direction)
        existing = find_study(self.name, self.url)
        about = {"metric": "val_accuracy", "data": {"name": "fake", "fingerprint": "0"}}
        opened = (
            create_study(self.url, self.name, self.direction, {"model": "fake"}, about)
            if existing is None
            else drive_study(existing)
        )
        with opened as writer:
            pruning = make_pruning(self.pruner, self.epochs, FOLDS)
            writer.optuna.sampler = make_sampler(self.seed)
            writer.optuna.pruner = pruning.pruner
            self.sweep = Sweep(
                writer=writer,
                space=self.space,
                proposer=make_proposer(
                    self.method, self.space, self.seed, direction=self.direction, epochs=self.epochs
                ),
                executor=executor or FakeExecutor(epochs=self.epochs),
                objective=objective,
                pruning=pruning,
                budget=Budget(self.trials, seconds, target),
                seed=self.seed,
                listen=self._hear,
            )
            if killed:
                self.sweep._requeue_running = lambda: None
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
        trial.value,
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
