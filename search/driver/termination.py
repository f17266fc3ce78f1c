"""Whether a sweep is over, and why."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ...training.metrics import Objective
from ..budget import Budget, Reason, Spending
from ..convergence import study_has_converged
from ..progress import TrialLine

if TYPE_CHECKING:
    from ...studies.study_writer import StudyWriter


class Termination:
    """What has ended a sweep, or keeps new trials from beginning."""

    def __init__(
        self,
        budget: Budget,
        spending: Spending,
        writer: StudyWriter,
        objective: Objective,
        clock: Callable[[], float],
        on_end: Callable[[], None],
    ) -> None:
        """Begin with a sweep that runs.

        Args:
            budget: When it is over.
            spending: What is left of that.
            writer: Of the study.
            objective: By which trials are compared.
            clock: Seconds, of which only differences count.
            on_end: Called when the sweep is over, while trials may still be trained.
        """
        self._budget = budget
        self._spending = spending
        self._writer = writer
        self._objective = objective
        self._clock = clock
        self._on_end = on_end
        self._since = 0.0
        self.reason: Reason | None = None
        """Why running trials are to end; None while they may train on."""
        self.exhausted = False
        """Whether all of the space has been tried."""
        self._converged = False

    def end(self, reason: Reason) -> None:
        """Have running trials end."""
        self.reason, self._since = reason, self._clock()
        self._on_end()

    @property
    def seconds_over(self) -> float:
        """Seconds since it was over."""
        return self._clock() - self._since

    def check_time(self) -> None:
        """End the sweep if its time is up."""
        if self.reason is None and self._spending.seconds_left == 0:
            self.end("time")

    def check_results(self, best: TrialLine | None) -> None:
        """End the sweep if its best trial has reached the target; begin no more trials once the search has converged."""
        if self.reason is None and self._reached_target(best):
            self.end("target")
        if self._budget.until_converged and not self._converged:
            self._check_converged()

    def _reached_target(self, best: TrialLine | None) -> bool:
        target = self._budget.target
        if target is None or best is None or best.value is None:
            return False
        return self._objective.reached(best.value, target)

    def _check_converged(self) -> None:
        """Look whether the search has converged; the study keeps that it has, since later trials might say otherwise."""
        self._converged = self._writer.converged or study_has_converged(
            self._writer.searched(), self._objective.direction
        )
        if self._converged:
            self._writer.note_converged()

    def allows_a_trial(self, begun: int) -> bool:
        """Tell whether budget and space allow for a new trial beside so many that have begun."""
        if self.exhausted or self._converged or not self._spending.allows_a_trial:
            return False
        return begun < self._budget.trials

    def why(self) -> Reason:
        """Return why a sweep is over in which nothing is left to train."""
        if self.reason is not None:
            return self.reason
        if self._converged:
            return "converged"
        if self.exhausted:
            return "exhausted"
        if not self._spending.allows_a_trial:
            return "epochs"
        return "exhausted" if self._budget.covers_space else "trials"
