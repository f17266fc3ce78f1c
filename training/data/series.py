"""A table whose rows are steps of time: put in order, and cut into windows, each with what comes after it.

Windows are made of each part of the rows by itself, so that none reaches from training rows into test rows; folds keep
them apart by a gap (``folds.py``). Exports hold the functions that read new rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...errors import DataError
from ...texts import count_text, names_text
from .dates import find_dates, read_moments
from .table_options import TableOptions

_LONG = 1.5
"""Usual steps between rows, beyond which rows are missing."""


@dataclass(frozen=True)
class Series:
    """How rows in order of time became windows."""

    window: int
    """Rows that a prediction looks back on."""
    horizon: int
    """Rows from the last one of a window to the one that is predicted."""
    time_column: str | None
    """What rows are sorted by; None where they are in order."""
    time_order: str
    """In which order its dates name day, month and year; empty for numbers."""
    numeric: tuple[str, ...]
    """Columns of numbers, the first features of a step."""
    categorical: tuple[str, ...]
    """Columns of categories, each of which is a feature, 0 or 1."""
    categories: tuple[tuple[str, ...], ...]
    targets: tuple[int, ...] = ()
    """Positions of a regression's targets among the features; empty where they are none."""

    @property
    def gap(self) -> int:
        """Windows between two parts of which neither reaches into the other's rows."""
        return self.window + self.horizon - 1


def check_series_options(options: TableOptions, name: str) -> None:
    """Refuse what cannot be of a window.

    Raises:
        DataError: Without a window, or with a number that is none of rows, or with groups.
    """
    if options.window is None:
        if lost := [word for word in ("horizon", "time column") if word in options.given]:
            raise DataError(f"{name}: {' and '.join(lost)} goes with windows of a series: give a window, too")
        return
    for word, count in (("window", options.window), ("horizon", options.steps_ahead)):
        if count < 1:
            raise DataError(f"{word} must be a number of rows, 1 or more, got {count}")
    if options.group is not None:
        raise DataError(
            f"{name}: windows are of one series, and groups would be several: launch one at a time"
        )
    if options.validation is not None or options.fold_column is not None:
        raise DataError(f"{name}: windows are validated in order of time: leave given folds out")
    if options.weight is not None:
        raise DataError(f"{name}: weights are of rows, and a window is of several: leave weight out")
    if options.text:
        raise DataError(f"{name}: a window is of numbers and categories, not of text: leave text out")


def in_time_order(frame: Any, column: str | None, name: str) -> tuple[Any, str, tuple[str, ...]]:
    """Return a table's rows from old to new.

    Args:
        frame: The table as it was read.
        column: Numbers or dates; None leaves the rows in their order.
        name: How messages call the table.

    Returns:
        The table, in which order dates name day, month and year, and what was decided.

    Raises:
        DataError: A time is missing, or cannot be read.
    """
    if column is None:
        return frame, "", ("rows taken to be in order of time",)
    order = ""
    if frame[column].dtype.kind not in "iuf":
        dates, _ = find_dates(frame[[column]], name)
        if not dates:
            raise DataError(f"{name}: the time column '{column}' holds neither numbers nor dates")
        order = dates[0].order
    times = time_keys(frame[column], order)
    if missing := frame[column][times.isna()].isna().sum():
        raise DataError(f"{name}: the time column '{column}' is empty in {count_text(int(missing), 'row')}")
    if times.isna().any():
        lost = names_text(frame[column][times.isna()].unique(), 3)
        raise DataError(f"{name}: the time column '{column}' holds {lost}, which is no date")
    return sort_by_time(frame, column, order), order, _describe_times(times, column)


def time_keys(cells: Any, order: str) -> Any:
    """Return what rows are sorted by: numbers as they are, dates as moments."""
    return read_moments(cells, order) if order else cells


def sort_by_time(frame: Any, column: str, order: str) -> Any:
    """Return a table's rows from old to new; those of one time stay in their order."""
    positions = time_keys(frame[column], order).reset_index(drop=True).argsort(kind="stable")
    return frame.iloc[positions.to_numpy()].reset_index(drop=True)


def _describe_times(times: Any, column: str) -> tuple[str, ...]:
    """Return what is said of the times of rows: whether they were sorted, are the same, or leave gaps."""
    notes = []
    if not times.is_monotonic_increasing:
        notes.append(f"rows sorted by '{column}'")
    ordered = times.sort_values()
    steps = ordered.diff().iloc[1:]
    if ties := int((steps == steps * 0).sum()):
        notes.append(
            f"{count_text(ties, 'row')} of the same '{column}' as the row before, left in their order"
        )
    usual = steps[steps > steps * 0].median()
    if gaps := int((steps > _LONG * usual).sum()):
        most = steps.max()
        notes.append(
            f"rows are {_span(usual)} apart, but for {count_text(gaps, 'gap')} of up to {_span(most)}, which windows reach over"
        )
    return tuple(notes)


def _span(value: Any) -> str:
    return str(value).replace("0 days ", "") if hasattr(value, "total_seconds") else f"{value:g}"


def step_matrix(frame: Any, numeric: Any, categories: Any) -> np.ndarray:
    """Return a table's rows as steps of a series, ``(rows, features)``: numbers, then a 0 or 1 for each category.

    Args:
        frame: The table.
        numeric: Names of the columns of numbers.
        categories: Name of a column of texts -> the words of its features.
    """
    parts = [frame[list(numeric)].to_numpy("float64")]
    for name, words in categories.items():
        texts = frame[name].to_numpy(object)[:, None]
        parts.append((texts == np.array(words, object)).astype("float64"))
    return np.concatenate(parts, axis=1)


def make_windows(steps: np.ndarray, window: int) -> np.ndarray:
    """Return all windows of consecutive steps, ``(windows, window, features)``, as a view that takes no memory."""
    return np.lib.stride_tricks.sliding_window_view(steps, window, axis=0).swapaxes(1, 2)


def windows_and_targets(
    steps: np.ndarray, targets: np.ndarray, window: int, horizon: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the windows of a part of the rows whose targets are in that part, too, and these."""
    count = len(steps) - window - horizon + 1
    return make_windows(steps, window)[:count], targets[window + horizon - 1 :]


def series_of(frame: Any, options: TableOptions, order: str) -> Series:
    """Return how the rows of a cleaned table become windows."""
    categorical = tuple(str(name) for name in frame.columns if frame[name].dtype.name == "category")
    numeric = tuple(str(name) for name in frame.columns if str(name) not in categorical)
    return Series(
        window=int(options.window or 1),
        horizon=options.steps_ahead,
        time_column=options.time_column,
        time_order=order,
        numeric=numeric,
        categorical=categorical,
        categories=tuple(tuple(map(str, frame[name].cat.categories)) for name in categorical),
        targets=tuple(numeric.index(name) for name in options.targets if name in numeric),
    )


def check_lengths(series: Series, rows: int, test_rows: int, name: str) -> None:
    """Refuse parts without a window.

    Raises:
        DataError: with the rows that there must be.
    """
    for count, part in ((rows, "training"), (test_rows, "test")):
        if count <= series.gap:
            needs = f"a window of {series.window} and a horizon of {series.horizon} need {series.gap + 1:,}"
            raise DataError(f"{name} has {count_text(count, f'{part} row')}: {needs} and more")


def describe_dropped(kept: np.ndarray) -> tuple[str, ...]:
    """Return what is said of rows that are gone from the midst of a series, by the positions of the others."""
    gone = np.diff(kept) - 1
    if not (gaps := int((gone > 0).sum())):
        return ()
    what = count_text(int(gone.max()), "row")
    return (
        f"rows are dropped between others, in {count_text(gaps, 'gap')} of up to {what}, which windows reach over",
    )


def describe_windows(series: Series, windows: int, test_windows: int) -> str:
    """Return what is said of windows, and of the memory that they take once they are prepared."""
    features = len(series.numeric) + sum(map(len, series.categories))
    size = 4 * (windows + test_windows) * series.window * features / 1e6
    return (
        f"{count_text(windows, 'window')} of {count_text(series.window, 'row')} of {count_text(features, 'feature')} for "
        f"training and {test_windows:,} for the test, {size:,.1f} MB a fold; each predicts the row "
        f"{series.horizon} after its last one, and none lies in both parts"
    )
