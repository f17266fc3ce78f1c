"""The process that speaks with the cluster: Ray is loaded here and nowhere else on the driver's machine.

Ray takes over signals, writes to the terminal, and ends its process where the cluster's head is gone for a minute. The
driver shall outlive that. It reads pickled messages from its standard input and writes others to its standard output.
When the driver is gone, its input ends, and so do its workers.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import pickle
import sys
import threading
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any

import numpy as np

from ....errors import one_line
from ....training.events import Task, TrialEnded, TrialPaused
from ..memory_mapping import ARRAYS, OBJECT
from ..outgoing import Outgoing
from ..retries import Death
from .actor import FILES, WorkerActor
from .messages import (
    AskStack,
    Carried,
    Connect,
    Connected,
    Died,
    From,
    Kill,
    Pulse,
    Refused,
    Room,
    Send,
    Spawn,
    Stack,
)

LOOK_SECONDS = 5.0
"""How often it is looked whether the cluster has grown."""
KILL_SECONDS = 2.0
CLOSE_SECONDS = 5.0
"""How long one worker, or all of them, may take to clear away what they have laid out."""
STACK_SECONDS = 5.0
"""How long a worker's machine may take to say where the worker stands."""


@dataclass
class _Remote:
    """A worker in the cluster."""

    actor: Any
    turn: int = 0
    """Of the next message to it."""
    task: Task | None = None
    """The last that it was given."""
    lives: bool = False
    """Whether it has a machine, and has been heard of."""
    killed: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)


class Gateway:
    """Does what the driver says, and tells what workers say."""

    def __init__(self, outgoing: Outgoing, connect: Connect) -> None:
        """Connect to the cluster and put the data there, once for all workers.

        Raises:
            Exception: Whatever Ray raises where there is no cluster.
        """
        ray: Any = importlib.import_module("ray")
        self._ray = ray
        self._send = outgoing.send
        self._connect = connect
        self._remotes: dict[int, _Remote] = {}
        patience = threading.Timer(connect.patience, self._give_up)
        patience.start()
        ray.init(
            address=connect.address,
            runtime_env={"py_modules": [str(connect.folder / "kerasweep")]},
            log_to_driver=False,
            logging_level="ERROR",
            namespace="kerasweep",
        )
        patience.cancel()
        arrays = np.fromfile(connect.folder / ARRAYS, np.uint8)
        self._layout = ray.put((connect.folder / OBJECT).read_bytes()), ray.put(arrays)
        self._class = ray.remote(
            num_cpus=connect.threads,
            num_gpus=connect.gpus,
            max_restarts=0,
            concurrency_groups={"in": 1, "out": 1, "look": 1},
        )(WorkerActor)
        outgoing.send(Connected(self._room()))
        threading.Thread(target=self._watch, daemon=True).start()

    def _give_up(self) -> None:
        self._send(Refused(f"no answer within {self._connect.patience:g} seconds"))
        os._exit(0)

    def do(self, command: Any) -> None:
        """Do one thing."""
        remote = self._remotes.get(command.place)
        if isinstance(command, Spawn):
            remote = self._remotes[command.place] = _Remote(self._start())
            threading.Thread(target=self._listen, args=(command.place, remote), daemon=True).start()
        elif remote is None:
            return  # it has died by now
        elif isinstance(command, Send):
            self._hand(remote, command.message)
        elif isinstance(command, Kill):
            del self._remotes[command.place]
            self._end([remote], KILL_SECONDS)
        elif isinstance(command, AskStack):
            threading.Thread(target=self._ask_stack, args=(command.place, remote), daemon=True).start()

    def close(self) -> None:
        """End all workers and leave the cluster."""
        self._end(list(self._remotes.values()), CLOSE_SECONDS)
        self._ray.shutdown()

    def _end(self, remotes: list[_Remote], seconds: float) -> None:
        """Have workers leave nothing behind, and end them."""
        for remote in remotes:
            remote.killed = True
        closing = [
            remote.actor.close.options(concurrency_group="look").remote()
            for remote in remotes
            if remote.lives
        ]
        if closing:
            self._ray.wait(closing, num_returns=len(closing), timeout=seconds)
        for remote in remotes:
            self._ray.kill(remote.actor)

    def _start(self) -> Any:
        sweep = f"{self._ray.get_runtime_context().get_job_id()}-{os.getpid()}"
        wanted = self._connect
        return self._class.remote(sweep, *self._layout, wanted.threads, wanted.gpus, wanted.memory)

    def _hand(self, remote: _Remote, message: Any) -> None:
        files = {}
        if isinstance(message, Task):
            remote.task = message
            for name in FILES:
                path: Path | None = getattr(message, name)
                if path is not None and path.exists():
                    files[name] = path.read_bytes()
        carried = self._ray.put(files) if files else None
        remote.actor.send.options(concurrency_group="in").remote(remote.turn, message, carried)
        remote.turn += 1

    def _listen(self, place: int, remote: _Remote) -> None:
        """Pass on what a worker says, up to its end."""
        while True:
            try:
                said = self._ray.get(remote.actor.receive.options(concurrency_group="out").remote())
            except Exception as error:  # noqa: BLE001 - Ray's own, or what it wraps: it is of no more use
                said = [_death_of(error)]
            else:
                remote.lives = True
                self._send(Pulse(place))
            for message in said:
                if isinstance(message, Death):
                    self._bury(place, remote, message)
                    return
                self._send(From(place, self._unpacked(remote, message), message.grown))

    def _bury(self, place: int, remote: _Remote, death: Death) -> None:
        if remote.killed:
            return
        self._remotes.pop(place, None)
        self._ray.kill(remote.actor)
        self._send(Died(place, death))

    @staticmethod
    def _unpacked(remote: _Remote, carried: Carried) -> Any:
        """Write the files that a worker has written to where its task has them, and return its message."""
        message, task = carried.message, remote.task
        for name, content in carried.files.items():
            path: Path | None = getattr(task, name)
            if path is None:
                continue
            beside = path.with_name(f".{path.name}.{os.getpid()}")
            try:
                beside.write_bytes(content)
                beside.replace(path)
            except OSError as error:
                beside.unlink(missing_ok=True)
                if isinstance(message, TrialPaused | TrialEnded):
                    note = f"its state could not be kept: {one_line(error)}"
                    outcome = replace(message.outcome, notes=(*message.outcome.notes, note))
                    message = replace(message, outcome=outcome)
        return message

    def _ask_stack(self, place: int, remote: _Remote) -> None:
        try:
            asked = remote.actor.stack.options(concurrency_group="look").remote()
            text = self._ray.get(asked, timeout=STACK_SECONDS)
        except Exception:  # noqa: BLE001 - its machine does not answer, either
            text = ""
        self._send(Stack(place, text))

    def _room(self) -> int:
        """Return for how many workers the cluster's machines have room, were there nothing else."""
        wanted = {"CPU": self._connect.threads, "GPU": self._connect.gpus}
        room = 0
        for node in self._ray.nodes():
            if node["Alive"]:
                has = node["Resources"]
                room += min(int(has.get(name, 0) // each) for name, each in wanted.items() if each)
        return room

    def _watch(self) -> None:
        """Tell when the cluster has grown, or shrunk."""
        pause = threading.Event()
        while not pause.wait(LOOK_SECONDS):
            with contextlib.suppress(Exception):  # the head is gone; Ray decides how long it waits for it
                self._send(Room(self._room()))


def _death_of(error: Exception) -> Death:
    """Return how an actor died, in which no code of a user's runs."""
    kind, text = type(error).__name__, one_line(error, 300)
    if kind == "RuntimeEnvSetupError":
        return Death(f"its machine could not be made ready: {text}", log=text)
    if "OutOfMemory" in kind or "memory" in text.lower():
        return Death("killed by Ray for want of memory on its machine", log=str(error))
    if "node" in text.lower():
        return Death("with its machine", from_outside=True, log=str(error))
    return Death("killed from outside", from_outside=True, log=str(error))


def main() -> None:
    """Run as a process of its own."""
    outgoing = Outgoing(os.fdopen(os.dup(1), "wb"))
    os.dup2(2, 1)  # what Ray prints goes to the log
    sys.stdout = sys.stderr
    commands: IO[bytes] = sys.stdin.buffer
    gateway: Gateway | None = None
    try:
        try:
            connect: Connect = pickle.load(commands)  # noqa: S301 - the driver's own pipe
            gateway = Gateway(outgoing, connect)
        except Exception as error:  # noqa: BLE001 - it says why
            outgoing.send(Refused(f"{type(error).__name__}: {one_line(error, 300)}"))
            return
        while True:
            gateway.do(pickle.load(commands))  # noqa: S301
    except (EOFError, OSError):
        if gateway is not None:
            gateway.close()
    finally:
        os._exit(0)  # Ray's threads may take long to end


if __name__ == "__main__":
    main()
