"""Lays out Python expressions as a formatter would, so that an exported script needs no formatter to be readable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

WIDTH = 100
_MOST_LINES = 12
"""Items that a list may give a line each; longer ones are filled."""


@dataclass(frozen=True)
class Group:
    """A bracketed expression: a call, a list, a tuple or a dict."""

    opening: str
    """Up to and with the bracket: ``layers.Dense(``, ``[``."""
    items: tuple[tuple[str, Expression], ...]
    """Prefix (``units=``, ``"key": ``, or nothing) and expression."""
    closing: str
    tall: bool = False
    """One item a line even where all would fit."""


Expression: TypeAlias = str | Group


def call(name: str, /, *positional: Expression, **named: Expression) -> Group:
    """Return a call."""
    items = [("", value) for value in positional] + [(f"{key}=", value) for key, value in named.items()]
    return Group(f"{name}(", tuple(items), ")")


def literal(value: Any) -> Expression:
    """Return plain data as an expression: numbers, text, None, and lists, tuples and dicts of them.

    Raises:
        TypeError: The value is none of these.
    """
    if isinstance(value, str):
        return quoted(value)
    if value is None or isinstance(value, bool | int | float):
        return "float('nan')" if value != value else repr(value).replace("inf", 'float("inf")')  # noqa: PLR0124
    if isinstance(value, list):
        return Group("[", tuple(("", literal(item)) for item in value), "]")
    if isinstance(value, tuple):
        return Group("(", tuple(("", literal(item)) for item in value), ")")
    if isinstance(value, dict):
        return Group(
            "{", tuple((f"{flat(literal(key))}: ", literal(item)) for key, item in value.items()), "}"
        )
    raise TypeError(f"{type(value).__name__} has no literal")


def quoted(text: str) -> str:
    """Return text as a literal in double quotes where that needs no escapes, as formatters do."""
    plain = repr(text)
    if plain[0] == "'" and '"' not in text:
        return f'"{plain[1:-1]}"'
    return plain


def flat(expression: Expression) -> str:
    """Return an expression in one line."""
    if isinstance(expression, str):
        return expression
    inner = ", ".join(prefix + flat(item) for prefix, item in expression.items)
    comma = "," if expression.opening == "(" and len(expression.items) == 1 else ""
    return f"{expression.opening}{inner}{comma}{expression.closing}"


def lay_out(expression: Expression, before: str = "", indent: int = 0, after: str = "") -> str:
    """Return an expression over as many lines as it needs.

    Args:
        expression: What to lay out.
        before: What stands before it in its first line, without the indent.
        indent: Columns that its lines are indented by.
        after: What stands behind it in its last line.
    """
    if isinstance(expression, str) or not expression.items:
        return " " * indent + before + flat(expression) + after
    line = " " * indent + before + flat(expression) + after
    if len(line) <= WIDTH and not _is_tall(expression):
        return line
    inner = indent + 4
    opening = " " * indent + before + expression.opening
    closing = " " * indent + expression.closing + after
    is_call = expression.opening not in ("[", "(", "{")
    body = " " * inner + ", ".join(prefix + flat(item) for prefix, item in expression.items)
    if is_call and len(body) <= WIDTH and not _is_tall(expression):
        return f"{opening}\n{body}\n{closing}"
    if _is_long(expression):
        return f"{opening}\n{_filled(expression, inner)}\n{closing}"
    end = "" if is_call and len(expression.items) == 1 else ","
    lines = [lay_out(item, prefix, inner, end) for prefix, item in expression.items]
    return "\n".join([opening, *lines, closing])


def has_filled(expression: Expression) -> bool:
    """Tell whether an expression holds a list so long that its lines are filled, which formatters do not do."""
    if isinstance(expression, str):
        return False
    return _is_long(expression) or any(has_filled(item) for _, item in expression.items)


def _is_long(group: Group) -> bool:
    plain = group.opening in ("[", "(", "{") and all(isinstance(item, str) for _, item in group.items)
    return plain and len(group.items) > _MOST_LINES and len(flat(group)) > WIDTH - 20


def _is_tall(expression: Expression) -> bool:
    if isinstance(expression, str):
        return False
    return expression.tall or any(_is_tall(item) for _, item in expression.items)


def _filled(group: Group, indent: int) -> str:
    lines: list[str] = []
    for prefix, item in group.items:
        word = f"{prefix}{flat(item)},"
        if lines and len(lines[-1]) + 1 + len(word) <= WIDTH:
            lines[-1] += f" {word}"
        else:
            lines.append(" " * indent + word)
    return "\n".join(lines)
