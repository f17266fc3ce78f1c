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

from ..errors import SweepError
from ..spaces import Configuration, Space, configuration_key
from .events import EpochEnded, Event, Task, TrialEnded, TrialFailed
from .executors.contract import Executor
from .metrics import Objective
from .progress import Progress, TrialLine
from .pruners import Pruning
from .samplers import Proposer, SpaceExhausted

if TYPE_CHECKING:
    from optuna.trial import Trial

    from ..studies.writing import StudyWriter

Reason = Literal["trials", "time", "target", "exhausted", "interrupted"]
STUCK_AFTER = 10
"""Duplicates in a row after which the sampler is taken to be stuck."""
HOPELESS_AFTER = 3
"""Failed trials at the start, none of them diverged, after which the sweep is given up."""
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
        self._waiting: list[FrozenTrial] = []
        self._stop: Reason | None = None
        self._exhausted = False
        self._stuck = 0
        """Duplicates in a row."""
        self._fruitless = 0
        self._progress = Progress(total=budget.trials, seconds_budget=budget.seconds)
        self._started = time.monotonic()

    def stop(self) -> None:
        """End the sweep: running trials stop at their current epoch and will be run again by ``resume``."""
        self._stop = "interrupted"
        self._progress = replace(self._progress.without_news(), stopping=True)
        self._tell()  # at once: an epoch may take long

    def run(self) -> Reason:
        """Run the sweep and return why it ended.

        Raises:
            SweepError: The first trials all failed for a reason that is not the configuration's.
        """
        self._take_stock()
        self._tell()
        try:
            while True:
                self._fill()
                if not self._running:
                    return self._stop or ("exhausted" if self._exhausted else "trials")
                event = self._executor.next_event(self._seconds_left())
                self._check_budget()
                if event is not None:
                    self._handle(event)
        finally:
            self._give_back()

    def _take_stock(self) -> None:
        """Read what the study holds; trials that a killed driver left running wait to be run again."""
        self._writer.requeue_running()
        for trial in self._writer.trials():
            if trial.state == TrialState.WAITING:
                self._waiting.append(trial)
            if trial.state not in _ENDED:
                continue
            self._stuck = self._stuck + 1 if self._writer.is_duplicate(trial) else 0
            if self._stuck:
                continue
            self._ended.setdefault(configuration_key(trial.params), trial.number)
            self._progress = self._progress.with_trial(_line_of(trial), self._objective)
        self._check_target()

    def _fill(self) -> None:
        """Start trials while there are free workers and the budget allows."""
        while self._stop is None and not self._exhausted and self._may_start():
            try:
                trial, configuration = self._ask()
            except SpaceExhausted:
                self._exhausted = True
                return
            key = configuration_key(configuration)
            twin = next(
                (r for r in self._running.values() if configuration_key(r.configuration) == key), None
            )
            if twin is not None:
                twin.twins.append(trial)
                self._stuck += 1
            elif key in self._ended:
                self._writer.repeat(trial, self._ended[key])
                self._stuck += 1
            else:
                self._stuck = 0
                self._running[trial.number] = _Running(trial, configuration)
                self._executor.submit(Task(trial.number, configuration, self._seed))
                self._tell()

    def _may_start(self) -> bool:
        if len(self._running) >= self._executor.capacity:
            return False
        return len(self._ended) + len(self._running) < self._budget.trials

    def _ask(self) -> tuple[Trial, Configuration]:
        """Return the next trial with its configuration: one that waits to be run again comes first."""
        proposed: Configuration | None = None
        if self._waiting:
            self._waiting.pop(0)
        else:
            seen = {*self._ended, *(configuration_key(run.configuration) for run in self._running.values())}
            stuck = self._stuck >= STUCK_AFTER
            proposed = self._proposer.propose(self._writer.next_number(), seen, stuck=stuck)
        trial = self._writer.new_trial(proposed)
        return trial, self._space.suggest(trial)

    def _handle(self, event: Event) -> None:
        run = self._running[event.number]
        if isinstance(event, EpochEnded):
            self._end_epoch(run, event)
            return
        del self._running[event.number]
        if isinstance(event, TrialEnded) and event.outcome.stopped and not run.pruned:
            self._requeue(run)  # stopped with the sweep; resume runs it again
            return
        line = self._write(run, event)
        self._ended[configuration_key(run.configuration)] = event.number
        for twin in run.twins:
            self._writer.repeat(twin, event.number)
        self._progress = self._progress.with_trial(line, self._objective, ended_now=True)
        self._tell()
        self._progress = self._progress.without_news()
        self._check_target()
        if isinstance(event, TrialFailed):
            self._check_hope(event)

    def _end_epoch(self, run: _Running, event: EpochEnded) -> None:
        if event.epoch <= run.epoch:  # its worker died, and another one trains it from the start
            self._writer.restart(run.trial)
            run.pruned = False
        run.epoch = event.epoch
        self._progress = self._progress.with_epoch(event.number, event.epoch, event.mean, len(event.scores))
        if self._stop is not None:
            self._executor.cancel(event.number)
        elif event.epoch in self._pruning.rungs and self._writer.report(run.trial, event.epoch, event.mean):
            run.pruned = True
            self._executor.cancel(event.number)
        self._tell()

    def _write(self, run: _Running, event: TrialEnded | TrialFailed) -> TrialLine:
        if isinstance(event, TrialFailed):
            failure = {"kind": event.kind, "message": event.message, "traceback": event.traceback}
            self._writer.fail(run.trial, failure)
            return TrialLine(event.number, "failed", run.configuration, message=event.message)
        outcome = event.outcome
        end = self._writer.prune if run.pruned else self._writer.finish
        end(run.trial, outcome.value, outcome.result(), outcome.details())
        return TrialLine(
            event.number,
            "pruned" if run.pruned else "complete",
            run.configuration,
            value=outcome.value,
            epochs=outcome.epochs_trained if run.pruned else outcome.epochs,
            seconds=outcome.seconds,
        )

    def _check_budget(self) -> None:
        left = self._seconds_left()
        if self._stop is None and left is not None and left <= 0:
            self._stop = "time"

    def _seconds_left(self) -> float | None:
        if self._budget.seconds is None or self._stop is not None:
            return None
        return max(0.0, self._budget.seconds - (time.monotonic() - self._started))

    def _check_target(self) -> None:
        best, target = self._progress.best, self._budget.target
        if self._stop is not None or target is None or best is None or best.value is None:
            return
        if self._objective.reached(best.value, target):
            self._stop = "target"

    def _check_hope(self, event: TrialFailed) -> None:
        """Give up where every trial so far failed and none of them for its configuration's sake."""
        self._fruitless += event.kind != "diverged"
        if self._fruitless >= HOPELESS_AFTER and self._progress.failed == self._progress.done:
            raise SweepError(f"The first {self._fruitless} trials all failed; the last: {event.message}.")

    def _give_back(self) -> None:
        """Leave no trial running, however the sweep ends."""
        for run in self._running.values():
            self._requeue(run)
        self._running.clear()

    def _requeue(self, run: _Running) -> None:
        for trial in (run.trial, *run.twins):
            self._writer.requeue(trial)

    def _tell(self) -> None:
        running = {number: run.epoch for number, run in self._running.items()}
        self._listen(self._progress.at(time.monotonic() - self._started, running))


def _line_of(trial: FrozenTrial) -> TrialLine:
    state = {TrialState.COMPLETE: "complete", TrialState.PRUNED: "pruned"}.get(trial.state, "failed")
    return TrialLine(trial.number, state, trial.params, value=trial.value)  # type: ignore[arg-type]
