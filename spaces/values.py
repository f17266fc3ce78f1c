"""A hyperparameter's value: when two are the same choice, and how people write one."""

from __future__ import annotations

from typing import TypeAlias

Value: TypeAlias = bool | int | float | str | None
Configuration: TypeAlias = dict[str, Value]


def same(left: object, right: object) -> bool:
    """Tell whether two values are the same choice: ``1``, ``1.0`` and ``True`` are three different ones."""
    return type(left) is type(right) and left == right


def value_text(value: Value) -> str:
    """Return a value as people write it: ``true``, ``none``, ``0.001``, ``adam``."""
    if value is None or isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.4g}" if float(f"{value:.4g}") == value else repr(value)
    return str(value)


def short_text(value: Value) -> str:
    """Return a value for a table: a float to four digits that matter, all else as ``value_text``."""
    return f"{value:.4g}" if isinstance(value, float) else value_text(value)
