"""What another tool that follows experiments is told of a study, while it runs and afterwards."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from ...studies import StudyRecord, TrialDetails, TrialRecord

LIVE = "live/"
"""Begins the name of what is told while a trial runs: a mean over fewer folds than the final curve has, at some epochs."""


@dataclass(frozen=True)
class EpochValue:
    """The objective's mean over the folds that had begun, after an epoch of a trial that is being trained."""

    trial: int
    epoch: int
    """Counted from 1."""
    value: float


class Tracker(Protocol):
    """One tool. All calls but the first come from one thread, in order; what fails raises whatever its library raises."""

    @property
    def where(self) -> str:
        """Where it writes, in words: a folder with the command that shows it, or an address."""
        ...

    def logged(self, study: StudyRecord) -> set[int]:
        """Return the trials that it was told of whole, by this process or an earlier one."""
        ...

    def log_epoch(self, study: StudyRecord, news: EpochValue) -> None:
        """Take what a running trial has come to."""
        ...

    def log_trial(self, study: StudyRecord, trial: TrialRecord, details: TrialDetails | None) -> None:
        """Take a trial that has ended: its hyperparameters, scores and curves."""
        ...

    def close(self, study: StudyRecord | None) -> None:
        """Write what is left; nothing more is told of the study, None if it was never made."""
        ...


def identity_of(study: StudyRecord) -> tuple[str, str]:
    """Return what tells a study from all others of its storage, also from one of its name that was deleted."""
    return study.name, str(study.about.get("created", study.study_id))


def scores_of(study: StudyRecord, trial: TrialRecord) -> dict[str, float]:
    """Return what a trial is judged by, by name: objectives, standard error, what was measured, size and cost; finite numbers only."""
    values = trial.values or (trial.value,)
    found: dict[str, float | None] = {
        one.metric: value for one, value in zip(study.objectives, values, strict=False)
    }
    found |= trial.measured
    found |= {
        "standard_error": trial.standard_error,
        "epochs": trial.epochs,
        "seconds": trial.seconds,
        "parameters": trial.parameters,
    }
    return {name: float(value) for name, value in found.items() if value is not None and math.isfinite(value)}


def points_of(details: TrialDetails | None) -> Iterator[tuple[str, int, float]]:
    """Yield a trial's curves as metric, epoch from 1, mean over the folds that reached it; then each fold's, as ``metric/fold 1``.

    Values that are not finite are left out: no tool draws them.
    """
    curves: Mapping[str, list[list[float]]] = {} if details is None else details.curves
    for metric, folds in curves.items():
        for epoch in range(max(map(len, folds), default=0)):
            values = [fold[epoch] for fold in folds if epoch < len(fold)]
            if all(math.isfinite(value) for value in values):
                yield metric, epoch + 1, sum(values) / len(values)
        for number, fold in enumerate(folds, start=1):
            for epoch, value in enumerate(fold, start=1):
                if math.isfinite(value):
                    yield f"{metric}/fold {number}", epoch, value
