"""A worker process: holds the data and TensorFlow for a whole sweep, trains tasks, never opens the database.

It reads pickled messages from its standard input and writes pickled events to its standard output; whatever else is
printed goes to its log. When the driver dies, its input ends, and so does the worker, whatever it is doing.
"""

from __future__ import annotations

import os
import pickle
import queue
import shutil
import sys
import threading
from pathlib import Path
from typing import IO, Any

from ...errors import TrainingError, one_line
from ..events import EpochEnded, Task
from ..training import Trainer
from .contract import run_task
from .messages import FOLDER_PREFIX, Go, Probe, Probed, Setup
from .sharing import take_up


def serve(incoming: IO[bytes], outgoing: IO[bytes]) -> None:
    """Answer messages until the input ends."""
    from ..training.runtime import make_trainer

    setup: Setup = pickle.load(incoming)  # noqa: S301 - the driver's own pipe
    inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(incoming, inbox, setup.folder), daemon=True).start()
    trainer = make_trainer(take_up(setup.folder), setup.threads)
    while True:
        message = inbox.get()
        if isinstance(message, Probe):
            _send(outgoing, _probe(trainer, message.task))
        elif isinstance(message, Task):
            _train(trainer, message, inbox, outgoing)
        # else it is a Go for a trial that had ended before it came


def _train(trainer: Trainer, task: Task, inbox: queue.SimpleQueue[Any], outgoing: IO[bytes]) -> None:
    events = run_task(trainer, task)
    event = next(events)
    _send(outgoing, event)
    while isinstance(event, EpochEnded):
        event = events.send(_is_to_stop(inbox, wait=event.epoch in task.rungs))
        _send(outgoing, event)
    events.close()


def _is_to_stop(inbox: queue.SimpleQueue[Any], *, wait: bool) -> bool:
    """Return the driver's answer; without waiting for it, whether the driver has cancelled the trial by now."""
    try:
        answer: Go = inbox.get(block=wait)
    except queue.Empty:
        return False
    return answer.stop


def _listen(incoming: IO[bytes], inbox: queue.SimpleQueue[Any], folder: Path) -> None:
    """Put the driver's messages into the inbox. When it is gone, end this process, in the middle of an epoch too."""
    try:
        while True:
            inbox.put(pickle.load(incoming))  # noqa: S301
    except (EOFError, OSError, pickle.UnpicklingError):
        if folder.name.startswith(FOLDER_PREFIX):
            shutil.rmtree(folder, ignore_errors=True)  # a driver that was killed could not
        # Not sys.exit: TensorFlow's threads may take long to end, and nothing is left to save.
        os._exit(0)


def _probe(trainer: Trainer, task: Task) -> Probed:
    try:
        return Probed(trainer.probe(task))
    except TrainingError as error:
        return Probed(None, one_line(error))


def _send(outgoing: IO[bytes], message: Any) -> None:
    pickle.dump(message, outgoing)
    outgoing.flush()


def main() -> None:
    """Run as a process of its own."""
    outgoing = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a model function prints must not mix with events
    try:
        serve(sys.stdin.buffer, outgoing)
    except (EOFError, BrokenPipeError):
        os._exit(0)  # the driver is gone


if __name__ == "__main__":
    main()
