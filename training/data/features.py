"""Features as they are checked: of what kind they are, and how a table's texts became numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...errors import DataError
from ...texts import names_text
from .arrays import as_array, as_image_or_array
from .dates import TimeOrder, find_time_order, with_dates
from .free_text import TEXT, text_table
from .mapped_table import is_table
from .multiple_inputs import describe_several, read_several
from .text_columns import PLAIN, ColumnFormats, read_texts
from .text_encodings import check_unicode

if TYPE_CHECKING:
    from .dataset import Kind


@dataclass(frozen=True, eq=False)
class Features:
    """Features of all rows of a part, training or test."""

    x: Any
    kind: Kind
    notes: tuple[str, ...]
    formats: ColumnFormats = PLAIN
    time_order: TimeOrder | None = None
    texts: tuple[str, ...] = ()
    """Columns that are known to be text."""


def read_features(
    values: Any,
    source: str,
    part: str,
    kind: Kind | None,
    formats: ColumnFormats | None = None,
    as_texts: Sequence[str] = (),
) -> Features:
    """Check features and decide of what kind they are.

    Args:
        values: The features.
        source: How messages call the data.
        part: ``x`` or ``x_test``.
        kind: What they must be; None where it is to be found out.
        formats: Those of the training rows' columns, for test rows.
        as_texts: Columns of a table that say neither numbers nor dates.
    """
    import pandas as pd

    name = f"{source}: {part}"
    if kind == "arrays":
        tree = read_several(values, name)
        return Features(tree, kind, (f"several inputs: {describe_several(tree)}",))
    if isinstance(values, pd.Series):
        values = values.to_frame()
    as_table = text_table(values)
    if as_table is not values:
        return Features(as_table, "table", (), texts=(TEXT,))
    if not is_table(values):
        return Features(*as_image_or_array(as_array(values, name), name, kind))
    frame = values
    if isinstance(values, pd.DataFrame):
        check_unicode(values, name)
        frame = values.set_axis([str(column) for column in values.columns], axis=1).reset_index(drop=True)
    if not frame.columns.is_unique:
        twice = names_text(frame.columns[frame.columns.duplicated()])
        raise DataError(f"{name}: column {twice} appears more than once")
    frame, found, notes = read_texts(frame, source, formats, as_texts)
    if formats is not None:
        return Features(frame, "table", notes)
    order = find_time_order(frame, found.dates)
    notes = (*notes, *([order.describe()] if order else []))
    return Features(with_dates(frame, found.dates), "table", notes, found, order)
