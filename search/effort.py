"""What trials cost: what was spent so far, and what is left of a sweep that ends after so many trials.

The unit is an epoch of a single fold. How much of the trials goes on at each rung is what the scheduler's rule has one expect,
and with every trial more what they do; what they take, in seconds, is what trainings took in this run.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from ..training.events import EpochEnded, Rung

if TYPE_CHECKING:
    from .schedulers import Scheduler

BELIEF = 10.0
"""Trials at a rung that the scheduler's rule counts for, against what those that came there did."""


@dataclass(frozen=True)
class Left:
    """What is left to train."""

    stretches: float
    """From rung to rung, where a trial may be paused between; else from a trial's start to its end."""
    cost: float
    """Epochs of single folds."""

    def after(self, cost: float) -> Left:
        """Return what is left after more was trained."""
        return replace(self, cost=max(0.0, self.cost - cost))


@dataclass
class _Taken:
    """What some epochs took."""

    cost: int = 0
    seconds: float = 0.0

    def add(self, cost: int, seconds: float) -> None:
        self.cost += cost
        self.seconds += seconds


@dataclass(slots=True)
class _Trained:
    """How far a trial has come that is being trained."""

    folds: dict[int, int] = field(default_factory=dict)
    """Epoch -> folds that have trained it."""
    cost: int = 0
    since: float = 0.0
    """When it began, went on, or ended its last epoch."""
    starting: bool = True
    """Whether no epoch has ended since it began or went on."""
    inherits: bool = False
    """Whether what was trained before its first epoch is another trial's."""

    @classmethod
    def up_to(cls, reached: Rung) -> _Trained:
        """Return one that has come to a rung."""
        return cls(dict.fromkeys(range(1, reached.epochs + 1), reached.folds), reached.cost)


class Effort:
    """Keeps what a sweep's trials cost; the driver tells it what happens, and when."""

    def __init__(self, scheduler: Scheduler, whole: Rung) -> None:
        """Begin with no trial.

        Args:
            scheduler: Whose rungs divide a trial.
            whole: All epochs and folds.
        """
        self._scheduler = scheduler
        self._bounds = (0, *(rung.cost for rung in scheduler.rungs), whole.cost)
        self._whole = whole
        self._running: dict[int, _Trained] = {}
        self._rested: list[Rung | None] = []
        """How far the trials have come that are not trained just now, by number: of thousands of trials nothing more is kept."""
        self._rungs: dict[Rung, Rung] = {}
        """These rungs, each once; they are few, however many trials."""
        self._resting: Counter[int] = Counter()
        """Cost -> how many trials that have come so far are not trained just now."""
        self._first, self._further = _Taken(), _Taken()
        """Epochs of this run: the first after each start, with what starting took, and the others."""
        self._stretches = 0
        """That this run has begun to train."""
        self.spent = 0
        """By this run."""
        self.total = 0
        """By all runs, of trials that the study has."""

    def know(self, number: int, reached: Rung, *, alike: bool = True) -> None:
        """Learn how far a trial was trained by an earlier run, or by another driver by now.

        What is not ``alike`` says nothing of what others will take.
        """
        if not alike:
            self.total += reached.cost
            return
        before = self._take(number)
        self._put(number, reached)
        self.total += reached.cost - before.cost

    def forget(self, number: int) -> None:
        """Forget a trial that is to be trained from its start again."""
        self.total -= self._take(number).cost

    def start(self, number: int, now: float, *, inherits: bool = False) -> None:
        """Note that a worker begins a trial, or goes on with it; one that ``inherits``, with what another trial has trained."""
        trial = self._running[number] = self._take(number)
        trial.inherits = inherits
        trial.since, trial.starting = now, True

    def _take(self, number: int) -> _Trained:
        """Take out how far a trial has come; a new one has not begun."""
        if number in self._running:
            return self._running.pop(number)
        reached = self._rested[number] if number < len(self._rested) else None
        if reached is None:
            return _Trained()
        self._rested[number] = None
        self._resting[reached.cost] -= 1
        return _Trained.up_to(reached)

    def _put(self, number: int, reached: Rung) -> None:
        """Note how far a trial has come that is not trained just now."""
        self._rested += [None] * (number + 1 - len(self._rested))
        self._rested[number] = self._rungs.setdefault(reached, reached)
        self._resting[reached.cost] += 1

    def train(self, event: EpochEnded, now: float, *, anew: bool) -> int:
        """Note the end of an epoch, and return how many folds have trained it just now.

        Args:
            event: The epoch.
            now: The time.
            anew: Whether a worker died, and another one trains the trial from its start.
        """
        trial = self._running[event.number]
        if anew:
            self.total -= trial.cost
            trial.folds, trial.cost, trial.starting = {}, 0, True
        if trial.starting:
            self._take_up(trial, event)
        folds = max(0, len(event.scores) - trial.folds.get(event.epoch, 0))
        trial.folds[event.epoch] = max(len(event.scores), trial.folds.get(event.epoch, 0))
        if event.trained_before:
            return 0
        starts = self._bounds[:-1] if self._scheduler.pauses else (0,)
        self._stretches += sum(trial.cost <= start < trial.cost + folds for start in starts)
        trial.cost += folds
        self.spent += folds
        self.total += folds
        (self._first if trial.starting else self._further).add(folds, now - trial.since)
        trial.since, trial.starting = now, False
        return folds

    def _take_up(self, trial: _Trained, event: EpochEnded) -> None:
        """Count what a trial has not trained just now: it goes on from a checkpoint, or its rung is told once more."""
        first = event.epoch if not event.trained_before else event.epoch + 1
        for epoch in range(1, 1 if trial.inherits else first):
            more = max(0, len(event.scores) - trial.folds.get(epoch, 0))
            trial.folds[epoch] = trial.folds.get(epoch, 0) + more
            trial.cost += more
            self.total += more

    def end(self, number: int, reached: Rung) -> None:
        """Note that a trial has ended, or is paused, with what the study knows of it, so that a resumed sweep counts the same."""
        trial = self._take(number)
        self.total += reached.cost - trial.cost
        self._put(number, reached)

    def left(self, trials: float) -> Left:
        """Return what is left until so many trials have ended."""
        if not math.isfinite(trials):
            return Left(trials, trials)
        costs = np.array([*self._resting, *(trial.cost for trial in self._running.values())], float)
        running = np.arange(len(costs)) >= len(self._resting)
        counts = np.array([*self._resting.values(), *(1 for _ in self._running)], float)
        expected, entered = trials, np.ones(len(costs), bool)
        stretches = cost = 0.0
        for step, (low, high) in enumerate(pairwise(self._bounds)):
            if step > 0:
                judged = counts[entered & (~running | (costs >= low))].sum()
                entered = entered & (costs > low)
                expected = self._going_on(step - 1, expected, int(judged), int(counts[entered].sum()))
            begun = counts[entered].sum()
            expected = max(expected, begun, 1.0)
            spent = np.clip(costs - low, 0, high - low)
            ended = entered & (~running | (costs >= high))
            mean = ((counts * spent)[ended].sum() + high - low) / (counts[ended].sum() + 1)
            cost += (expected - begun) * mean
            cost += (counts * np.maximum(0.0, mean - spent))[entered & ~ended].sum()
            if step == 0 or self._scheduler.pauses:
                stretches += expected - begun
        return Left(float(stretches), float(cost))

    def _going_on(self, rung: int, trials: float, judged: int, gone: int) -> float:
        """Return how many of so many trials at a rung will go on in the end.

        Args:
            rung: Its place.
            trials: That will come there.
            judged: That have come there.
            gone: Of these, that have gone on.
        """
        will, so_far = (self._scheduler.expected_to_go_on(rung, count) for count in (trials, judged))
        belief = BELIEF * will / trials
        more = (gone + belief) / (so_far + belief)
        if self._scheduler.pauses:
            return max(1.0, more) * will  # those that have not gone on may do so later, the most in the end
        return gone + more * max(0.0, will - so_far)

    def is_running(self, number: int) -> bool:
        """Tell whether a trial is being trained, so that its stretch counts as under way."""
        return number in self._running

    def stretch_of(self, number: int | None) -> int:
        """Return what a trial takes to its next rung where it may be paused, else to its end; of a new one where None."""
        cost = 0 if number is None else self._cost_of(number)
        ends = self._bounds[1:] if self._scheduler.pauses else (self._whole.cost,)
        return next((end - cost for end in ends if end > cost), 0)

    def _cost_of(self, number: int) -> int:
        """Return what was trained of a trial so far."""
        if number in self._running:
            return self._running[number].cost
        reached = self._rested[number]
        return 0 if reached is None else reached.cost

    def under_way(self) -> int:
        """Return what running trials take to where they may be paused."""
        return sum(self.stretch_of(number) for number in self._running)

    def within(self, left: Left, total: int) -> Left:
        """Return what is left where all runs together train no more than so many epochs."""
        cost = max(0, total - self.total)
        if cost >= left.cost:
            return left
        return Left(cost * self._stretches / max(1, self.spent), cost)

    def seconds_of_a_trial(self) -> float | None:
        """Return the estimated seconds that a whole training takes; None while there is none to go by."""
        return self._seconds(Left(len(self._bounds) - 1 if self._scheduler.pauses else 1, self._whole.cost))

    def seconds(self, left: Left, elapsed: float) -> float | None:
        """Return the estimated seconds that what is left takes; None while there is none to go by.

        Args:
            left: What is left.
            elapsed: Seconds of this run: with what its workers wait for, and what the driver takes.
        """
        trained = self._seconds(left)
        return None if trained is None else trained * elapsed / (self._first.seconds + self._further.seconds)

    def _seconds(self, left: Left) -> float | None:
        """Return what is left as seconds of one worker."""
        first, further = self._first, self._further
        if first.seconds + further.seconds <= 0 or self.spent == 0 or not math.isfinite(left.cost):
            return None
        epoch = further.seconds / further.cost if further.cost else first.seconds / max(1, first.cost)
        start = max(0.0, first.seconds - first.cost * epoch) / max(1, self._stretches)
        return left.stretches * start + left.cost * epoch
