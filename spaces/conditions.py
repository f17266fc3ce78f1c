"""What depends on earlier choices: whether a hyperparameter is active, and which value is recommended."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from ..errors import SpaceError
from .values import Configuration, Value, canonical, is_number, same, value_text


@dataclass(frozen=True)
class Between:
    """A range of numbers in a condition, bounds included; without ``low`` or ``high`` it is open on that side.

    Raises:
        SpaceError: A bound is no number, none is given, or they are the wrong way round.
    """

    low: float = -math.inf
    high: float = math.inf

    def __post_init__(self) -> None:
        for bound in (self.low, self.high):
            if not is_number(bound) or (isinstance(bound, float) and math.isnan(bound)):
                raise SpaceError(f"A bound must be a number, got {bound!r}.", key="when")
        if self.low == -math.inf and self.high == math.inf:
            raise SpaceError("A range needs a lower or an upper bound.", key="when")
        if self.low > self.high:
            raise SpaceError(f"The range {self} is empty.", key="when")

    def __contains__(self, value: object) -> bool:
        return is_number(value) and self.low <= value <= self.high

    def __str__(self) -> str:
        if self.high == math.inf:
            return f"{value_text(self.low)} or more"
        if self.low == -math.inf:
            return f"{value_text(self.high)} or less"
        return f"{value_text(self.low)}..{value_text(self.high)}"


Named: TypeAlias = Value | Between
"""What a condition may list: a value, or a range of numbers."""


def admits(named: Named, value: Value) -> bool:
    """Tell whether a value equals what a condition lists, or lies in its range."""
    return value in named if isinstance(named, Between) else same(named, value)


def common(left: Sequence[Named], right: Sequence[Named]) -> tuple[Named, ...]:
    """Return the values and ranges that both have in common, in the order of the left."""
    found: list[Named] = []
    for one in left:
        for other in right:
            found.extend(both for both in _both(one, other) if not any(same(both, known) for known in found))
    return tuple(found)


def _both(one: Named, other: Named) -> Iterator[Named]:
    """Yield what two have in common, if anything; None is a value, too."""
    if isinstance(one, Between) and isinstance(other, Between):
        low, high = max(one.low, other.low), min(one.high, other.high)
        if low <= high:
            yield Between(low, high)
    elif isinstance(one, Between):
        if other in one:
            yield other
    elif admits(other, one):
        yield one


def named_text(named: Named) -> str:
    """Return a value or range of a condition as people write it: ``sgd``, ``8..32``, ``200 or more``."""
    return str(named) if isinstance(named, Between) else value_text(named)


def either_text(named: Iterable[Named]) -> str:
    """Return all that a condition lists as people write it: ``adam or sgd``."""
    return " or ".join(map(named_text, named))


@dataclass(frozen=True)
class Condition:
    """A hyperparameter is active only where an earlier one, its parent, has one of these values."""

    parent: str
    values: tuple[Named, ...]
    """The values, or ranges of them."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", tuple(self.values))

    def holds(self, configuration: Configuration) -> bool:
        """Tell whether the parent is active and has one of the values."""
        return self.parent in configuration and any(
            admits(named, configuration[self.parent]) for named in self.values
        )


def conditions_text(conditions: Iterable[Condition]) -> str:
    """Return conditions in words: ``optimizer in sgd,rmsprop and batch_size 200 or more``."""
    return " and ".join(map(_condition_text, conditions))


def _condition_text(condition: Condition) -> str:
    values = ",".join(map(named_text, condition.values))
    ranges = all(isinstance(value, Between) for value in condition.values)
    return f"{condition.parent} {values}" if ranges else f"{condition.parent} in {values}"


@dataclass(frozen=True)
class Recommendation:
    """The value to recommend where all conditions hold: one learning rate for SGD, another for Adam."""

    value: Any
    conditions: tuple[Condition, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "conditions", tuple(self.conditions))

    def holds(self, configuration: Configuration) -> bool:
        """Tell whether the recommendation applies, given the values chosen so far."""
        return all(condition.holds(configuration) for condition in self.conditions)


def conditions_of(when: Any) -> tuple[Condition, ...]:
    """Return the conditions that plain data describes: ``{optimizer: [sgd], batch_size: {low: 200}}``.

    Raises:
        SpaceError: It is written otherwise.
    """
    if not isinstance(when, Mapping):
        raise SpaceError("'when' maps a hyperparameter to its values, for example {optimizer: [sgd]}.")
    listed = {
        str(parent): written if isinstance(written, list | tuple) else (written,)
        for parent, written in when.items()
    }
    return tuple(Condition(parent, tuple(map(_named, values))) for parent, values in listed.items())


def _named(written: Any) -> Named:
    """Return a value as it is, and a mapping as the range it describes."""
    if not isinstance(written, Mapping):
        return canonical(written)  # type: ignore[no-any-return]  # the hyperparameter refuses what is no value
    if not written or not set(written) <= {"low", "high"}:
        raise SpaceError("a range of 'when' is {low: 8, high: 32}, or one of the two.")
    return Between(**written)


def when_of(conditions: Iterable[Condition]) -> dict[str, Any]:
    """Return conditions as the plain data that ``conditions_of`` reads."""
    written = {one.parent: [_written(value) for value in one.values] for one in conditions}
    return {
        parent: values[0] if len(values) == 1 and isinstance(values[0], dict) else values
        for parent, values in written.items()
    }


def _written(named: Named) -> Any:
    if not isinstance(named, Between):
        return named
    return {key: bound for key in ("low", "high") if abs(bound := getattr(named, key)) != math.inf}
