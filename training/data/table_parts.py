"""The rows of a table's file, part by part: what memory holds of a large one at a time."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from ...cells import is_mark_or_number
from ...errors import DataError
from .column_kinds import ColumnKind, NotStorableError
from .mapped_rows import PART_BYTES

Kinds: TypeAlias = Mapping[str, ColumnKind]
"""Names of columns -> what they are; nothing where that is to be found out."""
Parts: TypeAlias = Callable[[Kinds], Iterator[Any]]
"""Yields a file's rows as DataFrames of some, with columns read as these kinds, where they are known."""
_FIRST_ROWS = 1000
"""That tell how much memory a row takes."""
_WHOLE = re.compile(r"\s*[-+]?\d+\s*")
_DIGITS = 19
"""Of the smallest whole number that is no int64."""


def csv_parts(
    path: Path, separator: str, kinds: Kinds, *, header: bool, encoding: str, dtype: Any
) -> Iterator[Any]:
    """Yield a delimited file's rows; the arguments are those of ``read_csv``.

    Raises:
        NotStorableError: How pandas reads a column cannot be told from its parts.
    """
    import pandas as pd

    types: dict[Any, Any] = {
        name if header else int(name.removeprefix("c")): str if kind.kind == "text" else kind.dtype
        for name, kind in kinds.items()
        if kind.kind != "truth"
    } | dict(dtype)
    how: dict[str, Any] = {"sep": separator, "encoding": encoding, "header": 0 if header else None}
    how |= {"index_col": False, "skipinitialspace": True}  # as read_csv has it
    if header:
        written = pd.read_csv(path, nrows=0, **how)
        types = {name: types[name.strip()] for name in written if name.strip() in types}
    with pd.read_csv(path, dtype=types, low_memory=False, iterator=True, **how) as reader:
        part = _named(reader.get_chunk(_FIRST_ROWS), header)
        row = max(1, int(part.memory_usage(deep=True).sum()) // max(1, len(part)))
        while True:
            if not kinds:
                _check_clashes(part, dtype)
            yield part if header else part.add_prefix("c")
            try:
                part = _named(reader.get_chunk(max(1, PART_BYTES // row)), header)
            except StopIteration:
                return


def _named(part: Any, header: bool) -> Any:
    return part.rename(columns=str.strip) if header else part


def _check_clashes(part: Any, known: Mapping[Any, Any]) -> None:
    """Refuse large numbers that pandas left texts, and might not have beside those of other parts.

    It does so where numbers beyond int64 stand beside missing or negative ones; and where one is beyond uint64, the
    missing ones are texts, too, if it stands before the first word.
    """
    import pandas as pd

    for name, cells in part.items():
        if name in known or not isinstance(cells.dtype, pd.StringDtype):
            continue
        words = cells.dropna().unique()
        large = [int(word) for word in words if len(word) >= _DIGITS and _WHOLE.fullmatch(word)]
        if large and (max(map(abs, large)) >= 2**64 or all(map(is_mark_or_number, words))):
            raise NotStorableError(f"column '{name}' holds numbers too large to be whole ones")


def parquet_parts(path: Path, _kinds: Kinds) -> Iterator[Any]:
    """Yield a Parquet file's rows, which bring the types of their columns; an index with a name is a column."""
    import pyarrow as pa
    from pyarrow.parquet import ParquetFile

    with ParquetFile(path) as file:
        rows = max(1, PART_BYTES // (8 * max(1, file.metadata.num_columns)))
        for batch in file.iter_batches(rows):
            frame = pa.Table.from_batches([batch]).to_pandas()
            named = any(name is not None for name in frame.index.names)
            yield frame.reset_index() if named else frame


def read_again(parts: Iterator[Any], changed: DataError) -> Iterator[Any]:
    """Yield the parts of a file that was read to its end before: what cannot be read of it now has changed."""
    try:
        yield from parts
    except (OSError, EOFError, zlib.error, ValueError, Warning) as error:
        raise changed from error
