"""A laboratory for the search: one study in a temporary folder, swept over ``fake_executor``, without TensorFlow."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import optuna
from fake_executor import FOLDS, FakeExecutor
from kerasweep.search.budget import Budget, Reason
from kerasweep.search.driver.sweep import Sweep
from kerasweep.search.further import plan_further, take_on
from kerasweep.search.methods import make_proposer, make_scheduler
from kerasweep.search.paused_states import PausedStates
from kerasweep.search.progress import Progress
from kerasweep.search.samplers import make_sampler
from kerasweep.search.schedulers import Pruning
from kerasweep.spaces import Categorical, Condition, Configuration, Float, Int, Space
from kerasweep.studies import StudyObjective, StudyRecord, find_study, read_study
from kerasweep.studies.lease import Sharing
from kerasweep.studies.lifecycle import create_study, drive_study
from kerasweep.studies.study_writer import StudyWriter
from kerasweep.training.events import Rung
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
        trained_on = None if existing is None else plan_further(existing, further, self.models)
        epochs = self.epochs if trained_on is None else trained_on.epochs
        with self._open(existing) as writer:
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
                full_training=Rung(epochs, FOLDS),
                listen=self._hear,
                states=states,
                max_failures=self.max_failures,
            )
            if killed:
                self.sweep._under_way.requeue_running = lambda: None
            reason = self.sweep.run()
            self.picture = picture(writer.optuna)
            return reason

    def _open(self, existing: StudyRecord | None) -> AbstractContextManager[StudyWriter]:
        """Return the writer of the study, a new one or the one that there is."""
        if existing is not None:
            return drive_study(existing, sharing=self.sharing)
        about = {
            "metric": "val_accuracy",
            "data": {"name": "fake", "fingerprint": "0"},
            "epochs": self.epochs,
        }
        further = [StudyObjective(one.metric, one.direction) for one in self.goals.further]
        return create_study(
            self.url, self.name, self.direction, {"model": "fake"}, about, further, sharing=self.sharing
        )

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
