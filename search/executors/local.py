"""Trains in processes of this machine, each with its own TensorFlow: whoever launches does not hang or die with them."""

from __future__ import annotations

import contextlib
import math
import queue
import shutil
import sys
import tempfile
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...errors import ModelError, SweepError
from ...texts import duration_text
from ...training.events import (
    OUT_OF_MEMORY,
    Answer,
    EpochEnded,
    Event,
    Task,
    TrialEnded,
    TrialFailed,
    TrialInfeasible,
    TrialPaused,
)
from ...training.heartbeat import building_seconds
from ...training.model_size import ModelSize
from ...training.workload import Workload
from .handle import Worker
from .memory_mapping import write_workload
from .memory_watch import MemoryWatch
from .messages import FOLDER_PREFIX, Go, Hold, Holding, Logged, Printed, Probe, Probed, Setup, Sized
from .process import WorkerProcess, start_worker
from .retries import OUTSIDE_DEATHS, RETRIES, Death, Retries
from .trial_logs import TrialLogs

START_SECONDS = 600.0
"""How long a worker may take to import what it needs."""
LOOK_SECONDS = 1.0
"""How often silent workers are checked for life, in seconds."""


class LocalExecutor:
    """Persistent worker processes; one that dies is replaced, and its task is trained again from the start.

    A task that was cancelled when its worker died is not: the driver decides again, at the same epoch. A task whose worker
    gives no sign of life for ``timeout`` seconds fails, and the worker is replaced. So is one that holds much more memory
    than after its first task: between two tasks, which loses no more than the programs that it has traced.
    """

    def __init__(
        self,
        workload: Workload,
        threads: int,
        workers: int,
        timeout: float | None = None,
        environments: Sequence[Mapping[str, str]] = (),
        retries: int = RETRIES,
        memory: float = math.inf,
    ) -> None:
        self._workload = workload
        self._threads = threads
        self._count = workers
        self._timeout = timeout
        self._memory = memory
        self._watch = MemoryWatch(memory)
        self._environments = environments or [{}] * workers
        self._workers: list[Worker] = []
        self._inbox: queue.SimpleQueue[tuple[Worker, Any]] = queue.SimpleQueue()
        self._tasks: deque[Task] = deque()
        self._retries = Retries(retries)
        self._logs = TrialLogs()
        self._folder: Path | None = None
        self._checked = time.monotonic()
        """When it was last looked whether workers live."""
        self._held = False
        self._early_deaths = 0
        """Of workers that had no task, since the last trial ended."""

    @property
    def capacity(self) -> int:
        """The number of workers."""
        return self._count

    def start(self, task: Task, within: float | None = None) -> ModelSize:
        """Start all workers and wait for the first one to build the task's model."""
        self._folder = Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX))
        self._lay_out(self._folder)
        self._workers = [self._spawn(place) for place in range(self._count)]
        self._watch.start(lambda: [one for one in self._workers if isinstance(one, WorkerProcess)])
        first = self._workers[0]
        first.send(Probe(task))
        patience = building_seconds(self._timeout, within)
        while True:
            try:
                worker, message = self._next_message(LOOK_SECONDS)
            except queue.Empty:
                self._reap_dead_workers()
                self._check_start(first)
                if first.ready and patience is not None and first.silence() > patience:
                    raise ModelError(
                        f"The model '{self._workload.model.name}' cannot be built: its function did not return "
                        f"within {duration_text(patience)}."
                    ) from None
                continue
            if message is None:
                first = self._restarted(worker, first, task)
                continue
            if isinstance(message, Probed):
                break
            self._note(worker, message)
        if message.size is None:
            raise ModelError(f"The model '{self._workload.model.name}' cannot be built: {message.fault}.")
        return message.size

    def _restarted(self, worker: Worker, first: Worker, task: Task) -> Worker:
        """Replace a worker that died before there was a task, if that may be; return the one that builds the first task's model."""
        if worker is first and first.ready and not self._may_be_replaced(death := worker.end_dead()):
            raise ModelError(
                f"The model '{self._workload.model.name}' cannot be built: its worker died, {death.cause}."
            )
        self._replace_dead(worker)
        if worker is not first:
            return first
        self._workers[0].send(Probe(task))
        return self._workers[0]

    def submit(self, task: Task) -> None:
        """Hand a task to a free worker, or keep it until one is free."""
        self._tasks.append(task)
        self._dispatch()

    def answer(self, number: int, answer: Answer) -> None:
        """Let a trial train on after a rung, or end at its current epoch."""
        for worker in self._workers_on(number):
            if answer is Answer.GO_ON or not worker.cancelled:
                worker.cancelled |= answer is not Answer.GO_ON
                worker.waits = False
                worker.send(Go(answer))

    def hold(self) -> None:
        """Have all workers wait at the end of their epochs."""
        self._held = True
        for worker in self._workers:
            worker.send(Hold(True))

    def release(self) -> None:
        """Have all workers train on, and begin what could not begin."""
        self._held = False
        for worker in self._workers:
            worker.holding = False
            worker.send(Hold(False))
        self._dispatch()

    @property
    def is_held(self) -> bool:
        """Whether no worker trains."""
        return self._held and all(
            worker.task is None or worker.holding or worker.waits for worker in self._workers
        )

    def next_event(self, timeout: float | None = None) -> Event | None:
        """Wait for what happens next."""
        end = None if timeout is None else time.monotonic() + timeout
        while self._tasks or any(worker.task for worker in self._workers):
            left = LOOK_SECONDS if end is None else max(0.0, end - time.monotonic())
            try:
                event = self._receive(*self._next_message(min(left, LOOK_SECONDS)))
            except queue.Empty:
                event = None
            if event is None and time.monotonic() - self._checked >= LOOK_SECONDS:
                event = self._check_workers()
            if event is not None:
                return self._logs.with_log(event)
            if end is not None and time.monotonic() >= end:
                return None
        return None

    def close(self) -> None:
        """Kill all workers with all that they started, and remove the data that was laid out for them."""
        self._watch.stop()
        for worker in self._workers:
            worker.kill()
        self._workers = []
        self._tasks.clear()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _lay_out(self, folder: Path) -> None:
        """Write into a folder what workers need to be started."""
        write_workload(self._workload, folder)

    def _next_message(self, timeout: float) -> tuple[Worker, Any]:
        worker, message = self._inbox.get(timeout=timeout)
        worker.handled += 1
        return worker, message

    def _workers_on(self, number: int) -> list[Worker]:
        """Return the worker that trains a trial, or none if it died or has ended the trial by now."""
        return [
            worker for worker in self._workers if worker.task is not None and worker.task.number == number
        ]

    def _receive(self, worker: Worker, message: Any) -> Event | None:
        if message is None:
            return self._replace_dead(worker)
        if worker not in self._workers:
            return None  # it was given up
        if not isinstance(message, EpochEnded | TrialPaused | TrialEnded | TrialInfeasible | TrialFailed):
            self._note(worker, message)
            return None
        if isinstance(message, EpochEnded):
            at_rung = worker.task is not None and message.rung in worker.task.rungs
            worker.waits = at_rung and not worker.cancelled
        elif worker.task is not None:
            self._retries.forget(worker.task.number)
            self._early_deaths = 0
            worker.task = None
            self._dispatch()
        return message

    def _note(self, worker: Worker, message: Any) -> None:
        """Take a sign of life; what a user's code has printed is printed here, and goes to its trial's log."""
        worker.ready = True
        if isinstance(message, Sized):
            worker.size = message.size
        if isinstance(message, Holding):
            worker.holding = self._held  # else it has been released by now
        if isinstance(message, Printed | Logged) and worker.task is not None:
            self._logs.add(worker.task.number, message.text)
        if isinstance(message, Printed):
            with contextlib.suppress(OSError, ValueError):
                stream = getattr(sys, message.stream)
                stream.write(message.text + message.notice)
                stream.flush()

    def _check_workers(self) -> Event | None:
        """Give up a worker that has given no sign of life for too long."""
        self._checked = time.monotonic()
        self._reap_dead_workers()
        for worker in self._workers:
            self._check_start(worker)
            if worker.task is None or not worker.ready or self._timeout is None:
                continue
            if worker.silence() > self._timeout:
                return self._time_out(worker, worker.task)
        return None

    def _reap_dead_workers(self) -> None:
        """Kill what dead workers have left behind: it may hold their pipes, and their deaths would go unnoticed."""
        for worker in self._workers:
            worker.clear_away()

    def _check_start(self, worker: Worker) -> None:
        if not worker.ready and worker.silence() > START_SECONDS:
            raise SweepError(
                f"A worker cannot be started: it has given no sign of life for {duration_text(START_SECONDS)}."
            )

    def _time_out(self, worker: Worker, task: Task) -> Event:
        where = worker.dump_stack()
        worker.kill()
        self._replace(worker)
        text = f"no sign of life for {duration_text(self._timeout or 0)}"
        return TrialFailed(task.number, "timeout", text, where)

    def _replace_dead(self, worker: Worker) -> Event | None:
        """Replace a dead worker; train its task again, or give it up if it killed workers before."""
        if worker not in self._workers:
            return None  # ended on purpose
        death = worker.end_dead()
        if worker.task is None and not worker.ready and not self._may_be_replaced(death):
            by_itself = not death.from_outside and death.kind != OUT_OF_MEMORY
            why = worker.last_line() if by_itself else f"it was {death.cause}"
            raise SweepError(f"A worker cannot be started: {why}.")
        failed: TrialFailed | None = None
        if worker.task is not None:
            failed = self._retries.after(worker.task.number, death)
            if failed is None:
                self._tasks.appendleft(worker.task)
            elif failed.kind == OUT_OF_MEMORY:
                failed = replace(failed, size=worker.size)
        self._replace(worker)
        return failed

    def _may_be_replaced(self, death: Death) -> bool:
        """Tell whether a worker that died before it had a task is replaced: where somebody ended it, but not for ever.

        Whoever ends one may well end all of them.
        """
        self._early_deaths += 1
        return death.from_outside and self._early_deaths < OUTSIDE_DEATHS * self._count

    def _replace(self, worker: Worker) -> None:
        place = self._workers.index(worker)
        self._workers[place] = self._spawn(place)
        self._dispatch()

    def _dispatch(self) -> None:
        if self._held:
            return
        for place, worker in enumerate(self._workers):
            if not self._tasks:
                return
            if worker.is_free:
                if worker.has_grown():
                    worker.kill()
                    self._workers[place] = self._spawn(place)
                self._workers[place].take(self._tasks.popleft())

    def _spawn(self, place: int) -> Worker:
        """Start the worker of a place, which has the GPUs of the one before it."""
        assert self._folder is not None  # noqa: S101 - start() made it
        log = self._folder / f"worker-{len(list(self._folder.glob('worker-*.log')))}.log"
        worker = start_worker(log, self._threads, self._inbox, self._environments[place])
        worker.memory = self._memory
        worker.send(Setup(self._folder, self._threads))
        return worker
