"""How a script takes a table's columns in the types that a study trained on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ..cells import plain_number, plain_text
from ..training.data.free_text import TEXT, text_table
from ..training.data.preparation import Preparation
from ..training.data.series import Series
from .reading import Reading
from .steps import Steps, joined
from .winner import Winner

_SHORT = 90
"""Characters of what stands in one line, wherever that is."""


def column_steps(winner: Winner, x: Any, parts: tuple[str, ...], reading: Reading) -> Steps:
    """Take a table's feature columns in the types that the model was tuned on.

    Args:
        winner: The refit.
        x: The table as read now; None where it cannot be read.
        parts: ``_train`` and ``_test`` where the source has test rows of its own, else an empty text.
        reading: How the table is read.
    """
    plan = winner.dataset.series or winner.preparation.preparation
    taken = {
        "numbers": _numbers(plan, x),
        "categories": _categories(plan, x),
        "texts": _texts(winner, x),
    }
    takes = {name: step.lines[0] for name, step in taken.items() if step.lines}
    given = joined(*taken.values())
    lines = _lines(takes, reading.x)
    if not reading.has_test_rows:
        lines[-1] = f"x = {lines[-1]}"
        return replace(given, lines=tuple(line.format(x=reading.x) for line in lines))
    lines[-1] = f"return {lines[-1]}"
    body = "\n".join(f"    {line.format(x='frame')}" for line in lines)
    helper = f'def columns(frame):\n    """Return the columns that the model reads."""\n{body}'
    return replace(given, lines=tuple(f"x{part} = columns(x{part})" for part in parts), helpers=(helper,))


def _numbers(plan: Series | Preparation, x: Any) -> Steps:
    if not plan.numeric:
        return Steps(())
    functions: tuple[Callable[..., Any], ...] = ()
    if x is None or all(x[name].dtype.kind in "biuf" for name in plan.numeric):
        plain = x is not None and all(str(x[name].dtype) == "float64" for name in plan.numeric)
        line = "{x}[NUMBERS]" if plain else '{x}[NUMBERS].astype("float64")'
    else:
        line = '{x}[NUMBERS].astype(object).map(plain_number, na_action="ignore").astype("float64")'
        functions = (plain_number,)
    return Steps((line,), {"NUMBERS": list(plan.numeric)}, functions=functions)


def _categories(plan: Series | Preparation, x: Any) -> Steps:
    if not plan.categorical:
        return Steps(())
    known = {name: list(words) for name, words in zip(plan.categorical, plan.categories, strict=True)}
    readers = {_reader(x[name]) for name in plan.categorical} if x is not None else {"plain_text"}
    reader = next((name for name in ("plain_text", "str") if name in readers), None)
    cells = "{x}[list(CATEGORIES)].astype(object)"
    line = f'{cells}.map({reader}, na_action="ignore")' if reader else cells
    return Steps((line,), {"CATEGORIES": known}, functions=(plain_text,) if reader == "plain_text" else ())


def _texts(winner: Winner, x: Any) -> Steps:
    if not winner.preparation.vocabulary:
        return Steps(())
    written = winner.preparation.preparation.texts
    if hasattr(x, "columns") or written != (TEXT,):
        return Steps(("{x}[TEXTS]",), {"TEXTS": list(written)})
    return Steps(("text_table({x})",), {"TEXTS": list(written)}, functions=(text_table,))


def _lines(takes: dict[str, str], source: str) -> list[str]:
    """Return the lines that take columns of all kinds; the last one is an expression of all of them."""
    first, *others = takes.values()
    together = first + "".join(f".join({other})" for other in others)
    if not others or len(together.format(x=source)) <= _SHORT:
        return [together]
    name, *names = takes
    apart = [f"{name} = {part}" for name, part in takes.items()]
    return [*apart, name + "".join(f".join({other})" for other in names)]


def _reader(column: Any) -> str | None:
    """Return the function that makes plain text of a column; None where all of it is that already."""
    values = column.dropna()
    if any(plain_text(value) != str(value) for value in values.unique()):
        return "plain_text"
    return (
        "str"
        if str(column.dtype) == "category" or any(not isinstance(value, str) for value in values)
        else None
    )
