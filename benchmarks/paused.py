"""What it costs that paused trials wait in files: writing and reading a state, against the training between two rungs.

A trial of the default search is paused at its lowest rung, goes on to the next and is paused there, as often as is said. Its
programs are traced before. What memory would take as well, to copy variables out of a model and into one, is not counted.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from common import import_tensorflow, plan, tell

CONFIGURATIONS: dict[str, dict[str, Any]] = {"dnn": {}, "cnn": {"filters": 32, "units": 320}}
"""What differs from the recommended configuration: the convolutional one has about a million weights."""


def main() -> None:
    """Tell milliseconds of a write and a read, and their share of the shortest stretch between two rungs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("family", choices=CONFIGURATIONS)
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--folder", type=Path, help="where states lie; a temporary one where it is not given")
    arguments = parser.parse_args()
    import_tensorflow()
    from kerasweep.search.knowhow.search import rungs_of
    from kerasweep.training.events import Task
    from kerasweep.training.trainers import training_state
    from kerasweep.training.trainers.runtime import make_trainer

    planned = plan(
        data_of(arguments.family, arguments.rows), arguments.family, folds=5, epochs=arguments.epochs
    )
    trainer = make_trainer(planned.workload, threads=1)
    configuration = {**planned.space.recommended(), **CONFIGURATIONS[arguments.family]}
    rungs = rungs_of(arguments.epochs, 5)[:2]
    watched = {name: Watched(getattr(training_state, name)) for name in ("save_state", "load_state")}
    for name, function in watched.items():
        setattr(training_state, name, function)
    stretches, sizes, parameters = [], [], 0
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        for number in range(arguments.repeats + 1):
            path = Path(folder) / f"{number}.state"
            for place in range(2):
                before = sum(one.total for one in watched.values())
                started = time.perf_counter()
                task = Task(number, configuration, 0, rungs=rungs[place:], state=path)
                parameters = pause_at(trainer, task, rungs[place])
                files = sum(one.total for one in watched.values()) - before
                stretches.append(time.perf_counter() - started - files)
                sizes.append(path.stat().st_size)
    write, read = (1000 * statistics.median(one.seconds[1:]) for one in watched.values())
    stretch = 1000 * min(statistics.median(stretches[2::2]), statistics.median(stretches[3::2]))
    tell(
        parameters=parameters,
        megabytes=max(sizes) / 1e6,
        write=write,
        read=read,
        stretch=stretch,
        percent=100 * (write + read) / stretch,
    )


def data_of(family: str, rows: int) -> Any:
    """Return rows of noise: how long an epoch takes does not depend on what is learned."""
    generator = np.random.default_rng(0)
    x = generator.integers(0, 256, (rows, 28, 28)).astype("uint8")
    if family == "dnn":
        x = generator.normal(size=(rows, 20)).astype("float32")
    return x, np.arange(rows) % 10


def pause_at(trainer: Any, task: Any, rung: Any) -> int:
    """Train a task until a rung, have it paused there, and return how many weights its model has."""
    from kerasweep.training.events import Answer

    training, answer = trainer.train(task), None
    while True:
        try:
            event = training.send(answer)
        except StopIteration as end:
            outcome = end.value
            break
        answer = Answer.PAUSE if event.rung == rung else Answer.GO_ON
    if outcome.ending != "paused" or outcome.notes:
        sys.exit(f"It was not paused: {outcome}")
    return int(outcome.parameters)


class Watched:
    """A function that says how long each of its calls took."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self.seconds: list[float] = []

    @property
    def total(self) -> float:
        """Seconds of all calls."""
        return sum(self.seconds)

    def __call__(self, *positional: Any, **named: Any) -> Any:
        """Call it."""
        started = time.perf_counter()
        try:
            return self._function(*positional, **named)
        finally:
            self.seconds.append(time.perf_counter() - started)


if __name__ == "__main__":
    main()
