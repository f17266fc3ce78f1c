"""What depends on earlier choices: whether a hyperparameter is active, and which value is recommended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .values import Configuration, Value, same


@dataclass(frozen=True)
class Condition:
    """A hyperparameter is active only where an earlier one, its parent, has one of these values."""

    parent: str
    values: tuple[Value, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", tuple(self.values))

    def holds(self, configuration: Configuration) -> bool:
        """Tell whether the parent is active and has one of the values."""
        return self.parent in configuration and any(
            same(configuration[self.parent], value) for value in self.values
        )


@dataclass(frozen=True)
class Recommendation:
    """A recommended value for the case that all conditions hold: a learning rate for SGD, another one for Adam."""

    value: Any
    conditions: tuple[Condition, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "conditions", tuple(self.conditions))

    def holds(self, configuration: Configuration) -> bool:
        """Tell whether the recommendation is for a configuration of the hyperparameters before this one."""
        return all(condition.holds(configuration) for condition in self.conditions)
