"""What the driver asks of whatever trains: the seam between one process, several, and a cluster."""

from __future__ import annotations

import traceback
from collections.abc import Generator
from dataclasses import replace
from typing import Protocol

from ...errors import DataError, FatalTrainingError, InfeasibleError, TrainingError, one_line
from ...training.events import (
    OUT_OF_MEMORY,
    Answer,
    Event,
    Outcome,
    Task,
    TrialEnded,
    TrialFailed,
    TrialInfeasible,
    TrialPaused,
)
from ...training.model_size import ModelSize, tell_size, told_size
from ...training.models.tracked_configuration import take_notes
from ...training.trainers.garbage import gradients_forgotten
from ...training.workload import Trainer
from .exception_origin import origin_of


class Executor(Protocol):
    """Trains tasks and tells what happens. The driver calls it from one thread.

    A worker sends ``EpochEnded`` after every epoch. At a rung of its task it then waits for the driver's ``answer``, so
    that a trial ends at the epoch that the decision is about, and a sweep with one worker is the same every time. At any
    other epoch it trains on, and waits for nothing.
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

    def answer(self, number: int, answer: Answer) -> None:
        """Tell a trial how to go on.

        ``GO_ON`` is for a worker that waits at a rung. ``STOP`` and ``PAUSE`` end the trial there, or else at the end of the
        epoch that is being trained, and may be said again: ``TrialEnded`` or ``TrialPaused`` follows, unless the trial had
        come to its own end before.
        """
        ...

    def hold(self) -> None:
        """Have all trials wait at the end of their epochs, and begin none, until ``release``; those that are told to end do."""
        ...

    def release(self) -> None:
        """Have trials train on. May be called where none is held."""
        ...

    @property
    def is_held(self) -> bool:
        """Whether all trials have come to where they are held."""
        ...

    def next_event(self, timeout: float | None = None) -> Event | None:
        """Wait for the next event; None if none came within ``timeout`` seconds or nothing is under way."""
        ...

    def close(self) -> None:
        """Stop all workers at once, whatever they do. May be called twice."""
        ...


def _go_on(training: Generator[Event, Answer | None, Outcome], answer: Answer | None) -> Event:
    """Have a training go on to its next event; what ends a process, or a generator, is here the doing of a user's code."""
    try:
        return training.send(answer)
    except (
        Exception,
        KeyboardInterrupt,
    ):  # Ctrl-C may be a person's, where this process is the one that launches
        raise
    except BaseException as error:
        raise TrainingError("bug", f"{type(error).__name__}: {one_line(error)}") from error


def run_task(trainer: Trainer, task: Task) -> Generator[Event, Answer | None, None]:
    """Train a task and yield its events, the last of them not an ``EpochEnded``.

    After an ``EpochEnded`` it is sent how to go on, on where nothing is said; whether a worker waits to know that is the
    worker's matter.
    """
    training = trainer.train(task)
    tell_size(None)
    take_notes()  # of a model that was built for something else
    try:
        with gradients_forgotten():
            event = _go_on(training, None)
            while True:
                answer = yield event
                event = _go_on(training, answer)
    except StopIteration as end:
        outcome = replace(end.value, notes=(*end.value.notes, *take_notes()))
        ended = TrialPaused if outcome.ending == "paused" else TrialEnded
        yield ended(task.number, outcome)
    except InfeasibleError as error:
        yield TrialInfeasible(task.number, error.measured, error.parameters, one_line(error))
    except TrainingError as error:
        fatal = isinstance(error, FatalTrainingError)
        size = told_size() if error.kind == OUT_OF_MEMORY else None
        yield TrialFailed(
            task.number, error.kind, one_line(error), traceback.format_exc(), fatal, size, origin_of(error)
        )
    except DataError as error:  # all rows are wanted in memory, which does not hold them
        yield TrialFailed(
            task.number, "data", one_line(error), traceback.format_exc(), origin=origin_of(error)
        )
    except MemoryError as error:
        text = f"out of memory: {one_line(error)}"
        yield TrialFailed(task.number, OUT_OF_MEMORY, text, traceback.format_exc(), size=told_size())
    except Exception as error:  # noqa: BLE001 - one trial must not end the sweep
        text = f"{type(error).__name__}: {one_line(error)}"
        yield TrialFailed(task.number, "bug", text, traceback.format_exc(), origin=origin_of(error))
    finally:
        training.close()
