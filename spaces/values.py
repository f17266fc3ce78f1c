"""Values of hyperparameters: when two are the same, how people write them, and how a study stores them."""

from __future__ import annotations

import ast
import math
from typing import Any, TypeAlias, TypeGuard

Value: TypeAlias = bool | int | float | str | tuple[Any, ...] | None
"""A tuple is a choice like any other: a window ``(3, 3)``, the widths ``(64, 32)`` of layers."""
Configuration: TypeAlias = dict[str, Value]


def same(left: object, right: object) -> bool:
    """Tell whether two values are the same choice: ``1``, ``1.0`` and ``True`` are three different ones."""
    if isinstance(left, tuple) and isinstance(right, tuple):
        return len(left) == len(right) and all(map(same, left, right))
    return type(left) is type(right) and left == right


def is_number(value: object) -> TypeGuard[int | float]:
    """Tell whether a value is a number; a bool is not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_finite(number: float) -> bool:
    """Tell whether a number is finite as a float; very large whole numbers are not."""
    try:
        return math.isfinite(number)
    except OverflowError:
        return False


def canonical(value: Any) -> Any:
    """Return a value with tuples in place of lists, as YAML and JSON have them."""
    return tuple(map(canonical, value)) if isinstance(value, list | tuple) else value


def stored(value: Value) -> bool | int | float | str | None:
    """Return a value as a study stores it: Optuna's tables and plots know no tuples, which become their text."""
    return repr(value) if isinstance(value, tuple) else value


def restored(value: Any) -> Any:
    """Return the value that ``stored`` was given; text that is not a tuple's stays as it is."""
    if not isinstance(value, str) or not value.startswith("("):
        return canonical(value)
    try:
        found = ast.literal_eval(value)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return value
    return found if isinstance(found, tuple) and repr(found) == value else value


def value_text(value: Value) -> str:
    """Return a value as people write it: ``true``, ``none``, ``0.001``, ``adam``."""
    if value is None or isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        inside = ", ".join(map(value_text, value))
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    if isinstance(value, float):
        return f"{value:.4g}" if float(f"{value:.4g}") == value else repr(value)
    return str(value)


def short_text(value: Value) -> str:
    """Return a value for a table: a float to four digits that matter, all else as ``value_text``."""
    return f"{value:.4g}" if isinstance(value, float) else value_text(value)
