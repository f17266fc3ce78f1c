"""What a study's trials come to for the driver: which trainings there are, and which trial has the result of each.

It learns of trials that earlier runs have left, and, while it runs, of those that other drivers of the study have changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from optuna.trial import FrozenTrial, TrialState

from ...studies.records import MOST_EPOCHS, ORIGIN
from ...training.events import Rung
from ..budget import Spending
from ..schedulers import reached_by
from .under_way import UnderWay, key_of

if TYPE_CHECKING:
    from ...studies.study_writer import StudyWriter


class History:
    """The trainings of a study."""

    def __init__(self, writer: StudyWriter, under_way: UnderWay, spending: Spending, whole: Rung) -> None:
        """Begin with none.

        Args:
            writer: Of the study.
            under_way: Is told of trials that are paused, or trained by other drivers.
            spending: Is told how far trials were trained.
            whole: All epochs and folds of a training of this run.
        """
        self._writer = writer
        self._under_way = under_way
        self._spending = spending
        self._whole = whole
        self.ended: dict[str, int] = {}
        """Key of a training -> number of its trial."""
        self.seen: set[str] = set()
        """Keys of all trainings that ended, run or are paused."""
        self.stuck = 0
        """Duplicates in a row."""

    def end(self, key: str, number: int) -> None:
        """Note that a training has ended."""
        self.seen.add(key)
        self.ended.setdefault(key, number)

    def learn(self, numbers: list[int]) -> list[FrozenTrial]:
        """Learn of trials that were changed elsewhere; return those among them that have a result of their own."""
        trials, further = self._writer.trials(), self._further_epochs()
        return [trials[number] for number in numbers if self._has_result(trials[number], further)]

    def _has_result(self, trial: FrozenTrial, further: int | None) -> bool:
        if not trial.state.is_finished():
            self._learn_unfinished(trial)
            return False
        run = self._under_way.drop(trial.number)
        for twin in () if run is None else run.twins:
            self._writer.finish_as_duplicate(twin, trial.number)
        if self._writer.is_duplicate(trial):
            self.stuck += 1
            return False
        self.stuck = 0
        self.end(key_of(trial), trial.number)
        alike = trial.user_attrs.get(ORIGIN, {}).get(MOST_EPOCHS) == further
        self._spending.know(trial.number, reached_by(trial), alike=alike)
        return True

    def _learn_unfinished(self, trial: FrozenTrial) -> None:
        if trial.state == TrialState.WAITING:  # where it was run, its driver has left it
            run = self._under_way.drop(trial.number)
            if run is not None:
                self.seen.discard(run.key)
                self._spending.forget(trial.number)
                for twin in run.twins:
                    self._writer.requeue(twin)
            return
        self.seen.add(self._under_way.learn(trial).key)
        self._spending.know(trial.number, reached_by(trial))
        if trial.number in self._under_way.elsewhere:
            self._spending.start(trial.number)

    def _further_epochs(self) -> int | None:
        """Return the epochs of this run where it trains trials further; None of a search, whose trials say no epochs."""
        said = {trial.user_attrs.get(ORIGIN, {}).get(MOST_EPOCHS) for trial in self._writer.trials()}
        return self._whole.epochs if self._whole.epochs in said else None
