"""Trains in several processes of this machine, each with its own TensorFlow."""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import ModelError, OutputError, SweepError
from ..events import EpochEnded, Event, Task, TrialFailed
from ..training import ModelSize, Workload
from ..training.runtime import worker_environment
from .messages import FOLDER_PREFIX, Go, Probe, Probed, Setup
from .sharing import lay_out

_LIVES = 2
"""How often a task is started before its worker's death counts as its own fault."""


@dataclass(eq=False)
class _Worker:
    """One process and what it does."""

    process: subprocess.Popen[bytes]
    log: Path
    task: Task | None = None
    cancelled: bool = False
    """Whether it was told to end its task."""
    spoke: bool = False
    """Whether it ever sent anything, so that its death is not one of start-up."""

    def end(self) -> int:
        """Wait for the process's end, close its pipes, and return its exit code."""
        code = self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()
        return code


class LocalExecutor:
    """Persistent worker processes; one that dies is replaced, and its task is trained again from the start.

    A task that was cancelled when its worker died is not: the driver decides again, at the same epoch.
    """

    def __init__(self, workload: Workload, threads: int, workers: int) -> None:
        self._workload = workload
        self._threads = threads
        self._count = workers
        self._workers: list[_Worker] = []
        self._inbox: queue.SimpleQueue[tuple[_Worker, Any]] = queue.SimpleQueue()
        self._tasks: deque[Task] = deque()
        self._deaths: dict[int, int] = {}
        self._folder: Path | None = None

    @property
    def capacity(self) -> int:
        """The number of workers."""
        return self._count

    def start(self, task: Task) -> ModelSize:
        """Start all workers and wait for the first one to build the task's model."""
        try:
            self._folder = Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX))
            lay_out(self._workload.prepared(), self._folder)
        except OSError as error:
            raise OutputError(f"The data cannot be laid out for the workers: {error}.") from error
        self._workers = [self._spawn() for _ in range(self._count)]
        first = self._workers[0]
        self._send(first, Probe(task))
        while True:
            worker, message = self._inbox.get()
            if message is None:
                raise SweepError(f"A worker cannot be started: {_last_line(worker.log)}.")
            if isinstance(message, Probed):
                break
        if message.size is None:
            raise ModelError(f"The model '{self._workload.model.name}' cannot be built: {message.fault}.")
        return message.size

    def submit(self, task: Task) -> None:
        """Hand a task to a free worker, or keep it until one is free."""
        self._tasks.append(task)
        self._hand_out()

    def go_on(self, number: int) -> None:
        """Let a trial train on after a rung."""
        for worker in self._workers_on(number):
            self._send(worker, Go())

    def cancel(self, number: int) -> None:
        """Have a trial end at its current epoch."""
        for worker in self._workers_on(number):
            if not worker.cancelled:
                worker.cancelled = True
                self._send(worker, Go(stop=True))

    def next_event(self, timeout: float | None = None) -> Event | None:
        """Wait for what happens next."""
        while self._tasks or any(worker.task for worker in self._workers):
            try:
                worker, message = self._inbox.get(timeout=timeout)
            except queue.Empty:
                return None
            event = self._receive(worker, message)
            if event is not None:
                return event
        return None

    def close(self) -> None:
        """Kill all workers and remove the data that was laid out for them."""
        for worker in self._workers:
            worker.process.kill()
            worker.end()
        self._workers = []
        self._tasks.clear()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _workers_on(self, number: int) -> list[_Worker]:
        """Return the worker that trains a trial, or none if it died or has ended the trial by now."""
        return [
            worker for worker in self._workers if worker.task is not None and worker.task.number == number
        ]

    def _receive(self, worker: _Worker, message: Any) -> Event | None:
        if message is None:
            return self._bury(worker)
        worker.spoke = True
        if not isinstance(message, EpochEnded) and worker.task is not None:
            self._deaths.pop(worker.task.number, None)
            worker.task = None
            self._hand_out()
        return message  # type: ignore[no-any-return]

    def _bury(self, worker: _Worker) -> Event | None:
        """Replace a dead worker; train its task again, or give it up if it killed workers before."""
        if worker not in self._workers:
            return None  # closed on purpose
        code = worker.end()
        if not worker.spoke and worker.task is None:
            raise SweepError(f"A worker cannot be started: {_last_line(worker.log)}.")
        self._workers[self._workers.index(worker)] = self._spawn()
        failed: Event | None = None
        if worker.task is not None:
            deaths = self._deaths.get(worker.task.number, 0) + 1
            self._deaths[worker.task.number] = deaths
            if deaths < _LIVES:
                self._tasks.appendleft(worker.task)
            else:
                text = f"its worker died {deaths} times, {_how_it_died(code)}"
                failed = TrialFailed(worker.task.number, "crash", text, _tail(worker.log))
        self._hand_out()
        return failed

    def _hand_out(self) -> None:
        for worker in self._workers:
            if not self._tasks:
                return
            if worker.task is None:
                worker.task, worker.cancelled = self._tasks.popleft(), False
                self._send(worker, worker.task)

    def _spawn(self) -> _Worker:
        assert self._folder is not None  # noqa: S101 - start() made it
        log = self._folder / f"worker-{len(list(self._folder.glob('worker-*.log')))}.log"
        environment = {**os.environ, **worker_environment(self._threads)}
        environment["PYTHONPATH"] = os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
        options: dict[str, Any] = {}
        if os.name == "posix":
            options["start_new_session"] = True  # Ctrl-C is the driver's to handle
        else:
            options["creationflags"] = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
        with log.open("wb") as stderr:
            process = subprocess.Popen(
                [sys.executable, "-m", "kerasweep.search.executors.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                env=environment,
                **options,
            )
        worker = _Worker(process, log)
        threading.Thread(target=self._listen, args=(worker,), daemon=True).start()
        self._send(worker, Setup(self._folder, self._threads))
        return worker

    def _listen(self, worker: _Worker) -> None:
        """Put a worker's messages into the inbox, and None when it is gone."""
        try:
            while True:
                self._inbox.put((worker, pickle.load(worker.process.stdout)))  # type: ignore[arg-type]  # noqa: S301
        except (EOFError, OSError, ValueError, pickle.UnpicklingError):
            self._inbox.put((worker, None))

    @staticmethod
    def _send(worker: _Worker, message: Any) -> None:
        if worker.process.stdin is None:
            return
        with contextlib.suppress(BrokenPipeError, OSError):  # its death arrives in the inbox
            pickle.dump(message, worker.process.stdin)
            worker.process.stdin.flush()


def _how_it_died(code: int) -> str:
    if code == -getattr(signal, "SIGKILL", 9):
        return "killed by the system, most likely for want of memory"
    if code < 0:
        return f"by signal {-code}"
    return f"with exit code {code}"


def _tail(log: Path, lines: int = 40) -> str:
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""


def _last_line(log: Path) -> str:
    lines = [line for line in _tail(log).splitlines() if line.strip()]
    return lines[-1].strip().rstrip(".") if lines else "it ended without a word"
