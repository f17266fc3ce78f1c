"""What follows from the event that a trial is trained no further: it is paused, waits to be run again, or has ended."""

from __future__ import annotations

from ..errors import SweepError
from ..training.events import (
    Answer,
    TrialEnded,
    TrialFailed,
    TrialInfeasible,
    TrialPaused,
)
from .books import Books
from .failing import Failing
from .recording import Recorder
from .trial_lines import line_of_paused
from .under_way import TrialUnderWay


class Outcomes:
    """Takes trials from their workers."""

    def __init__(self, books: Books, recorder: Recorder, failing: Failing) -> None:
        self._books = books
        self._recorder = recorder
        self._failing = failing

    def take(
        self, run: TrialUnderWay, event: TrialPaused | TrialEnded | TrialInfeasible | TrialFailed
    ) -> None:
        """Take a trial whose worker is free.

        Raises:
            SweepError: It failed, and the sweep is given up.
        """
        self._books.under_way.take_back(event.number)
        if isinstance(event, TrialPaused):
            self._pause(run, event)
        elif (
            isinstance(event, TrialEnded)
            and event.outcome.ending == "stopped"
            and Answer.STOP not in run.answers.values()
        ):
            self._books.under_way.requeue(run)  # stopped with the sweep; resume runs it again
            self._books.end_training(event.number)
        else:
            self._end(run, event)

    def _pause(self, run: TrialUnderWay, event: TrialPaused) -> None:
        """Put a trial aside; one that has not come to a rung begins again, as far as the study knows."""
        with self._books.writer.transaction():
            self._books.writer.log(run.trial, event.printed)
            paused = self._books.under_way.put_aside(run, event)
        self._books.end_training(event.number)
        if paused:
            self._failing.succeed()
            self._books.news.tell_paused(line_of_paused(run, event))

    def _end(self, run: TrialUnderWay, event: TrialEnded | TrialInfeasible | TrialFailed) -> None:
        """Write the end of a trial, and see whether it ends the sweep."""
        books = self._books
        with books.writer.transaction():
            books.writer.log(run.trial, event.printed)
            line = self._recorder.write(run, event)
            for twin in run.twins:
                books.writer.finish_as_duplicate(twin, event.number)
        books.under_way.forget_state(event.number)
        books.end_training(event.number)
        books.history.end(run.key, event.number)
        books.news.tell_ended(line)
        books.ends.check_results(books.news.progress.best)
        self._judge(event)

    def _judge(self, event: TrialEnded | TrialInfeasible | TrialFailed) -> None:
        """Give the sweep up where a trial says so, or too many fail."""
        if isinstance(event, TrialEnded):
            self._failing.succeed()
            return
        if isinstance(event, TrialFailed) and event.fatal:
            raise SweepError(f"Trial {event.number} ended the sweep: {event.message}.")
        self._failing.fail(event, scored=self._books.scored)
