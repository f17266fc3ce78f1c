"""How many trials a second the driver can handle: the real ``Sweep`` on an SQLite file, and nothing to train.

python benchmarks/driver.py random --capacity 8 --trials 1000 --scheduler median
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from kerasweep.search.budget import Budget
from kerasweep.search.driver.sweep import Sweep
from kerasweep.search.methods import make_proposer, make_scheduler
from kerasweep.search.progress import Progress
from kerasweep.search.samplers import make_sampler
from kerasweep.search.schedulers import Pruning
from kerasweep.spaces import Categorical, Condition, Configuration, Float, Int, Space
from kerasweep.studies.lifecycle import create_study
from kerasweep.studies.study_writer import StudyWriter
from kerasweep.training.events import Answer, EpochEnded, Event, Outcome, Rung, Task, TrialEnded
from kerasweep.training.metrics import Objective
from kerasweep.training.model_size import ModelSize

SPACE = Space(
    (
        Categorical("optimizer", ("adam", "sgd", "rmsprop")),
        Float("momentum", 0.0, 0.99, conditions=(Condition("optimizer", ("sgd",)),)),
        Float("learning_rate", 1e-4, 1.0, log=True, recommended=0.01),
        Float("dropout", 0.0, 0.6),
        Int("units", 8, 512, log=True),
        Int("hidden_layers", 1, 4),
    )
)
EPOCHS = 20
FOLDS = 5
METRICS = ("loss", "val_loss", "accuracy", "val_accuracy")
SEED = 1


class IdleExecutor:
    """Keeps the executors' contract and trains nothing: an epoch of each trial in turn, in no time."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._running: deque[tuple[Task, int]] = deque()
        self._cancelled: set[int] = set()

    def start(self, task: Task, within: float | None = None) -> ModelSize:
        """Have nothing to make ready."""
        return ModelSize(parameters=1, training_bytes=1)

    def submit(self, task: Task) -> None:
        """Take a task."""
        self._running.append((task, 0))

    def answer(self, number: int, answer: Answer) -> None:
        """End a trial at its current epoch, or let it go on when its next event is asked for."""
        if answer is Answer.STOP:
            self._cancelled.add(number)

    def hold(self) -> None:
        """Nobody holds it."""

    def release(self) -> None:
        """Nobody holds it."""

    @property
    def is_held(self) -> bool:
        """Whether it is held."""
        return False

    def next_event(self, timeout: float | None = None) -> Event | None:
        """Pretend that the next trial in turn has trained an epoch."""
        if not self._running:
            return None
        task, epoch = self._running.popleft()
        stopped = task.number in self._cancelled
        if stopped or epoch == EPOCHS:
            self._cancelled.discard(task.number)
            return TrialEnded(
                task.number, replace(_outcome(task, epoch), ending="stopped" if stopped else "whole")
            )
        self._running.append((task, epoch + 1))
        return EpochEnded(task.number, epoch + 1, (_score(task.configuration, epoch + 1),) * FOLDS)

    def close(self) -> None:
        """Drop all tasks."""
        self._running.clear()


def _score(configuration: Configuration, epoch: int) -> float:
    """Return an imaginary accuracy, best at a learning rate of 0.01 and 64 units."""
    rate, units = float(str(configuration["learning_rate"])), float(str(configuration["units"]))
    quality = 1.0 - 0.1 * abs(math.log10(rate) + 2) - 0.05 * abs(math.log2(units / 64))
    return quality * (1 - math.exp(-epoch / 5))


def _outcome(task: Task, epochs: int) -> Outcome:
    curve = [_score(task.configuration, epoch + 1) for epoch in range(epochs)]
    return Outcome(
        ending="whole",
        value=curve[-1],
        fold_scores=(curve[-1],) * FOLDS,
        epochs=epochs,
        epochs_trained=epochs,
        seconds=0.0,
        parameters=1,
        seed=task.seed,
        trainer="none",
        curves={metric: [curve] * FOLDS for metric in METRICS},
        summary="",
    )


def measure(method: str, capacity: int, trials: int, scheduler: str) -> float:
    """Run a sweep in a temporary folder and return its trials a second."""
    about = {"metric": "val_accuracy", "data": {"name": "none", "fingerprint": "0"}}
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'driver.db'}"
        with create_study(url, "driver", "maximize", {"model": "none"}, about) as writer:
            sweep = make_sweep(writer, method, scheduler, capacity, trials)
            started = time.perf_counter()
            sweep.run()
            return trials / (time.perf_counter() - started)


def make_sweep(
    writer: StudyWriter,
    method: str,
    scheduler: str,
    capacity: int,
    trials: int,
    listen: Callable[[Progress], None] = lambda _: None,
) -> Sweep:
    """Return a sweep whose trials train nothing."""
    made = make_scheduler(scheduler, SPACE, epochs=EPOCHS, folds=FOLDS, direction="maximize")
    writer.optuna.sampler = make_sampler(SEED)
    if isinstance(made, Pruning):
        writer.optuna.pruner = made.pruner
    return Sweep(
        writer=writer,
        space=SPACE,
        proposer=make_proposer(method, SPACE, SEED, epochs=EPOCHS, folds=FOLDS),
        executor=IdleExecutor(capacity),
        objective=Objective("val_accuracy", "maximize"),
        scheduler=made,
        budget=Budget(trials),
        seed=SEED,
        full_training=Rung(EPOCHS, FOLDS),
        listen=listen,
    )


def main() -> None:
    """Measure what the arguments say and print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("method", choices=("knowhow", "grid", "random", "qmc", "bayes"))
    parser.add_argument("--capacity", type=int, default=1, help="tasks under way at once")
    parser.add_argument("--trials", type=int, default=1000)
    parser.add_argument(
        "--scheduler", choices=("none", "median", "hyperband", "asha", "knowhow"), default="none"
    )
    given = parser.parse_args()
    speed = measure(given.method, given.capacity, given.trials, given.scheduler)
    print(json.dumps({"trials_per_second": round(speed, 1), **vars(given)}))


if __name__ == "__main__":
    main()
