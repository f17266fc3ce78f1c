"""Which trial goes on or begins next, and how its task comes to a worker."""

from __future__ import annotations

from optuna.trial import Trial

from ...errors import SpaceError, one_line
from ...spaces import Configuration, Space
from ...spaces.possible import why_impossible_configuration
from ...studies.transactions import NotBegun
from ..executors.contract import Executor
from ..progress import TrialLine
from ..proposers import ProposalRequest, Proposer, SpaceExhausted, WaitForTrials
from .state import SweepState
from .under_way import TrialUnderWay, key_of

STUCK_AFTER = 10
"""Duplicates in a row after which the sampler is taken to be stuck."""


class Dispatcher:
    """Has trials go on or begin."""

    def __init__(
        self, state: SweepState, space: Space, proposer: Proposer, executor: Executor, seed: int
    ) -> None:
        """Prepare.

        Args:
            state: Of the sweep.
            space: What is searched.
            proposer: Of configurations.
            executor: Trains them.
            seed: Of all trainings.
        """
        self._state = state
        self._writer = state.writer
        self._under_way = state.under_way
        self._history = state.history
        self._space = space
        self._proposer = proposer
        self._executor = executor
        self._seed = seed

    def fill(self) -> None:
        """Have trials go on or begin while there are free workers and the budget allows."""
        while (
            self._state.termination.reason is None and len(self._under_way.running) < self._executor.capacity
        ):
            if not self._begin_one():
                return

    def _begin_one(self) -> bool:
        """Have a trial go on or begin; tell whether it is worth asking for another one."""
        with self._writer.decision() as changed:
            self._state.learn(changed)
            if self._state.termination.reason is not None:
                return False
            run = self._under_way.take_up(
                self._state.spending.allows_to_go_on, may_begin=self._state.may_begin_well()
            )
            if run is None:
                if not self._state.may_begin():
                    return False
                try:
                    run = self._start()
                except WaitForTrials:
                    return False
            if run is None:
                return True
            self._history.stuck = 0
            task = self._under_way.begin(run, self._seed)
        self._executor.submit(task)
        self._state.spending.start(run.trial.number, inherits=task.continues)
        self._state.reporter.count_paused()
        self._state.reporter.show()
        return True

    def _start(self) -> TrialUnderWay | None:
        """Begin the next trial in the study; None where it is not trained, or there is none.

        Raises:
            WaitForTrials: It follows from what others that run come to.
        """
        stuck = self._history.stuck
        try:
            return self._take_next()
        except NotBegun:
            self._history.stuck = stuck
        except SpaceExhausted:
            self._state.termination.exhausted = True
        return None

    def _take_next(self) -> TrialUnderWay | None:
        """Make the next trial; None where its configuration is trained, in training, or (if the user enqueued it) invalid."""
        proposed, waiting = None, self._writer.has_waiting()
        if not waiting:  # they come first
            stuck, seen = self._history.stuck >= STUCK_AFTER, self._history.trainings
            request = ProposalRequest(self._writer.next_number(), seen, self._writer.searched, stuck)
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
            ended = self._history.trainings.trial_of(key)
            if ended is not None:
                self._history.stuck += 1
                self._writer.finish_as_duplicate(trial, ended)
                return None
        if key in self._history.trainings:
            self._history.stuck += 1
            self._under_way.of_key(key).twins.append(trial)
            return None
        self._history.trainings.add(key)
        return TrialUnderWay(trial, configuration, key)

    def _read(self, trial: Trial, *, enqueued: bool) -> tuple[Configuration, str | None]:
        """Return the configuration of a new trial, and what is wrong with one that a user has enqueued."""
        if enqueued:  # Optuna would take a number out of range, and leave out a name that it does not know
            try:
                self._space.check_values(trial._fixed_params)
            except SpaceError as error:
                return {}, f"what was enqueued is not of this space: {one_line(error)}"
        configuration = self._space.suggest(trial)
        return configuration, why_impossible_configuration(configuration)

    def _refuse(self, trial: Trial, configuration: Configuration, fault: str) -> None:
        """End a trial that cannot be trained as one that failed."""
        message = fault.rstrip(".")
        self._writer.fail(trial, {"kind": "configuration", "message": message, "traceback": ""})
        self._history.trainings.end(key_of(trial), trial.number)
        self._state.end_training(trial.number)
        line = TrialLine(trial.number, "failed", configuration, message=message)
        self._state.reporter.tell_ended(line)
