"""What the driver and a worker process say to each other beside tasks and events."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ...training.events import Answer, Task
from ...training.model_size import ModelSize

FOLDER_PREFIX = "kerasweep-"
"""Begins the name of the temporary folder in which the driver lays out data and workers' logs."""


@dataclass(frozen=True)
class Setup:
    """The first message to a worker."""

    folder: Path
    """Where the workload was laid out (``memory_mapping.py``)."""
    threads: int


@dataclass(frozen=True)
class Ready:
    """A worker has imported what it needs; its task's time begins."""


@dataclass(frozen=True)
class Alive:
    """A worker is at work: part of an epoch is trained."""


@dataclass(frozen=True)
class Printed:
    """What a user's code has printed in a worker."""

    stream: Literal["stdout", "stderr"]
    text: str
    notice: str = ""
    """What else is to be shown, which the code has not printed."""


@dataclass(frozen=True)
class Logged:
    """The end of what a user's code has printed since, beyond what is shown: for the trial's log alone."""

    text: str


@dataclass(frozen=True)
class Probe:
    """Asks a worker to build a task's model once."""

    task: Task


@dataclass(frozen=True)
class Probed:
    """The answer: how large the model is, or why it cannot be built."""

    size: ModelSize | None
    fault: str = ""


@dataclass(frozen=True)
class Sized:
    """How large the model is that a worker is about to train."""

    size: ModelSize


@dataclass(frozen=True)
class Hold:
    """Has a worker wait at the end of its epoch, or no longer."""

    on: bool


@dataclass(frozen=True)
class Holding:
    """A worker waits at the end of an epoch, because it is held."""


@dataclass(frozen=True)
class Go:
    """The answer to ``EpochEnded`` at a rung; one that ends the trial may come at any time."""

    answer: Answer = Answer.GO_ON
