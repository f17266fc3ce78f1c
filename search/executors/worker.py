"""A worker process: holds the data and TensorFlow for a whole sweep, trains tasks, never opens the database.

It reads pickled messages from its standard input and writes pickled events to its standard output. What Python prints
is such a message, too; what native code prints goes to its log. When the driver dies, its input ends, and so does the
worker with all that it has started, whatever it is doing.
"""

from __future__ import annotations

import contextlib
import faulthandler
import os
import pickle
import queue
import shutil
import signal
import sys
import tempfile
import threading
from pathlib import Path
from traceback import format_exc
from typing import IO, Any

from ...errors import TrainingError, one_line
from ...training.events import Answer, EpochEnded, Event, Task, TrialFailed
from ...training.heartbeat import listen
from ...training.model_size import listen_for_size
from ...training.workload import Trainer
from .contract import run_task
from .exception_origin import origin_of
from .memory_mapping import read_mapped
from .messages import FOLDER_PREFIX, Alive, Go, Hold, Holding, Probe, Probed, Ready, Setup, Sized
from .outgoing import Outgoing
from .relay import Relay
from .strays import kill_strays


def serve(incoming: IO[bytes], outgoing: Outgoing, relay: Relay) -> None:
    """Answer messages until the input ends."""
    from ...training.trainers.runtime import make_trainer

    setup: Setup = pickle.load(incoming)  # noqa: S301 - the driver's own pipe
    inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(incoming, inbox, setup.folder), daemon=True).start()
    trainer = make_trainer(read_mapped(setup.folder), setup.threads)
    listen(lambda: outgoing.send(Alive()))
    listen_for_size(lambda size: outgoing.send(Sized(size)))
    outgoing.send(Ready())
    home = Path.cwd()
    while True:
        message = inbox.get()
        relay.begin()
        _tidy(home)
        if isinstance(message, Probe):
            outgoing.send(_probe(trainer, message.task))
        elif isinstance(message, Task):
            _train(trainer, message, inbox, outgoing, relay)
        # else it is a Go or a Hold for a trial that had ended before it came


def _tidy(home: Path) -> None:
    """Undo what a user's code may have done to the folders that whoever comes next relies on."""
    with contextlib.suppress(OSError):
        os.chdir(home)
        Path(tempfile.gettempdir()).mkdir(exist_ok=True)


def _train(
    trainer: Trainer, task: Task, inbox: queue.SimpleQueue[Any], outgoing: Outgoing, relay: Relay
) -> None:
    events = run_task(trainer, task)
    answer: Answer | None = None
    while True:
        try:
            event: Event = events.send(answer)
        except KeyboardInterrupt as error:
            text = f"it raises {one_line(error)}"
            event = TrialFailed(task.number, "bug", text, format_exc(), origin=origin_of(error))
        if not isinstance(event, EpochEnded):
            relay.flush()
            outgoing.send(event)
            break
        outgoing.send(event)
        answer = _answer(inbox, outgoing, at_rung=event.rung in task.rungs)
    events.close()


def _answer(inbox: queue.SimpleQueue[Any], outgoing: Outgoing, *, at_rung: bool) -> Answer:
    """Return the driver's answer; without waiting for it where that is no rung, unless the driver holds this process."""
    answer, held = None if at_rung else Answer.GO_ON, False
    while True:
        try:
            message: Go | Hold = inbox.get(block=held or answer is None)
        except queue.Empty:
            return answer or Answer.GO_ON
        if isinstance(message, Hold):
            held = message.on
            if held:
                outgoing.send(Holding())
        elif message.answer is not Answer.GO_ON:
            return message.answer
        else:
            answer = message.answer


def _listen(incoming: IO[bytes], inbox: queue.SimpleQueue[Any], folder: Path) -> None:
    """Put the driver's messages into the inbox. When it is gone, end this process, in the middle of an epoch too."""
    try:
        while True:
            inbox.put(pickle.load(incoming))  # noqa: S301
    except (EOFError, OSError, pickle.UnpicklingError):
        if folder.name.startswith(FOLDER_PREFIX):
            shutil.rmtree(folder, ignore_errors=True)  # a driver that was killed could not
        _end()


def _probe(trainer: Trainer, task: Task) -> Probed:
    try:
        return Probed(trainer.probe(task))
    except BaseException as error:  # noqa: BLE001 - whatever a user's code raises
        said = isinstance(error, TrainingError)
        return Probed(
            None, one_line(error) if said else f"it raises {type(error).__name__}: {one_line(error)}"
        )


def _end() -> None:
    """End this process and all that it has started; nothing is left to save."""
    own = Path(os.environ.get("TMPDIR", ""))
    if own.suffix == ".tmp" and own.parent.name.startswith(
        FOLDER_PREFIX
    ):  # its own: a user's is of all that the user runs
        kill_strays(own)
    if os.name == "posix" and os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(0)  # not sys.exit: TensorFlow's threads may take long to end


def _die_first() -> None:
    """Have a system that is out of memory end this process rather than the driver."""
    with contextlib.suppress(OSError):  # it is Linux's to take
        Path("/proc/self/oom_score_adj").write_text("500", encoding="ascii")


def main() -> None:
    """Run as a process of its own."""
    _die_first()
    incoming, outgoing = os.fdopen(os.dup(0), "rb"), Outgoing(os.fdopen(os.dup(1), "wb"))
    os.dup2(2, 1)  # what native code prints must not mix with events
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)  # nor must what a user's code reads or closes
    os.close(nothing)
    tempfile.tempdir = None  # its own, by its environment
    if hasattr(signal, "SIGUSR1"):
        faulthandler.register(signal.SIGUSR1, file=2)  # a driver that gives it up asks where it stands
    faulthandler.enable(file=2)  # where it stood when native code crashed
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # what is raised as Ctrl-C here is a user's code's own doing
    relay = Relay(outgoing.send)
    kept = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = relay.stdout, relay.stderr
    try:
        serve(incoming, outgoing, relay)
    except (EOFError, BrokenPipeError):
        _end()  # the driver is gone
    finally:
        sys.stdout, sys.stderr = kept  # the last words of a worker that cannot work go to its log


if __name__ == "__main__":
    main()
