"""The driver's end of the gateway, and of each worker behind it."""

from __future__ import annotations

import contextlib
import itertools
import pickle
import queue
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ....errors import SweepError
from ....training.quiet import QUIET
from ..apart import STORAGE_VARIABLE, apart
from ..handle import Worker
from ..process import kill_group, last_line, tail
from ..retries import Death
from .gateway import STACK_SECONDS
from .messages import AskStack, Connect, Connected, Died, From, Kill, Pulse, Refused, Room, Send, Spawn, Stack

ANSWER_SECONDS = 10.0
"""Without a pulse for so long, a worker's machine may be gone, and its silence is no sign of a hang: Ray will tell."""
END_SECONDS = 10.0
"""How long the gateway may take to end its workers and itself."""

Inbox = queue.SimpleQueue[tuple[Worker, Any]]


@dataclass(eq=False, kw_only=True)
class RemoteWorker(Worker):
    """A worker somewhere in the cluster, or one that the cluster has no room for yet."""

    place: int
    gateway: GatewayProcess
    grown: bool = False
    placed: bool = False
    """Whether there was room for it, so that it is being made ready."""
    last_pulse: float = field(default_factory=time.monotonic)
    death: Death | None = None
    stack: queue.SimpleQueue[str] = field(default_factory=queue.SimpleQueue)

    @property
    def is_free(self) -> bool:
        """Whether it may be given a task: not before there is a machine for it."""
        return self.task is None and self.ready

    def silence(self) -> float:
        """Return the seconds since its last sign of life; none pass while nothing is heard of its machine, either."""
        if self.ready and time.monotonic() - self.last_pulse > ANSWER_SECONDS:
            return 0.0
        return super().silence()

    def send(self, message: Any) -> None:
        """Send a message through the gateway."""
        self.last_heard = time.monotonic()
        self.gateway.send(Send(self.place, message))

    def has_grown(self) -> bool:
        """Tell whether it has, as it was seen when its last task had ended."""
        return self.grown

    def kill(self) -> Death:
        """End it."""
        if self.death is None:
            self.gateway.end(self)
            self.death = Death("ended by the driver")
        return self.death

    def dump_stack(self) -> str:
        """Ask its machine where it stands."""
        self.gateway.send(AskStack(self.place))
        try:
            return self.stack.get(timeout=STACK_SECONDS + 1)
        except queue.Empty:
            return ""

    def last_line(self) -> str:
        """Return the last that it wrote."""
        return last_line(self.death.log if self.death is not None else "")


class GatewayProcess:
    """The process that speaks with the cluster."""

    def __init__(self, log: Path, inbox: Inbox) -> None:
        self._log = log
        self._inbox = inbox
        self._numbers = itertools.count()
        self._workers: dict[int, RemoteWorker] = {}
        self._answer: queue.SimpleQueue[Connected | Refused | None] = queue.SimpleQueue()
        self._address = ""
        self.room = 0
        """For how many workers the cluster has room."""
        self.lost = False
        """Whether the gateway, and with it the cluster, is gone."""
        with log.open("wb") as native:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "kerasweep.search.executors.ray.gateway"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=native,
                **apart(QUIET, without=(STORAGE_VARIABLE,)),
            )
        threading.Thread(target=self._listen, daemon=True).start()

    def connect(self, request: Connect) -> None:
        """Connect to the cluster and hand it the data.

        Raises:
            SweepError: There is none at the address.
        """
        self._address = request.address
        self.send(request)
        answer = self._answer.get()
        if isinstance(answer, Connected):
            self.room = answer.room
            return
        fault = last_line(tail(self._log)) if answer is None else answer.fault.rstrip(".")
        raise SweepError(
            f"No Ray cluster answers at '{request.address}': begin one with 'ray start --head', or give its --address. "
            f"(Ray says: {fault}.)"
        )

    def spawn(self) -> RemoteWorker:
        """Ask for one more worker, which Ray starts when there is room."""
        worker = RemoteWorker(place=next(self._numbers), gateway=self)
        self._workers[worker.place] = worker
        self.send(Spawn(worker.place))
        return worker

    def end(self, worker: RemoteWorker) -> None:
        """End a worker."""
        self._workers.pop(worker.place, None)
        self.send(Kill(worker.place))

    def send(self, message: Any) -> None:
        """Send a message; nothing where the gateway is gone."""
        stream = self._process.stdin
        assert stream is not None  # noqa: S101 - a pipe was asked for
        with contextlib.suppress(BrokenPipeError, OSError, ValueError):
            pickle.dump(message, stream)
            stream.flush()

    def check(self) -> None:
        """Raise an error if the cluster is lost.

        Raises:
            SweepError: It is.
        """
        if self.lost:
            raise SweepError(
                f"The Ray cluster at '{self._address}' does not answer any more; what had ended is kept, and resume goes on once "
                "there is a cluster."
            )

    def close(self) -> None:
        """End all workers and leave the cluster."""
        if self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError, OSError):
                self._process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(END_SECONDS)
        kill_group(self._process)
        self._process.wait()

    def _listen(self) -> None:
        stream = self._process.stdout
        assert stream is not None  # noqa: S101 - a pipe was asked for
        with stream:
            with contextlib.suppress(Exception):  # its end, or bytes that are no message
                while True:
                    self._take(pickle.load(stream))  # noqa: S301
            self.lost = True
            self._answer.put(None)

    def _take(self, message: Any) -> None:
        if isinstance(message, Connected | Refused):
            self._answer.put(message)
            return
        if isinstance(message, Room):
            self.room = message.workers
            return
        worker = self._workers.get(message.place)
        if worker is None:
            return
        if isinstance(message, Pulse):
            worker.last_pulse, worker.placed = time.monotonic(), True
        elif isinstance(message, Stack):
            worker.stack.put(message.text)
        elif isinstance(message, From):
            worker.hear(message.message)
            worker.grown = message.grown
            self._inbox.put((worker, message.message))
        elif isinstance(message, Died):
            worker.death = message.death
            worker.received += 1
            del self._workers[message.place]
            self._inbox.put((worker, None))
