"""One column of a table, in a file: numbers as they are, words as codes with what these stand for."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import IO, Any

import numpy as np

from .disk_cache import Entry, kept_rows
from .mapped_files import release_pages
from .mapped_rows import MappedRows


@dataclass(frozen=True, eq=False)
class Column:
    """One column, of all rows of a file."""

    file: MappedRows
    """Its bytes, perhaps among those of other columns."""
    stored: str
    """Type of what lies in the file."""
    count: int
    offset: int = 0
    """Bytes before the first value."""
    dtype: str = ""
    """Type of the values, where it is another one than in the file; ``date`` for Python's own dates."""
    words: tuple[Any, ...] | None = None
    """What codes stand for, texts or truth; -1 stands for no value. None where the column holds values."""
    is_category: bool = False

    @property
    def mapped(self) -> np.ndarray:
        """Values or codes of all rows, mapped."""
        size = self.count * np.dtype(self.stored).itemsize
        whole: np.ndarray = self.file.values[self.offset : self.offset + size].view(self.stored)
        return whole

    @property
    def key(self) -> tuple[str, int, str]:
        """What tells its content from that of others: a file's folder is called by what it was made of."""
        return self.file.path.parent.name, self.offset, self.stored

    def codes(self, rows: Any) -> np.ndarray:
        """Return values or codes of some rows in memory; of all for None."""
        taken = np.array(self.mapped if rows is None else self.mapped[rows])
        release_pages()
        return taken

    def series(self, rows: Any) -> Any:
        """Return some rows in memory, as pandas has them."""
        import pandas as pd

        values: Any = self.codes(rows)
        if self.words is None and values.dtype.kind == "M":
            return self._moments(pd.Series(values))
        if self.words is None:
            return pd.Series(values.astype(self.dtype or self.stored, copy=False))
        if self.is_category:
            words: Any = list(self.words)
            return pd.Series(pd.Categorical.from_codes(values, categories=words))
        return pd.Series(self._words.array.take(values, allow_fill=True), dtype=self._words.dtype)

    def _moments(self, values: Any) -> Any:
        """Return moments as the source has them; those in a time zone lie in the file in that of Greenwich."""
        import pandas as pd

        if self.dtype == "date":
            return values.dt.date.astype(object).where(values.notna(), None)
        zone = getattr(pd.api.types.pandas_dtype(self.dtype or self.stored), "tz", None)
        return values if zone is None else values.dt.tz_localize("UTC").dt.tz_convert(zone)

    @cached_property
    def _words(self) -> Any:
        import pandas as pd

        is_text = all(isinstance(word, str) for word in self.words or ())
        return pd.Series(list(self.words or ()), dtype=self.dtype or ("str" if is_text else object))


def beside(columns: Sequence[Column], rows: slice, dtype: np.dtype) -> np.ndarray:
    """Return some rows of columns, one column beside the other; NaN where a code stands for no value."""
    part = np.empty((rows.stop - rows.start, len(columns)), dtype)
    for place, column in enumerate(columns):
        values = column.mapped[rows]
        part[:, place] = values
        if column.words is not None:
            part[values < 0, place] = np.nan
    return part


def store_column(
    source: str, name: str, count: int, parts: Sequence[tuple[np.ndarray | None, Any]]
) -> list[Column]:
    """Write what rows of a file have in a column, and return it for each part of the rows.

    Args:
        source: Of what file it is, for people.
        name: What it is called.
        count: Rows of the file; those of no part hold nothing.
        parts: Positions in the file, None for all, and a Series of their values, which all are of one kind.

    Raises:
        DataError: There is no room.
    """
    codes, words = _encoded([series for _, series in parts])
    whole = np.full(count, 0 if words is None else -1, np.result_type(*codes))
    for (rows, _), values in zip(parts, codes, strict=True):
        whole[slice(None) if rows is None else rows] = values
    entry = Entry(f"{source}, column {name}", digest(whole.data), "uint8", (whole.nbytes,))

    def write(file: IO[bytes]) -> None:
        file.write(whole.data)

    file, is_category = kept_rows(entry, write), parts[0][1].dtype.name == "category"
    return [
        Column(file, whole.dtype.str, count, dtype=series.dtype.str)
        if words is None
        else Column(
            file, whole.dtype.str, count, 0, _text_type(series), words[number], is_category=is_category
        )
        for number, (_, series) in enumerate(parts)
    ]


def _text_type(series: Any) -> str:
    """Return the type of texts that are objects; nothing for other columns of codes."""
    return "object" if series.dtype.kind == "O" and not hasattr(series.dtype, "storage") else ""


def _encoded(parts: Sequence[Any]) -> tuple[list[np.ndarray], list[tuple[Any, ...]] | None]:
    """Return numbers, or codes of texts or categories and what these stand for in each part."""
    import pandas as pd

    if parts[0].dtype.name == "category":  # the second one's begin as the first one's do
        return [part.cat.codes.to_numpy() for part in parts], [tuple(part.cat.categories) for part in parts]
    if isinstance(parts[0].dtype, np.dtype) and parts[0].dtype.kind in "biuf":
        return [part.to_numpy() for part in parts], None
    codes, found = pd.factorize(pd.concat(parts, ignore_index=True).astype(object))
    ends = np.cumsum([len(part) for part in parts])[:-1]
    return np.split(codes.astype(np.int32), ends), [tuple(found)] * len(parts)


def digest(content: Any) -> str:
    """Return a hash of bytes."""
    return hashlib.blake2b(content, digest_size=16).hexdigest()
