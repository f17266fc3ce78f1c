"""Values as Optuna's tables hold them, in columns of numbers and types, back as people know them."""

from __future__ import annotations

import json
import math
from typing import Any

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


def parameter(name: str, value: float, text: str, distributions: dict[str, Any]) -> Any:
    """Return a hyperparameter's value by what Optuna stores of it.

    Args:
        name: Its name.
        value: Its value as a number.
        text: Its distribution.
        distributions: Those that were read before, by their texts: trials have few, and to parse one takes longer than all else.

    Raises:
        DamagedError: Name, value or distribution is damaged.
    """
    check_name(name)
    try:
        if text not in distributions:
            distributions[text] = json.loads(text)
        return _external_value(value, distributions[text])
    except _UNLIKE_A_PARAMETER as error:
        where = f"A trial's hyperparameter '{name}'"
        raise DamagedError(where, f"it is {value!r} of {str(text)[:60]!r}.") from error


def _external_value(value: float, distribution: dict[str, Any]) -> Any:
    """Return a parameter as the user knows it; Optuna stores all of them as numbers."""
    kind, attributes = distribution["name"], distribution["attributes"]
    if kind == "CategoricalDistribution":
        return restored(attributes["choices"][int(value)])
    if kind.startswith("Int"):
        return int(value)
    return float(value)
