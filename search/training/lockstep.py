"""What all trainers share: curves, the chosen number of epochs, patience, and divergence."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ...errors import TrainingError, did_you_mean
from ..metrics import Objective


@dataclass
class Curves:
    """Every metric of every fold and epoch, as it grows."""

    objective: Objective
    folds: int
    values: dict[str, list[list[float]]] = field(default_factory=dict)
    """Metric -> fold -> epoch."""

    def add_epoch(self, logs: Sequence[Mapping[str, float]]) -> tuple[float, ...]:
        """Add one epoch of all folds and return the objective on each.

        Raises:
            TrainingError: ``diverged`` if a number is not finite; ``model`` if the objective is not computed.
        """
        for fold, log in enumerate(logs):
            for metric, value in log.items():
                self.values.setdefault(metric, [[] for _ in range(self.folds)])[fold].append(float(value))
        epoch = self.epochs
        for fold, log in enumerate(logs):
            for metric, value in log.items():
                if not math.isfinite(value):
                    raise TrainingError(
                        "diverged", f"{metric} became {value} in fold {fold + 1}, epoch {epoch}"
                    )
        if self.objective.metric not in self.values:
            known = [metric for metric in self.values if metric.startswith("val_")]
            hint = did_you_mean(self.objective.metric, known)
            raise TrainingError("metric", f"the model does not compute {self.objective.metric}.{hint}")
        return tuple(fold[-1] for fold in self.values[self.objective.metric])

    @property
    def epochs(self) -> int:
        """Epochs trained so far."""
        return max((len(fold) for folds in self.values.values() for fold in folds), default=0)

    @property
    def mean(self) -> list[float]:
        """The objective's mean over the folds, by epoch."""
        folds = self.values.get(self.objective.metric, [])
        return [statistics.fmean(epoch) for epoch in zip(*folds, strict=True)]

    @property
    def chosen(self) -> int:
        """The one number of epochs for all folds: where the mean curve is best, the first of equals."""
        return self.objective.best(self.mean) + 1

    def is_stalled(self, patience: int | None) -> bool:
        """Tell whether the mean has not improved for ``patience`` epochs."""
        return patience is not None and self.epochs - self.chosen >= patience

    def scores_at(self, epoch: int) -> tuple[float, ...]:
        """Return the objective on each fold at an epoch counted from 1."""
        return tuple(fold[epoch - 1] for fold in self.values[self.objective.metric])
