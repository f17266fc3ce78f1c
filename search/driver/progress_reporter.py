"""What a driver shows of its sweep: it keeps the picture, and hands it to all who listen after every event."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from ...studies.control import State
from ...training.events import EpochEnded
from ...training.metrics import Objective
from ..budget import Budget, Spending
from ..progress import Progress, TrialLine
from .under_way import UnderWay


class ProgressReporter:
    """The picture of a sweep, kept up to date."""

    def __init__(
        self,
        budget: Budget,
        objective: Objective,
        spending: Spending,
        under_way: UnderWay,
        listeners: Sequence[Callable[[Progress], None]],
    ) -> None:
        self._objective = objective
        self._spending = spending
        self._under_way = under_way
        self._listeners = listeners
        self.progress = Progress(total=budget.trials, seconds_budget=budget.seconds)

    def show(self) -> None:
        """Hand the picture to all who listen."""
        progress = self.progress.at(
            self._spending.elapsed, self._under_way.epochs, self._spending.training_left
        )
        for listen in self._listeners:
            listen(progress)

    def change_to(self, state: State) -> None:
        """Show that the sweep is in another state."""
        self.progress = replace(self.progress.without_news(), state=state)
        self.show()

    def count(self, line: TrialLine) -> None:
        """Count a trial that ended elsewhere, or that nothing is told of; the picture is shown with the next event."""
        self.progress = self.progress.with_trial(line, self._objective)

    def count_paused(self) -> None:
        """Count the trials that are paused now."""
        self.progress = self.progress.with_paused(len(self._under_way.paused))

    def count_epoch(self, event: EpochEnded) -> None:
        """Count an epoch that has ended; the picture is shown when its trial has been answered."""
        self.progress = self.progress.with_epoch(event.number, event.epoch, event.mean, self._spending.epochs)

    def tell_ended(self, line: TrialLine) -> None:
        """Show that a trial has ended."""
        self._tell(self.progress.with_trial(line, self._objective, ended_now=True))

    def tell_paused(self, line: TrialLine) -> None:
        """Show that a trial was paused."""
        self._tell(self.progress.with_paused(len(self._under_way.paused), line))

    def _tell(self, progress: Progress) -> None:
        self.progress = progress
        self.show()
        self.progress = progress.without_news()
