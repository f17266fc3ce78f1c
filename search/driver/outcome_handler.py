"""What follows from the event that a trial is trained no further: it is paused, waits to be run again, or has ended."""

from __future__ import annotations

from ...errors import SweepError
from ...training.events import (
    Answer,
    TrialEnded,
    TrialFailed,
    TrialInfeasible,
    TrialPaused,
)
from .failure_limit import FailureLimit
from .recorder import Recorder
from .state import SweepState
from .trial_lines import line_of_paused
from .under_way import TrialUnderWay


class OutcomeHandler:
    """Takes trials from their workers."""

    def __init__(self, state: SweepState, recorder: Recorder, failure_limit: FailureLimit) -> None:
        self._state = state
        self._recorder = recorder
        self._failure_limit = failure_limit

    def take(
        self, run: TrialUnderWay, event: TrialPaused | TrialEnded | TrialInfeasible | TrialFailed
    ) -> None:
        """Take a trial whose worker is free.

        Raises:
            SweepError: It failed, and the sweep is given up.
        """
        self._state.under_way.take_back(event.number)
        if isinstance(event, TrialPaused):
            self._pause(run, event)
        elif (
            isinstance(event, TrialEnded)
            and event.outcome.ending == "stopped"
            and Answer.STOP not in run.answers.values()
        ):
            self._state.under_way.requeue(run)  # stopped with the sweep; resume runs it again
            self._state.end_training(event.number)
        else:
            self._end(run, event)

    def _pause(self, run: TrialUnderWay, event: TrialPaused) -> None:
        """Put a trial aside; one that has not come to a rung begins again, as far as the study knows."""
        with self._state.writer.transaction():
            self._state.writer.log(run.trial, event.printed)
            paused = self._state.under_way.put_aside(run, event)
        self._state.end_training(event.number)
        if paused:
            self._failure_limit.succeed()
            self._state.reporter.tell_paused(line_of_paused(run, event))

    def _end(self, run: TrialUnderWay, event: TrialEnded | TrialInfeasible | TrialFailed) -> None:
        """Write the end of a trial, and see whether it ends the sweep."""
        state = self._state
        with state.writer.transaction():
            state.writer.log(run.trial, event.printed)
            line = self._recorder.write(run, event)
            for twin in run.twins:
                state.writer.finish_as_duplicate(twin, event.number)
        state.under_way.forget_state(event.number)
        state.end_training(event.number)
        # The trial's own number, since it is kept: the event's is another object.
        state.history.trainings.end(run.key, run.trial.number)
        state.reporter.tell_ended(line)
        state.termination.check_results(state.reporter.progress.best)
        self._judge(event)

    def _judge(self, event: TrialEnded | TrialInfeasible | TrialFailed) -> None:
        """Give the sweep up where a trial says so, or too many fail."""
        if isinstance(event, TrialEnded):
            self._failure_limit.succeed()
            return
        if isinstance(event, TrialFailed) and event.fatal:
            raise SweepError(f"Trial {event.number} ended the sweep: {event.message}.")
        self._failure_limit.fail(event, scored=self._state.scored)
