"""Values as Optuna's tables hold them, in columns of numbers and types, back as people know them."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any, TypeAlias

from ..errors import DamagedError
from ..spaces.values import restored

_UNLIKE_A_PARAMETER = (
    *(KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError),
    RecursionError,
)
"""What is raised about a value, or a distribution, that is none."""


def value_of(value: float | None, value_type: str | None) -> float | None:
    """Return a trial's value by Optuna's two columns of it."""
    if value_type == "INF_POS":
        return math.inf
    if value_type == "INF_NEG":
        return -math.inf
    if value is not None and not isinstance(value, int | float):  # SQLite keeps what it is given
        raise DamagedError("A trial", f"its value is {value!r}.")
    return value


def check_name(name: Any) -> None:
    """Raise `DamagedError` where the name of a hyperparameter is none: SQLite keeps what it is given."""
    if not isinstance(name, str):
        raise DamagedError("A trial", f"the name of a hyperparameter is {name!r}.")


Decode: TypeAlias = Callable[[float], Any]
"""Turns a hyperparameter's value as Optuna stores it, a number whatever it is, into the one that people know."""


def parameter(name: str, value: float, text: str, decoders: dict[str, Decode]) -> Any:
    """Return a hyperparameter's value by what Optuna stores of it.

    Args:
        name: Its name.
        value: Its value as a number.
        text: Its distribution.
        decoders: Those that were made before, by the texts of their distributions: trials have few, and to parse one takes
            longer than all else.

    Raises:
        DamagedError: Name, value or distribution is damaged.
    """
    check_name(name)
    try:
        decode = decoders.get(text)
        if decode is None:
            decode = decoders[text] = _decoder(json.loads(text))
        return decode(value)
    except _UNLIKE_A_PARAMETER as error:
        where = f"A trial's hyperparameter '{name}'"
        raise DamagedError(where, f"it is {value!r} of {str(text)[:60]!r}.") from error


def _decoder(distribution: dict[str, Any]) -> Decode:
    """Return what decodes the values of a distribution."""
    kind, attributes = distribution["name"], distribution["attributes"]
    if kind == "CategoricalDistribution":
        choices = [restored(choice) for choice in attributes["choices"]]
        return lambda value: choices[_place(value)]
    return int if kind.startswith("Int") else float


def _place(value: float) -> int:
    """Return the place of a choice; none counts from the end."""
    place = int(value)
    if place < 0:
        raise IndexError(place)
    return place
