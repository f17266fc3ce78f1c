"""A table's columns of text: which of them say numbers, and how each text reads.

It is done on all rows ahead of any split, because it learns nothing: a text says what it says.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from ...cells import MARKS, has_decimal_commas, is_mark_or_number, numbers_in, plain_number, plain_text
from ...errors import DataError
from ...texts import count_text, names_text

_MEASURE = re.compile(r"([$€£¥₩]?)\s*[-+]?\d[\d,]*\.?\d*\s*(%|[^\W\d_]{0,4})")
"""A number with a currency, a percent sign or a unit."""


def read_texts(frame: Any, name: str) -> tuple[Any, tuple[str, ...]]:
    """Return a table whose texts are plain, and numbers where a column's texts say numbers, with what was decided.

    Raises:
        DataError: Numbers have a decimal comma, which nothing tells from one between thousands.
    """
    notes: list[str] = []
    converted = {}
    for column in frame.columns:
        cells = _texts_of(frame[column])
        if cells is None:
            continue
        if numbers_in(cells) is not None:
            converted[column] = (
                frame[column].astype(object).map(plain_number, na_action="ignore").astype("float64")
            )
            notes += _conversion_notes(str(column), frame[column])
        elif has_decimal_commas(cells):
            words = decimal_comma_message(f"column '{column}'", cells)
            raise DataError(f"{name}: {words}")
        else:
            plain = {cell: plain_text(cell) for cell in cells if isinstance(cell, str)}
            texts = (
                frame[column]
                .astype(object)
                .map(lambda cell, plain=plain: plain.get(cell, cell), na_action="ignore")
            )
            converted[column] = texts
            notes += _mixture(str(column), cells)
    return (frame.assign(**converted) if converted else frame), tuple(notes)


def _mixture(name: str, cells: list[Any]) -> list[str]:
    """Return what is said of a column whose texts are numbers for the most part, which makes a category of each."""
    found = [_MEASURE.fullmatch(str(cell).strip()) for cell in cells]
    around = {match.groups() for match in found if match}
    if all(found) and len(around) == 1 and any(sign := next(iter(around))):
        unit = sign[0] or sign[1]
        return [
            f"column '{name}' taken for categories: its texts are numbers with '{unit}', without which it would be numbers"
        ]
    words = [cell for cell in cells if not is_mark_or_number(str(cell))]
    if 2 * len(words) >= len(cells):
        return []
    return [f"column '{name}' taken for categories: it holds numbers, but {names_text(words, 3)} too"]


def decimal_comma_message(what: str, cells: Any) -> str:
    """Return the refusal of numbers with decimal commas."""
    example = next(str(cell) for cell in cells if "," in str(cell))
    return f"{what} holds numbers with decimal commas, such as '{example}': write them with a point"


def _texts_of(column: Any) -> list[Any] | None:
    """Return a column's different values where there is text among them; None where it is of another kind."""
    import pandas as pd

    if isinstance(column.dtype, pd.CategoricalDtype) or not (
        column.dtype == object or pd.api.types.is_string_dtype(column.dtype)
    ):
        return None
    try:
        cells = list(column.dropna().unique())
    except TypeError:  # lists and dicts do not hash; they are refused later
        return None
    return cells if any(isinstance(cell, str) for cell in cells) else None


def _conversion_notes(name: str, column: Any) -> list[str]:
    """Return what is said of a column of texts that was read as numbers."""
    texts = [plain_text(cell) or "" for cell in column.dropna()]
    marks = Counter(text for text in texts if text.casefold() in MARKS)
    said = []
    if marks:
        rows = count_text(sum(marks.values()), "row")
        said.append(
            f"column '{name}' read as numbers: {names_text(marks)} in {rows} taken for a missing value"
        )
    if any("," in text for text in texts):
        said.append(f"column '{name}' read as numbers: commas taken for separators of thousands")
    return said
