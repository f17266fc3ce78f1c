"""The kinds of hyperparameters: ``Float``, ``Int`` and ``Categorical``, frozen and validated when made.

Each maps between three views of a value: the value itself, a number in the unit interval (for low-discrepancy sequences
and uniform samples), and an Optuna suggestion.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..errors import SpaceError
from .conditions import Between
from .hyperparameters import Hyperparameter
from .values import Value, canonical, is_finite, is_number, same, stored, value_text

if TYPE_CHECKING:
    import optuna

_LARGEST_INT = 2**53
"""A study stores floats, which skip whole numbers beyond this one."""


@dataclass(frozen=True, kw_only=True)
class Float(Hyperparameter):
    """A real number between two bounds, both included."""

    low: float = field(kw_only=False)
    high: float = field(kw_only=False)
    log: bool = False
    """Whether factors matter rather than differences, as for a learning rate."""

    @property
    def cardinality(self) -> float:
        """Infinite: a continuous range."""
        return math.inf

    def values(self) -> Iterable[float]:
        """Refuse: a continuous range has no list of values."""
        raise SpaceError(f"{self.name} is continuous; its values cannot be listed.")

    def check(self, value: Value) -> float:
        """Return the value as a float; an int is welcome, a bool or text is not."""
        if not is_number(value) or not self.low <= value <= self.high:
            raise SpaceError(f"{self.name} must be a number in {self.range_text()}, got {value!r}.")
        return float(value)

    def first_in(self, between: Between) -> float | None:
        """Return the smallest number that lies in both ranges."""
        low = max(self.low, between.low)
        return float(low) if low <= min(self.high, between.high) else None

    def from_unit(self, unit: float) -> float:
        """Return the value at a position in [0, 1]."""
        if self.log:
            value = math.exp(math.log(self.low) + unit * (math.log(self.high) - math.log(self.low)))
        else:
            value = self.low + unit * (self.high - self.low)
        return min(max(value, self.low), self.high)

    def to_unit(self, value: Value) -> float:
        """Return where a value lies between the bounds."""
        number = self.check(value)
        if self.log:
            return (math.log(number) - math.log(self.low)) / (math.log(self.high) - math.log(self.low))
        return (number - self.low) / (self.high - self.low)

    def suggest(self, trial: optuna.Trial) -> float:
        """Ask for a float."""
        return trial.suggest_float(self.name, self.low, self.high, log=self.log)

    def range_text(self) -> str:
        """Return ``low..high`` with ``:log`` where the scale is logarithmic."""
        return f"{value_text(self.low)}..{value_text(self.high)}" + (":log" if self.log else "")

    def _check_range(self) -> None:
        for key in ("low", "high"):
            bound = getattr(self, key)
            if not is_number(bound) or not is_finite(bound):
                raise SpaceError(f"{self.name}: a bound must be a finite number, got {bound!r}.", key=key)
        object.__setattr__(self, "low", float(self.low))
        object.__setattr__(self, "high", float(self.high))
        _check_bounds(self.name, self.low, self.high, self.log)
        if not math.isfinite(self.high - self.low):
            raise SpaceError(
                f"{self.name}: the range {self.range_text()} is too wide for a computer's numbers.",
                key="high",
            )

    def _default(self) -> float:
        middle = self.from_unit(0.5)
        rounded = float(f"{middle:.3g}")
        return rounded if self.low <= rounded <= self.high else middle

    def _default_grid(self) -> tuple[float, ...]:
        inside = self.low < self.recommended < self.high
        return tuple(dict.fromkeys((self.low, self.recommended if inside else self._default(), self.high)))


@dataclass(frozen=True, kw_only=True)
class Int(Hyperparameter):
    """A whole number between two bounds, both included, in steps."""

    low: int = field(kw_only=False)
    high: int = field(kw_only=False)
    step: int = 1
    log: bool = False

    @property
    def cardinality(self) -> float:
        """Number of values from low to high."""
        return (self.high - self.low) // self.step + 1

    def values(self) -> Iterable[int]:
        """Return all values from low to high."""
        return range(self.low, self.high + 1, self.step)

    def check(self, value: Value) -> int:
        """Return the value as an int; ``32.0`` is welcome, ``32.5`` or a bool is not."""
        is_whole = value.is_integer() if isinstance(value, float) else type(value) is int
        if not is_whole or not self.low <= int(value) <= self.high or (int(value) - self.low) % self.step:  # type: ignore[arg-type]
            raise SpaceError(f"{self.name} must be a whole number in {self.range_text()}, got {value!r}.")
        return int(value)  # type: ignore[arg-type]

    def first_in(self, between: Between) -> int | None:
        """Return the smallest value that lies in a range."""
        if between.low > self._top:
            return None
        over = math.ceil(max(self.low, between.low)) - self.low
        value = self.low + -(-over // self.step) * self.step
        return value if value <= min(self._top, between.high) else None

    def from_unit(self, unit: float) -> int:
        """Return the value at a position in [0, 1); every value has an equal share (of the log range if log)."""
        if self.log:
            low, high = math.log(self.low - 0.5), math.log(self.high + 0.5)
            value = round(math.exp(low + unit * (high - low)))
        else:
            value = self.low + self.step * int(unit * self.cardinality)
        return min(max(value, self.low), self._top)

    @property
    def _top(self) -> int:
        """The largest value; the upper bound may lie between two steps."""
        return self.high - (self.high - self.low) % self.step

    def to_unit(self, value: Value) -> float:
        """Return the middle of a value's share."""
        number = self.check(value)
        if self.log:
            low, high = math.log(self.low - 0.5), math.log(self.high + 0.5)
            return (math.log(number) - low) / (high - low)
        return ((number - self.low) // self.step + 0.5) / self.cardinality

    def suggest(self, trial: optuna.Trial) -> int:
        """Ask for an int."""
        return trial.suggest_int(self.name, self.low, self._top, step=self.step, log=self.log)

    def range_text(self) -> str:
        """Return ``low..high`` with ``:log`` or ``:step=n``."""
        return f"{self.low}..{self.high}" + (
            ":log" if self.log else f":step={self.step}" if self.step > 1 else ""
        )

    def _check_range(self) -> None:
        for key in ("low", "high", "step"):
            bound = getattr(self, key)
            if isinstance(bound, bool) or not isinstance(bound, int):
                raise SpaceError(f"{self.name}: a bound must be a whole number, got {bound!r}.", key=key)
            if abs(bound) > _LARGEST_INT:
                shown = f"{bound:.3g}" if is_finite(bound) else f"of {len(str(abs(bound)))} digits"
                raise SpaceError(f"{self.name}: the bound {shown} is too large for a study.", key=key)
        if self.step < 1:
            raise SpaceError(f"{self.name}: the step must be 1 or more, got {self.step}.", key="step")
        if self.log and self.step != 1:
            raise SpaceError(f"{self.name}: a log scale has no step; drop one of the two.", key="step")
        _check_bounds(self.name, self.low, self.high, self.log)

    def _default(self) -> int:
        return self.from_unit(0.5)

    def _default_grid(self) -> tuple[int, ...]:
        if self.cardinality <= 5:
            return tuple(range(self.low, self.high + 1, self.step))
        inside = self.low < self.recommended < self._top
        return tuple(dict.fromkeys((self.low, self.recommended if inside else self._default(), self._top)))


@dataclass(frozen=True, kw_only=True)
class Categorical(Hyperparameter):
    """One of several choices, in no order."""

    choices: tuple[Value, ...] = field(kw_only=False)

    @property
    def cardinality(self) -> float:
        """Number of choices."""
        return len(self.choices)

    def values(self) -> Iterable[Value]:
        """Return all choices."""
        return self.choices

    def check(self, value: Value) -> Value:
        """Return the choice that equals a value; an int may stand for an equal float, and a tuple's text for the tuple."""
        value = canonical(value)
        for choice in self.choices:
            if same(choice, value):
                return choice
        if is_number(value):
            for choice in self.choices:
                if is_number(choice) and choice == value:
                    return choice
        if isinstance(value, str | tuple):
            for choice in self.choices:
                if type(choice) is not type(value) and stored(choice) == stored(value):
                    return choice
        raise SpaceError(f"{self.name} must be one of {self.range_text()}, got {value!r}.")

    def first_in(self, between: Between) -> Value:
        """Return the first choice that is a number in a range."""
        return next((choice for choice in self.choices if choice in between), None)

    def from_unit(self, unit: float) -> Value:
        """Return the choice at a position in [0, 1); every choice has an equal share."""
        return self.choices[min(int(unit * len(self.choices)), len(self.choices) - 1)]

    def to_unit(self, value: Value) -> float:
        """Return the middle of a choice's share."""
        choice = self.check(value)
        position = next(place for place, other in enumerate(self.choices) if same(other, choice))
        return (position + 0.5) / len(self.choices)

    def suggest(self, trial: optuna.Trial) -> Value:
        """Ask for a choice."""
        answer = trial.suggest_categorical(self.name, tuple(map(stored, self.choices)))
        return self.check(answer)

    def range_text(self) -> str:
        """Return the choices, separated by commas."""
        return ",".join(value_text(choice) for choice in self.choices)

    def _choices(self) -> tuple[Value, ...]:
        return self.choices

    def _check_range(self) -> None:
        if not isinstance(self.choices, list | tuple) or not self.choices:
            raise SpaceError(f"{self.name}: needs at least one choice.", key="choices")
        object.__setattr__(self, "choices", tuple(map(canonical, self.choices)))
        for position, choice in enumerate(self.choices):
            for part in _parts(choice):
                if part is not None and not isinstance(part, bool | int | float | str):
                    raise SpaceError(
                        f"{self.name}: a choice must be text, a number, true, false, none or a tuple of these, "
                        f"got {choice!r}.",
                        key="choices",
                    )
                if isinstance(part, float) and not math.isfinite(part):
                    raise SpaceError(f"{self.name}: a choice must be finite, got {choice!r}.", key="choices")
            for earlier in self.choices[:position]:
                if same(choice, earlier):
                    raise SpaceError(
                        f"{self.name}: the choice {value_text(choice)} stands twice.", key="choices"
                    )
                if stored(choice) == stored(earlier):
                    # Optuna compares choices like this, and would read one of the two back as the other.
                    raise SpaceError(
                        f"{self.name}: a study cannot tell the choices {value_text(earlier)} and "
                        f"{value_text(choice)} apart; drop one of the two.",
                        key="choices",
                    )

    def _default(self) -> Value:
        return self.choices[0]

    def _default_grid(self) -> tuple[Value, ...]:
        return self.choices


KINDS: dict[str, type[Hyperparameter]] = {"float": Float, "int": Int, "categorical": Categorical}
"""The kinds by their names in text."""


def _parts(choice: Any) -> Iterable[Any]:
    """Yield a choice itself, or the innermost values of a tuple."""
    if not isinstance(choice, tuple):
        yield choice
        return
    for part in choice:
        yield from _parts(part)


def _check_bounds(name: str, low: float, high: float, log: Any) -> None:
    if not isinstance(log, bool):
        raise SpaceError(f"{name}: log must be true or false, got {log!r}.", key="log")
    if low >= high:
        text = f"{value_text(low)}..{value_text(high)}"
        raise SpaceError(
            f"{name}: the range {text} is empty; the lower bound must be below the upper one.", key="low"
        )
    if log and low <= 0:
        start = value_text(low)
        raise SpaceError(
            f"{name}: a log scale cannot start at {start}; choose a lower bound above zero.", key="log"
        )
