"""What the driver, the gateway and actors say to each other; ``place`` numbers a worker among all that were ever started."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..retries import Death


@dataclass(frozen=True)
class Connect:
    """The first message to the gateway."""

    address: str
    folder: Path
    """Where the workload was laid out, and Kerasweep itself to be sent along."""
    threads: int
    gpus: float
    memory: float
    """Bytes that training may take in each worker, beside TensorFlow."""
    patience: float
    """Seconds that the cluster may take to answer; Ray alone would wait for minutes."""


@dataclass(frozen=True)
class Connected:
    """The gateway's answer: the cluster's data are in place, and so many workers have room."""

    room: int


@dataclass(frozen=True)
class Refused:
    """Its answer where there is no cluster."""

    fault: str


@dataclass(frozen=True)
class Spawn:
    """Start a worker as soon as the cluster has room."""

    place: int


@dataclass(frozen=True)
class Send:
    """Hand a message to a worker, a task with its state."""

    place: int
    message: Any


@dataclass(frozen=True)
class Kill:
    """End a worker."""

    place: int


@dataclass(frozen=True)
class AskStack:
    """Ask where a worker stands."""

    place: int


@dataclass(frozen=True)
class Stack:
    """The answer."""

    place: int
    text: str


@dataclass(frozen=True)
class Pulse:
    """A worker's machine answers, whatever the worker does."""

    place: int


@dataclass(frozen=True)
class Carried:
    """What a worker says, with what it has written."""

    message: Any
    files: dict[str, bytes] = field(default_factory=dict, repr=False)
    """Field of the task -> what the file that it names has become."""
    grown: bool = False
    """Whether the worker should be replaced before its next task."""


@dataclass(frozen=True)
class From:
    """A worker's message, at the driver's end."""

    place: int
    message: Any
    grown: bool


@dataclass(frozen=True)
class Died:
    """A worker is gone."""

    place: int
    death: Death


@dataclass(frozen=True)
class Room:
    """So many workers have room in the cluster now, those that there are among them."""

    workers: int
