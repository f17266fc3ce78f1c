"""A worker as the driver holds it, wherever its process is."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from ...training.events import Task
from ...training.model_size import ModelSize
from .messages import Logged
from .retries import Death


@dataclass(eq=False, kw_only=True)
class Worker:
    """A worker and what it does, wherever its process is; what is said here holds for all of them."""

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
    size: ModelSize | None = None
    """Of the model that it trains; None until that is built."""

    def take(self, task: Task) -> None:
        """Give it a task."""
        self.task, self.cancelled, self.waits, self.holding = task, False, False, False
        self.size = None
        self.tasks += 1
        self.send(task)

    def silence(self) -> float:
        """Return the seconds since the last sign of life; none pass while the driver has something to look at or to answer."""
        if self.waits or self.holding or self.received > self.handled:
            return 0.0
        return time.monotonic() - self.last_heard

    def hear(self, message: Any) -> None:
        """Take note that a message has come: a sign of life, unless it is only more of what a trial prints without end."""
        if not isinstance(message, Logged):
            self.last_heard = time.monotonic()
        self.received += 1

    @property
    def is_free(self) -> bool:
        """Whether it may be given a task."""
        return self.task is None

    def send(self, message: Any) -> None:
        """Send a message; to a worker that has died, nothing: its death arrives in the inbox."""
        raise NotImplementedError

    def has_grown(self) -> bool:
        """Tell whether it holds so much more memory than after its first task that another process should go on."""
        raise NotImplementedError

    def clear_away(self) -> None:
        """Kill what it has left behind, if it has died: that may hold its pipes, and its death would go unnoticed."""

    def kill(self) -> Death:
        """End the process with all that it has started, and return how it died, by this or before."""
        raise NotImplementedError

    def end_dead(self) -> Death:
        """End what is left of one that has died, and return how it did."""
        return self.kill()

    def dump_stack(self) -> str:
        """Have the process write down the lines of Python that it executes, and return the log's end."""
        raise NotImplementedError

    def last_line(self) -> str:
        """Return the last that it wrote, without its full stop."""
        raise NotImplementedError
