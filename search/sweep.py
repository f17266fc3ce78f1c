"""The driver: asks for a configuration, has it trained as far as the scheduler says, writes what was found.

It is the only writer of its study, or of its own trials where several drivers share one, and runs in one thread. Everything
that it decides with is in the study, so that a sweep goes on after any interruption as if there had been none.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from optuna.trial import FrozenTrial, Trial, TrialState

from ..errors import SweepError, one_line
from ..spaces import Configuration, Space
from ..spaces.possible import why_impossible_configuration
from ..studies.control import State
from ..studies.records import CONTINUES, ORIGIN
from ..studies.transactions import NotBegun
from ..training.events import (
    OUT_OF_MEMORY,
    Answer,
    EpochEnded,
    Event,
    Rung,
    TrialEnded,
    TrialFailed,
    TrialInfeasible,
    TrialPaused,
)
from ..training.goals import NO_GOALS, Goals
from ..training.metrics import Objective
from .budget import Budget, Reason, Spending
from .convergence import study_has_converged
from .executors.contract import Executor
from .failures import write_failure
from .history import History
from .paused_states import PausedStates
from .progress import Progress, TrialLine
from .proposers import ProposalRequest, Proposer, SpaceExhausted, WaitForTrials
from .remote import Remote, show_absence
from .schedulers import Scheduler, reached_by
from .stopwatch import Stopwatch
from .under_way import TrialUnderWay, UnderWay, key_of

if TYPE_CHECKING:
    from ..studies.writing import StudyWriter

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


class Sweep:
    """Runs one study until its budget is spent, its space is exhausted, or it is told to stop."""

    def __init__(
        self,
        writer: StudyWriter,
        space: Space,
        proposer: Proposer,
        executor: Executor,
        objective: Objective,
        scheduler: Scheduler,
        budget: Budget,
        seed: int,
        whole: Rung,
        listen: Callable[[Progress], None] = lambda _: None,
        states: PausedStates | None = None,
        goals: Goals = NO_GOALS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare to run.

        Args:
            writer: Of the study.
            space: What is searched.
            proposer: Of configurations.
            executor: Trains them.
            objective: By which they are compared.
            scheduler: Says how far each is trained.
            budget: When it is over.
            seed: Of all trainings.
            whole: All epochs and folds of a training.
            listen: Called after every event.
            states: Of paused trials.
            goals: Further objectives, and constraints.
            clock: Seconds, of which only differences count.
        """
        self._writer = writer
        self._space = space
        self._proposer = proposer
        self._executor = executor
        self._objective = objective
        self._goals = goals
        self._scheduler = scheduler
        self._budget = budget
        self._seed = seed
        self._remote = Remote(writer)
        self._listeners = (listen, self._remote.listen)
        self._under_way = UnderWay(writer, space, scheduler, states or PausedStates(None))
        self._stop: Reason | None = None
        self._stopped = 0.0
        """When."""
        self.unanswered: tuple[int, ...] = ()
        """Trials that had not ended in time when the sweep was over; they wait to be run again."""
        self._exhausted = False
        self._converged = False
        self._failures = 0
        self._progress = Progress(total=budget.trials, seconds_budget=budget.seconds)
        self._said: set[str] = set()
        self._whole = whole
        self._clock = clock
        self._watch = Stopwatch(clock)
        self._spending = Spending(budget, scheduler, whole, self._watch)
        self._history = History(writer, self._under_way, self._spending, whole)
        self._heard = clock()
        """When it was looked last what other drivers have changed."""
        self._held = False

    def stop(self) -> None:
        """End the sweep: running trials stop at the end of their epochs, from where ``resume`` has them go on."""
        self._end("interrupted")
        self._writer.wait_no_longer()
        self._change_to("stopping")  # shown at once: an epoch may take long

    def _end(self, reason: Reason) -> None:
        self._stop, self._stopped = reason, self._clock()
        self._release()

    def _heed(self) -> None:
        """Do what somebody wishes, and say how far the sweep is (``studies/control.py``)."""
        wish = self._remote.wish()
        if wish == "stop" and self._stop is None:
            self.stop()
        elif wish == "pause" and self._stop is None and not self._held:
            self._held = True
            self._watch.hold()
            self._executor.hold()
            self._change_to("pausing")
        elif wish == "go on" and self._held:
            self._release()
            self._change_to("running")
        if self._held and self._progress.state == "pausing" and self._executor.rests:
            self._change_to("paused")
        if self._clock() - self._heard >= WAKE_SECONDS:
            self._learn(self._writer.news())
        self._remote.speak()

    def _release(self) -> None:
        if self._held:
            self._held = False
            self._watch.release()
            self._executor.release()

    def _change_to(self, state: State) -> None:
        self._progress = replace(self._progress.without_news(), state=state)
        self._publish_progress()

    def run(self) -> Reason:
        """Run the sweep and return why it ended.

        Raises:
            SweepError: The first trials all failed for a reason that is not the configuration's, or one says that it ends
                the sweep.
        """
        show_absence(self._writer, lambda: self._progress.state, self._change_to)
        self._load_history()
        self._publish_progress()
        try:
            while True:
                self._heed()
                self._fill()
                if not self._under_way.running:
                    if self._held or self._waits_for_others():
                        time.sleep(WAKE_SECONDS)
                        continue
                    self._end_paused()
                    self._end_duplicates()
                    return self._stop or self._why_no_more()
                self._cancel_if_over()
                event = self._executor.next_event(self._wait_seconds())
                self._check_budget()
                if event is not None:
                    self._handle(event)
                elif self._stop is not None and self._clock() - self._stopped > GRACE_SECONDS:
                    self.unanswered = tuple(sorted(self._under_way.running))
                    return self._stop
                self._writer.flush(after=WRITE_SECONDS)
        finally:
            self._under_way.requeue_running()
            self._writer.fall_silent()

    def _load_history(self) -> None:
        """Read what the study holds; trials that a killed driver left running wait to be run again."""
        self._writer.requeue_running()
        self._learn([trial.number for trial in self._writer.trials()])

    def _learn(self, numbers: list[int]) -> None:
        """Take note of trials that were changed elsewhere: by earlier runs, or by other drivers."""
        self._heard = self._clock()
        if not numbers:
            return
        found = self._history.learn(numbers)
        for trial in found:
            self._progress = self._progress.with_trial(self._line_of(trial), self._objective)
        self._progress = self._progress.with_paused(len(self._under_way.paused))
        self._exhausted = self._exhausted and not self._writer.waiting()
        if found:
            self._check_target()
            self._check_converged()

    def _waits_for_others(self) -> bool:
        """Tell whether nothing is left to do here but to see whether other drivers bring their trials to an end."""
        self._check_budget()
        return self._stop is None and bool(self._under_way.elsewhere)

    def _fill(self) -> None:
        """Have trials go on or begin while there are free workers and the budget allows."""
        while self._may_fill and len(self._under_way.running) < self._executor.capacity:
            if not self._begin_one():
                return

    def _begin_one(self) -> bool:
        """Have a trial go on or begin; tell whether it is worth asking for another one."""
        with self._writer.decision() as changed:
            self._learn(changed)
            if not self._may_fill:
                return False
            run = self._under_way.take_up(self._spending.allows_to_go_on, may_begin=self._may_begin_well())
            if run is None:
                if not self._may_begin():
                    return False
                stuck = self._history.stuck
                try:
                    run = self._start()
                except NotBegun:
                    self._history.stuck = stuck
                except SpaceExhausted:
                    self._exhausted = True
                except WaitForTrials:
                    return False
            if run is None:
                return True
            self._history.stuck = 0
            task = self._under_way.begin(run, self._seed)
        self._executor.submit(task)
        self._spending.start(run.trial.number, inherits=task.continues)
        self._progress = self._progress.with_paused(len(self._under_way.paused))
        self._publish_progress()
        return True

    @property
    def _may_fill(self) -> bool:
        return self._stop is None and not self._held

    def _may_begin(self) -> bool:
        """Tell whether budget and space allow for a new trial."""
        if self._exhausted or self._converged or not self._spending.allows_a_trial:
            return False
        return len(self._history.ended) + len(self._under_way) < self._budget.trials

    def _may_begin_well(self) -> bool:
        """Tell whether a new trial may begin, and could be trained whole."""
        return self._may_begin() and self._spending.allows_a_whole_trial

    def _why_no_more(self) -> Reason:
        if self._converged:
            return "converged"
        if self._exhausted:
            return "exhausted"
        return "trials" if self._spending.allows_a_trial else "epochs"

    def _start(self) -> TrialUnderWay | None:
        """Begin the next trial in the study; None where it is not trained.

        Its configuration is trained, in training, or (if the user enqueued it) invalid.
        """
        proposed, waiting = None, self._writer.has_waiting()
        if not waiting:  # they come first
            stuck, seen = self._history.stuck >= STUCK_AFTER, self._history.seen
            request = ProposalRequest(self._writer.next_number(), seen, self._writer.searched(), stuck)
            proposed = self._proposer.propose(request)
        with self._writer.transaction():
            trial = (
                self._writer.new_trial()
                if proposed is None
                else self._writer.new_trial(proposed.configuration, proposed.origin)
            )
            configuration, fault = self._read(trial, enqueued=waiting)
            if fault is not None:
                self._refuse(trial, configuration, fault)
                return None
            key = key_of(trial)
            if key in self._history.ended:
                self._history.stuck += 1
                self._writer.finish_as_duplicate(trial, self._history.ended[key])
                return None
        if key in self._history.seen:
            self._history.stuck += 1
            self._under_way.of_key(key).twins.append(trial)
            return None
        self._history.seen.add(key)
        return TrialUnderWay(trial, configuration, key)

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
        self._history.end(key_of(trial), trial.number)
        self._end_training(trial.number)
        line = TrialLine(trial.number, "failed", configuration, message=message)
        self._progress = self._progress.with_trial(line, self._objective, ended_now=True)
        self._publish_progress()
        self._progress = self._progress.without_news()

    def _end_duplicates(self) -> None:
        """End waiting trials that repeat one that has ended: that costs no budget, so that no budget leaves them."""
        with self._writer.decision() as changed:
            self._learn(changed)
            for waiting in self._writer.waiting():
                number = self._history.ended.get(key_of(waiting))
                if number is not None:
                    self._writer.finish_waiting_as_duplicate(waiting, number)

    def _handle(self, event: Event) -> None:
        run = self._under_way.running[event.number]
        if isinstance(event, EpochEnded):
            self._end_epoch(run, event)
            return
        del self._under_way.running[event.number]
        if isinstance(event, TrialPaused):
            self._pause(run, event)
            return
        if (
            isinstance(event, TrialEnded)
            and event.outcome.ending == "stopped"
            and Answer.STOP not in run.answers.values()
        ):
            self._under_way.requeue(run)  # stopped with the sweep; resume runs it again
            self._end_training(event.number)
            return
        with self._writer.transaction():
            line = self._write(run, event)
            for twin in run.twins:
                self._writer.finish_as_duplicate(twin, event.number)
        self._under_way.forget_state(event.number)
        self._end_training(event.number)
        self._history.end(run.key, event.number)
        self._progress = self._progress.with_trial(line, self._objective, ended_now=True)
        self._publish_progress()
        self._progress = self._progress.without_news()
        self._check_target()
        self._check_converged()
        if isinstance(event, TrialFailed):
            if event.fatal:
                raise SweepError(f"Trial {event.number} ended the sweep: {event.message}.")
            self._check_all_failed(event)

    def _end_epoch(self, run: TrialUnderWay, event: EpochEnded) -> None:
        died = event.rung[::-1] <= run.reached[::-1]  # and another worker trains it again
        if died and not self._scheduler.pauses:
            run.answers.clear()
            self._writer.restart(run.trial)
        run.reached = event.rung
        self._spending.train(event, anew=died)
        if event.saved:
            self._under_way.make_room(event.number)
        self._progress = self._progress.with_epoch(
            event.number, event.epoch, event.mean, self._spending.epochs
        )
        if self._stop is None and event.rung in run.rungs:
            self._answer(run, event)
        self._publish_progress()

    def _answer(self, run: TrialUnderWay, event: EpochEnded) -> None:
        """Tell a trial that waits at a rung how to go on, before anything is written or shown."""
        if event.rung not in run.answers:  # else it was answered before its worker died
            if self._scheduler.pauses:
                self._writer.report_rung(
                    run.trial, *event.rung, event.mean, event.scores
                )  # once, however often it is asked
            else:
                self._writer.report(run.trial, event.epoch, event.mean)
            may_begin = self._may_begin_well()
            trials = self._under_way.seen(may_begin=may_begin) if self._scheduler.pauses else ()
            answer = self._scheduler.answer(run.trial, event, trials, may_begin=may_begin)
            if answer is Answer.GO_ON and not self._spending.allows_to_go_on(event.number):
                answer = Answer.PAUSE
            run.answers[event.rung] = answer
        self._executor.answer(event.number, run.answers[event.rung])

    def _pause(self, run: TrialUnderWay, event: TrialPaused) -> None:
        """Put a trial aside; one that has not come to a rung begins again, as far as the study knows."""
        paused = self._under_way.put_aside(run, event)
        self._end_training(event.number)
        if not paused:
            return
        outcome = event.outcome
        line = TrialLine(
            event.number,
            "paused",
            run.configuration,
            value=outcome.value,
            epochs=outcome.epochs_trained,
            folds=len(outcome.fold_scores),
            seconds=outcome.seconds,
        )
        self._progress = self._progress.with_paused(len(self._under_way.paused), line)
        self._publish_progress()
        self._progress = self._progress.without_news()

    def _end_paused(self) -> None:
        """End the paused trials for good once the budget is spent; an interrupted sweep keeps them for ``resume``.

        Where other drivers train on, or have time where this one has none left, they are theirs.
        """
        if self._stop == "interrupted":
            return
        with self._writer.decision() as changed:
            self._learn(changed)
            if self._under_way.elsewhere or (self._stop == "time" and self._writer.lease.others):
                return
            for run in self._under_way.end_paused():
                number = run.trial.number
                self._history.end(run.key, number)
                line = TrialLine(number, "pruned", run.configuration)
                self._progress = self._progress.with_trial(line, self._objective)
            self._progress = self._progress.with_paused(0)

    def _write(self, run: TrialUnderWay, event: TrialEnded | TrialInfeasible | TrialFailed) -> TrialLine:
        if isinstance(event, TrialFailed):
            state = write_failure(self._writer, run.trial, event, self._goals)
            return TrialLine(event.number, state, run.configuration, message=event.message)
        if isinstance(event, TrialInfeasible):
            self._writer.refuse(run.trial, event.result(), self._goals.excesses(event.measured))
            return TrialLine(event.number, "pruned", run.configuration, broken=(event.message,))
        outcome = event.outcome
        stopped = outcome.ending == "stopped"
        found = {self._objective.metric: outcome.value, **outcome.measured}
        if stopped:
            self._writer.prune(run.trial, outcome.value, outcome.result(), outcome.details())
        else:
            values, excesses = self._goals.values(found), self._goals.excesses(found)
            told = (outcome.value, *values)
            self._writer.finish(run.trial, told, outcome.result(), outcome.details(), excesses)
        notes = tuple(note for note in outcome.notes if note not in self._said)
        self._said.update(notes)
        return TrialLine(
            event.number,
            "pruned" if stopped else "complete",
            run.configuration,
            value=outcome.value,
            epochs=outcome.epochs_trained if stopped else outcome.epochs,
            seconds=outcome.seconds,
            beside={one.metric: found[one.metric] for one in self._goals.further},
            broken=() if stopped else self._goals.broken(found),
            continues=run.trial.user_attrs.get(ORIGIN, {}).get(CONTINUES),
            notes=notes,
        )

    def _check_budget(self) -> None:
        if self._stop is None and self._spending.seconds_left == 0:
            self._end("time")

    def _cancel_if_over(self) -> None:
        """Have all running trials end with their epochs once the sweep is over."""
        if self._stop is not None:
            answer = Answer.PAUSE if self._under_way.can_pause else Answer.STOP
            for number in self._under_way.running:
                self._executor.answer(number, answer)

    def _wait_seconds(self) -> float:
        """Return the seconds to wait for an event; Ctrl-C is heeded after them at the latest."""
        left = self._spending.seconds_left
        return WAKE_SECONDS if left is None or self._stop is not None else min(left, WAKE_SECONDS)

    def _check_target(self) -> None:
        best, target = self._progress.best, self._budget.target
        if self._stop is not None or target is None or best is None or best.value is None:
            return
        if self._objective.reached(best.value, target):
            self._end("target")

    def _check_converged(self) -> None:
        """Begin no more trials once the search has converged; the study keeps that it has, since later trials might say otherwise."""
        if not self._budget.until_converged or self._converged:
            return
        self._converged = self._writer.converged or study_has_converged(
            self._writer.searched(), self._objective.direction
        )
        if self._converged:
            self._writer.note_converged()

    def _check_all_failed(self, event: TrialFailed) -> None:
        """Give up where every trial so far failed and none of them for its configuration's sake."""
        self._failures += event.kind not in ("diverged", OUT_OF_MEMORY)
        if self._failures >= MOST_FIRST_FAILURES and self._progress.failed == self._progress.done:
            raise SweepError(f"The first {self._failures} trials all failed; the last: {event.message}.")

    def _end_training(self, number: int) -> None:
        self._spending.end(number, reached_by(self._writer.trials()[number]))

    def _publish_progress(self) -> None:
        running = {number: run.reached.epochs for number, run in self._under_way.running.items()}
        progress = self._progress.at(self._spending.elapsed, running, self._spending.training_left)
        for listen in self._listeners:
            listen(progress)

    def _line_of(self, trial: FrozenTrial) -> TrialLine:
        state = {TrialState.COMPLETE: "complete", TrialState.PRUNED: "pruned"}.get(trial.state, "failed")
        value, *further = trial.values or (None,)
        return TrialLine(
            trial.number,
            state,  # type: ignore[arg-type]
            trial.params,
            value=value,
            beside={one.metric: found for one, found in zip(self._goals.further, further, strict=False)},
            broken=tuple(name for name, excess in trial.constraints.items() if excess > 0),
        )
