"""Trials under way: those that are trained, here or by other drivers, those that are paused, and what a scheduler sees of them all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from optuna.trial import FrozenTrial, Trial, TrialState

from ...spaces import Configuration, Space
from ...studies.records import CONTINUES, ORIGIN, RUN_BY
from ...training.events import Answer, Rung, Task, TrialPaused
from ..paused_states import PausedStates
from ..proposers import SEED, training_key
from ..schedulers import KnownProgress, Scheduler, TrialProgress, progress_of

if TYPE_CHECKING:
    from ...studies.study_writer import StudyWriter


@dataclass
class TrialUnderWay:
    """A trial that is being trained, or paused."""

    trial: Trial
    configuration: Configuration
    key: str
    rungs: tuple[Rung, ...] = ()
    """At which it waits for an answer."""
    reached: Rung = field(default_factory=lambda: Rung(0, 0))
    answers: dict[Rung, Answer] = field(default_factory=dict)
    twins: list[Trial] = field(default_factory=list)
    """Later trials of the same configuration and seed, which get its result."""


def key_of(trial: FrozenTrial | Trial) -> str:
    """Return the key of what a trial trains."""
    return training_key(trial.params, trial.user_attrs.get(ORIGIN, {}))


class UnderWay:
    """What of a study's trials is under way; writes down what becomes of it."""

    def __init__(self, writer: StudyWriter, space: Space, scheduler: Scheduler, states: PausedStates) -> None:
        self._writer = writer
        self._space = space
        self._scheduler = scheduler
        self._states = states
        self.running: dict[int, TrialUnderWay] = {}
        self.epochs: dict[int, int] = {}
        """Which epoch each of these has come to: with each event it is shown of all of them, however many there are."""
        self.paused: dict[int, TrialUnderWay] = {}
        """Trials of which the scheduler has some go on, whoever has trained them."""
        self.elsewhere: dict[int, TrialUnderWay] = {}
        """Trials that other drivers train."""
        self._unsettled: list[int] = []
        """Those of them that were trained when an earlier run ended; they go on first."""
        self._known = KnownProgress()

    def __len__(self) -> int:
        """Return how many trials are under way."""
        return len(self.running) + len(self.paused) + len(self.elsewhere)

    def of_key(self, key: str) -> TrialUnderWay:
        """Return the trial that trains what a key says."""
        return next(run for run in self._runs if run.key == key)

    @property
    def _runs(self) -> tuple[TrialUnderWay, ...]:
        return (*self.running.values(), *self.paused.values(), *self.elsewhere.values())

    def progress(self, *, may_begin: bool) -> list[TrialProgress]:
        """Return all trials as the scheduler sees them: those that it would have another driver go on with as if that had."""
        return self._progress_with_next(may_begin=may_begin)[0] if self.elsewhere else self._all_progress()

    def _all_progress(self) -> list[TrialProgress]:
        return [
            self._progress_of(trial) for trial in self._writer.searched() if trial.state != TrialState.WAITING
        ]

    def _progress_of(self, trial: FrozenTrial) -> TrialProgress:
        progress = self._known.of(trial)
        is_trained = trial.number in self.running or trial.number in self.elsewhere
        is_twin = progress.state == "running" and not is_trained
        return replace(progress, state="ended") if is_twin else progress

    def _progress_with_next(self, *, may_begin: bool) -> tuple[list[TrialProgress], int | None]:
        """Return all trials, and the one that goes on here."""
        trials = self._all_progress()
        while True:
            number = self._scheduler.next_paused(trials, may_begin=may_begin)
            if number is None or not self._is_left(number):
                return trials, number
            trials = [replace(one, state="running") if one.number == number else one for one in trials]

    def _is_left(self, number: int) -> bool:
        """Tell whether a paused trial is left to another driver, which has its state, and trains something just now."""
        runner = self._writer.trial(number).user_attrs.get(RUN_BY)
        return runner in {self._writer.trial(other).user_attrs.get(RUN_BY) for other in self.elsewhere}

    def learn(self, trial: FrozenTrial) -> TrialUnderWay:
        """Learn of a trial that is paused, or that another driver trains."""
        run = self.drop(trial.number)
        opened = self._writer.open_trial(trial)
        if run is None:
            run = TrialUnderWay(opened, self._space.suggest(opened), key_of(trial))
        run.trial = opened  # it knows what was reported by now, and the one before does not
        if self._writer.runs_elsewhere(trial):
            if run.key not in {other.key for other in self._runs}:  # else it waits for that one's result
                self.elsewhere[trial.number] = run
            return run
        self.paused[trial.number] = run
        if not self._writer.is_settled(trial):
            self._unsettled.append(trial.number)
        return run

    def drop(self, number: int) -> TrialUnderWay | None:
        """Forget a trial that is paused, or that another driver trains; return it, None where there is no such one."""
        if number in self._unsettled:
            self._unsettled.remove(number)
        return self.paused.pop(number, None) or self.elsewhere.pop(number, None)

    def take_up(self, allowed: Callable[[int], bool], *, may_begin: bool) -> TrialUnderWay | None:
        """Return the paused trial that goes on now; None where another one is to begin, or the budget does not allow it."""
        if not self.paused:
            return None
        number = next((one for one in self._unsettled if not self._is_left(one)), None)
        if number is not None:
            self._unsettled.remove(number)
        else:
            _, number = self._progress_with_next(may_begin=may_begin)
        if number is None or not allowed(number):
            return None
        run = self.paused.pop(number)
        self._writer.go_on(run.trial)
        return run

    def begin(self, run: TrialUnderWay, seed: int) -> Task:
        """Note that a trial is trained; return the task, from its last rung on if it was paused at one."""
        number = run.trial.number
        trial = self._writer.trial(number)
        settled = set(progress_of(trial).reports)
        if settled and not self._writer.is_settled(trial):
            settled.remove(max(settled))  # how it went on is not known any more: it is asked again
        run.rungs = tuple(rung for rung in self._scheduler.rungs if rung not in settled)
        self.running[number] = run
        self.reach(run, Rung(0, 0))
        origin = trial.user_attrs.get(ORIGIN, {})
        continues = CONTINUES in origin
        return Task(
            number,
            run.configuration,
            origin.get(SEED, seed),
            run.rungs,
            self._states.file(number),
            self._states.last_file(number),
            self._states.checkpoint_every,
            continues,
        )

    def reach(self, run: TrialUnderWay, rung: Rung) -> None:
        """Note how far a trial that is trained has come."""
        run.reached = rung
        self.epochs[run.trial.number] = rung.epochs

    def take_back(self, number: int) -> None:
        """Note that a trial is not trained any more; what becomes of it is another matter."""
        del self.running[number], self.epochs[number]

    @property
    def can_pause(self) -> bool:
        """Whether a trial that is told to pause may go on from there."""
        return self._scheduler.pauses or self._states.used

    def make_room(self, keep: int) -> None:
        """Remove old states where a new one has been written."""
        self._states.make_room(keep)

    def put_aside(self, run: TrialUnderWay, event: TrialPaused) -> bool:
        """Pause a trial; one that has not come to a rung waits, as far as the study knows, and False is returned."""
        self.make_room(keep=event.number)
        if not self._writer.has_rungs(self._writer.trial(event.number)):
            self.requeue(run)
            return False
        self.paused[event.number] = run
        self._writer.pause(run.trial, event.outcome.result(), event.outcome.details())
        return True

    def end_paused(self) -> Iterator[TrialUnderWay]:
        """End the paused trials for good, with their twins, and yield each."""
        for number, run in sorted(self.paused.items()):
            with self._writer.transaction():
                self._writer.end_paused(run.trial)
                for twin in run.twins:
                    self._writer.finish_as_duplicate(twin, number)
            yield run
        self.paused.clear()
        waiting = [trial.number for trial in self._writer.waiting()]
        self._states.clear(self._writer.best(self._states.models), waiting)

    def forget_state(self, number: int) -> None:
        """Remove the state of a trial that has ended; its last one is kept where it is among the best."""
        self._states.drop(number)
        if self._states.models:
            best = self._writer.best(self._states.models)
            self._states.keep_best(
                {*best, *self.running, *self.elsewhere}
            )  # one that runs may have come to its end untold
            self._states.make_room(keep=number)

    def requeue_running(self) -> None:
        """Leave no trial running, however the sweep ends; those that have come to a rung are paused there."""
        with self._writer.transaction():
            for run in self.running.values():
                self.requeue(run)
        self.running.clear()
        self.epochs.clear()
        self._writer.requeue_running()

    def requeue(self, run: TrialUnderWay) -> None:
        """Have a trial wait, with its twins, to be run again."""
        with self._writer.transaction():
            for trial in (run.trial, *run.twins):
                self._writer.requeue(trial)
