"""A table whose columns lie in files: read a column at a time where rules look at it, and a row at a time where models train.

It answers as a DataFrame does where the rules of tables ask (``table[name]``, ``table.iloc[rows]``, ``drop``, ``assign``), and
memory holds one column, or some rows. What is computed of a column is written to a file of its own in the same cache.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

import numpy as np

from .disk_cache import Entry, kept_rows
from .mapped_column import Column, beside, digest, store_column
from .mapped_files import release_pages
from .mapped_rows import PART_BYTES, MappedRows, check_memory

_WORD_BYTES = 64
"""Of a text in memory, about."""
_COPIES = 3
"""Of a table, while all of its rows are prepared in memory."""


class MappedTable:
    """Some rows and columns of a table in files. Pickled, it is the files' names and the positions."""

    def __init__(
        self, source: str, columns: Mapping[str, Column], count: int, rows: np.ndarray | None = None
    ) -> None:
        """Take columns that do not change.

        Args:
            source: Of what file they are, for people.
            columns: By their names, in order.
            count: Rows of the file.
            rows: int64 positions of those that are taken, in their order; None for all.
        """
        self.source, self.rows, self._columns, self._count = source, rows, dict(columns), count

    @property
    def columns(self) -> Any:
        """The names, as a frame has them."""
        import pandas as pd

        return pd.Index(list(self._columns), dtype=object)

    @property
    def dtypes(self) -> dict[str, Any]:
        """Types by names."""
        return {name: column.series(slice(0, 0)).dtype for name, column in self._columns.items()}

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return len(self), len(self._columns)

    @property
    def empty(self) -> bool:
        """Whether there is nothing."""
        return 0 in self.shape

    @property
    def nbytes(self) -> int:
        """Bytes that the rows would take in memory, about."""
        sizes = (
            _WORD_BYTES
            if column.words is not None and not column.is_category
            else np.dtype(column.stored).itemsize
            for column in self._columns.values()
        )
        return len(self) * sum(sizes)

    @property
    def files(self) -> list[MappedRows]:
        """The files of its columns."""
        return list({column.file.path: column.file for column in self._columns.values()}.values())

    def __len__(self) -> int:
        return self._count if self.rows is None else len(self.rows)

    def __contains__(self, name: object) -> bool:
        return name in self._columns

    def __getitem__(self, key: Any) -> Any:
        """Return a column in memory; of a list of names the table of these columns, which are not read."""
        if isinstance(key, str):
            return self._columns[key].series(self.rows).rename(key)
        return self.with_columns({name: self._columns[name] for name in key})

    def items(self) -> Iterator[tuple[str, Any]]:
        """Yield names and columns, one after the other in memory."""
        for name in self._columns:
            yield name, self[name]

    @property
    def iloc(self) -> _Positions:
        """Rows by position: ``table.iloc[rows]`` is a table that has them, which are not read."""
        return _Positions(self)

    def reset_index(self, *, drop: bool = True) -> MappedTable:
        """Return the table: its rows are called by their positions always."""
        return self

    def with_columns(self, columns: Mapping[str, Column]) -> MappedTable:
        """Return the same rows of other columns."""
        return MappedTable(self.source, columns, self._count, self.rows)

    def drop(self, *, columns: Sequence[str]) -> MappedTable:
        """Return the table without some columns."""
        left = set(self._columns) - set(columns)
        return self.with_columns({name: one for name, one in self._columns.items() if name in left})

    def assign(self, **columns: Any) -> MappedTable:
        """Return the table with columns in place of others or behind them: ``Column``, or a Series, which is stored."""
        made = {
            name: one if isinstance(one, Column) else self.store(name, one) for name, one in columns.items()
        }
        return self.with_columns({**self._columns, **made})

    def store(self, name: str, series: Any) -> Column:
        """Return a column that is kept on disk, one value for each row of this table."""
        return store_column(self.source, name, self._count, [(self.rows, series)])[0]

    def read(self, name: str, read: Callable[[Any], Any], dtype: str) -> Column:
        """Return a column of texts with what a function makes of each; see ``read_cells``."""
        import pandas as pd

        column = self._columns[name]
        words, codes = column.words or (), column.codes(self.rows)
        if not dtype:
            return replace(column, words=tuple(map(read, words)))
        numbers = np.full(len(words) + 1, np.nan, dtype)
        for code in np.unique(codes[codes >= 0]):  # what only other rows hold may be no number
            numbers[code] = read(words[code])
        return self.store(name, pd.Series(numbers[codes]))

    def frame(self) -> Any:
        """Return the rows as a DataFrame.

        Raises:
            DataError: Memory does not hold them.
        """
        import pandas as pd

        check_memory(_COPIES * self.nbytes, Path(self.source).name)
        return pd.DataFrame(dict(self.items()))

    def astype(self, dtype: Any) -> Any:
        """Return the rows as a DataFrame of values of a type; see ``frame``."""
        return self.frame().astype(dtype)

    def parts(self) -> Iterator[Any]:
        """Yield the rows in their order, as DataFrames of some."""
        size = max(1, PART_BYTES // max(1, self.nbytes // max(1, len(self))))
        for first in range(0, len(self), size):
            yield self.iloc[first : first + size].frame()

    def matrix(self, names: Sequence[str]) -> MappedRows:
        """Return columns row by row, float32 or float64, ``(rows, columns)``: numbers, and codes of categories; NaN for none.

        It is written once, for all rows of the file, so that other splits find it, too.

        Raises:
            DataError: There is no room on disk.
        """
        columns = [self._columns[name] for name in names]
        dtype = np.result_type(np.float32, *(column.stored for column in columns))
        identity = digest(repr([column.key for column in columns]).encode())
        entry = Entry(f"{self.source}, row by row", identity, dtype.str, (self._count, len(columns)))
        size = max(1, PART_BYTES // max(1, dtype.itemsize * len(columns)))

        def write(file: IO[bytes]) -> None:
            for first in range(0, self._count, size):
                file.write(beside(columns, slice(first, min(first + size, self._count)), dtype).data)
                release_pages()

        whole = kept_rows(entry, write)
        return whole if self.rows is None else whole[self.rows]


@dataclass(frozen=True)
class _Positions:
    table: MappedTable

    def __getitem__(self, rows: Any) -> MappedTable:
        table = self.table
        every = np.arange(table._count) if table.rows is None else table.rows
        return MappedTable(table.source, table._columns, table._count, every[rows])


def is_table(values: Any) -> bool:
    """Tell whether features are a DataFrame, or a table in files."""
    import pandas as pd

    return isinstance(values, pd.DataFrame | MappedTable)


def in_memory(table: Any) -> Any:
    """Return a table in files as a DataFrame; all else as it is.

    Raises:
        DataError: Memory does not hold it.
    """
    return table.frame() if isinstance(table, MappedTable) else table


def read_cells(table: Any, name: str, read: Callable[[Any], Any], dtype: str = "") -> Any:
    """Return a column of a table with what a function makes of its cells, as the table keeps it.

    Args:
        table: A DataFrame, or a table in files, of which each different text is read once.
        name: Of a column of texts.
        read: Returns what a cell says, None for nothing; missing ones are left as they are.
        dtype: Of numbers; nothing for texts.
    """
    if isinstance(table, MappedTable):
        return table.read(name, read, dtype)
    cells = table[name].astype(object).map(read, na_action="ignore")
    return cells.astype(dtype) if dtype else cells


def kept_pair(train: Any, test: Any, name: str, pair: tuple[Any, Any]) -> tuple[Any, Any]:
    """Return a cleaned column of training and test rows as their tables keep it.

    Numbers that lie in a file are not written anew: what they were cleaned to is no more than another type.
    """
    if not isinstance(train, MappedTable):
        return pair
    known = train._columns.get(name)
    if known is not None and known.words is None and pair[0].dtype.kind in "biuf":
        first, second = (replace(known, dtype=series.dtype.str) for series in pair)
        return first, second
    parts = [(train.rows, pair[0]), (test.rows, pair[1])]
    first, second = store_column(train.source, name, train._count, parts)
    return first, second


def table_like(table: Any, columns: Mapping[str, Any]) -> Any:
    """Return a table of columns that are kept as it keeps its own."""
    import pandas as pd

    return table.with_columns(columns) if isinstance(table, MappedTable) else pd.DataFrame(columns)
