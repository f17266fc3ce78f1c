"""KerasTuner's oracles as proposers: ``kt-random``, ``kt-grid``, ``kt-bayes``, ``kt-hyperband``.

An oracle keeps a state of its own, which a kill would lose. Here it has none: for every proposal one is made afresh,
seeded by the sweep's seed and the trial's number, told all trials of the study, and asked once. KerasTuner, and with it
TensorFlow, is imported when the first one is made.
"""

from __future__ import annotations

import hashlib
import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from optuna.trial import FrozenTrial, TrialState

from ..errors import SpaceError
from ..spaces import (
    Categorical,
    Condition,
    Configuration,
    Float,
    Hyperparameter,
    Int,
    Space,
    Value,
    configuration_key,
    space_to_keras_tuner,
)
from ..spaces.keras_tuner import EPOCHS
from ..studies import Direction
from ..studies.records import DUPLICATE, RESULT
from .quiet import import_tensorflow
from .samplers import Asked, NothingYet, Proposer, Random, SpaceExhausted

FACTOR = 3
"""Of three trials in a round of Hyperband one goes on, for three times the epochs: KerasTuner's default."""
_STATUS = {
    TrialState.RUNNING: "RUNNING",
    TrialState.COMPLETE: "COMPLETED",
    TrialState.PRUNED: "COMPLETED",
    TrialState.FAIL: "FAILED",
}


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
        return KerasTunerGrid(space)
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

    def propose(self, asked: Asked) -> Configuration | None:
        """Return what the oracle says; where it keeps repeating itself, a configuration by chance that no trial has."""
        if asked.number > 0 and not asked.stuck:
            oracle = new_oracle(self._name, self._encoding, self._direction, _seed(self._seed, asked.number))
            feed(oracle, self._encoding, asked.trials)
            values = _answer(oracle, asked.number).get("values")
            if values is not None:
                return self._encoding.decode(values)
        return self._chance.propose(asked)


class KerasTunerGrid:
    """KerasTuner's grid: every choice, every step, and ten values of a range without steps; the defaults first."""

    def __init__(self, space: Space) -> None:
        self._encoding = Encoding(space)
        self._left = self._combinations()

    def propose(self, asked: Asked) -> Configuration | None:
        """Return the next combination that no trial has."""
        for configuration in self._left:
            if configuration_key(configuration) not in asked.seen:
                return configuration
        raise SpaceExhausted("every configuration of KerasTuner's grid has been tried")

    def _combinations(self) -> Iterator[Configuration]:
        oracle = new_oracle("GridSearchOracle", self._encoding, "maximize", 1)
        values = _answer(oracle, 0)["values"]
        while values is not None:
            yield self._encoding.decode(values)
            values = oracle._get_next_combination(values)


class KerasTunerHyperband:
    """KerasTuner's Hyperband: its brackets are told from the trials, each of which trains from the start."""

    def __init__(self, space: Space, seed: int, direction: Direction, epochs: int) -> None:
        self._encoding = Encoding(Space(tuple(one for one in space if one.name != EPOCHS)))
        self._space = space
        self._seed = seed
        self._direction = direction
        self._epochs = epochs
        self._chance = Random(self._encoding.of, seed)

    def propose(self, asked: Asked) -> Configuration | None:
        """Return a configuration that is new, or one of the best of a round for more epochs.

        Raises:
            NothingYet: The next round waits for trials that run.
            SpaceExhausted: No configuration is left.
        """
        fed = [trial for trial in asked.trials if _is_fed(trial)]
        brackets = Brackets(self._epochs)
        brackets.place(fed)
        if asked.number > 0 and not asked.stuck:
            whole = brackets.placed // hyperband_trials(self._epochs)
            # Another iteration where failures leave a round without winners.
            for iterations in (whole + 1, whole + 2):
                answer = self._ask(asked.number, fed, brackets, iterations)
                if answer["status"] == "IDLE":
                    raise NothingYet
                if answer.get("values") is not None:
                    values = answer["values"]
                    return self._with(self._encoding.decode(values), values["tuner/epochs"])
        tried = {configuration_key(_without_epochs(trial.params)) for trial in fed}
        new = self._chance.propose(Asked(asked.number, tried)) or {}
        return self._with(new, brackets.epochs_of_new)

    def _ask(
        self, number: int, trials: Sequence[FrozenTrial], brackets: Brackets, iterations: int
    ) -> dict[str, Any]:
        seed = _seed(self._seed, number)
        oracle = new_oracle(
            "HyperbandOracle", self._encoding, self._direction, seed, max_epochs=self._epochs, factor=FACTOR
        )
        feed(oracle, self._encoding, trials)
        oracle.set_state({**oracle.get_state(), **brackets.as_state(), "hyperband_iterations": iterations})
        return _answer(oracle, number)

    def _with(self, configuration: Configuration, epochs: int) -> Configuration:
        """Return a configuration with its epochs, in the space's order."""
        return self._space.check({**configuration, EPOCHS: epochs})


_ORACLES = {"kt-random": "RandomSearchOracle", "kt-bayes": "BayesianOptimizationOracle"}


class Encoding:
    """A space in KerasTuner's words: choices that it cannot say (none, several types) become their positions."""

    def __init__(self, space: Space) -> None:
        self.of = space
        self._coded = {one.name for one in space if isinstance(one, Categorical) and not _is_sayable(one)}
        self.space = Space(tuple(self._encoded(one) for one in space))

    def encode(self, configuration: Mapping[str, Value]) -> Configuration:
        """Return a configuration as KerasTuner is told it."""
        return {name: self._code(name, value) for name, value in configuration.items()}

    def decode(self, values: Mapping[str, Any]) -> Configuration:
        """Return the configuration that KerasTuner's values mean; rounding may not take it out of its ranges."""
        configuration: Configuration = {}
        for one in self.of:
            if one.is_active(configuration):
                configuration[one.name] = self._decoded(one, values[one.name])
        return configuration

    def _encoded(self, one: Hyperparameter) -> Hyperparameter:
        conditions = tuple(
            Condition(
                condition.parent, tuple(self._code(condition.parent, value) for value in condition.values)
            )
            for condition in one.conditions
        )
        if one.name not in self._coded:
            return replace(one, conditions=conditions, recommended_when=())
        positions = tuple(str(position) for position in range(int(one.cardinality)))
        return Categorical(
            one.name, positions, recommended=self._code(one.name, one.recommended), conditions=conditions
        )

    def _code(self, name: str, value: Value) -> Value:
        if name not in self._coded:
            return value
        one = self.of[name]
        return str(list(one.values()).index(one.check(value)))

    def _decoded(self, one: Hyperparameter, value: Any) -> Value:
        if one.name in self._coded:
            return list(one.values())[int(value)]
        if isinstance(one, Float):
            return one.check(min(max(float(value), one.low), one.high))
        if isinstance(one, Int):
            return one.check(min(max(int(value), one.low), one.high - (one.high - one.low) % one.step))
        return one.check(value)


def _is_sayable(one: Categorical) -> bool:
    kinds = {type(choice) for choice in one.choices}
    return len(kinds) == 1 and kinds != {type(None)}


def new_oracle(name: str, encoding: Encoding, direction: Direction, seed: int, **options: Any) -> Any:
    """Return one of ``keras_tuner.oracles`` that knows the space and nothing else."""
    import_tensorflow()
    import keras_tuner

    objective = keras_tuner.Objective("value", "max" if direction == "maximize" else "min")
    return getattr(keras_tuner.oracles, name)(
        objective=objective,
        seed=seed,
        hyperparameters=space_to_keras_tuner(encoding.space),
        **options,
    )


def feed(oracle: Any, encoding: Encoding, trials: Sequence[FrozenTrial]) -> None:
    """Tell a new oracle the trials of a study: their values where they have one, that they failed, or that they run.

    A pruned trial counts with its last mean. A repeated one is told once; one that a user enqueued outside of the space
    is not told.
    """
    from keras_tuner.engine.trial import Trial

    for trial in filter(_is_fed, trials):
        try:
            configuration = encoding.of.check(_known(trial.params, encoding.of))
        except SpaceError:
            continue
        hyperparameters = oracle.get_space()
        hyperparameters.values = encoding.encode(configuration)
        told = Trial(hyperparameters, trial_id=str(trial.number), status=_STATUS[trial.state])
        oracle.trials[told.trial_id] = told
        oracle.start_order.append(told.trial_id)
        if trial.state == TrialState.RUNNING:
            oracle.ongoing_trials[told.trial_id] = told
        else:
            oracle.end_order.append(told.trial_id)
            if told.status == "COMPLETED":
                told.score = trial.value
                told.best_step = trial.user_attrs.get(RESULT, {}).get("epochs", 0)
        oracle._record_values(told)  # so that it is not drawn again


def _is_fed(trial: FrozenTrial) -> bool:
    return trial.state in _STATUS and DUPLICATE not in trial.user_attrs


def _known(values: Mapping[str, Value], space: Space) -> Configuration:
    """Return values without Hyperband's epochs, where the oracle's space has none."""
    return dict(values) if EPOCHS in space else _without_epochs(values)


def _without_epochs(values: Mapping[str, Value]) -> Configuration:
    return {name: value for name, value in values.items() if name != EPOCHS}


def _answer(oracle: Any, number: int) -> dict[str, Any]:
    """Ask an oracle for the values of a trial."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a Gaussian process that does not converge is KerasTuner's to judge
        answer: dict[str, Any] = oracle.populate_space(str(number))
    return answer


def _seed(seed: int, number: int) -> int:
    """Return the seed of an oracle; KerasTuner takes 0 for none."""
    digest = hashlib.blake2b(f"{seed}/{number}/oracle".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") or 1


# Hyperband's brackets.


class Round(NamedTuple):
    """A round of a bracket."""

    size: int
    """Trials."""
    epochs: int
    """That each of them trains."""


def hyperband_rounds(epochs: int) -> list[list[Round]]:
    """Return the brackets of one iteration by KerasTuner's number, each with its rounds.

    Bracket 0 trains all of its trials for all epochs; the last one begins with the most trials and the fewest epochs,
    and is the first to run.
    """
    count, left = 0, float(epochs)
    while left >= 1:
        left /= FACTOR
        count += 1
    end = math.ceil(1 + math.log(epochs, FACTOR))
    return [
        [
            Round(
                math.ceil(end / (bracket + 1) * FACTOR ** (bracket - number)),
                math.ceil(epochs / FACTOR ** (bracket - number)),
            )
            for number in range(bracket + 1)
        ]
        for bracket in range(count)
    ]


def hyperband_trials(epochs: int) -> int:
    """Return the trials of one iteration of Hyperband."""
    return sum(round_.size for rounds in hyperband_rounds(epochs) for round_ in rounds)


@dataclass
class Brackets:
    """Which trial stands in which round, told from configurations and epochs alone.

    A trial belongs to a later round where the one before holds its configuration for fewer epochs; else it is new.
    """

    epochs: int
    opened: list[list[list[tuple[str | None, str]]]] = field(default_factory=list)
    """Bracket, in the order in which they were opened -> round -> the trial before and the trial."""
    placed: int = 0
    _keys: dict[str, str] = field(default_factory=dict)
    """Trial -> its configuration."""

    def __post_init__(self) -> None:
        self._plan = hyperband_rounds(self.epochs)
        self._open()

    def place(self, trials: Sequence[FrozenTrial]) -> None:
        """Find the places of trials, in order of number; a user's own, of other epochs, has none."""
        for trial in trials:
            name, epochs = str(trial.number), trial.params.get(EPOCHS)
            self._keys[name] = configuration_key(_without_epochs(trial.params))
            self.placed += self._promoted(name, epochs) or self._is_new(name, epochs)

    def _promoted(self, name: str, epochs: Any) -> bool:
        for index, rounds in enumerate(self.opened):
            for number in range(1, len(rounds)):
                size, wanted = self._rounds(index)[number]
                if wanted != epochs or len(rounds[number]) >= size:
                    continue
                taken = {before for before, _ in rounds[number]}
                for _, earlier in rounds[number - 1]:
                    if earlier not in taken and self._keys[earlier] == self._keys[name]:
                        rounds[number].append((earlier, name))
                        return True
        return False

    def _is_new(self, name: str, epochs: Any) -> bool:
        index = self._first_open()
        if self._rounds(index)[0].epochs != epochs:
            return False
        if index == len(self.opened):
            self._open()
        self.opened[index][0].append((None, name))
        return True

    def _first_open(self) -> int:
        """Return the bracket whose first round takes more trials; one that is not opened yet where all are full."""
        for index, rounds in enumerate(self.opened):
            if len(rounds[0]) < self._rounds(index)[0].size:
                return index
        return len(self.opened)

    def _open(self) -> None:
        self.opened.append([[] for _ in self._rounds(len(self.opened))])

    def _number(self, index: int) -> int:
        """Return KerasTuner's number of a bracket, which counts down in every iteration."""
        return len(self._plan) - 1 - index % len(self._plan)

    def _rounds(self, index: int) -> list[Round]:
        return self._plan[self._number(index)]

    @property
    def epochs_of_new(self) -> int:
        """The epochs that a new configuration trains."""
        return self._rounds(self._first_open())[0].epochs

    def as_state(self) -> dict[str, Any]:
        """Return what KerasTuner's oracle keeps of its brackets."""
        last = len(self.opened) - 1
        return {
            "brackets": [
                {
                    "bracket_num": self._number(index),
                    "rounds": [[{"past_id": past, "id": name} for past, name in part] for part in rounds],
                }
                for index, rounds in enumerate(self.opened)
            ],
            "current_bracket": self._number(last),
            "current_iteration": last // len(self._plan),
        }
