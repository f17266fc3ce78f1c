"""A worker as the driver holds it: a process in a group of its own, two pipes, and a log of what is printed natively."""

from __future__ import annotations

import contextlib
import math
import os
import pickle
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

from ...training.events import OUT_OF_MEMORY, Task
from ...training.machine import resident_memory
from ...training.trainers.runtime import worker_environment
from .apart import STORAGE_VARIABLE, apart
from .handle import Worker
from .oom_kills import count, counters_of
from .retries import Death
from .strays import kill_strays

MOST_GROWTH = 2**30
"""Bytes that a worker may hold beyond what its first trial left; programs that are kept take half of it."""
MOST_LOG = 2**20
"""Bytes that are kept of what a worker prints natively; it may print without end."""
DRAIN_SECONDS = 1.0
"""How long the last words of a process that was ended are waited for: another one may hold its streams."""
END_SECONDS = 2.0
"""How long a process may take to end once its pipe has."""
DUMP_SECONDS = 0.5
"""How long a silent worker may take to write down where it stands."""


@dataclass(eq=False, kw_only=True)
class WorkerProcess(Worker):
    """One that is a process of this machine."""

    process: subprocess.Popen[bytes]
    log: Path
    memory: float = math.inf
    """Bytes of its own that it may hold."""
    exceeded: str = ""
    """What it held when it was ended for holding too much memory, in words; empty where it was not."""
    babbled: bool = False
    """Whether there were bytes on its connection that are no message: something else than this package wrote there."""
    initial_memory: int | None = None
    """Bytes of memory that it held when its first task had ended; None until then, and where the system does not say."""

    reader: threading.Thread | None = None
    """Takes what it prints natively to its log."""
    oom_counters: tuple[Path, ...] = ()
    """Where the kernel counts processes like it that it ended for want of memory."""
    oom_kills: int = 0
    """How many these were when it was given its task."""

    def take(self, task: Task) -> None:
        """Give it a task."""
        self.oom_kills = count(self.oom_counters)
        super().take(task)

    def has_grown(self) -> bool:
        """Tell whether it has, by half of what it may hold or by ``MOST_GROWTH``.

        TensorFlow and the allocator keep some of what earlier models took, and do not give it back.
        """
        if self.tasks == 0 or (now := resident_memory(self.process.pid)) is None:
            return False
        if self.initial_memory is None:
            self.initial_memory = now
        return now - self.initial_memory > min(MOST_GROWTH, self.memory / 2)

    def send(self, message: Any) -> None:
        """Send a message through its pipe."""
        self.last_heard = time.monotonic()
        if self.process.stdin is None:
            return
        with contextlib.suppress(BrokenPipeError, OSError, ValueError):
            pickle.dump(message, self.process.stdin)
            self.process.stdin.flush()

    def clear_away(self) -> None:
        """Kill what the process has left behind, if it has died."""
        if self.process.poll() is not None:
            kill_group(self.process)
            kill_strays(temporary_folder(self.log))

    def end_dead(self) -> Death:
        """End what is left of one whose pipe has ended, and return how it died."""
        if self.babbled:
            return replace(
                self.kill(), cause="by writing to its connection to the driver", from_outside=False
            )
        try:
            self.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            return replace(self.kill(), cause="by closing its connection to the driver", from_outside=False)
        return self.kill()

    def kill(self) -> Death:
        """End the process with all that it has started, and return how it died, if it had by itself."""
        kill_group(self.process)
        code = self.process.wait()
        own = temporary_folder(self.log)
        kill_strays(own)
        shutil.rmtree(own, ignore_errors=True)
        if self.reader is not None:
            self.reader.join(DRAIN_SECONDS)
        if self.process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self.process.stdin.close()
        if self.exceeded:
            return Death(
                f"ended because {self.exceeded}",
                log=tail(self.log),
                kind=OUT_OF_MEMORY,
                final=self.tasks == 1,
            )
        return Death.of_process(code, tail(self.log), memory=count(self.oom_counters) > self.oom_kills)

    def dump_stack(self) -> str:
        """Have the process write down the lines of Python that it executes, and return the log's end."""
        if hasattr(signal, "SIGUSR1") and self.ready:
            self.process.send_signal(signal.SIGUSR1)
            time.sleep(DUMP_SECONDS)
        return tail(self.log)

    def last_line(self) -> str:
        """Return the log's last line, without its full stop."""
        return last_line(tail(self.log))


def start_worker(
    log: Path,
    threads: int,
    inbox: queue.SimpleQueue[tuple[Worker, Any]],
    environment: Mapping[str, str] | None = None,
) -> WorkerProcess:
    """Start a process whose messages go to an inbox, and None when it is gone; variables are set in it beside the usual ones."""
    variables = {**worker_environment(threads), **(environment or {}), **_own_folder(log)}
    process = subprocess.Popen(
        [sys.executable, "-m", "kerasweep.search.executors.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **apart(variables, without=(STORAGE_VARIABLE,)),  # Ctrl-C is the driver's to handle
    )
    worker = WorkerProcess(process=process, log=log)
    worker.oom_counters = counters_of(process.pid)
    worker.oom_kills = count(worker.oom_counters)
    worker.reader = threading.Thread(target=_keep_log, args=(process.stderr, log), daemon=True)
    worker.reader.start()
    threading.Thread(target=_listen, args=(worker, inbox), daemon=True).start()
    return worker


def temporary_folder(log: Path) -> Path:
    """Return the temporary folder that a process with such a log has for its own."""
    return log.with_suffix(".tmp")


def _own_folder(log: Path) -> dict[str, str]:
    """Return what gives a process a temporary folder of its own, which goes with it: TensorFlow leaves files when it is killed."""
    folder = temporary_folder(log)
    folder.mkdir(exist_ok=True)
    return dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder))


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


def last_line(text: str) -> str:
    """Return the last line of a log, without its full stop."""
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip().rstrip(".") if lines else "it ended without a word"


def _keep_log(stream: IO[bytes], log: Path) -> None:
    """Write down what a process prints natively; what comes after the log's bound takes the place of what came before.

    It is read to its end even if it cannot be written: a process that waits for a reader would not train.
    """
    with stream, contextlib.suppress(OSError), log.open("wb", buffering=0) as file:
        while text := stream.read1(2**16):  # type: ignore[attr-defined]
            with contextlib.suppress(OSError):  # a disk may be full
                if file.tell() + len(text) > MOST_LOG:
                    file.seek(0)
                    file.truncate()
                file.write(text)


def _listen(worker: WorkerProcess, inbox: queue.SimpleQueue[tuple[Worker, Any]]) -> None:
    stream = worker.process.stdout
    assert stream is not None  # noqa: S101 - a pipe was asked for
    with stream:
        try:
            while True:
                message = pickle.load(stream)  # noqa: S301
                worker.hear(message)
                inbox.put((worker, message))
        except Exception as error:  # noqa: BLE001 - its end, or bytes that are no message: it is of no more use
            worker.babbled = not isinstance(error, EOFError | OSError) and "truncated" not in str(error)
            worker.received += 1
            inbox.put((worker, None))
