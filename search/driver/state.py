"""What a driver keeps of its sweep while it runs; its parts share it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from optuna.trial import FrozenTrial, TrialState

from ...training.goals import Goals
from ..budget import Spending
from ..schedulers import reached_by
from .history import History
from .progress_reporter import ProgressReporter
from .termination import Termination
from .trial_lines import line_of
from .under_way import UnderWay

if TYPE_CHECKING:
    from ...studies.study_writer import StudyWriter


@dataclass(eq=False, kw_only=True)
class SweepState:
    """The study, and what it comes to: what is under way, what has ended, what is left of the budget, and what is shown."""

    writer: StudyWriter
    under_way: UnderWay
    spending: Spending
    history: History
    termination: Termination
    reporter: ProgressReporter
    goals: Goals
    clock: Callable[[], float]
    heard: float
    """When it was looked last what other drivers have changed, by the clock."""
    _scored: bool = field(default=False, init=False)

    def look(self, every: float) -> None:
        """Take note of what other drivers have changed, if that was ``every`` seconds ago or more."""
        if self.clock() - self.heard >= every:
            self.learn(self.writer.news())

    def learn(self, numbers: list[int]) -> None:
        """Take note of trials that were changed elsewhere: by earlier runs, or by other drivers."""
        self.heard = self.clock()
        if not numbers:
            return
        found = self.history.learn(numbers)
        for trial in found:
            self.reporter.count(line_of(trial, self.goals))
        self.reporter.count_paused()
        self.termination.exhausted = self.termination.exhausted and not self.writer.waiting()
        if found:
            self.termination.check_results(self.reporter.progress.best)

    @property
    def scored(self) -> bool:
        """Whether any trial of the study has been scored, or is paused with a score."""
        if not self._scored:
            paused = self.reporter.progress.paused > 0
            self._scored = paused or any(_is_scored(trial) for trial in self.writer.trials())
        return self._scored

    def end_training(self, number: int) -> None:
        """Note that a trial is trained no further for now."""
        self.spending.end(number, reached_by(self.writer.trial(number)))

    def may_begin(self) -> bool:
        """Tell whether budget and space allow for a new trial."""
        return self.termination.allows_a_trial(self.history.trainings.ended + len(self.under_way))

    def may_begin_well(self) -> bool:
        """Tell whether a new trial may begin, and could be trained whole."""
        return self.may_begin() and self.spending.allows_a_whole_trial


def _is_scored(trial: FrozenTrial) -> bool:
    """Tell whether a trial was trained whole, or stopped with a score; one that was refused has none."""
    pruned = trial.state == TrialState.PRUNED and bool(trial.intermediate_values)
    return pruned or trial.state == TrialState.COMPLETE
