"""The driver: asks for a configuration, has it trained as far as the scheduler says, writes what was found.

It is the only writer of its study, or of its own trials where several drivers share one, and runs in one thread. Everything
that it decides with is in the study, so that a sweep goes on after any interruption as if there had been none.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...spaces import Space
from ...studies.control import Wish
from ...training.events import Answer, EpochEnded, Event, Rung
from ...training.goals import NO_GOALS, Goals
from ...training.metrics import Objective
from ..budget import DONE, Budget, Reason, Spending
from ..executors.contract import Executor
from ..paused_states import NO_STATES, PausedStates
from ..progress import Progress, TrialLine
from ..proposers import Proposer
from ..schedulers import Scheduler
from .dispatcher import Dispatcher
from .epoch_handler import EpochHandler
from .failure_limit import MOST_FAILURES, FailureLimit
from .history import History
from .hold import Hold
from .outcome_handler import OutcomeHandler
from .progress_reporter import ProgressReporter
from .recorder import Recorder
from .remote import Remote, show_absence
from .state import SweepState
from .stopwatch import Stopwatch
from .termination import Termination
from .under_way import UnderWay, key_of

if TYPE_CHECKING:
    from ...studies.study_writer import StudyWriter

WAKE_SECONDS = 1.0
"""How long the driver waits for an event before it looks whether it was told to stop."""
GRACE_SECONDS = 5.0
"""How long trials may take to end once the sweep is over; they will be run again, so that waiting gains little."""
WRITE_SECONDS = 1.0
"""How long reports are kept back for the next write, in which they cost nothing."""


@dataclass(eq=False, kw_only=True)
class Sweep:
    """Runs one study until its budget is spent, its space is exhausted, or it is told to stop."""

    writer: StudyWriter
    """Of the study."""
    space: Space
    """What is searched."""
    proposer: Proposer
    """Of configurations."""
    executor: Executor
    """Trains them."""
    objective: Objective
    """By which they are compared."""
    scheduler: Scheduler
    """Says how far each is trained."""
    budget: Budget
    """When it is over."""
    seed: int
    """Of all trainings."""
    full_training: Rung
    """All epochs and folds of a training."""
    listen: Callable[[Progress], None] = lambda _: None
    """Called after every event."""
    states: PausedStates = NO_STATES
    """Of paused trials."""
    goals: Goals = NO_GOALS
    """Further objectives, and constraints."""
    max_failures: int | None = MOST_FAILURES
    """Trials that fail in a row, in one way, until it is given up; None to go on whatever fails."""
    clock: Callable[[], float] = time.monotonic
    """Seconds, of which only differences count."""
    wish: Wish | None = None
    """What was wished of the driver that this one goes on for; at the end, what was wished of this one last."""

    def __post_init__(self) -> None:
        """Open the state, and make the parts that share them."""
        writer, watch = self.writer, Stopwatch(self.clock)
        self._remote = Remote(writer, self.wish)
        self._under_way = UnderWay(writer, self.space, self.scheduler, self.states)
        self._spending = Spending(self.budget, self.scheduler, self.full_training, watch)
        self._hold = Hold(self.executor, watch)
        self._termination = Termination(
            self.budget, self._spending, writer, self.objective, self.clock, on_end=self._hold.release
        )
        self._reporter = ProgressReporter(
            self.budget,
            self.objective,
            self._spending,
            self._under_way,
            listeners=(self.listen, self._remote.listen),
        )
        self._state = SweepState(
            writer=writer,
            under_way=self._under_way,
            spending=self._spending,
            history=History(writer, self._under_way, self._spending, self.full_training),
            termination=self._termination,
            reporter=self._reporter,
            goals=self.goals,
            clock=self.clock,
            heard=self.clock(),
        )
        self._dispatcher = Dispatcher(self._state, self.space, self.proposer, self.executor, self.seed)
        self._epoch_handler = EpochHandler(self._state, self.scheduler, self.executor)
        self._outcome_handler = OutcomeHandler(
            self._state, Recorder(writer, self.objective, self.goals), FailureLimit(self.max_failures)
        )
        self.unanswered: tuple[int, ...] = ()
        """Trials that had not ended in time when the sweep was over; they wait to be run again."""
        self.pruned_last: tuple[int, ...] = ()
        """Trials that were paused until the sweep was over, and have been pruned then."""

    def stop(self) -> None:
        """End the sweep: running trials stop at the end of their epochs, from where ``resume`` has them go on."""
        self._termination.end("interrupted")
        self.writer.wait_no_longer()
        self._reporter.change_to("stopping")  # shown at once: an epoch may take long

    @property
    def is_stopped(self) -> bool:
        """Whether it was told to stop."""
        return self._termination.reason == "interrupted"

    def run(self) -> Reason:
        """Run the sweep and return why it ended.

        Raises:
            SweepError: Too many trials failed (``failure_limit.py``), or one says that it ends the sweep.
        """
        show_absence(self.writer, lambda: self._reporter.progress.state, self._reporter.change_to)
        self._load_history()
        self.writer.note_concluded("")
        self._reporter.show()
        try:
            while True:
                self._heed()
                if not self._hold.on:
                    self._dispatcher.fill()
                if not self._under_way.running:
                    if self._hold.on or self._waits_for_others():
                        time.sleep(WAKE_SECONDS)
                        continue
                    self._end_paused()
                    self._end_duplicates()
                    return self._conclude()
                if not self._train():
                    self.unanswered = tuple(sorted(self._under_way.running))
                    return self._termination.why()
                self.writer.flush(after=WRITE_SECONDS)
        finally:
            self._under_way.requeue_running()
            self.wish = self.writer.wish() or self.wish
            self.writer.fall_silent()
            if not self.writer.lease.others:  # their trials may be about to write there
                self.states.remove_empty()

    def _conclude(self) -> Reason:
        """Return why the sweep is over; that what was asked for is done is noted, as fewer trials may look unfinished."""
        reason = self._termination.why()
        if reason in DONE:
            self.writer.note_concluded(reason)
        return reason

    def _load_history(self) -> None:
        """Read what the study holds; trials that a killed driver left running wait to be run again."""
        self.writer.requeue_running()
        self._state.learn([trial.number for trial in self.writer.trials()])

    def _heed(self) -> None:
        """Do what somebody wishes, and say how far the sweep is (``studies/control.py``)."""
        wish = self._remote.wish()
        runs = self._termination.reason is None
        if wish == "stop" and runs:
            self.stop()
        elif wish == "pause" and runs and not self._hold.on:
            self._hold.hold()
            self._reporter.change_to("pausing")
        elif wish == "go on" and self._hold.on:
            self._hold.release()
            self._reporter.change_to("running")
        if self._reporter.progress.state == "pausing" and self._hold.is_held:
            self._reporter.change_to("paused")
        self._state.look(every=WAKE_SECONDS)
        self._remote.speak()

    def _train(self) -> bool:
        """Wait for an event of a running trial and handle it; False where the sweep is over and none has come in time."""
        self._cancel_if_over()
        event = self.executor.next_event(self._wait_seconds())
        self._termination.check_time()
        if event is not None:
            self._handle(event)
            return True
        return self._termination.reason is None or self._termination.seconds_over <= GRACE_SECONDS

    def _cancel_if_over(self) -> None:
        """Have all running trials end with their epochs once the sweep is over."""
        if self._termination.reason is not None:
            answer = Answer.PAUSE if self._under_way.can_pause else Answer.STOP
            for number in self._under_way.running:
                self.executor.answer(number, answer)

    def _wait_seconds(self) -> float:
        """Return the seconds to wait for an event; Ctrl-C is heeded after them at the latest."""
        left = self._spending.seconds_left
        return (
            WAKE_SECONDS if left is None or self._termination.reason is not None else min(left, WAKE_SECONDS)
        )

    def _handle(self, event: Event) -> None:
        run = self._under_way.running[event.number]
        if isinstance(event, EpochEnded):
            self._epoch_handler.take(run, event)
        else:
            self._outcome_handler.take(run, event)

    def _waits_for_others(self) -> bool:
        """Tell whether nothing is left to do here but to see whether other drivers bring their trials to an end."""
        self._termination.check_time()
        return self._termination.reason is None and bool(self._under_way.elsewhere)

    def _end_paused(self) -> None:
        """Prune the paused trials once the budget is spent; an interrupted sweep keeps them for ``resume``.

        Where other drivers train on, or have time where this one has none left, they are theirs.
        """
        if self._termination.reason == "interrupted":
            return
        with self.writer.decision() as changed:
            self._state.learn(changed)
            if self._under_way.elsewhere or (self._termination.reason == "time" and self.writer.lease.others):
                return
            for run in self._under_way.end_paused():
                number = run.trial.number
                self.pruned_last += (number,)
                self._state.history.trainings.end(run.key, number)
                self._reporter.count(TrialLine(number, "pruned", run.configuration))
            self._reporter.count_paused()

    def _end_duplicates(self) -> None:
        """End waiting trials that repeat one that has ended: that costs no budget, so that no budget leaves them."""
        with self.writer.decision() as changed:
            self._state.learn(changed)
            for waiting in self.writer.waiting():
                number = self._state.history.trainings.trial_of(key_of(waiting))
                if number is not None:
                    self.writer.finish_waiting_as_duplicate(waiting, number)
