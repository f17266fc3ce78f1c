"""What the driver asks of whatever trains: the seam between one process, several, and a cluster."""

from __future__ import annotations

import traceback
from collections.abc import Generator
from dataclasses import replace
from typing import Protocol

from ...errors import FatalTrainingError, TrainingError, one_line
from ...training.events import Event, Task, TrialEnded, TrialFailed
from ...training.models.tracked_configuration import take_notes
from ...training.trainers.garbage import gradients_forgotten
from ...training.workload import ModelSize, Trainer


class Executor(Protocol):
    """Trains tasks and tells what happens. The driver calls it from one thread.

    A worker sends ``EpochEnded`` after every epoch. At a rung of its task it then waits until the driver calls
    ``go_on`` or ``cancel`` for its trial, so that a trial is pruned at the epoch that the decision is about, and a
    sweep with one worker is the same every time. At any other epoch it trains on, and waits for nothing.
    """

    @property
    def capacity(self) -> int:
        """How many tasks may be submitted and not yet ended."""
        ...

    def start(self, task: Task, within: float | None = None) -> ModelSize:
        """Make workers ready, build a task's model once, and return how large it is.

        Args:
            task: Its model is built.
            within: Seconds that building it may take, where a process of its own builds.

        Raises:
            ModelError: The model cannot be built.
            SweepError: No worker can be started.
        """
        ...

    def submit(self, task: Task) -> None:
        """Train a task as soon as a worker is free."""
        ...

    def go_on(self, number: int) -> None:
        """Let a trial whose worker waits at a rung train on."""
        ...

    def cancel(self, number: int) -> None:
        """End a trial: at the rung where its worker waits, else at the end of the epoch that is being trained.

        Its ``TrialEnded`` follows with ``outcome.stopped`` set, unless it had come to its own end before. May be called again.
        """
        ...

    def next_event(self, timeout: float | None = None) -> Event | None:
        """Wait for the next event; None if none came within ``timeout`` seconds or nothing is under way."""
        ...

    def close(self) -> None:
        """Stop all workers at once, whatever they do. May be called twice."""
        ...


def run_task(trainer: Trainer, task: Task) -> Generator[Event, bool, None]:
    """Train a task and yield its events, the last of them ``TrialEnded`` or ``TrialFailed``.

    After an ``EpochEnded`` it is sent True to stop there; whether a worker waits to know that is the worker's matter.
    """
    training = trainer.train(task)
    take_notes()  # of a model that was built for something else
    try:
        with gradients_forgotten():
            event = next(training)
            while True:
                stop = yield event
                event = training.send(bool(stop))
    except StopIteration as end:
        outcome = end.value
        yield TrialEnded(task.number, replace(outcome, notes=(*outcome.notes, *take_notes())))
    except TrainingError as error:
        fatal = isinstance(error, FatalTrainingError)
        yield TrialFailed(task.number, error.kind, one_line(error), traceback.format_exc(), fatal)
    except MemoryError as error:
        yield TrialFailed(task.number, "memory", f"out of memory: {one_line(error)}", traceback.format_exc())
    except Exception as error:  # noqa: BLE001 - one trial must not end the sweep
        yield TrialFailed(
            task.number, "bug", f"{type(error).__name__}: {one_line(error)}", traceback.format_exc()
        )
    finally:
        training.close()
