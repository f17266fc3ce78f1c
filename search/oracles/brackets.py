"""Hyperband's brackets as KerasTuner counts them, derived from a study's trials."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from optuna.trial import FrozenTrial

from ...spaces import Configuration, Value, configuration_key
from ...spaces.keras_tuner import EPOCHS

FACTOR = 3
"""Of three trials in a round of Hyperband one goes on, for three times the epochs: KerasTuner's default."""


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
    """Which trial belongs to which round, derived from configurations and epochs alone.

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
            self._keys[name] = configuration_key(without_epochs(trial.params))
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


def without_epochs(values: Mapping[str, Value]) -> Configuration:
    """Return a configuration as it is for all its epochs."""
    return {name: value for name, value in values.items() if name != EPOCHS}
