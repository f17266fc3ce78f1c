"""Readers of tables' files: CSV and Parquet; and of arrays that have names."""

from __future__ import annotations

import shlex
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import DataError, did_you_mean
from ...texts import count_text, names_text
from .delimited import DELIMITED, table_suffix
from .given_folds import given_folds
from .headers import column_at
from .mapped_table import MappedTable, in_memory
from .series import in_time_order
from .source_data import SourceData
from .stored_tables import read_stored
from .table_files import read_delimited, read_parquet_file
from .table_options import TableOptions, names_of
from .text_encodings import check_unicode
from .trees import nested

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

TABLE_SUFFIXES = (*DELIMITED, ".parquet", ".pq")
_PAIRS = (("x_train", "y_train", "x_test", "y_test"), ("x", "y", "x_test", "y_test"))


def read_table(path: Path, options: TableOptions) -> SourceData:
    """Read a CSV, TSV or Parquet file and take the target and group columns out.

    A large file is read once, into the cache on disk, and its features stay there (``MappedTable``).

    Raises:
        DataError: The file cannot be read as a table, or a column is missing from it.
    """
    clash = [word for word in options.given if word in ("header", "encoding")]
    if clash and table_suffix(path) not in DELIMITED:
        raise DataError(
            f"{path}: {' and '.join(clash)} is for {', '.join(DELIMITED)} files; this one needs no telling"
        )
    frame, notes = read_stored(path, options)
    columns = tuple(frame.columns) if options.header is False else ()
    options = options.renamed(lambda column: column_at(column, columns)) if columns else options
    found = take_target(frame, path.name, options)
    return replace(found, columns=columns, notes=(*notes, *found.notes))


def peek_table(path: Path, options: TableOptions = TableOptions()) -> Any:  # noqa: B008 - frozen
    """Return a table file as a frame, before any of its columns is taken for something.

    Raises:
        DataError: The file cannot be read as a table.
    """
    return read_delimited(path, options)[0] if table_suffix(path) in DELIMITED else read_parquet_file(path)


def take_target(frame: Any, name: str, options: TableOptions) -> SourceData:
    """Split a table into features, target and groups, without the columns that are dropped.

    Args:
        frame: The whole table, a DataFrame or a ``MappedTable``; it is not changed.
        name: How messages call the table.
        options: Which columns are what.

    Raises:
        DataError: There is no target, a column does not exist, is two things, or names are not unique.
    """
    if not isinstance(frame, MappedTable):  # whose names are texts, and can be written
        check_unicode(frame, name)
        frame = frame.set_axis([str(column) for column in frame.columns], axis=1).reset_index(drop=True)
    uses = _uses_of_columns(list(frame.columns), name, options)
    order: str = ""
    notes: tuple[str, ...] = ()
    if options.window is not None:
        frame, order, notes = in_time_order(frame, options.time_column, name)
        # The past of the target is a feature, and a date becomes month, weekday and so on; a count of time goes on.
        stay = ("target", "time") if order else ("target",)
        uses = {column: what for column, what in uses.items() if what not in stay}
    targets = options.targets
    groups, weights = (None if one is None else frame[one] for one in (options.group, options.weight))
    return SourceData(
        name,
        frame.drop(columns=list(uses)),
        frame[targets[0]] if len(targets) == 1 else in_memory(frame[list(targets)]),
        groups=groups,
        weights=weights,
        fold_labels=given_folds(frame, options, name),
        time_order=order,
        notes=notes,
    )


def _uses_of_columns(columns: list[str], name: str, options: TableOptions) -> dict[str, str]:
    """Return what each of a table's columns that is no feature is taken for.

    Raises:
        DataError: See ``take_target``.
    """
    twice = [column for column, count in Counter(columns).items() if count > 1]
    if twice:
        raise DataError(f"{name}: column {names_text(twice)} appears more than once: rename or remove one")
    if options.target is None:
        raise DataError(f"{name}: say which column is the target: {names_text(columns, 30)}")
    targets = options.targets
    if not targets or len(set(targets)) < len(targets):
        raise DataError(f"{name}: target must name one or more different columns")
    uses: dict[str, str] = {}
    named_uses = (
        ("target", targets),
        ("group", names_of(options.group)),
        ("weight", names_of(options.weight)),
        ("time", names_of(options.time_column)),
        ("validation", names_of(options.validation)),
        ("fold", names_of(options.fold_column)),
        ("dropped", options.drop),
        ("text", options.text),
        ("categorical", options.categorical),
    )
    for what, named in named_uses:
        for column in named:
            if column not in columns:
                kind = "" if what == "dropped" else f"{what} "
                hint = _several(column, columns, what) or did_you_mean(column, columns)
                hint = hint or f" Columns: {names_text(columns, 30)}."
                raise DataError(f"{name} has no {kind}column '{column}'.{hint}")
            if uses.setdefault(column, what) != what:
                raise DataError(f"{name}: column '{column}' cannot be both {uses[column]} and {what}")
    return {column: what for column, what in uses.items() if what not in ("text", "categorical")}


def _several(word: str, columns: Sequence[str], use: str) -> str:
    """Return a hint for columns that are given as one word, ``a,b``; an empty string where it is something else."""
    option = {"target": "target", "dropped": "drop", "text": "text", "categorical": "categorical"}.get(use)
    parts = [part.strip() for part in word.split(",") if part.strip()]
    if option is None or len(parts) < 2 or not all(part in columns for part in parts):
        return ""
    return f" Give each by itself: {' '.join(f'--{option} {shlex.quote(part)}' for part in parts)}."


def with_nests(arrays: Mapping[str, Any]) -> dict[str, Any]:
    """Return named arrays in which those called ``x/left`` and ``x/right`` are one nest, ``x``."""
    names = dict.fromkeys(key.partition("/")[0] for key in arrays)
    return {name: nested(arrays, name) for name in names}


def from_mapping(arrays: Mapping[str, Any], name: str, group: str | None) -> SourceData:
    """Turn named arrays into source data: an archive's content, or a dict that a function returned.

    Several inputs are a dict or list called ``x``, or arrays called ``x/left`` and ``x/right``, as an archive has them.

    Raises:
        DataError: An array that is needed is missing.
    """
    arrays = with_nests(arrays)
    pair = _PAIRS[0] if "x_train" in arrays else _PAIRS[1]
    has_test = sum(key in arrays for key in pair[2:])
    if any(key not in arrays for key in pair[:2]) or has_test == 1:
        raise DataError(
            f"{name} must hold x_train, y_train (with x_test, y_test) or x, y; "
            f"it has {names_text(arrays) or 'nothing'}"
        )
    if group is not None and group not in arrays:
        raise DataError(f"{name} has no array '{group}' for groups.{did_you_mean(group, arrays)}")
    groups = arrays[group] if group is not None else arrays.get("groups")
    notes: tuple[str, ...] = ()
    if group is None and groups is not None:
        count = len(np.unique(np.asarray(groups)))
        notes = (f"{count_text(count, 'group')} read from the array 'groups'",)
    x, y, x_test, y_test = (arrays.get(key) for key in pair)
    return SourceData(name, x, y, x_test, y_test, groups=groups, notes=notes)
