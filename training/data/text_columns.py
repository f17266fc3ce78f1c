"""A table's columns of text: which of them say numbers, and how each text reads.

It is done on all rows ahead of any split, because it learns nothing: a text says what it says.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from ...cells import (
    MARKS,
    comma_number,
    is_mark_or_number,
    is_plain_number,
    number_reader,
    plain_number,
    plain_text,
)
from ...errors import DataError
from ...texts import count_text, names_text
from .dates import DateColumn, find_dates, with_dates
from .mapped_table import read_cells

_MEASURE = re.compile(r"([$€£¥₩]?)\s*[-+]?\d[\d,]*\.?\d*\s*(%|[^\W\d_]{0,4})")
"""A number with a currency, a percent sign or a unit."""


@dataclass(frozen=True)
class ColumnFormats:
    """How a table's texts say numbers and dates; test rows and new rows are read in the same way."""

    decimal_commas: tuple[str, ...] = ()
    """Columns of numbers such as ``1.234,5``."""
    dates: tuple[DateColumn, ...] = ()
    texts: tuple[str, ...] = ()
    """Columns that say neither numbers nor dates, because somebody said so."""


PLAIN = ColumnFormats()
"""No column has decimal commas or dates."""


def with_formats(frame: Any, decimal_commas: Any, dates: Any) -> Any:
    """Return a table with numbers in place of texts with decimal commas, and of dates."""
    numbers = {
        name: frame[name].map(comma_number, na_action="ignore").astype("float64") for name in decimal_commas
    }
    return with_dates(frame.assign(**numbers), dates)


def read_texts(
    frame: Any, name: str, known: ColumnFormats | None = None, as_texts: Sequence[str] = ()
) -> tuple[Any, ColumnFormats, tuple[str, ...]]:
    """Return a table whose texts are plain, and numbers where they say numbers or dates.

    Args:
        frame: The table.
        name: How messages call it.
        known: How the training rows' columns are read, where these are others.
        as_texts: Columns that say neither numbers nor dates.

    Returns:
        The table, how its columns are read, and what was decided. Dates are numbers where ``known`` says how.

    Raises:
        DataError: Dates or numbers can be read in two ways.
    """
    notes: list[str] = []
    converted = {}
    as_texts = known.texts if known else as_texts
    asked = [column for column in frame.columns if column in as_texts]
    others = [column for column in frame.columns if column not in asked]
    texts = {column: cells for column in others if (cells := _texts_of(frame[column])) is not None}
    commas = known.decimal_commas if known else _with_decimal_commas(frame, texts, name)
    for column, cells in texts.items():
        reader = comma_number if column in commas else number_reader(cells)
        if reader is None:
            plain = {cell: plain_text(cell) for cell in cells if isinstance(cell, str)}
            converted[column] = read_cells(frame, column, partial(_known, plain))
            notes += _mixture(str(column), cells)
            continue
        try:
            converted[column] = read_cells(frame, column, reader, dtype="float64")
        except ValueError as error:
            raise DataError(f"{name}: column '{column}': {error}, as the training rows have them") from error
        notes += _conversion_notes(str(column), frame[column], decimal=column in commas)
    frame = frame.assign(**converted) if converted else frame
    if known:
        return with_dates(frame, [date for date in known.dates if date.name in frame.columns]), known, ()
    dates, said = find_dates(frame[others], name)
    return frame, ColumnFormats(commas, dates, tuple(asked)), (*notes, *said)


def numbers_left(before: Any, left: Any, as_texts: Sequence[str]) -> Any:
    """Return rows that are left of a table, with numbers where only cells of the others had made texts of a column.

    Args:
        before: All rows.
        left: Those that are left.
        as_texts: Columns that say neither numbers nor dates.
    """
    converted = {}
    for column in left.columns:
        cells = None if str(column) in as_texts else _texts_of(left[column])
        # Beside a mark they would be numbers; digits of which none was ever anything else are texts that somebody wants.
        if (
            cells is None
            or number_reader(cells) is not None
            or number_reader([*cells, "?"]) is not plain_number
        ):
            continue
        if not all(is_plain_number(str(cell)) for cell in _texts_of(before[column]) or ()):
            converted[column] = read_cells(left, column, plain_number, dtype="float64")
    return left.assign(**converted) if converted else left


def _known(plain: dict[str, str | None], cell: Any) -> Any:
    return plain.get(cell, cell)


def _with_decimal_commas(frame: Any, texts: dict[str, list[Any]], name: str) -> tuple[str, ...]:
    """Return the columns of numbers with decimal commas: where one has them for sure, also those of ``1,234``.

    Raises:
        DataError: Beside them, points may be decimal ones or between thousands.
    """
    sure = [column for column, cells in texts.items() if number_reader(cells) is comma_number]
    if not sure:
        return ()
    for column in (column for column in frame.columns if frame[column].dtype.kind == "f"):
        values = frame[column].dropna().abs()
        thirds = values[(values * 100).round(6) % 1 != 0]  # with three decimals, as thousands have
        if len(thirds) and ((values * 1000).round(6) % 1 == 0).all() and (values < 1000).all():
            raise DataError(
                f"{name}: column '{column}' holds numbers such as {thirds.iloc[0]:.3f}, where a point may be decimal or part "
                f"thousands, as column '{sure[0]}' has decimal commas: write all with points"
            )
    return tuple(
        column for column, cells in texts.items() if number_reader(cells, beside_commas=True) is comma_number
    )


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
    if not words:
        return [f"column '{name}' taken for categories: its numbers are texts, such as {str(cells[0])!r}"]
    if 2 * len(words) >= len(cells):
        return []
    return [f"column '{name}' taken for categories: it holds numbers, but {names_text(words, 3)} too"]


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


def _conversion_notes(name: str, column: Any, *, decimal: bool) -> list[str]:
    """Return what is said of a column of texts that was read as numbers."""
    counts = column.value_counts(sort=False)
    texts = [plain_text(cell) or "" for cell in counts.index]
    marks: Counter[str] = Counter()
    for text, count in zip(texts, counts, strict=True):
        if text.casefold() in MARKS:
            marks[text] += int(count)
    said = []
    if marks:
        rows = count_text(sum(marks.values()), "row")
        said.append(
            f"column '{name}' read as numbers: {names_text(marks)} in {rows} taken for a missing value"
        )
    if any("," in text for text in texts):
        what = "decimal commas" if decimal else "separators of thousands"
        said.append(f"column '{name}' read as numbers: commas taken for {what}")
    return said
