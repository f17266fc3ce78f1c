"""A worker as the driver holds it: a process in a group of its own, two pipes, and a log of what is printed natively."""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...training.events import Task
from ...training.machine import resident_memory
from ...training.trainers.runtime import worker_environment
from .apart import STORAGE_VARIABLE, apart

MOST_GROWTH = 2**30
"""Bytes that a worker may hold beyond what its first trial left; programs that are kept take half of it."""
DUMP_SECONDS = 0.5
"""How long a silent worker may take to write down where it stands."""


@dataclass(eq=False)
class WorkerProcess:
    """One process and what it does."""

    process: subprocess.Popen[bytes]
    log: Path
    task: Task | None = None
    cancelled: bool = False
    """Whether it was told to end its task."""
    ready: bool = False
    """Whether it has imported what it needs, so that its death is not one of start-up."""
    waits: bool = False
    """Whether it waits at a rung to be told how to go on."""
    holding: bool = False
    """Whether it waits at the end of an epoch, because it is held."""
    last_heard: float = field(default_factory=time.monotonic)
    """When it last gave a sign of life, or was last asked for something."""
    received: int = 0
    """Messages that came from it, as the thread that reads its pipe counts them."""
    handled: int = 0
    """Messages that the driver has looked at."""
    tasks: int = 0
    """How many it was given."""
    initial_memory: int | None = None
    """Bytes of memory that it held when its first task had ended; None until then, and where the system does not say."""

    def take(self, task: Task) -> None:
        """Give it a task."""
        self.task, self.cancelled, self.waits, self.holding = task, False, False, False
        self.tasks += 1
        self.send(task)

    def has_grown(self) -> bool:
        """Tell whether it holds so much more than after its first task that another process should go on.

        TensorFlow and the allocator keep some of what earlier models took, and do not give it back.
        """
        if self.tasks == 0 or (now := resident_memory(self.process.pid)) is None:
            return False
        if self.initial_memory is None:
            self.initial_memory = now
        return now - self.initial_memory > MOST_GROWTH

    def send(self, message: Any) -> None:
        """Send a message; to a worker that has died, nothing: its death arrives in the inbox."""
        self.last_heard = time.monotonic()
        if self.process.stdin is None:
            return
        with contextlib.suppress(BrokenPipeError, OSError, ValueError):
            pickle.dump(message, self.process.stdin)
            self.process.stdin.flush()

    def silence(self) -> float:
        """Return the seconds since the last sign of life; none pass while the driver has something to look at or to answer."""
        if self.waits or self.holding or self.received > self.handled:
            return 0.0
        return time.monotonic() - self.last_heard

    def kill(self) -> int:
        """End the process with all that it has started, and return its exit code."""
        kill_group(self.process)
        code = self.process.wait()
        if self.process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self.process.stdin.close()
        return code

    def dump_stack(self) -> str:
        """Have the process write down the lines of Python that it executes, and return the log's end."""
        if hasattr(signal, "SIGUSR1") and self.ready:
            self.process.send_signal(signal.SIGUSR1)
            time.sleep(DUMP_SECONDS)
        return tail(self.log)

    def last_line(self) -> str:
        """Return the log's last line, without its full stop."""
        lines = [line for line in tail(self.log).splitlines() if line.strip()]
        return lines[-1].strip().rstrip(".") if lines else "it ended without a word"


def start_worker(
    log: Path,
    threads: int,
    inbox: queue.SimpleQueue[tuple[WorkerProcess, Any]],
    environment: Mapping[str, str] | None = None,
) -> WorkerProcess:
    """Start a process whose messages go to an inbox, and None when it is gone; variables are set in it beside the usual ones."""
    with log.open("wb") as native:
        process = subprocess.Popen(
            [sys.executable, "-m", "kerasweep.search.executors.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=native,
            **apart(
                {**worker_environment(threads), **(environment or {})}, without=(STORAGE_VARIABLE,)
            ),  # Ctrl-C is the driver's to handle
        )
    worker = WorkerProcess(process, log)
    threading.Thread(target=_listen, args=(worker, inbox), daemon=True).start()
    return worker


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and all that it has started; those outlive it where it has died by itself."""
    if os.name == "posix":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()


def tail(log: Path, lines: int = 40) -> str:
    """Return the last lines of a log."""
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""


def _listen(worker: WorkerProcess, inbox: queue.SimpleQueue[tuple[WorkerProcess, Any]]) -> None:
    stream = worker.process.stdout
    assert stream is not None  # noqa: S101 - a pipe was asked for
    with stream:
        try:
            while True:
                message = pickle.load(stream)  # noqa: S301
                worker.last_heard = time.monotonic()
                worker.received += 1
                inbox.put((worker, message))
        except Exception:  # noqa: BLE001 - its end, or bytes that are no message: it is of no more use
            worker.received += 1
            inbox.put((worker, None))
