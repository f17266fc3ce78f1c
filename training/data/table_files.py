"""How a table's file is read, CSV or Parquet, whole or kept in a cache; what is wrong with it is said in words of the file."""

from __future__ import annotations

import csv
import re
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ...errors import DataError, one_line
from .delimited import ALIGNED, UTF_8, first_rows, read_csv, table_suffix
from .headers import check_header, column_at, refuse_twins
from .table_options import TableOptions
from .text_encodings import encoding_problem, file_encoding


def read_delimited(
    path: Path, options: TableOptions, read: Callable[..., Any] = read_csv
) -> tuple[Any, tuple[str, ...]]:
    """Return a delimited file's table, and what was found out about the file.

    Args:
        path: The file.
        options: Say how it is read.
        read: What reads it, ``read_csv`` or what takes the same arguments.

    Raises:
        DataError: It cannot be read as a table.
    """
    import pandas as pd

    encoding = options.encoding or UTF_8
    try:
        encoding = file_encoding(path, options.encoding)
        names, separator = first_rows(path, encoding)
        dtype = dict.fromkeys(_text_columns(names, options), str)
        with warnings.catch_warnings():
            # A header shorter than the rows makes pandas drop values with no more than this warning.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            frame = read(path, separator, header=options.header is not False, encoding=encoding, dtype=dtype)
    except UnicodeError as error:
        raise DataError(f"{path}: {encoding_problem(path, encoding)}") from error
    except pd.errors.EmptyDataError as error:
        raise DataError(f"{path} is empty: expected a first line with the columns' names") from error
    except pd.errors.ParserWarning as error:
        raise DataError(f"{path}: rows have more values than the first line has names") from error
    except (pd.errors.ParserError, csv.Error) as error:
        raise DataError(f"{path}: {_parse_problem(error)}") from error
    except (
        OSError,
        EOFError,
        zlib.error,
    ) as error:  # the last two, and BadGzipFile, of what is no gzip or cut off
        raise DataError(f"{path} cannot be read: {one_line(error)}") from error
    if options.header is not False:
        if frame.empty:
            raise DataError(f"{path} has no rows below its first line")
        check_header(path, names, frame, asked=options.header is True)
    return frame, _describe_file(path, separator, encoding)


def _text_columns(names: list[str], options: TableOptions) -> list[str | int]:
    """Return the columns that pandas must leave texts: by their names, without a header by their positions."""
    if options.header is not False:
        return [*options.as_texts]
    numbered = [f"c{position}" for position in range(len(names))]
    asked = [column_at(column, numbered) for column in options.as_texts]
    return [numbered.index(column) for column in asked if column in numbered]


def _describe_file(path: Path, separator: str, encoding: str) -> tuple[str, ...]:
    """Return what was found by looking at a file and not by its name."""
    own = "\t" if table_suffix(path) == ".tsv" else ","
    words = {"\t": "tabs", ALIGNED: "spaces", ",": "commas", ";": "semicolons", "|": "bars"}
    found = [f"values separated by {words[separator]}"] if separator != own else []
    return (*found, *([f"read as {encoding.upper()}"] if encoding != UTF_8 else []))


def read_parquet(path: str | Path) -> Any:
    """Return a Parquet file's table; an index with a name is a column of it."""
    import pandas as pd

    frame = pd.read_parquet(path)
    return frame.reset_index() if any(name is not None for name in frame.index.names) else frame


def _parse_problem(error: Exception) -> str:
    """Return pandas' tokenizer message in words of the file: which line, how many values."""
    text = one_line(error)
    if found := re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", text):
        expected, line, saw = found.groups()
        return f"line {line} has {saw} values, expected {expected}"
    if found := re.search(r"EOF inside string starting at row (\d+)", text):
        # pandas counts rows from 0 without blank lines; the header is line 1.
        return f"a quote opened near line {int(found[1]) + 1} is never closed"
    return text.removeprefix("Error tokenizing data. C error: ")


def read_parquet_file(path: Path, read: Callable[[Path], Any] = read_parquet) -> Any:
    """Return a Parquet file's table, which is not empty.

    Raises:
        DataError: It cannot be read as one.
    """
    from pyarrow.parquet import read_schema

    try:
        refuse_twins(path, read_schema(path).names)
        frame = read(path)
    except DataError:  # which is a ValueError, and says what is wrong
        raise
    except (OSError, ValueError) as error:  # pyarrow's ArrowInvalid is a ValueError
        raise DataError(f"{path} cannot be read as Parquet: {one_line(error)}") from error
    if frame.empty:
        raise DataError(f"{path} has no rows")
    return frame
