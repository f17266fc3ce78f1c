"""What a search cost and what it saved, in epochs of one fold."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from ..records import ENDED, StudyRecord, TrialRecord
from .recorded_plan import planned_epochs, planned_folds


@dataclass(frozen=True)
class Cost:
    """What a search spent and what it did not have to, in epochs of one fold."""

    trials: int
    """Trials that ended, duplicates included."""
    epochs_spent: int
    epochs_planned: int | None
    """Trials x epochs x folds; None where the study does not say how many epochs or folds."""
    saved_by_pruning: int
    saved_by_stopping: int
    saved_by_duplicates: int
    lost_to_failures: int
    """Epochs of failed trials that were not run or not recorded."""
    seconds: float
    saved_by_constraints: int = 0
    """Of models that break one and were not trained."""

    @property
    def share_spent(self) -> float | None:
        """Epochs spent as a share of those planned."""
        return self.epochs_spent / self.epochs_planned if self.epochs_planned else None


def cost(study: StudyRecord, trials: Iterable[TrialRecord]) -> Cost:
    """Count the epochs that a search spent and those that pruning, early stopping and duplicates saved."""
    ended = [trial for trial in trials if trial.state in ENDED]
    most, folds = planned_epochs(study), planned_folds(study)
    spent, planned, seconds = 0, 0, 0.0
    saved = dict.fromkeys(("complete", "pruned", "failed", "duplicate", "infeasible"), 0)
    for trial in ended:
        repeated = trial.duplicate_of is not None
        trained = trial.epochs_trained - trial.taken_over
        used = 0 if repeated else trained * (len(trial.fold_scores) or folds or 1)
        spent += used
        seconds += 0.0 if repeated or not math.isfinite(trial.seconds) else trial.seconds
        if most and folds:
            planned += (trial.most_epochs or most) * folds - trial.taken_over * folds
            untrained = trial.state == "pruned" and trial.broken
            how = "duplicate" if repeated else "infeasible" if untrained else trial.state
            saved[how] += max(((trial.most_epochs or most) - trial.taken_over) * folds - used, 0)
    return Cost(
        trials=len(ended),
        epochs_spent=spent,
        epochs_planned=planned if most and folds else None,
        saved_by_pruning=saved["pruned"],
        saved_by_stopping=saved["complete"],
        saved_by_duplicates=saved["duplicate"],
        lost_to_failures=saved["failed"],
        seconds=seconds,
        saved_by_constraints=saved["infeasible"],
    )
