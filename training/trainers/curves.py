"""The curves of a training in lockstep: what folds have come to, the chosen number of epochs, patience, divergence."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ...errors import TrainingError, did_you_mean
from ..epoch_selection import best_epoch, mean_curve, unbiased_scores
from ..events import Rung
from ..metrics import Objective
from ..stopping import LOSS, Stopping


@dataclass
class Curves:
    """Every metric of every fold and epoch, as it grows; later folds may have fewer epochs, or none yet."""

    objective: Objective
    judges: Sequence[Sequence[int]]
    """Fold -> the folds that choose the epoch that it is scored at; see ``unbiased_scores``."""
    values: dict[str, list[list[float]]] = field(default_factory=dict)
    """Metric -> fold -> epoch."""

    def add_epoch(self, logs: Sequence[Mapping[str, float]], first: int = 0) -> tuple[float, ...]:
        """Add one epoch of some folds, and return the objective on each fold from the first of all.

        Args:
            logs: Of folds that have trained equally long.
            first: The first of them.

        Raises:
            TrainingError: ``diverged`` if a number is not finite; ``model`` if the objective is not computed.
        """
        for fold, log in enumerate(logs, first):
            for metric, value in log.items():
                self.values.setdefault(metric, [[] for _ in self.judges])[fold].append(float(value))
        epoch = self.epochs
        for fold, log in enumerate(logs, first):
            for metric, value in log.items():
                if not math.isfinite(value):
                    raise TrainingError(
                        "diverged", f"{metric} became {value} in fold {fold + 1}, epoch {epoch}"
                    )
        if self.objective.metric not in self.values:
            metric = self.objective.metric
            raise TrainingError("metric", f"the model does not compute {metric}.{self._hint(metric)}")
        return self.scores_at(epoch)

    @property
    def lengths(self) -> list[int]:
        """Epochs trained so far, by fold."""
        return [max(map(len, fold), default=0) for fold in zip(*self.values.values(), strict=True)] or [
            0 for _ in self.judges
        ]

    @property
    def folds(self) -> int:
        """Folds that have begun, the first ones."""
        return sum(length > 0 for length in self.lengths)

    @property
    def is_of_all(self) -> bool:
        """Whether all folds have begun."""
        return self.folds == len(self.judges)

    @property
    def epochs(self) -> int:
        """Epochs that all folds that have begun have trained."""
        return min((length for length in self.lengths if length), default=0)

    @property
    def trained(self) -> dict[str, list[list[float]]]:
        """The curves of the folds that have begun."""
        return {metric: folds[: self.folds] for metric, folds in self.values.items()}

    def behind(self, target: Rung, epochs: int) -> range:
        """Return which folds train next to get to a rung: those that have come least far; none if it is reached.

        Args:
            target: Folds that have begun go there, too.
            epochs: The most that a fold trains.
        """
        lengths = self.lengths[: max(target.folds, self.folds)]
        least = min(lengths)
        return range(lengths.index(least), len(lengths) if least < min(target.epochs, epochs) else 0)

    def cut(self, epochs: int, folds: int | None = None) -> None:
        """Forget what folds have trained further, and all but the first so many."""
        self.values = {
            metric: [
                fold[:epochs] if folds is None or number < folds else [] for number, fold in enumerate(every)
            ]
            for metric, every in self.values.items()
        }

    def has_passed(self, rung: Rung) -> bool:
        """Tell whether the folds of a rung have trained as far, or further."""
        return self.folds > 0 and min(self.lengths[: rung.folds]) >= rung.epochs

    def scores_at_rung(self, rung: Rung) -> tuple[float, ...]:
        """Return what was told at a rung that has been passed."""
        return tuple(fold[rung.epochs - 1] for fold in self.values[self.objective.metric][: rung.folds])

    @property
    def mean(self) -> list[float]:
        """The objective's mean over the folds, by epoch."""
        return mean_curve(self._side_by_side(self.objective.metric))

    @property
    def chosen(self) -> int:
        """The one number of epochs for all folds: where the mean curve is best, the first of equals."""
        return best_epoch(self._side_by_side(self.objective.metric), self.objective)

    @property
    def scores(self) -> tuple[float, ...]:
        """The objective on each fold, at the epochs that the other folds choose."""
        return unbiased_scores(self.values[self.objective.metric], self.objective, self.judges)

    def beside(self, metrics: Iterable[str], *, whole: bool) -> dict[str, float]:
        """Return the means of other metrics over the folds: where the objective is scored, or at the last epoch.

        Raises:
            TrainingError: The model does not compute one of them.
        """
        found = {}
        for metric in metrics:
            if metric == self.objective.metric:
                continue
            if metric not in self.values:
                raise TrainingError("metric", f"the model does not compute {metric}.{self._hint(metric)}")
            own, curves = self.values[self.objective.metric], self.values[metric]
            scores = (
                unbiased_scores(own, self.objective, self.judges, curves)
                if whole
                else [fold[self.epochs - 1] for fold in curves if fold]
            )
            found[metric] = statistics.fmean(scores)
        return found

    def _hint(self, metric: str) -> str:
        return did_you_mean(metric, [known for known in self.values if known.startswith("val_")])

    def has_come_to(self, epochs: int, stopping: Stopping) -> bool:
        """Tell whether all folds have come to their end: so many epochs, or an earlier one where they have stalled."""
        return self.is_of_all and (self.epochs >= epochs or self.is_stalled(stopping))

    def is_stalled(self, stopping: Stopping) -> bool:
        """Tell whether neither the objective nor the validation loss has improved for too long, on the folds' mean."""
        watched = {self.objective.metric: self.objective, LOSS.metric: LOSS}
        return all(
            stopping.is_over(mean_curve(self._side_by_side(metric)), objective)
            for metric, objective in watched.items()
            if metric in self.values
        )

    def scores_at(self, epoch: int) -> tuple[float, ...]:
        """Return the objective on each fold that has begun, at an epoch counted from 1."""
        return tuple(fold[epoch - 1] for fold in self.values[self.objective.metric] if fold)

    def _side_by_side(self, metric: str) -> list[list[float]]:
        """Return the curves of the folds that have begun, as far as all of them go."""
        epochs = self.epochs
        return [fold[:epochs] for fold in self.values.get(metric, []) if fold]
