"""KerasTuner's oracles as proposers.

An oracle keeps a state of its own, which a kill would lose. Here it has none: for every proposal one is made afresh,
seeded by the sweep's seed and the trial's number, given all trials of the study, and asked once. KerasTuner, and with it
TensorFlow, is imported when the first one is made.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from optuna.trial import FrozenTrial

from ...spaces import Configuration, Space, configuration_key
from ...spaces.keras_tuner import EPOCHS
from ...studies import Direction
from ..proposers import Grid, Proposal, ProposalRequest, Proposer, Random, WaitForTrials
from .brackets import FACTOR, Brackets, hyperband_trials, without_epochs
from .encoding import Encoding
from .replay import ask_oracle, is_replayed, new_oracle, replay_trials, seed_of

_ORACLES = {"kt-random": "RandomSearchOracle", "kt-bayes": "BayesianOptimizationOracle"}


def make_oracle(method: str, space: Space, seed: int, direction: Direction, epochs: int) -> Proposer:
    """Return the proposer of a method of KerasTuner's.

    Args:
        method: ``kt-random``, ``kt-grid``, ``kt-bayes`` or ``kt-hyperband``.
        space: What is searched; for Hyperband with ``epochs`` in it (``with_epochs``).
        seed: Of the sweep.
        direction: Which way the objective is better.
        epochs: The most that Hyperband gives a trial.
    """
    if method == "kt-grid":
        return Grid(grid_of(space))
    if method == "kt-hyperband":
        return KerasTunerHyperband(space, seed, direction, epochs)
    return KerasTunerOracle(_ORACLES[method], space, seed, direction)


class KerasTunerOracle:
    """The recommended configuration, then what the random or the Bayesian oracle says."""

    def __init__(self, oracle: str, space: Space, seed: int, direction: Direction) -> None:
        self._name = oracle
        self._encoding = Encoding(space)
        self._seed = seed
        self._direction = direction
        self._chance = Random(space, seed)

    def propose(self, request: ProposalRequest) -> Proposal:
        """Return what the oracle says; where it keeps repeating itself, a configuration by chance that no trial has."""
        if request.number > 0 and not request.stuck:
            oracle = new_oracle(
                self._name, self._encoding, self._direction, seed_of(self._seed, request.number)
            )
            replay_trials(oracle, self._encoding, request.trials)
            values = ask_oracle(oracle, request.number).get("values")
            if values is not None:
                return Proposal(self._encoding.decode(values))
        return self._chance.propose(request)


def grid_of(space: Space) -> Iterator[Configuration]:
    """Yield KerasTuner's grid: every choice, every step, and ten values of a range without steps.

    The recommended configuration is its default, and comes first.
    """
    first = space.recommended()
    anchored = (replace(one, recommended=first.get(one.name, one.recommended)) for one in space)
    encoding = Encoding(Space(tuple(anchored)))
    oracle = new_oracle("GridSearchOracle", encoding, "maximize", 1)
    values = ask_oracle(oracle, 0)["values"]
    while values is not None:
        yield encoding.decode(values)
        values = oracle._get_next_combination(values)


class KerasTunerHyperband:
    """KerasTuner's Hyperband: its brackets are derived from the trials, each of which trains from scratch."""

    def __init__(self, space: Space, seed: int, direction: Direction, epochs: int) -> None:
        self._encoding = Encoding(Space(tuple(one for one in space if one.name != EPOCHS)))
        self._space = space
        self._seed = seed
        self._direction = direction
        self._epochs = epochs
        self._chance = Random(self._encoding.of, seed)

    def propose(self, request: ProposalRequest) -> Proposal:
        """Return a configuration that is new, or one of the best of a round for more epochs.

        Raises:
            WaitForTrials: The next round waits for trials that run.
            SpaceExhausted: No configuration is left.
        """
        replayed = [trial for trial in request.trials if is_replayed(trial)]
        brackets = Brackets(self._epochs)
        brackets.place(replayed)
        if request.number > 0 and not request.stuck:
            whole = brackets.placed // hyperband_trials(self._epochs)
            # Another iteration where failures leave a round without winners.
            for iterations in (whole + 1, whole + 2):
                answer = self._ask(request.number, replayed, brackets, iterations)
                if answer["status"] == "IDLE":
                    raise WaitForTrials
                if answer.get("values") is not None:
                    values = answer["values"]
                    return self._with(self._encoding.decode(values), values["tuner/epochs"])
        tried = {configuration_key(without_epochs(trial.params)) for trial in replayed}
        new = self._chance.propose(ProposalRequest(request.number, tried))
        return self._with(new.configuration, brackets.epochs_of_new)

    def _ask(
        self, number: int, trials: Sequence[FrozenTrial], brackets: Brackets, iterations: int
    ) -> dict[str, Any]:
        seed = seed_of(self._seed, number)
        oracle = new_oracle(
            "HyperbandOracle", self._encoding, self._direction, seed, max_epochs=self._epochs, factor=FACTOR
        )
        replay_trials(oracle, self._encoding, trials)
        oracle.set_state({**oracle.get_state(), **brackets.as_state(), "hyperband_iterations": iterations})
        return ask_oracle(oracle, number)

    def _with(self, configuration: Configuration, epochs: int) -> Proposal:
        """Return a configuration with its epochs, in the space's order."""
        return Proposal(self._space.check({**configuration, EPOCHS: epochs}))
