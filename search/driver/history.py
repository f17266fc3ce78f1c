"""What a study's trials come to for the driver: which trainings there are, and which trial has the result of each.

It learns of trials that earlier runs have left, and, while it runs, of those that other drivers of the study have changed.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from optuna.trial import FrozenTrial, TrialState

from ...studies.records import MOST_EPOCHS, ORIGIN
from ...training.events import Rung
from ..budget import Spending
from ..schedulers import reached_by
from .under_way import UnderWay, key_of

if TYPE_CHECKING:
    from ...studies.study_writer import StudyWriter


class Trainings:
    """Which trainings a study has: of each key a digest, since keys are long and trials may be a hundred thousand."""

    def __init__(self) -> None:
        self._numbers: dict[bytes, int] = {}
        """Digest -> number of the trial that has the result; below zero while there is none."""
        self.ended = 0
        """How many have ended."""

    def __contains__(self, key: object) -> bool:
        """Tell whether a training has ended, runs or is paused."""
        return _digest(key) in self._numbers

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._numbers)

    def add(self, key: str) -> None:
        """Note that a training runs or is paused."""
        self._numbers.setdefault(_digest(key), _NO_TRIAL)

    def discard(self, key: str) -> None:
        """Forget one that has not ended, and is not under way any more."""
        if self.trial_of(key) is None:
            self._numbers.pop(_digest(key), None)

    def end(self, key: str, number: int) -> None:
        """Note that one has ended; the first trial that has its result stays the one."""
        if self.trial_of(key) is None:
            self._numbers[_digest(key)] = number
            self.ended += 1

    def trial_of(self, key: str) -> int | None:
        """Return the trial that has a training's result; None where it has not ended."""
        number = self._numbers.get(_digest(key), _NO_TRIAL)
        return None if number == _NO_TRIAL else number


_NO_TRIAL = -1


def _digest(key: object) -> bytes:
    return hashlib.blake2b(str(key).encode("utf-8", "surrogatepass"), digest_size=16).digest()


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
        self.trainings = Trainings()
        """Those that ended, run or are paused."""
        self.stuck = 0
        """Duplicates in a row."""

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
        self.trainings.end(key_of(trial), trial.number)
        alike = trial.user_attrs.get(ORIGIN, {}).get(MOST_EPOCHS) == further
        self._spending.know(trial.number, reached_by(trial), alike=alike)
        return True

    def _learn_unfinished(self, trial: FrozenTrial) -> None:
        if trial.state == TrialState.WAITING:  # where it was run, its driver has left it
            run = self._under_way.drop(trial.number)
            if run is not None:
                self.trainings.discard(run.key)
                self._spending.forget(trial.number)
                for twin in run.twins:
                    self._writer.requeue(twin)
            return
        self.trainings.add(self._under_way.learn(trial).key)
        self._spending.know(trial.number, reached_by(trial))
        if trial.number in self._under_way.elsewhere:
            self._spending.start(trial.number)

    def _further_epochs(self) -> int | None:
        """Return the epochs of this run where it trains trials further; None of a search, whose trials say no epochs."""
        said = {trial.user_attrs.get(ORIGIN, {}).get(MOST_EPOCHS) for trial in self._writer.trials()}
        return self._whole.epochs if self._whole.epochs in said else None
