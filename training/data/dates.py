"""Columns of dates: found, read in one order of day and month, and made numbers; and whether rows lie in order of time.

It learns nothing from rows, and is done ahead of any split. Exports hold the functions that read new rows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ...errors import DataError
from ...texts import count_text, names_text

DATE_SHARE = 0.9
"""A text column with more than this part of its values reading as dates is a date column."""
_TRIED = 1000
"""Different texts of a column that are looked at first."""
_YEAR_FIRST = re.compile(r"(\d{4})(?:[-/.]|년)\s*(\d{1,2})(?:(?:[-/.]|월)\s*(\d{1,2})?[일.]?)?([T ,].*)?")
_YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})([T ,].*)?")
_MONTH_BY_NAME = re.compile(
    r"(\d{1,2}[. -]*[A-Za-z]{3,9}\.?[ ,-]+\d{4}|[A-Za-z]{3,9}\.? \d{1,2},? \d{4}|\d{8}(?=T\d{4}))([T ,].*)?"
)
_SHORT_YEAR = re.compile(r"\d{1,2}/\d{1,2}/\d{2}([T ,].*)?")
_ZONE = re.compile(r"(:\d\d(?:\.\d+)?)\s*(?:Z|UTC|[+-]\d\d:?\d\d)$")
_UNITS = (
    ("year", "yr", "연도", "년"),
    ("month", "mon", "mo", "mnth", "월"),
    ("day", "일"),
    ("hour", "hr", "시", "시간"),
    ("minute", "min", "분"),
)
"""Names of columns that say a time together, the longest unit first."""


class DateColumn(NamedTuple):
    """How a column's dates are read."""

    name: str
    order: str
    """``ymd``: the year first, or a month by its name; ``dmy`` and ``mdy``: the year last."""
    parts: tuple[str, ...]
    """What becomes of them: ``year``, ``month``, ``weekday``, ``hour``; those that differ between rows."""


@dataclass(frozen=True)
class TimeOrder:
    """Columns of time in whose order a table's rows lie."""

    columns: tuple[str, ...]
    newest_first: bool = False

    def describe(self) -> str:
        """Return what is said of it."""
        end = ", newest first" if self.newest_first else ""
        return f"rows lie in order of time, by {names_text(self.columns)}{end}"


def find_dates(frame: Any, name: str) -> tuple[tuple[DateColumn, ...], tuple[str, ...]]:
    """Return the columns that hold dates and what is said of them.

    Args:
        frame: A table whose texts are plain.
        name: How messages call it.

    Raises:
        DataError: Day and month of a column cannot be told apart, or its years are of two digits.
    """
    found, notes, refused = [], [], []
    for column, cells in frame.items():
        order = _order_of(cells)
        if order is None:
            continue
        if order not in ("ymd", "dmy", "mdy"):
            refused.append(
                f"column '{column}' holds dates {order}: write the year first, or --drop {column} leaves it out"
            )
            continue
        moments = read_moments(cells, order)
        parts = _varying_parts(moments)
        if clash := [part for part in date_numbers(column, moments, parts) if part in frame.columns]:
            refused.append(
                f"column '{column}' holds dates, whose '{clash[0]}' is a column already: --drop one of them"
            )
        found.append(DateColumn(column, order, parts))
        notes.append(_describe(found[-1], cells, moments))
    if refused:
        raise DataError(f"{name}: {'; '.join(refused)}")
    return tuple(found), tuple(notes)


def find_time_order(frame: Any, dates: tuple[DateColumn, ...]) -> TimeOrder | None:
    """Return the column of dates, or the columns of years, months and so on, in whose order rows lie; None for none."""
    keys: dict[tuple[str, ...], Any] = {
        (column.name,): read_moments(frame[column.name], column.order).dropna() for column in dates
    }
    names = {str(column).strip().casefold(): column for column in frame.columns}
    units = [next((names[word] for word in words if word in names), None) for words in _UNITS]
    numbers = [column for column in units if column is not None and frame[column].dtype.kind in "iu"]
    if len(numbers) > 1 or (numbers and numbers[0] == units[0]):
        key: Any = 0
        for column in numbers:
            values = frame[column].astype("int64")
            key = key * int(values.max() - values.min() + 1) + (values - values.min())
        keys[tuple(map(str, numbers))] = key
    for columns, key in keys.items():
        if key.nunique() > 2 and (key.is_monotonic_increasing or key.is_monotonic_decreasing):
            return TimeOrder(columns, newest_first=bool(key.is_monotonic_decreasing))
    return None


def with_dates(frame: Any, dates: Any) -> Any:
    """Return a table with numbers in place of its dates; each of ``dates`` is a name, an order, and parts."""
    made = {}
    for name, order, parts in dates:
        made.update(date_numbers(name, read_moments(frame[name], order), parts))
    return frame.drop(columns=[name for name, _, _ in dates]).assign(**made)


def date_numbers(name: str, moments: Any, parts: Any) -> dict[str, Any]:
    """Return columns of numbers that parts of dates become; what comes round again is a sine and a cosine."""
    clock = moments.dt
    turns = {
        "month": (clock.month - 1) / 12,
        "weekday": clock.day_of_week / 7,
        "hour": (clock.hour + clock.minute / 60) / 24,
    }
    made = {f"{name}_year": clock.year.astype("float64")} if "year" in parts else {}
    for part in (part for part in turns if part in parts):
        made[f"{name}_{part}_sin"] = np.sin(2 * np.pi * turns[part])
        made[f"{name}_{part}_cos"] = np.cos(2 * np.pi * turns[part])
    return made


def read_moments(cells: Any, order: str) -> Any:
    """Return a column's dates and times as their clocks show them; what is no date is missing."""
    import pandas as pd

    if isinstance(cells.dtype, pd.PeriodDtype):
        return cells.dt.to_timestamp()
    if cells.dtype.kind == "M":
        return cells.dt.tz_localize(None)
    codes, distinct = pd.factorize(cells if isinstance(cells.dtype, pd.StringDtype) else cells.astype(object))
    texts = pd.Series([iso_text(cell, order) for cell in distinct], dtype=object)
    read = pd.to_datetime(texts, format="ISO8601", errors="coerce", utc=True)
    others = read.isna() & texts.notna()  # a month by its name, or a clock of twelve hours
    if others.any():
        read[others] = pd.to_datetime(texts[others], format="mixed", errors="coerce", utc=True)
    known = read.dt.tz_localize(None).array
    return pd.Series(known.take(codes, allow_fill=True), index=cells.index)


def iso_text(cell: Any, order: str) -> str | None:
    """Return a date as pandas cannot misread it, without its time zone; None for what is no date."""
    text = _ZONE.sub(r"\1", str(cell).strip())
    if found := _YEAR_FIRST.fullmatch(text):
        year, month, day, rest = found.groups()
    elif found := _YEAR_LAST.fullmatch(text):
        first, _, second, year, rest = found.groups()
        month, day = (second, first) if order == "dmy" else (first, second)
    else:
        return text if _MONTH_BY_NAME.fullmatch(text) else None
    return f"{year}-{month:0>2}-{day or '1':0>2} {(rest or '').lstrip('T ,')}".strip()


def _order_of(cells: Any) -> str | None:
    """Return the order in which a column's dates are read, or in words why it cannot be told; None for other columns."""
    import pandas as pd

    if isinstance(cells.dtype, pd.PeriodDtype) or cells.dtype.kind == "M":
        return "ymd"
    is_text = cells.dtype == object or pd.api.types.is_string_dtype(cells.dtype)
    kind = pd.api.types.infer_dtype(cells, skipna=True) if is_text else ""
    return "ymd" if kind in ("date", "datetime") else _order_in_texts(cells) if kind == "string" else None


def _order_in_texts(cells: Any) -> str | None:
    texts = [text for text in cells.dropna().unique() if not text.isdecimal()]
    if sum(map(_may_be_date, texts[:_TRIED])) <= DATE_SHARE / 2 * len(texts[:_TRIED]):
        return None
    short = [text for text in texts if _SHORT_YEAR.fullmatch(text)]
    if _are_most(cells.isin(short), cells):
        return f"with years of two digits ('{short[0]}')"
    order = _day_and_month(texts)
    is_date = read_moments(cells, "dmy").notna()
    if order not in ("ymd", "dmy"):
        is_date |= read_moments(cells, "mdy").notna()
    return order if _are_most(is_date, cells) else None


def _may_be_date(text: str) -> bool:
    return iso_text(text, "dmy") is not None or _SHORT_YEAR.fullmatch(text) is not None


def _are_most(these: Any, cells: Any) -> bool:
    return bool(these.sum() > DATE_SHARE * cells.notna().sum() > 0)


def _day_and_month(texts: list[str]) -> str:
    """Return which of day and month comes first where the year is last, or in words why it cannot be told."""
    found = [match for text in texts if (match := _YEAR_LAST.fullmatch(text))]
    first = [match for match in found if int(match[1]) > 12]
    second = [match for match in found if int(match[3]) > 12]
    if not found:
        return "ymd"
    if first and second:
        return f"with the day first ('{first[0][0]}') and second ('{second[0][0]}')"
    if second:
        return "mdy"
    if first or all(match[2] == "." or match[1] == match[3] for match in found):
        return "dmy"
    return f"whose day and month cannot be told apart ('{found[0][0]}')"


def _varying_parts(moments: Any) -> tuple[str, ...]:
    """Return the parts of dates that differ between rows; a day of the week says nothing of months."""
    clock = moments.dropna().dt
    parts = {
        "year": clock.year,
        "month": clock.month,
        "weekday": clock.day_of_week if _varies(clock.day) else clock.day,
        "hour": clock.hour * 60 + clock.minute,
    }
    return tuple(part for part, values in parts.items() if _varies(values))


def _varies(values: Any) -> bool:
    return bool((values != values.iloc[:1].squeeze()).any())


def _describe(column: DateColumn, cells: Any, moments: Any) -> str:
    if not column.parts:
        return f"column '{column.name}' dropped: its dates are the same in year, month, weekday and hour"
    how = {"ymd": "", "dmy": ", the day before the month", "mdy": ", the month before the day"}[column.order]
    text = f"column '{column.name}' read as dates{how}: {', '.join(column.parts)} as numbers"
    lost = cells[cells.notna() & moments.isna()]
    return text + (
        f"; {names_text(lost.unique(), 3)} in {count_text(len(lost), 'row')} taken for a missing date"
        if len(lost)
        else ""
    )
