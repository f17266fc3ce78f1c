"""Delimited files: how their text is encoded, what separates their values, and how pandas is told to read them.

Exports hold these functions' source: a script reads its file, and ``predict.py`` any file, as training did.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
from pathlib import Path
from typing import Any

DELIMITED = (".csv", ".tsv", ".data", ".txt")
"""Endings of delimited files, each also before ``.gz``."""
UTF_8 = "utf-8-sig"
"""UTF-8, with a byte order mark or without."""
ALIGNED = r"\s+"
"""Separates columns that spaces align, as in many a ``.data`` file."""
_SAMPLE = 2**18
"""Characters that are looked at for the separator."""
_DECIMAL = re.compile(r"[-+]?(\d*|\d{1,3}(\.\d{3})+),\d+")


def table_suffix(path: Path) -> str:
    """Return how a file's name ends, without ``.gz`` where it is a delimited file's."""
    inner = Path(path.stem).suffix.lower()
    return inner if path.suffix.lower() == ".gz" and inner in DELIMITED else path.suffix.lower()


def marked_encoding(path: Path) -> str:
    """Return the encoding that a file's byte order mark names; UTF-8 where there is none."""
    with open_bytes(path) as stream:
        start = stream.read(4)
    if start in (b"\xff\xfe\0\0", b"\0\0\xfe\xff"):
        return "utf-32"
    return "utf-16" if start[:2] in (b"\xff\xfe", b"\xfe\xff") else UTF_8


def open_bytes(path: Path) -> Any:
    """Open a file for reading what it holds, decompressed where its name ends in ``.gz``."""
    return gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb")


def first_rows(path: Path, encoding: str) -> tuple[list[str], str]:
    """Return the cells of a file's first line, and what separates values.

    That is what parts the first lines into equally many values: the ending's own mark (a comma, a tab for ``.tsv``),
    else another one; in a ``.data`` or ``.txt`` file also spaces that align columns. A comma gives way to another mark
    between whose values it is a decimal one.

    Raises:
        UnicodeError: The file is not of that encoding.
    """
    with io.TextIOWrapper(open_bytes(path), encoding, newline="") as stream:
        sample = stream.read(_SAMPLE)
        if stream.read(1):
            sample = sample.rpartition("\n")[0]  # the last line may be cut
    if "\0" in sample:
        raise UnicodeError("null bytes")
    suffix = table_suffix(path)
    separator = _separator(sample, "\t" if suffix == ".tsv" else ",", aligned=suffix in (".data", ".txt"))
    names = next(iter(_cells(sample, separator)), [])
    return [cell.strip() for cell in names], separator


def _separator(sample: str, own: str, *, aligned: bool) -> str:
    marks = [own, *(mark for mark in ",;\t|" if mark != own)]
    regular = {mark: rows for mark in marks if (rows := _regular(sample, mark))}
    by_width = sorted(regular, key=lambda mark: (mark != own, -len(regular[mark][0])))
    if "," in regular and (other := next((mark for mark in by_width if mark != ","), None)):
        commas = [cell for row in regular[other] for cell in row if "," in cell]
        if commas and all(_DECIMAL.fullmatch(cell.strip()) for cell in commas):
            return other
    spaced = _regular(sample, ALIGNED) if aligned else []
    if spaced and all("  " in row[0] for row in regular.get("\t", [])):  # a tab may stand among the spaces
        by_width = [*(mark for mark in by_width if mark != "\t"), ALIGNED]
    first = next((line for line in sample.splitlines() if line.strip()), "")
    return next(iter(by_width), next((mark for mark in marks if mark in first), own))


def _regular(sample: str, separator: str) -> list[list[str]]:
    """Return the rows that a separator makes of a sample; none where they are of one value or of different lengths."""
    rows = _cells(sample, separator)
    return rows if len({len(row) for row in rows}) == 1 and len(rows[0]) > 1 else []


def _cells(sample: str, separator: str) -> list[list[str]]:
    if separator == ALIGNED:
        sample = "\n".join(line.strip().replace("\t", " ") for line in sample.splitlines())
    delimiter = " " if separator == ALIGNED else separator
    rows = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter, skipinitialspace=True)
    return [row for row in rows if any(cell.strip() for cell in row)]


def read_csv(
    path: str | Path, separator: str, *, header: bool, encoding: str = "utf-8-sig", dtype: Any = None
) -> Any:
    """Return a delimited file's table, names without the spaces around them; c0, c1, ... without a header."""
    import pandas as pd

    how: dict[str, Any] = {"sep": separator, "encoding": encoding, "header": 0 if header else None}
    # False, else pandas would silently turn the first column into an index
    how |= {"index_col": False, "skipinitialspace": True}
    if header and dtype:
        written = pd.read_csv(path, nrows=0, **how)
        dtype = {name: dtype[name.strip()] for name in written if name.strip() in dtype}
    frame = pd.read_csv(path, dtype=dtype, low_memory=False, **how)
    return frame.rename(columns=str.strip) if header else frame.add_prefix("c")
