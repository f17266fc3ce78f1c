"""The driver: asks for a configuration, has it trained, lets the pruner decide, writes what was found.

It is the only writer of its study and runs in one thread. Everything that it decides with is in the study, so that a
sweep goes on after any interruption as if there had been none.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from optuna.trial import FrozenTrial, TrialState

from ..errors import SweepError, one_line
from ..spaces import Configuration, Space, configuration_key
from ..spaces.possible import why_impossible_configuration
from ..training.events import Answer, EpochEnded, Event, Task, TrialEnded, TrialFailed, TrialPaused
from ..training.metrics import Objective
from .executors.contract import Executor
from .progress import Progress, TrialLine
from .proposers import ProposalRequest, Proposer, SpaceExhausted, WaitForTrials
from .pruners import Pruning

if TYPE_CHECKING:
    from optuna.trial import Trial

    from ..studies.writing import StudyWriter

Reason = Literal["trials", "time", "target", "exhausted", "interrupted"]
STUCK_AFTER = 10
"""Duplicates in a row after which the sampler is taken to be stuck."""
MOST_FIRST_FAILURES = 3
"""Failed trials at the start, none of them diverged, after which the sweep is given up."""
WAKE_SECONDS = 1.0
"""How long the driver waits for an event before it looks whether it was told to stop."""
GRACE_SECONDS = 5.0
"""How long trials may take to end once the sweep is over; they will be run again, so that waiting gains little."""
WRITE_SECONDS = 1.0
"""How long reports are kept back for the next write, in which they cost nothing."""
_ENDED = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)


@dataclass(frozen=True)
class Budget:
    """When a sweep is over."""

    trials: float
    """Trained trials of the whole study, duplicates not counted; ``math.inf`` where only time ends it."""
    seconds: float | None = None
    """Of this run."""
    target: float | None = None


@dataclass
class _Running:
    """A trial that is being trained."""

    trial: Trial
    configuration: Configuration
    key: str
    epoch: int = 0
    pruned: bool = False
    twins: list[Trial] = field(default_factory=list)
    """Later trials of the same configuration, which get its result."""


class Sweep:
    """Runs one study until its budget is spent, its space is exhausted, or it is told to stop."""

    def __init__(
        self,
        writer: StudyWriter,
        space: Space,
        proposer: Proposer,
        executor: Executor,
        objective: Objective,
        pruning: Pruning,
        budget: Budget,
        seed: int,
        listen: Callable[[Progress], None] = lambda _: None,
    ) -> None:
        self._writer = writer
        self._space = space
        self._proposer = proposer
        self._executor = executor
        self._objective = objective
        self._pruning = pruning
        self._budget = budget
        self._seed = seed
        self._listen = listen
        self._running: dict[int, _Running] = {}
        self._ended: dict[str, int] = {}
        """Configuration key -> number of the trial that was trained with it."""
        self._seen: set[str] = set()
        """Keys of all configurations that ended or run."""
        self._stop: Reason | None = None
        self._stopped = 0.0
        """When."""
        self.unanswered: tuple[int, ...] = ()
        """Trials that had not ended in time when the sweep was over; they wait to be run again."""
        self._exhausted = False
        self._stuck = 0
        """Duplicates in a row."""
        self._failures = 0
        self._progress = Progress(total=budget.trials, seconds_budget=budget.seconds)
        self._said: set[str] = set()
        self._started = time.monotonic()

    def stop(self) -> None:
        """End the sweep: running trials stop at their current epoch and will be run again by ``resume``."""
        self._end("interrupted")
        self._progress = replace(self._progress.without_news(), stopping=True)
        self._publish_progress()  # at once: an epoch may take long

    def _end(self, reason: Reason) -> None:
        self._stop, self._stopped = reason, time.monotonic()

    def run(self) -> Reason:
        """Run the sweep and return why it ended.

        Raises:
            SweepError: The first trials all failed for a reason that is not the configuration's, or one says that it ends
                the sweep.
        """
        self._load_history()
        self._publish_progress()
        try:
            while True:
                self._fill()
                if not self._running:
                    self._end_duplicates()
                    return self._stop or ("exhausted" if self._exhausted else "trials")
                self._cancel_if_over()
                event = self._executor.next_event(self._wait_seconds())
                self._check_budget()
                if event is not None:
                    self._handle(event)
                elif self._stop is not None and time.monotonic() - self._stopped > GRACE_SECONDS:
                    self.unanswered = tuple(sorted(self._running))
                    return self._stop
                self._writer.flush(after=WRITE_SECONDS)
        finally:
            self._requeue_running()

    def _load_history(self) -> None:
        """Read what the study holds; trials that a killed driver left running wait to be run again."""
        self._writer.requeue_running()
        for trial in self._writer.trials():
            if trial.state not in _ENDED:
                continue
            self._stuck = self._stuck + 1 if self._writer.is_duplicate(trial) else 0
            if self._stuck:
                continue
            key = configuration_key(trial.params)
            self._seen.add(key)
            self._ended.setdefault(key, trial.number)
            self._progress = self._progress.with_trial(_line_of(trial), self._objective)
        self._check_target()

    def _fill(self) -> None:
        """Start trials while there are free workers and the budget allows."""
        while self._stop is None and not self._exhausted and self._may_start():
            try:
                run = self._start()
            except SpaceExhausted:
                self._exhausted = True
                return
            except WaitForTrials:
                return
            if run is None:
                continue
            self._stuck = 0
            number = run.trial.number
            self._running[number] = run
            self._executor.submit(Task(number, run.configuration, self._seed, self._pruning.rungs))
            self._publish_progress()

    def _may_start(self) -> bool:
        if len(self._running) >= self._executor.capacity:
            return False
        return len(self._ended) + len(self._running) < self._budget.trials

    def _start(self) -> _Running | None:
        """Begin the next trial in the study; None where it is not trained.

        Its configuration is trained, in training, or (if the user enqueued it) invalid.
        """
        proposed, waiting = None, self._writer.has_waiting()
        if not waiting:  # they come first
            stuck = self._stuck >= STUCK_AFTER
            request = ProposalRequest(self._writer.next_number(), self._seen, self._writer.trials(), stuck)
            proposed = self._proposer.propose(request)
        with self._writer.transaction():
            trial = self._writer.new_trial(proposed)
            configuration, fault = self._read(trial, enqueued=waiting)
            if fault is not None:
                self._refuse(trial, configuration, fault)
                return None
            key = configuration_key(configuration)
            if key in self._ended:
                self._stuck += 1
                self._writer.finish_as_duplicate(trial, self._ended[key])
                return None
        if key in self._seen:
            self._stuck += 1
            next(run for run in self._running.values() if run.key == key).twins.append(trial)
            return None
        self._seen.add(key)
        return _Running(trial, configuration, key)

    def _read(self, trial: Trial, *, enqueued: bool) -> tuple[Configuration, str | None]:
        """Return the configuration of a new trial, and what is wrong with one that a user has enqueued."""
        try:
            configuration = self._space.suggest(trial)
        except (TypeError, ValueError) as error:
            if not enqueued:
                raise
            return dict(trial.params), f"what was enqueued is not of this space: {one_line(error)}"
        return configuration, why_impossible_configuration(configuration)

    def _refuse(self, trial: Trial, configuration: Configuration, fault: str) -> None:
        """End a trial that cannot be trained as one that failed."""
        message = fault.rstrip(".")
        self._writer.fail(trial, {"kind": "configuration", "message": message, "traceback": ""})
        key = configuration_key(configuration)
        self._seen.add(key)
        self._ended[key] = trial.number
        line = TrialLine(trial.number, "failed", configuration, message=message)
        self._progress = self._progress.with_trial(line, self._objective, ended_now=True)
        self._publish_progress()
        self._progress = self._progress.without_news()

    def _end_duplicates(self) -> None:
        """End waiting trials that repeat one that has ended: that costs no budget, so that no budget leaves them."""
        for waiting in self._writer.waiting():
            number = self._ended.get(configuration_key(waiting.params))
            if number is not None:
                self._writer.finish_waiting_as_duplicate(waiting, number)

    def _handle(self, event: Event) -> None:
        run = self._running[event.number]
        if isinstance(event, EpochEnded):
            self._end_epoch(run, event)
            return
        del self._running[event.number]
        if isinstance(event, TrialPaused):
            raise TypeError("nobody pauses trials yet")
        if isinstance(event, TrialEnded) and event.outcome.ending == "stopped" and not run.pruned:
            self._requeue(run)  # stopped with the sweep; resume runs it again
            return
        with self._writer.transaction():
            line = self._write(run, event)
            for twin in run.twins:
                self._writer.finish_as_duplicate(twin, event.number)
        self._ended[run.key] = event.number
        self._progress = self._progress.with_trial(line, self._objective, ended_now=True)
        self._publish_progress()
        self._progress = self._progress.without_news()
        self._check_target()
        if isinstance(event, TrialFailed):
            if event.fatal:
                raise SweepError(f"Trial {event.number} ended the sweep: {event.message}.")
            self._check_all_failed(event)

    def _end_epoch(self, run: _Running, event: EpochEnded) -> None:
        if event.epoch <= run.epoch:  # its worker died, and another one trains it from the start
            self._writer.restart(run.trial)
            run.pruned = False
        run.epoch = event.epoch
        self._progress = self._progress.with_epoch(event.number, event.epoch, event.mean, len(event.scores))
        if self._stop is None and event.rung in self._pruning.rungs:
            run.pruned = self._writer.report(run.trial, event.epoch, event.mean)
            answer = Answer.STOP if run.pruned else Answer.GO_ON
            self._executor.answer(event.number, answer)  # before anything is written or shown
        self._publish_progress()

    def _write(self, run: _Running, event: TrialEnded | TrialFailed) -> TrialLine:
        if isinstance(event, TrialFailed):
            failure = {"kind": event.kind, "message": event.message, "traceback": event.traceback}
            self._writer.fail(run.trial, failure)
            return TrialLine(event.number, "failed", run.configuration, message=event.message)
        outcome = event.outcome
        end = self._writer.prune if run.pruned else self._writer.finish
        end(run.trial, outcome.value, outcome.result(), outcome.details())
        notes = tuple(note for note in outcome.notes if note not in self._said)
        self._said.update(notes)
        return TrialLine(
            event.number,
            "pruned" if run.pruned else "complete",
            run.configuration,
            value=outcome.value,
            epochs=outcome.epochs_trained if run.pruned else outcome.epochs,
            seconds=outcome.seconds,
            notes=notes,
        )

    def _check_budget(self) -> None:
        left = self._seconds_left()
        if self._stop is None and left is not None and left <= 0:
            self._end("time")

    def _cancel_if_over(self) -> None:
        """Have all running trials stop at the end of their epochs once the sweep is over."""
        if self._stop is not None:
            for number in self._running:
                self._executor.answer(number, Answer.STOP)

    def _wait_seconds(self) -> float:
        """Return the seconds to wait for an event; Ctrl-C is heeded after them at the latest."""
        left = self._seconds_left()
        return WAKE_SECONDS if left is None else min(left, WAKE_SECONDS)

    def _seconds_left(self) -> float | None:
        if self._budget.seconds is None or self._stop is not None:
            return None
        return max(0.0, self._budget.seconds - (time.monotonic() - self._started))

    def _check_target(self) -> None:
        best, target = self._progress.best, self._budget.target
        if self._stop is not None or target is None or best is None or best.value is None:
            return
        if self._objective.reached(best.value, target):
            self._end("target")

    def _check_all_failed(self, event: TrialFailed) -> None:
        """Give up where every trial so far failed and none of them for its configuration's sake."""
        self._failures += event.kind != "diverged"
        if self._failures >= MOST_FIRST_FAILURES and self._progress.failed == self._progress.done:
            raise SweepError(f"The first {self._failures} trials all failed; the last: {event.message}.")

    def _requeue_running(self) -> None:
        """Leave no trial running, however the sweep ends."""
        if self._running:
            with self._writer.transaction():
                for run in self._running.values():
                    self._requeue(run)
        self._running.clear()

    def _requeue(self, run: _Running) -> None:
        with self._writer.transaction():
            for trial in (run.trial, *run.twins):
                self._writer.requeue(trial)

    def _publish_progress(self) -> None:
        running = {number: run.epoch for number, run in self._running.items()}
        self._listen(self._progress.at(time.monotonic() - self._started, running))


def _line_of(trial: FrozenTrial) -> TrialLine:
    state = {TrialState.COMPLETE: "complete", TrialState.PRUNED: "pruned"}.get(trial.state, "failed")
    return TrialLine(trial.number, state, trial.params, value=trial.value)  # type: ignore[arg-type]
