"""Python expressions as text: calls, and plain data as ``pprint`` writes it."""

from __future__ import annotations

from collections.abc import Iterable
from math import isfinite
from pprint import PrettyPrinter
from textwrap import indent
from typing import Any

WIDTH = 110
"""Characters of a constant's lines."""
_SHORT = 84
"""Characters of a call that stays in one line, wherever it stands."""


class _Printer(PrettyPrinter):
    def format(
        self, value: Any, context: dict[int, int], maxlevels: int, level: int
    ) -> tuple[str, bool, bool]:
        if isinstance(value, str):
            return quoted(value), True, False
        if isinstance(value, float) and not isfinite(value):
            return f'float("{value}")', True, False
        return super().format(value, context, maxlevels, level)


def literal(value: Any, before: int = 0) -> str:
    """Return plain data as text: numbers, text, None, and lists, tuples and dicts of them.

    Args:
        value: The data.
        before: Characters that stand before it in its first line.

    Raises:
        TypeError: The value is none of these.
    """
    _check(value)
    printer = _Printer(width=WIDTH - before, compact=True, sort_dicts=False)
    return printer.pformat(value).replace("\n", "\n" + " " * before)


def _check(value: Any) -> None:
    if isinstance(value, list | tuple):
        for item in value:
            _check(item)
    elif isinstance(value, dict):
        _check([*value, *value.values()])
    elif value is not None and not isinstance(value, str | bool | int | float):
        raise TypeError(f"{type(value).__name__} has no literal")


def quoted(text: str) -> str:
    """Return text as a literal in double quotes where that needs no escapes, as formatters do."""
    plain = repr(text)
    return f'"{plain[1:-1]}"' if plain[0] == "'" and '"' not in text else plain


def call(name: str, /, *positional: str, **named: str) -> str:
    """Return a call with arguments that are expressions."""
    return bracketed(f"{name}(", [*positional, *(f"{key}={value}" for key, value in named.items())], ")")


def bracketed(opening: str, items: Iterable[str], closing: str) -> str:
    """Return a call, list, tuple or dict: in a line where it is short, else with a line or more for each item."""
    listed = list(items)
    line = f"{opening}{', '.join(listed)}{',' if opening == '(' and len(listed) == 1 else ''}{closing}"
    if not listed or (len(line) <= _SHORT and "\n" not in line):
        return line
    return "\n".join([opening, *(indent(f"{item},", "    ") for item in listed), closing])
