"""What the driver asks of whatever trains: the seam between one process, several, and a cluster."""

from __future__ import annotations

import traceback
from collections.abc import Generator
from typing import Protocol

from ...errors import TrainingError, one_line
from ..events import Event, Task, TrialEnded, TrialFailed
from ..training import ModelSize, Trainer


class Executor(Protocol):
    """Trains tasks and tells what happens. The driver calls it from one thread.

    A worker that has sent ``EpochEnded`` waits. It is answered when the driver asks for its next event: it goes on,
    unless ``cancel`` was called for its trial before. So a decision is always made at the epoch that it is about, and
    a sweep with one worker is the same every time.
    """

    @property
    def capacity(self) -> int:
        """How many tasks may be submitted and not yet ended."""
        ...

    def start(self, task: Task) -> ModelSize:
        """Make workers ready, build a task's model once, and return how large it is.

        Raises:
            ModelError: The model cannot be built.
            SweepError: No worker can be started.
        """
        ...

    def submit(self, task: Task) -> None:
        """Train a task as soon as a worker is free."""
        ...

    def cancel(self, number: int) -> None:
        """End a trial at its current epoch; its ``TrialEnded`` follows with ``outcome.stopped`` set."""
        ...

    def next_event(self, timeout: float | None = None) -> Event | None:
        """Wait for the next event; None if none came within ``timeout`` seconds or nothing is under way."""
        ...

    def close(self) -> None:
        """Stop all workers at once, whatever they do. May be called twice."""
        ...


def run_task(trainer: Trainer, task: Task) -> Generator[Event, bool, None]:
    """Train a task and yield its events, the last of them ``TrialEnded`` or ``TrialFailed``.

    After an ``EpochEnded`` it is sent True to stop there.
    """
    training = trainer.train(task)
    try:
        event = next(training)
        while True:
            stop = yield event
            event = training.send(bool(stop))
    except StopIteration as end:
        yield TrialEnded(task.number, end.value)
    except TrainingError as error:
        yield TrialFailed(task.number, error.kind, one_line(error), traceback.format_exc())
    except MemoryError as error:
        yield TrialFailed(task.number, "memory", f"out of memory: {one_line(error)}", traceback.format_exc())
    except Exception as error:  # noqa: BLE001 - one trial must not end the sweep
        yield TrialFailed(
            task.number, "bug", f"{type(error).__name__}: {one_line(error)}", traceback.format_exc()
        )
    finally:
        training.close()
