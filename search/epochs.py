"""What follows from the end of an epoch: it is counted, and a trial that has come to a rung is told how to go on."""

from __future__ import annotations

from ..training.events import Answer, EpochEnded
from .books import Books
from .executors.contract import Executor
from .schedulers import Scheduler
from .under_way import TrialUnderWay


class Epochs:
    """Takes note of epochs, and answers for the scheduler."""

    def __init__(self, books: Books, scheduler: Scheduler, executor: Executor) -> None:
        self._books = books
        self._scheduler = scheduler
        self._executor = executor

    def take(self, run: TrialUnderWay, event: EpochEnded) -> None:
        """Take note of an epoch's end."""
        died = event.rung[::-1] <= run.reached[::-1]  # and another worker trains it again
        if died and not self._scheduler.pauses:
            run.answers.clear()
            self._books.writer.restart(run.trial)
        self._books.under_way.reach(run, event.rung)
        self._books.spending.train(event, anew=died)
        if event.saved:
            self._books.under_way.make_room(event.number)
        self._books.news.count_epoch(event)
        if self._books.ends.reason is None and event.rung in run.rungs:
            self._answer(run, event)
        self._books.news.show()

    def _answer(self, run: TrialUnderWay, event: EpochEnded) -> None:
        """Tell a trial that waits at a rung how to go on, before anything is written or shown."""
        if event.rung not in run.answers:  # else it was answered before its worker died
            run.answers[event.rung] = self._decide(run, event)
        self._executor.answer(event.number, run.answers[event.rung])

    def _decide(self, run: TrialUnderWay, event: EpochEnded) -> Answer:
        writer = self._books.writer
        if self._scheduler.pauses:
            writer.report_rung(
                run.trial, *event.rung, event.mean, event.scores
            )  # once, however often it is asked
        else:
            writer.report(run.trial, event.epoch, event.mean)
        may_begin = self._books.may_begin_well()
        trials = self._books.under_way.seen(may_begin=may_begin) if self._scheduler.pauses else ()
        answer = self._scheduler.answer(run.trial, event, trials, may_begin=may_begin)
        if answer is Answer.GO_ON and not self._books.spending.allows_to_go_on(event.number):
            return Answer.PAUSE
        return answer
