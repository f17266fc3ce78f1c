"""What the driver and a worker process say to each other beside tasks and events."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..events import Task

FOLDER_PREFIX = "kerasweep-"
"""Begins the name of the temporary folder in which the driver lays out data and workers' logs."""


@dataclass(frozen=True)
class Setup:
    """The first message to a worker."""

    workload: Path
    """Where the workload was dumped with joblib; its arrays are mapped into memory, not read."""
    threads: int


@dataclass(frozen=True)
class Probe:
    """Asks a worker to build a task's model once."""

    task: Task


@dataclass(frozen=True)
class Probed:
    """The answer: the model's number of weights, or why it cannot be built."""

    parameters: int
    fault: str = ""


@dataclass(frozen=True)
class Go:
    """The answer to ``EpochEnded`` at a rung; with ``stop`` set it may come at any time."""

    stop: bool = False
