"""A ``Space`` of KerasTuner's ``HyperParameters``, its objects or its files; ``to_keras_tuner.py`` is the way back.

Names, ranges, defaults and conditions go both ways. What one side cannot express is expressed as well as it can:

- A stepped ``Float`` and a stepped log range are lists of values here, and come back as an ordered ``Choice``.
- ``reverse_log`` is searched on a linear scale.
- A range or ``Choice`` of one value is a constant, and comes back as ``Fixed``.
- Know-how (confidence, grid, meaning) stays here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from ..errors import SpaceError
from .conditions import Between, Condition, Named
from .hyperparameters import Hyperparameter
from .kinds import Categorical, Float, Int
from .space import Space, fixed
from .values import Value, same, value_text

MOST_CHOICES = 1000
"""A stepped range of more values is refused: a list of them would not be searched."""
EPOCHS = "epochs"
"""The hyperparameter by which Hyperband says how long a configuration trains."""
_Named = TypeVar("_Named", Value, Named)


def space_from_keras_tuner(hyperparameters: Any) -> Space:
    """Return the space of a ``keras_tuner.HyperParameters``, or of one from a file (``described_space``).

    Raises:
        SpaceError: A name has two definitions, or a hyperparameter has no counterpart.
    """
    by_name: dict[str, list[Hyperparameter]] = {}
    for theirs in hyperparameters.space:
        by_name.setdefault(theirs.name, []).append(hyperparameter_from_keras_tuner(theirs))
    return Space(tuple(joined(definitions) for definitions in by_name.values()))


@dataclass(frozen=True)
class DescribedCondition:
    """One of KerasTuner's conditions as its files hold it."""

    name: str
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Described:
    """One of KerasTuner's hyperparameters as its files hold it, read without KerasTuner; it has the attributes of theirs."""

    class_name: str
    name: str
    default: Any = None
    conditions: tuple[DescribedCondition, ...] = ()
    values: tuple[Any, ...] = ()
    min_value: Any = None
    max_value: Any = None
    step: Any = None
    sampling: str = "linear"


@dataclass(frozen=True)
class DescribedSpace:
    """What ``space_from_keras_tuner`` reads, from a file."""

    space: tuple[Described, ...] = field(default=())


def described_space(config: Sequence[Any]) -> DescribedSpace:
    """Return the hyperparameters of a ``HyperParameters.get_config()["space"]``.

    Raises:
        KeyError, TypeError, ValueError: It is none.
    """
    return DescribedSpace(tuple(_described(one["class_name"], one["config"]) for one in config))


def _described(kind: str, config: Any) -> Described:
    low, high, step = (config.get(key) for key in ("min_value", "max_value", "step"))
    sampling = config.get("sampling") or "linear"
    values = tuple(config["values"]) if kind == "Choice" else (config["value"],) if kind == "Fixed" else ()
    if kind in ("Int", "Float") and step is not None:
        values = _steps(low, high, step, sampling)
    first = low if kind in ("Int", "Float") else values[0] if values else False
    return Described(
        kind,
        config["name"],
        default=first if config.get("default") is None else config["default"],
        conditions=tuple(
            DescribedCondition(one["config"]["name"], tuple(one["config"]["values"]))
            for one in config["conditions"]
        ),
        values=values,
        min_value=low,
        max_value=high,
        step=step,
        sampling=sampling,
    )


def _steps(low: float, high: float, step: float, sampling: str) -> tuple[float, ...]:
    """Return the values of a stepped range as KerasTuner computes them; it stops at one more than are accepted."""
    if sampling == "linear":
        count = min(int((high - low) // step + 1), MOST_CHOICES + 1)
        return tuple(low + position * step for position in range(count))
    count = min(int(math.log(high / low, step) + 1e-8) + 1, MOST_CHOICES + 1)
    rising = tuple(low * math.pow(step, position) for position in range(count))
    return rising if sampling == "log" else tuple(high + low - value for value in rising)


def _kind(theirs: Any) -> str:
    return theirs.class_name if isinstance(theirs, Described) else type(theirs).__name__


def scoped_name(hyperparameter: Hyperparameter) -> str:
    """Return a hyperparameter's name with the scope in which it is asked for: ``units@model_type.dense``.

    KerasTuner has one of a name for each scope, with values of its own; a space has one of a name.
    """
    if not hyperparameter.conditions or "@" in hyperparameter.name:
        return hyperparameter.name
    scopes = (
        f"{condition.parent}.{'|'.join(value_text(one) for one in condition.values if not isinstance(one, Between))}"
        for condition in hyperparameter.conditions
    )
    return f"{hyperparameter.name}@{'+'.join(scopes)}"


def joined(made: Sequence[Hyperparameter]) -> Hyperparameter:
    """Join the copies of a hyperparameter that KerasTuner holds, one for each scope it was asked for in.

    It is active where any of the scopes is. Where our conditions, all of which must hold, cannot say that, it has
    none: a value that a model does not ask for does no harm.
    """
    first = made[0]
    for other in made[1:]:
        if definition_text(other) != definition_text(first):
            raise SpaceError(
                f"{first.name} is asked for as {definition_text(first)} and as {definition_text(other)}; "
                "a hyperparameter has one definition."
            )
    conditions = first.conditions
    for other in made[1:]:
        conditions = _either(conditions, other.conditions)
    return replace(first, conditions=conditions)


def _either(left: tuple[Condition, ...], right: tuple[Condition, ...]) -> tuple[Condition, ...]:
    """Return conditions that hold where either side does; none if the sides differ in more than one parent."""
    if [condition.parent for condition in left] != [condition.parent for condition in right]:
        return ()
    different = [
        position for position, pair in enumerate(zip(left, right, strict=True)) if pair[0] != pair[1]
    ]
    if len(different) > 1:
        return ()
    return tuple(
        Condition(one.parent, _distinct((*one.values, *other.values)))
        for one, other in zip(left, right, strict=True)
    )


def definition_text(hyperparameter: Hyperparameter) -> str:
    """Return kind and range as text: ``Int 1..3``, ``Categorical adam,sgd``."""
    return f"{type(hyperparameter).__name__} {hyperparameter.range_text()}"


def hyperparameter_from_keras_tuner(theirs: Any) -> Hyperparameter:
    """Return one of KerasTuner's hyperparameters as ours; its default becomes the recommended value.

    Raises:
        SpaceError: It has no counterpart.
    """
    name = theirs.name
    words: dict[str, Any] = {"recommended": theirs.default, "conditions": _conditions(theirs)}
    kind = _kind(theirs)
    if kind == "Boolean":
        return Categorical(name, (False, True), **words)
    if kind in ("Choice", "Fixed"):
        return Categorical(name, tuple(theirs.values), **words)
    if kind not in ("Int", "Float"):
        raise SpaceError(f"{name}: KerasTuner's {kind} has no counterpart.")
    log = theirs.sampling == "log"
    if theirs.min_value == theirs.max_value:
        return Categorical(name, (theirs.min_value,), conditions=words["conditions"])
    if kind == "Int" and theirs.sampling == "linear":
        return Int(name, theirs.min_value, theirs.max_value, step=theirs.step, **words)
    if theirs.step is not None:
        return Categorical(name, _stepped(theirs), **words)
    return (Int if kind == "Int" else Float)(name, theirs.min_value, theirs.max_value, log=log, **words)


def _stepped(theirs: Any) -> tuple[Value, ...]:
    values: list[Value] = []
    for value in theirs.values:
        values.append(int(value) if _kind(theirs) == "Int" else float(value))
        if len(values) > MOST_CHOICES:
            raise SpaceError(
                f"{theirs.name}: the step {theirs.step} makes more than {MOST_CHOICES} values; leave it out."
            )
    if not any(value == theirs.default for value in values):
        values.append(theirs.default)  # KerasTuner allows a default between two steps
    return _distinct(values)


def _conditions(theirs: Any) -> tuple[Condition, ...]:
    """Return one condition for each parent: nested scopes on one parent leave the values that all of them list."""
    kept: dict[str, tuple[Value, ...]] = {}
    for condition in theirs.conditions:
        values = _distinct(condition.values)
        if condition.name in kept:
            values = tuple(v for v in kept[condition.name] if any(same(v, other) for other in values))
        kept[condition.name] = values
    return tuple(Condition(parent, values) for parent, values in kept.items())


def _distinct(values: Iterable[_Named]) -> tuple[_Named, ...]:
    kept: list[_Named] = []
    for value in values:
        if not any(same(value, other) for other in kept):
            kept.append(value)
    return tuple(kept)


def with_epochs(space: Space, epochs: int) -> Space:
    """Return a space in which Hyperband sets the epochs of each configuration."""
    if epochs == 1:
        return space.with_hyperparameter(fixed(EPOCHS, 1))
    meaning = "Epochs, as Hyperband decides."
    return space.with_hyperparameter(Int(EPOCHS, 1, epochs, recommended=epochs, meaning=meaning))
