"""What all hyperparameters share: a name, conditions, and know-how. The kinds are in ``kinds.py``."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from ..errors import SpaceError
from .conditions import Between, Condition, Recommendation
from .values import Configuration, Value, same, value_text

if TYPE_CHECKING:
    import optuna

Confidence = Literal["low", "medium", "high"]

CONFIDENCES = ("low", "medium", "high")


def is_name(name: Any) -> bool:
    """Tell whether this may be a hyperparameter's name: ``units``, ``units_0``, ``optimizer/learning rate``.

    KerasTuner's scopes put any text into names, and they are kept as they are. The command line splits at ``=``, and
    Optuna's tables hold 512 characters.
    """
    return (
        isinstance(name, str)
        and 0 < len(name) <= 512
        and name.isprintable()
        and name == name.strip()
        and "=" not in name
    )


@dataclass(frozen=True, kw_only=True)
class Hyperparameter(ABC):
    """What all kinds share. Use ``Float``, ``Int`` or ``Categorical``."""

    name: str = field(kw_only=False)
    recommended: Any = None
    """The value that know-how suggests to try first; derived from the range where none is given."""
    recommended_when: tuple[Recommendation, ...] = ()
    """Other recommended values, by what was chosen before; the first that applies counts."""
    confidence: Confidence = "medium"
    """How much the recommended value is believed."""
    conditions: tuple[Condition, ...] = ()
    """All must hold for the hyperparameter to be active."""
    grid: tuple[Any, ...] = ()
    """Values of a grid search; derived from the range and the recommended value where none are given."""
    group: str = ""
    meaning: str = ""
    """One line: what it does."""
    advice: str = ""
    """One line: what to try when it is wrong."""
    source: str = ""
    """Where the recommended value comes from."""

    def __post_init__(self) -> None:
        if not is_name(self.name):
            raise SpaceError(
                f"A hyperparameter's name must be printable text without '=', got {self.name!r}."
            )
        if self.confidence not in CONFIDENCES:
            raise SpaceError(
                f"{self.name}: confidence must be low, medium or high, got {self.confidence!r}.",
                key="confidence",
            )
        for key in ("group", "meaning", "advice", "source"):
            if not isinstance(getattr(self, key), str):
                raise SpaceError(f"{self.name}: {key} must be text, got {getattr(self, key)!r}.", key=key)
        self._check_conditions()
        self._check_range()
        if self.recommended is None and None not in self._choices():
            object.__setattr__(self, "recommended", self._default())
        object.__setattr__(self, "recommended", self._check_given(self.recommended, "recommended"))
        self._check_recommendations()
        points = tuple(self._check_given(value, "grid") for value in self.grid)
        for position, point in enumerate(points):
            if any(same(point, earlier) for earlier in points[:position]):
                raise SpaceError(f"{self.name}: the grid value {value_text(point)} stands twice.", key="grid")
        object.__setattr__(self, "grid", points or self._default_grid())

    def _check_recommendations(self) -> None:
        checked = []
        for recommendation in self.recommended_when:
            if not recommendation.conditions:
                raise SpaceError(
                    f"{self.name}: a recommendation without a condition is the recommended value.",
                    key="recommended_when",
                )
            value = self._check_given(recommendation.value, "recommended_when")
            checked.append(Recommendation(value, recommendation.conditions))
        object.__setattr__(self, "recommended_when", tuple(checked))

    def _check_conditions(self) -> None:
        object.__setattr__(self, "conditions", tuple(self.conditions))
        parents = [condition.parent for condition in self.conditions]
        for position, condition in enumerate(self.conditions):
            if condition.parent in parents[:position]:
                raise SpaceError(
                    f"{self.name} has two conditions on {condition.parent}; join their values in one.",
                    key="when",
                )
            for value in condition.values:
                if value is not None and not isinstance(value, bool | int | float | str | tuple | Between):
                    raise SpaceError(
                        f"{self.name}: a condition names values or ranges of numbers, got {value!r}.",
                        key="when",
                    )
            if not condition.values:
                raise SpaceError(
                    f"{self.name} can never be active: no value of {condition.parent} is named.", key="when"
                )

    def _check_given(self, value: Value, key: str) -> Value:
        try:
            return self.check(value)
        except SpaceError as error:
            what = "grid value" if key == "grid" else "recommended value"
            raise SpaceError(
                f"{self.name}: the {what} {value!r} lies outside {self.range_text()}.", key=key
            ) from error

    def _choices(self) -> tuple[Value, ...]:
        return ()

    def is_active(self, configuration: Configuration) -> bool:
        """Tell whether all conditions hold, given the values chosen so far."""
        return all(condition.holds(configuration) for condition in self.conditions)

    def recommended_for(self, configuration: Configuration) -> Value:
        """Return the value to recommend, given the values chosen so far."""
        for recommendation in self.recommended_when:
            if recommendation.holds(configuration):
                return recommendation.value  # type: ignore[no-any-return]
        return self.recommended  # type: ignore[no-any-return]

    def grid_for(self, configuration: Configuration) -> tuple[Value, ...]:
        """Return the values of a grid search, given the values chosen so far; the recommended one comes first.

        Where the choices before recommend another value than usual, it takes the usual one's place. A grid that was
        given without the recommended value stays as it is and begins with the nearest.
        """
        first, grid = self.recommended_for(configuration), self.grid
        if not _holds(grid, first):
            if _holds(grid, self.recommended):
                grid = tuple(first if same(value, self.recommended) else value for value in grid)
            else:
                first = self.nearest(grid, first)
        return (first, *(value for value in grid if not same(value, first)))

    def nearest(self, values: tuple[Value, ...], wanted: Value) -> Value:
        """Return the value nearest to a wanted one; the first of several that are equally near."""
        place = self.to_unit(wanted)
        return min(values, key=lambda value: abs(self.to_unit(value) - place))

    @property
    def grid_is_derived(self) -> bool:
        """Tell whether the grid is the default one, which follows from the range and the recommended value."""
        return self.grid == self._default_grid()

    @property
    @abstractmethod
    def cardinality(self) -> float:
        """How many values there are; ``math.inf`` for a continuous range."""

    @abstractmethod
    def values(self) -> Iterable[Value]:
        """Return all values.

        Raises:
            SpaceError: The range is continuous.
        """

    @abstractmethod
    def check(self, value: Value) -> Value:
        """Return a value in canonical type, or raise ``SpaceError``."""

    @abstractmethod
    def first_in(self, between: Between) -> Value:
        """Return the first value that lies in a range of numbers; None where none does."""

    @abstractmethod
    def from_unit(self, unit: float) -> Value:
        """Return the value at a position in [0, 1); uniform positions give uniform (or log-uniform) values."""

    @abstractmethod
    def to_unit(self, value: Value) -> float:
        """Return a position in [0, 1) at which ``from_unit`` gives a value: its inverse."""

    @abstractmethod
    def suggest(self, trial: optuna.Trial) -> Value:
        """Ask an Optuna trial for a value."""

    @abstractmethod
    def range_text(self) -> str:
        """Return the range as people write it on the command line: ``0.001..0.1:log`` or ``adam,sgd``."""

    @abstractmethod
    def _check_range(self) -> None: ...

    @abstractmethod
    def _default(self) -> Value: ...

    @abstractmethod
    def _default_grid(self) -> tuple[Value, ...]: ...


def _holds(values: tuple[Value, ...], wanted: Value) -> bool:
    return any(same(value, wanted) for value in values)
