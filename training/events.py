"""Messages between the driver and its workers. All of it is frozen and can be pickled."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias

from ..spaces import Configuration


@dataclass(frozen=True)
class Task:
    """One configuration to train on all folds."""

    number: int
    """The trial's number."""
    configuration: Configuration
    seed: int
    """Seeds weights, dropout and the order of rows; equal for all trials of a study, so that configurations are
    compared on equal terms (common random numbers)."""
    rungs: frozenset[int] = frozenset()
    """Epochs, counted from 1, at whose end its worker waits to be told whether to go on."""


@dataclass(frozen=True)
class Outcome:
    """How a configuration did."""

    stopped: bool
    """Whether the driver ended it before its time."""
    value: float
    """Mean of the folds' scores."""
    fold_scores: tuple[float, ...]
    """The objective at the epochs that the other folds choose (``training/epoch_selection.py``), or at the last if stopped."""
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

    def result(self) -> dict[str, Any]:
        """Return what is read with every trial."""
        keys = ("fold_scores", "epochs", "epochs_trained", "seconds", "parameters", "seed", "trainer")
        return {key: getattr(self, key) for key in keys}

    def details(self) -> dict[str, Any]:
        """Return what is read on demand: curves to six digits, the model's summary, notes."""
        curves = {
            metric: [[float(f"{value:.6g}") for value in fold] for fold in folds]
            for metric, folds in self.curves.items()
        }
        return {"curves": curves, "summary": self.summary, "notes": list(self.notes)}


@dataclass(frozen=True)
class EpochEnded:
    """All folds of a trial have trained one more epoch; the worker trains on, unless the epoch is a rung."""

    number: int
    epoch: int
    """Counted from 1."""
    scores: tuple[float, ...]
    """The objective on each fold."""

    @property
    def mean(self) -> float:
        """Mean over the folds."""
        return sum(self.scores) / len(self.scores)


@dataclass(frozen=True)
class TrialEnded:
    """A trial trained to its end, or was stopped by ``cancel``."""

    number: int
    outcome: Outcome


@dataclass(frozen=True)
class TrialFailed:
    """A trial cannot be scored; the search goes on, unless it is ``fatal``."""

    number: int
    kind: str
    """``diverged``, ``model``, ``metric``, ``training``, ``memory``, ``timeout``, ``crash`` or ``bug``."""
    message: str
    traceback: str = field(default="", repr=False)
    fatal: bool = False
    """Whether the sweep must end with it."""


Event: TypeAlias = EpochEnded | TrialEnded | TrialFailed
