"""Tables that are read once, in parts, into a store of columns on disk (``disk_cache.py``), and mapped from then on.

A file is gone through twice. The first time tells what its columns are, by the rules by which pandas tells it of all rows
at once: a column is numbers if all of its parts are. The second time writes them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any

import numpy as np

from ...errors import DataError
from ...texts import count_text
from ..machine import ALIGNMENT
from .array_files import UNPACKED_BYTES
from .column_kinds import ColumnKind, NotStorableError, Words, encode, part_kind, whole_kind
from .delimited import DELIMITED, table_suffix
from .disk_cache import Entry, kept_rows, known_about, known_rows
from .mapped_column import Column, digest
from .mapped_rows import MappedRows, check_memory, gigabytes
from .mapped_table import MappedTable
from .table_files import read_delimited, read_parquet_file
from .table_options import TableOptions
from .table_parts import Kinds, Parts, csv_parts, parquet_parts, read_again

IN_MEMORY = UNPACKED_BYTES
"""Bytes of a file, or of the numbers that a Parquet file tells of, that are read into memory whenever they are wanted."""
VERSION = 2
"""Counts the ways in which tables were stored: another one reads them anew."""
_PACKED = 5
"""Times that a file takes as much once it is unpacked, about."""
_IN_FRAME = 3
"""Times that a file takes as much memory as a table, about, while it is read whole."""


def read_stored(path: Path, options: TableOptions) -> tuple[Any, tuple[str, ...]]:
    """Return a file's table, with what was found out about it: a DataFrame, or a ``MappedTable`` where it is large.

    Raises:
        DataError: The file cannot be read as a table; neither disk nor memory holds it.
    """
    size = table_bytes(path)
    notes: tuple[str, ...] = ()
    if size > IN_MEMORY:
        try:
            return _from_disk(path, options)
        except NotStorableError as reason:
            notes = (f"{reason}: the table is read into memory, whole",)
        check_memory(_IN_FRAME * size, path.name)
    if table_suffix(path) not in DELIMITED:
        return read_parquet_file(path), notes
    frame, found = read_delimited(path, options)
    return frame, (*notes, *found)


def table_bytes(path: Path) -> int:
    """Return how large a table is once its file is unpacked, about."""
    size = path.stat().st_size
    if table_suffix(path) in DELIMITED:
        return _PACKED * size if path.suffix.lower() == ".gz" else size
    from pyarrow import ArrowException
    from pyarrow.parquet import read_metadata

    try:
        about = read_metadata(path)
    except (OSError, ArrowException):  # whoever reads it says what is wrong
        return int(size)
    return max(int(size), 8 * int(about.num_rows) * int(about.num_columns))


def _from_disk(path: Path, options: TableOptions) -> tuple[MappedTable, tuple[str, ...]]:
    if options.window is not None:
        raise NotStorableError("a window takes rows in order of time")
    notes: tuple[str, ...] = ()
    if table_suffix(path) in DELIMITED:
        table, notes = read_delimited(path, options, _read_csv)
    else:
        table = read_parquet_file(path, lambda file: _stored(file, "parquet", partial(parquet_parts, file)))
    where = next(iter(table.files))
    rows = count_text(len(table), "row")
    return table, (
        *notes,
        f"{rows} stored in {where.path.parent}, {gigabytes(where.nbytes)}, and read from there",
    )


def _read_csv(path: Path, separator: str, **how: Any) -> MappedTable:
    """Return a delimited file's table; the arguments are those of ``read_csv``."""
    told = f"{separator!r} {sorted(how.items())!r}"
    return _stored(path, told, partial(csv_parts, path, separator, **how))


@dataclass(frozen=True)
class _Layout:
    """Where columns lie in a file."""

    kinds: Kinds
    rows: int

    @property
    def offsets(self) -> dict[str, int]:
        """Name -> bytes before its first value."""
        return self._places[0]

    @property
    def bytes(self) -> int:
        """Size of all columns."""
        return self._places[1]

    @property
    def _places(self) -> tuple[dict[str, int], int]:
        found, end = {}, 0
        for name, kind in self.kinds.items():
            found[name] = end
            end += self.rows * np.dtype(kind.dtype).itemsize
            end += -end % ALIGNMENT
        return found, end


def _stored(path: Path, how: str, parts: Parts) -> MappedTable:
    """Return the table of a file, which is read into the cache unless it is there.

    Raises:
        NotStorableError: It holds what is not stored.
        DataError: There is no room, or the file changes while it is read.
    """
    import pandas as pd

    source, stamp = str(path.absolute()), _stamp(path)
    identity = digest(f"{VERSION} {pd.__version__} {how} {stamp}".encode())
    rows = known_rows(source, identity)
    if rows is None:
        layout = _survey(parts({}))
        entry = Entry(source, identity, "uint8", (layout.bytes,))
        rows = kept_rows(entry, lambda file: _write(file, layout, path, stamp, parts(layout.kinds)))
    return _table(source, rows)


def _stamp(path: Path) -> tuple[int, int, int]:
    about = path.stat()
    return about.st_size, about.st_mtime_ns, about.st_ctime_ns


def _survey(parts: Iterator[Any]) -> _Layout:
    """Go through a file and return what its columns are."""
    kinds: dict[str, set[str]] = {}
    rows = 0
    for part in parts:
        for name, cells in part.items():
            kinds.setdefault(str(name), set()).add(part_kind(str(name), cells))
        rows += len(part)
    return _Layout({name: whole_kind(name, found) for name, found in kinds.items()}, rows)


def _write(file: IO[bytes], layout: _Layout, path: Path, stamp: Any, parts: Iterator[Any]) -> dict[str, Any]:
    """Write all columns of a file, and return what tells them apart."""
    words, offsets, rows = {name: Words() for name in layout.kinds}, layout.offsets, 0
    changed = DataError(f"{path} changed while it was read: wait until it is whole")
    for part in read_again(parts, changed):
        if rows + len(part) > layout.rows or list(map(str, part.columns)) != list(layout.kinds):
            raise changed
        for (name, kind), (_, cells) in zip(layout.kinds.items(), part.items(), strict=True):
            file.seek(offsets[name] + rows * np.dtype(kind.dtype).itemsize)
            file.write(encode(kind, cells, words[name]).view(np.uint8).data)
            if words[name].are_too_many:
                raise DataError(
                    f"{path.name}: column '{name}' holds more different texts than memory does: leave it out of the file"
                )
        rows += len(part)
    if rows != layout.rows or _stamp(path) != stamp:
        raise changed
    file.truncate(layout.bytes)
    columns = [
        {"name": name, **asdict(kind), "words": list(words[name].codes)}
        for name, kind in layout.kinds.items()
    ]
    return {"rows": rows, "columns": columns}


def _table(source: str, file: MappedRows) -> MappedTable:
    """Return the table of an entry."""
    about = known_about(file)
    if about is None:
        raise DataError(f"{file.path.parent} is damaged: remove it, and {Path(source).name} is read anew")
    kinds = {one["name"]: ColumnKind(one["kind"], one["dtype"], one["shown"]) for one in about["columns"]}
    offsets = _Layout(kinds, about["rows"]).offsets
    columns = {}
    for one in about["columns"]:
        kind = kinds[one["name"]]
        words = {"text": one["words"], "category": one["words"], "truth": (False, True)}.get(kind.kind)
        columns[one["name"]] = Column(
            file,
            kind.dtype,
            about["rows"],
            offsets[one["name"]],
            kind.shown,
            words=None if words is None else tuple(words),
            is_category=kind.kind == "category",
        )
    return MappedTable(source, columns, about["rows"])
