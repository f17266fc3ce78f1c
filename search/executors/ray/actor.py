"""A worker's end in the cluster: starts the process that trains, on whatever machine Ray has room, and passes messages on.

No code of a user's runs in it, so that it dies only from outside: with its machine, or by somebody's hand.
"""

from __future__ import annotations

import contextlib
import os
import queue
import shutil
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ....errors import one_line
from ....training.events import EpochEnded, Task, TrialEnded, TrialFailed, TrialInfeasible, TrialPaused
from ....training.machine import free_memory, worker_memory
from ..memory_mapping import ARRAYS, OBJECT
from ..memory_watch import MemoryWatch
from ..messages import FOLDER_PREFIX, Ready, Setup
from ..process import start_worker
from ..retries import Death
from .messages import Carried

PULSE_SECONDS = 2.0
"""How long the driver is left without a word; it then hears that the actor lives."""
FILES = ("state", "keeps")
"""Fields of a task that name files of the driver's machine."""
PREFIX = f"{FOLDER_PREFIX}ray-"
"""Begins the names of workers' folders."""
_ENDS = (TrialPaused, TrialEnded, TrialFailed, TrialInfeasible)


class WorkerActor:
    """What Ray runs; calls come from several threads, one of each method at a time."""

    def __init__(
        self, sweep: str, pickled: bytes, arrays: np.ndarray, threads: int, gpus: float, memory: float
    ) -> None:
        """Start the process.

        Args:
            sweep: A name; workers of one sweep share what is laid out on a machine.
            pickled: The workload without its arrays (``memory_mapping.py``).
            arrays: Their bytes, in the object store's memory.
            threads: Of the process.
            gpus: Those that Ray has set aside for it; it sees no others.
            memory: Bytes that training may take; what other sweeps have taken on its machine, it does not get.
        """
        self._inbox: queue.SimpleQueue[tuple[Any, Any]] = queue.SimpleQueue()
        self._early: dict[int, Any] = {}
        self._next = 0
        self._task: Task | None = None
        self._seen: dict[str, tuple[int, int]] = {}
        self._lock = threading.Lock()
        try:
            self._folder = lay_out(sweep, pickled, arrays)
        except OSError as error:
            self._fault: str | None = f"the data cannot be laid out on its machine: {one_line(error)}"
            return
        self._fault = None
        if gpus:
            os.environ["TF_FORCE_GPU_ALLOW_GROWTH"] = "true"  # others may share them
        most = worker_memory(free_memory(), 1, memory)
        self._worker = start_worker(self._folder / "worker.log", threads, self._inbox)
        self._worker.memory = most
        self._watch = MemoryWatch(most)
        self._watch.start(lambda: [self._worker])
        self._worker.send(Setup(self._folder, threads))

    def send(self, turn: int, message: Any, files: dict[str, bytes] | None = None) -> None:
        """Pass a message on, in the order of turns: Ray promises none."""
        with self._lock:
            self._early[turn] = message, files or {}
            while self._next in self._early:
                self._pass_on(*self._early.pop(self._next))
                self._next += 1

    def receive(self) -> list[Carried | Death]:
        """Return what the process has said meanwhile; nothing after a while; its death as the last."""
        if self._fault is not None:
            return [Death(self._fault, log=self._fault)]
        said: list[Carried | Death] = []
        with contextlib.suppress(queue.Empty):
            message = self._inbox.get(timeout=PULSE_SECONDS)[1]
            while True:
                if message is None:
                    return [*said, self._bury(self._worker.end_dead())]
                said.append(self._carry(message))
                message = self._inbox.get_nowait()[1]
        self._worker.clear_away()
        return said

    def stack(self) -> str:
        """Return where the process stands."""
        return "" if self._fault is not None else self._worker.dump_stack()

    def close(self) -> None:
        """End the process and leave nothing behind."""
        if self._fault is None:
            self._bury(self._worker.kill())

    def _pass_on(self, message: Any, files: dict[str, bytes]) -> None:
        if self._fault is not None:
            return
        if isinstance(message, Task):
            self._worker.take(self._localised(message, files))
        else:
            self._worker.send(message)

    def _localised(self, task: Task, files: dict[str, bytes]) -> Task:
        """Return a task whose files are here."""
        self._seen = {}
        paths = {
            name: self._folder / f"{task.number}.{name}" for name in FILES if getattr(task, name) is not None
        }
        for name, path in paths.items():
            path.unlink(missing_ok=True)
            if name in files:
                path.write_bytes(files[name])
                self._seen[name] = _stamp(path)
        self._task = replace(task, **paths)  # type: ignore[arg-type]
        return self._task

    def _carry(self, message: Any) -> Carried:
        if isinstance(message, Ready):
            self._worker.ready = True
        if not isinstance(message, (EpochEnded, *_ENDS)) or self._task is None:
            return Carried(message)
        files = dict(self._new_files(self._task))
        if isinstance(message, EpochEnded):
            return Carried(message, files)
        for name in FILES:
            if (path := getattr(self._task, name)) is not None:
                path.unlink(missing_ok=True)
        self._task = None
        return Carried(message, files, self._worker.has_grown())

    def _new_files(self, task: Task) -> Iterator[tuple[str, bytes]]:
        for name in FILES:
            path: Path | None = getattr(task, name)
            if path is None or not path.exists() or self._seen.get(name) == (stamp := _stamp(path)):
                continue
            self._seen[name] = stamp
            yield name, path.read_bytes()

    def _bury(self, death: Death) -> Death:
        self._watch.stop()
        shutil.rmtree(self._folder, ignore_errors=True)
        return death


def lay_out(sweep: str, pickled: bytes, arrays: np.ndarray) -> Path:
    """Return a folder with the workload for one worker, the contents of which all workers of this machine share.

    The folder is locked for as long as this process lives; what dead ones could not clear away is removed.

    Raises:
        OSError: There is no room.
    """
    parent = Path(tempfile.gettempdir())
    with _locked(Path(__file__)):  # one after the other, without a file that would be left behind
        for other in parent.glob(f"{PREFIX}*"):
            _remove_if_left(other)
        folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{sweep}-", dir=parent))
        _lock(folder)
        try:
            (folder / OBJECT).write_bytes(pickled)
            for other in parent.glob(f"{PREFIX}{sweep}-*/{ARRAYS}"):
                with contextlib.suppress(OSError):  # it may be going just now
                    (folder / ARRAYS).hardlink_to(other)
                    return folder
            (folder / ARRAYS).write_bytes(arrays.data)
        except OSError:
            shutil.rmtree(folder, ignore_errors=True)
            raise
    return folder


def _lock(path: Path, *, wait: bool = True) -> int:
    """Lock a file or folder, up to the end of this process, and return its descriptor."""
    import fcntl  # Ray's workers run on POSIX systems

    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    descriptor = _lock(path)
    try:
        yield
    finally:
        os.close(descriptor)


def _remove_if_left(folder: Path) -> None:
    with contextlib.suppress(OSError):  # it is locked, another user's, or gone
        descriptor = _lock(folder, wait=False)
        shutil.rmtree(folder, ignore_errors=True)
        os.close(descriptor)


def _stamp(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_mtime_ns, found.st_ino
