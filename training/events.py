"""Messages between the driver and its workers. All of it is frozen and can be pickled."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias

from ..spaces import Configuration
from ..texts import end_of
from .model_size import ModelSize

OUT_OF_MEMORY = "memory"
"""The kind of a trial's failure that is a constraint which it breaks: it ran out of memory."""

MOST_TRACEBACK = 20_000
"""Characters of a failed trial's traceback."""


class Rung(NamedTuple):
    """How far a trial is trained when it is decided how it goes on: so many epochs of the first so many folds."""

    epochs: int
    folds: int

    @property
    def cost(self) -> int:
        """Epochs of single folds that it takes to get there."""
        return self.epochs * self.folds


class Answer(Enum):
    """What a trial is told at a rung."""

    GO_ON = "go on"
    PAUSE = "pause"
    """End here: its state is kept, and it may go on from there later."""
    STOP = "stop"
    """End for good."""


@dataclass(frozen=True)
class Task:
    """One configuration to train."""

    number: int
    """The trial's number."""
    configuration: Configuration
    seed: int
    """Seeds weights, dropout and the order of rows; equal for all trials of a study, so that configurations are
    compared on equal terms (common random numbers)."""
    rungs: tuple[Rung, ...] = ()
    """Where its worker waits to be told how to go on: both numbers of each are at least those of the one before. After
    the last, all folds are trained to the last epoch."""
    state: Path | None = None
    """The file from which it goes on, if there is one, else it begins anew; when it is paused, its state goes there. None
    for a trial that is never paused."""
    keeps: Path | None = None
    """The file that its state goes to when it has come to its own end; None where it is not kept."""
    checkpoint_every: float | None = None
    """Seconds of training after which its state is written to ``state`` at the end of an epoch, so that it goes on from there if
    its worker dies; None for never."""
    continues: bool = False
    """Whether it trains another trial's configuration further, from that one's last state; where it cannot, it says so."""


@dataclass(frozen=True)
class Outcome:
    """How a configuration did."""

    ending: Literal["whole", "stopped", "paused"]
    """``stopped`` and ``paused`` if the driver ended it before its time."""
    value: float
    """Mean of the folds' scores."""
    fold_scores: tuple[float, ...]
    """The objective at the epochs that the other folds choose (``training/epoch_selection.py``), or at the last unless it
    is whole; of the folds that were trained."""
    epochs: int
    """The number of epochs, one for all folds, at which the mean curve is best."""
    epochs_trained: int
    seconds: float
    parameters: int
    seed: int
    trainer: str
    curves: dict[str, list[list[float]]]
    """Metric -> fold -> epoch."""
    summary: str
    notes: tuple[str, ...] = ()
    measured: dict[str, float] = field(default_factory=dict)
    """What the sweep's goals ask for beside the objective (``training/goals.py``)."""
    taken_over: int = 0
    """Epochs that were trained by the trial that it continues; its seconds are those of the others."""

    def result(self) -> dict[str, Any]:
        """Return what is read with every trial."""
        keys = ("fold_scores", "epochs", "epochs_trained", "seconds", "parameters", "seed", "trainer")
        seldom = ("measured", "taken_over")
        return {
            **{key: getattr(self, key) for key in keys},
            **{key: found for key in seldom if (found := getattr(self, key))},
        }

    def details(self) -> dict[str, Any]:
        """Return what is read on demand: curves to six digits, the model's summary, notes."""
        curves = {
            metric: [[float(f"{value:.6g}") for value in fold] for fold in folds]
            for metric, folds in self.curves.items()
        }
        return {"curves": curves, "summary": self.summary, "notes": list(self.notes)}


@dataclass(frozen=True)
class EpochEnded:
    """Some folds of a trial have all trained an epoch; the worker trains on, unless that is a rung.

    Folds that join later are told from their first epoch on, with those that were trained before: numbers of folds only
    rise, and those of epochs do among events with as many folds.
    """

    number: int
    epoch: int
    """Counted from 1."""
    scores: tuple[float, ...]
    """The objective after this epoch on each of the first folds."""
    trained_before: bool = field(default=False, compare=False)
    """Whether it was trained before, by a worker or a run that ended: a rung that lies behind the state that a trial goes on from."""
    saved: bool = field(default=False, compare=False)
    """Whether the trial's state after it has been written."""

    @property
    def rung(self) -> Rung:
        """How far it is trained."""
        return Rung(self.epoch, len(self.scores))

    @property
    def mean(self) -> float:
        """Mean over the folds."""
        return statistics.fmean(self.scores)


@dataclass(frozen=True)
class TrialEnded:
    """A trial trained to its end, or was stopped."""

    number: int
    outcome: Outcome
    printed: str = field(default="", repr=False, compare=False)
    """What the trial has printed since it began, or went on; the end of it, where that is much."""


@dataclass(frozen=True)
class TrialPaused:
    """A trial was paused at a rung; its worker is free."""

    number: int
    outcome: Outcome
    """So far."""
    printed: str = field(default="", repr=False, compare=False)
    """What the trial has printed since it began, or went on; the end of it, where that is much."""


@dataclass(frozen=True)
class TrialInfeasible:
    """A trial's model breaks a constraint, and was not trained; the search goes on."""

    number: int
    measured: dict[str, float]
    """What the model was measured by."""
    parameters: int
    message: str
    printed: str = field(default="", repr=False, compare=False)
    """What the trial has printed since it began, or went on; the end of it, where that is much."""

    def result(self) -> dict[str, Any]:
        """Return what is read with the trial: no epoch of no fold was trained."""
        return {
            "fold_scores": (),
            "epochs_trained": 0,
            "parameters": self.parameters,
            "measured": self.measured,
        }


@dataclass(frozen=True)
class TrialFailed:
    """A trial cannot be scored; the search goes on, unless it is ``fatal``."""

    number: int
    kind: str
    """``diverged``, ``model``, ``metric``, ``training``, ``memory``, ``data``, ``timeout``, ``crash`` or ``bug``. Out of memory is
    a constraint that the trial breaks, whoever noticed it: Python, TensorFlow, the driver or the system."""
    message: str
    traceback: str = field(default="", repr=False)
    fatal: bool = False
    """Whether the sweep must end with it."""
    size: ModelSize | None = None
    """Of its model, where it ran out of memory and the model had been built."""
    origin: str = field(default="", compare=False)
    """The same for trials that fail in the same way: what was raised and where, or how the worker died; else ``kind`` says it."""
    printed: str = field(default="", repr=False, compare=False)
    """What the trial has printed since it began, or went on; the end of it, where that is much."""

    def __post_init__(self) -> None:
        """Keep the end of a traceback, which may repeat what a user's message says."""
        object.__setattr__(self, "traceback", end_of(self.traceback, MOST_TRACEBACK))


Event: TypeAlias = EpochEnded | TrialPaused | TrialEnded | TrialInfeasible | TrialFailed
