"""Trains in the driver's own process: simple to debug, and no second TensorFlow in memory."""

from __future__ import annotations

import time
from collections.abc import Generator

from ...errors import ModelError, TrainingError
from ...training.events import Answer, EpochEnded, Event, Task
from ...training.model_size import ModelSize
from ...training.workload import Trainer, Workload
from .contract import run_task
from .trial_logs import TrialLogs


class InlineExecutor:
    """One task at a time; an epoch is trained while the driver waits for its next event.

    Nothing is trained in between, so that every epoch is a rung, and is answered by asking for the next event.
    """

    capacity = 1

    def __init__(self, workload: Workload, threads: int) -> None:
        self._workload = workload
        self._threads = threads
        self._trainer: Trainer | None = None
        self._number = -1
        self._running: Generator[Event, Answer | None, None] | None = None
        self._waits = False
        self._answer = Answer.GO_ON
        self._held = False
        self._logs = TrialLogs()

    def start(self, task: Task, within: float | None = None) -> ModelSize:
        """Import TensorFlow and build the task's model once."""
        from ...training.trainers.runtime import make_trainer

        if self._trainer is None:
            self._trainer = make_trainer(self._workload, self._threads)
        try:
            return self._trainer.probe(task)
        except TrainingError as error:
            raise ModelError(f"The model '{self._workload.model.name}' cannot be built: {error}.") from error

    def submit(self, task: Task) -> None:
        """Take a task; it begins when the next event is asked for."""
        if self._trainer is None or self._running is not None:
            raise RuntimeError("an inline executor trains one task at a time, after it was started")
        self._number = task.number
        self._running = run_task(self._trainer, task)
        self._waits, self._answer = False, Answer.GO_ON

    def answer(self, number: int, answer: Answer) -> None:
        """Keep it in mind until the next event is asked for."""
        if number == self._number and answer is not Answer.GO_ON:
            self._answer = answer

    def hold(self) -> None:
        """Train nothing until ``release``."""
        self._held = True

    def release(self) -> None:
        """Train when the next event is asked for."""
        self._held = False

    @property
    def is_held(self) -> bool:
        """Whether it is held: nothing is trained between two calls."""
        return self._held

    def next_event(self, timeout: float | None = None) -> Event | None:
        """Train to the end of the next epoch."""
        if self._running is None:
            return None
        if self._held and self._answer is Answer.GO_ON:
            time.sleep(timeout or 0.0)
            return None
        with self._logs.taken_from_here(self._number):
            event = self._running.send(self._answer) if self._waits else next(self._running)
        self._waits = isinstance(event, EpochEnded)
        if not self._waits:
            self._running.close()
            self._running = None
        return self._logs.with_log(event)

    def close(self) -> None:
        """Drop the running trial, if any."""
        if self._running is not None:
            self._running.close()
            self._running = None
