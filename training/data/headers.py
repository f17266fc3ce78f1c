"""Whether a delimited file's first line holds names or is the first row of data, and what columns without names are called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...cells import MARKS, is_mark_or_number, numbers_in, plain_text
from ...errors import DataError
from ...texts import names_text


def check_header(path: Path, names: Sequence[str], frame: Any, *, asked: bool) -> None:
    """Refuse a first line that reads as data, unless it was said to hold names, and names that stand twice.

    Raises:
        DataError: with what to do.
    """
    if not asked and _reads_as_data(names, frame):
        raise DataError(
            f"{path}: its first line looks like data ({names_text(names, 4)}), not like names: --no-header reads it as a "
            "row and calls the columns c0, c1, ... (--target -1 is the last one); --header takes it for names"
        )
    refuse_twins(path, names)


def refuse_twins(path: Path, names: Sequence[str]) -> None:
    """Refuse names that stand twice.

    Raises:
        DataError: with what to do.
    """
    twice = [name for name, count in Counter(names).items() if count > 1 and name]
    if twice:
        raise DataError(f"{path}: column {names_text(twice)} appears more than once: rename or remove one")


def column_at(target: str, columns: Sequence[str]) -> str:
    """Return the name of a column that is given by its position, ``-1`` or ``13``; other words as they are."""
    try:
        return columns[int(target)]
    except (ValueError, IndexError):
        return target


def _reads_as_data(names: Sequence[str], frame: Any) -> bool:
    """Tell whether names are numbers, or occur among the values below, and none is a word above numbers."""
    if len(names) > 2 and list(names) == [str(position) for position in range(len(names))]:
        return False  # as pandas writes columns that nobody has named
    suspicious = False
    for name, (_, column) in zip(names, frame.items(), strict=False):
        word = plain_text(name) or ""
        if word.casefold() in MARKS:
            continue
        below = column.dropna()
        if is_mark_or_number(word):
            suspicious = True
        elif below.dtype.kind in "biuf" or numbers_in(texts := below.astype(str).unique()) is not None:
            return False
        else:
            suspicious = suspicious or word in {plain_text(text) for text in texts}
    return suspicious
