"""What follows from the end of an epoch: it is counted, and a trial that has come to a rung is told how to go on."""

from __future__ import annotations

from ...training.events import Answer, EpochEnded
from ..executors.contract import Executor
from ..schedulers import Scheduler
from .state import SweepState
from .under_way import TrialUnderWay


class EpochHandler:
    """Takes note of epochs, and answers for the scheduler."""

    def __init__(self, state: SweepState, scheduler: Scheduler, executor: Executor) -> None:
        self._state = state
        self._scheduler = scheduler
        self._executor = executor

    def take(self, run: TrialUnderWay, event: EpochEnded) -> None:
        """Take note of an epoch's end."""
        died = event.rung[::-1] <= run.reached[::-1]  # and another worker trains it again
        if died and not self._scheduler.pauses:
            run.answers.clear()
            self._state.writer.restart(run.trial)
        self._state.under_way.reach(run, event.rung)
        self._state.spending.train(event, anew=died)
        if event.saved:
            self._state.under_way.make_room(event.number)
        self._state.reporter.count_epoch(event)
        if self._state.termination.reason is None and event.rung in run.rungs:
            self._answer(run, event)
        self._state.reporter.show()

    def _answer(self, run: TrialUnderWay, event: EpochEnded) -> None:
        """Tell a trial that waits at a rung how to go on, before anything is written or shown."""
        if event.rung not in run.answers:  # else it was answered before its worker died
            run.answers[event.rung] = self._decide(run, event)
        self._executor.answer(event.number, run.answers[event.rung])

    def _decide(self, run: TrialUnderWay, event: EpochEnded) -> Answer:
        writer = self._state.writer
        if self._scheduler.pauses:
            writer.report_rung(
                run.trial, *event.rung, event.mean, event.scores
            )  # once, however often it is asked
        else:
            writer.report(run.trial, event.epoch, event.mean)
        may_begin = self._state.may_begin_well()
        trials = self._state.under_way.progress(may_begin=may_begin) if self._scheduler.pauses else ()
        answer = self._scheduler.answer(run.trial, event, trials, may_begin=may_begin)
        if answer is Answer.GO_ON and not self._state.spending.allows_to_go_on(event.number):
            return Answer.PAUSE
        return answer
