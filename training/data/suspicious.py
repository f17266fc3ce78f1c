"""Columns that a user may not want: what looks like an identifier, and what gives the target away.

They are pointed out and not dropped: whether such a column is known when one predicts, nobody but the user can say.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Any

import numpy as np

from ...texts import names_text
from .tables import ROW_NUMBER

if TYPE_CHECKING:
    from collections.abc import Collection

    from .tasks import Task

MOST_ROWS = 10_000
"""Rows that are looked at, evenly spaced."""
FEWEST_ROWS = 20
"""Of fewer rows a column may fit the target by chance."""
SAME = 0.999
"""Correlation from which on a column says the target."""
_IDENTIFIER = re.compile(
    r"(?i:(.*[\W_])?(id|key|uuid|guid|code|number|num))|.*[a-z](Id|ID|Key|No)|.*(번호|아이디|코드)"
)


def suspicious_columns(x: Any, y: np.ndarray, task: Task, counting: Collection[str] = ()) -> tuple[str, ...]:
    """Return what is said of columns, a sentence for each kind of doubt.

    Args:
        x: Training rows of a table, in their source's order, with the columns that the user knows.
        y: Their targets, ``(rows,)`` codes or amounts, or ``(rows, targets)``.
        task: What they are.
        counting: Columns that number the rows of the source, whatever they are called.
    """
    names = [str(column) for column in x.columns]
    numbers = [name for name in names if _may_be_identifier(name, x[name])]
    counters = [name for name in names if name in counting and name not in numbers]
    notes = [
        _note(numbers, "has another number in every row and may be no more than an identifier", ""),
        _note(counters, "numbers the rows and may be no more than an identifier", ""),
    ]
    if len(y) >= FEWEST_ROWS:
        rows = np.linspace(0, len(y) - 1, min(len(y), MOST_ROWS)).astype(int)
        some, targets = x.iloc[rows], y[rows]
        mapped = [name for name in names if task == "classification" and _is_one_to_one(some[name], targets)]
        same = [
            name for name in names if name not in mapped and _correlation(some[name], targets, task) >= SAME
        ]
        unless = ", if new rows do not have it"
        notes.append(_note(mapped, "gives the target away, with one value for each class", unless))
        notes.append(_note(same, f"gives the target away, with a correlation above {SAME}", unless))
    return tuple(note for note in notes if note)


def _may_be_identifier(name: str, values: Any) -> bool:
    called_so = ROW_NUMBER.fullmatch(name.strip()) or _IDENTIFIER.fullmatch(name.strip())
    return bool(called_so and values.dtype.kind in "iu" and values.is_unique)


def _is_one_to_one(values: Any, codes: np.ndarray) -> bool:
    """Tell whether each class has a value of its own; a missing one counts as a value."""
    numbers = values.factorize(use_na_sentinel=False)[0]
    pairs = len(np.unique(np.stack([numbers, codes], axis=1), axis=0))
    return bool(pairs == len(np.unique(numbers)) == len(np.unique(codes)))


def _correlation(values: Any, targets: np.ndarray, task: Task) -> float:
    """Return the largest correlation of numbers with a target; 0 for what has none: categories, and several classes."""
    columns = targets.reshape(len(targets), -1).astype(float)
    if values.dtype.kind not in "biuf" or (task == "classification" and columns.max() > 1):
        return 0.0
    numbers = values.to_numpy(float)
    known = np.isfinite(numbers)
    if known.sum() < FEWEST_ROWS:
        return 0.0
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        numbers, columns = (
            numbers[known] - numbers[known].mean(),
            columns[known] - columns[known].mean(axis=0),
        )
        norms = np.linalg.norm(numbers) * np.linalg.norm(columns, axis=0)
        return float(np.nan_to_num(np.abs(numbers @ columns) / norms).max())


def _note(names: list[str], what: str, unless: str) -> str:
    flags = " ".join(f"--drop {shlex.quote(name)}" for name in names[:8])
    which = f"column {names_text(names)}" if len(names) == 1 else f"each of the columns {names_text(names)}"
    return f"{which} {what}: {flags} leaves it out{unless}" if names else ""
