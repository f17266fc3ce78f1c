"""Rules for tables: which columns can be features, how each is stored, and what is refused.

What is decided here is a schema: names, types and the categories of each text column, read off the whole training
table, so that every fold's model has the same inputs. Nothing else is taken from outside a fold's training part:
medians, means and ranges are fitted later, fold by fold, by `fit_preparation`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...errors import DataError, did_you_mean
from ...texts import count_text, names_text, natural_key
from .column_values import as_text, count_distinct, filled, is_number, plain_numbers
from .free_text import is_prose
from .mapped_table import is_table, kept_pair, table_like

MOST_CATEGORIES = 100
MOST_ASKED_CATEGORIES = 1000
"""Of a column that somebody says is one of categories: each takes a column of numbers."""
FEWEST_WORDS_OF_ALL = 2
"""On average, of texts that are all different and no identifiers."""
ROW_NUMBER = re.compile(
    r"(unnamed: ?\d+|id|idx|index|row|row_?(id|number|no|names?)|no|nr|rownames?|#|)", re.IGNORECASE
)


@dataclass
class _Findings:
    """What a walk over the columns gathers, so that one message can name all bad columns."""

    refused: list[str] = field(default_factory=list)
    constant: list[str] = field(default_factory=list)
    identifiers: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    counters: list[str] = field(default_factory=list)

    def notes(self) -> tuple[str, ...]:
        reasons = (
            (self.constant, "the same value in every row"),
            (self.identifiers, "a different text in every row"),
            (self.counters, "it only numbers the rows"),
        )
        dropped = tuple(
            f"{'column' if len(names) == 1 else 'columns'} {names_text(names)} dropped: {why}"
            for names, why in reasons
            if names
        )
        return (*dropped, *(f"column '{name}' taken for text" for name in self.texts), *self.asked)


@dataclass(frozen=True)
class AskedKinds:
    """Columns that are what somebody says they are, and not what they look like."""

    text: Sequence[str] = ()
    categorical: Sequence[str] = ()
    alone: Sequence[str] = ()
    """The column of texts that came without a table."""


_NOTHING_ASKED = AskedKinds()


def row_numbers(frame: Any) -> list[str]:
    """Return columns that only number the rows, in a table still in its source's order; none in other data.

    Such a column (an index that ``to_csv`` wrote) predicts the target wherever the file is sorted by it.
    """
    return [name for name in counting_columns(frame) if ROW_NUMBER.fullmatch(name.strip())]


def counting_columns(frame: Any) -> list[str]:
    """Return columns of whole numbers, whatever they are called, that are one more in each row than in the one before."""
    if not is_table(frame) or not frame.columns.is_unique:
        return []
    return [str(name) for name in frame.columns if _counts(frame[name])]


def _counts(values: Any) -> bool:
    if values.dtype.kind not in "iu" or len(values) < 2:
        return False
    ends = values.iloc[[0, -1]].to_numpy()  # of a large table, before all of a column is read
    if int(ends[1]) - int(ends[0]) != len(values) - 1:
        return False
    return bool((np.diff(values.to_numpy().astype(np.int64)) == 1).all())


def clean_table(
    train: Any, test: Any, name: str, counters: list[str], asked: AskedKinds = _NOTHING_ASKED
) -> tuple[Any, Any, tuple[str, ...]]:
    """Return training and test features with converted columns: numbers, booleans, categories and texts only.

    Args:
        train: Training rows, which alone decide the schema.
        test: Held-out rows.
        name: How messages call the table.
        counters: Columns that `row_numbers` found; dropped.
        asked: Columns that are what somebody says they are.

    Returns:
        The two frames and what was decided. Text columns become pandas categories whose vocabulary is that of the
        training rows; the test frame's vocabulary has its unknown words after those, which encode to zeros. Columns of
        sentences stay texts, ``""`` where one is missing.

    Raises:
        DataError: Dates, too many categories, infinite numbers, or no usable column; all bad columns in one message.
    """
    findings = _Findings(counters=[column for column in counters if column in train.columns])
    lost = [column for column in train.columns if column not in test.columns]
    if lost:
        raise DataError(
            f"{name}: the test rows lack column {names_text(lost)}.{did_you_mean(lost[0], test.columns)}"
        )
    columns: dict[str, Any] = {}
    for column in train.columns:
        if column not in findings.counters:
            name_of, pair = str(column), (train[column], test[column])
            if name_of in (*asked.alone, *asked.text):
                converted = _asked_text(*pair, name_of, findings, asked)
            else:
                known = name_of in asked.categorical
                converted = _convert_column(*pair, name_of, findings, asked_categories=known)
            if converted is not None:
                columns[name_of] = kept_pair(train, test, name_of, converted)
    if findings.refused:
        raise DataError(f"{name}: {'; '.join(findings.refused)}")
    notes = findings.notes()
    if not columns:
        raise DataError(f"{name} has no usable feature column{': ' + '; '.join(notes) if notes else ''}")
    new_train = table_like(train, {column: pair[0] for column, pair in columns.items()})
    new_test = table_like(test, {column: pair[1] for column, pair in columns.items()})
    return new_train, new_test, notes


def _convert_column(
    train: Any, test: Any, column: str, findings: _Findings, *, asked_categories: bool
) -> tuple[Any, Any] | None:
    """Return a column's training and test values in their final dtype; None if it is dropped or refused."""
    import pandas as pd

    kinds = pd.api.types
    try:
        distinct = count_distinct(train)
    except TypeError:  # lists, dicts and arrays do not hash
        findings.refused.append(
            f"column '{column}' holds {type(train.iloc[0]).__name__} objects: spread them over columns"
        )
        return None
    if not isinstance(train.dtype, pd.CategoricalDtype):
        train = train.infer_objects()
        if kinds.infer_dtype(train, skipna=True) == "decimal":
            train = train.astype(float)
    if kinds.is_timedelta64_dtype(train.dtype) or kinds.infer_dtype(train, skipna=True) in (
        "time",
        "timedelta",
    ):
        findings.refused.append(
            f"column '{column}' holds durations or times of day: write them as numbers, or --drop {column} leaves it out"
        )
        return None
    if kinds.is_complex_dtype(train.dtype):
        findings.refused.append(
            f"column '{column}' holds complex numbers: write their parts as columns, or --drop {column} leaves it out"
        )
        return None
    if distinct == 0 or (distinct == 1 and (is_number(train) or not train.isna().any())):
        findings.constant.append(column)
        return None
    convert = _convert_numbers if is_number(train) else _convert_text
    return (_asked_categories if asked_categories else convert)(train, test, column, findings)


def _convert_numbers(train: Any, test: Any, column: str, findings: _Findings) -> tuple[Any, Any] | None:
    import pandas as pd

    pair = []
    for part in (train, test):
        try:
            values = plain_numbers(part)
        except (ValueError, TypeError):
            findings.refused.append(
                f"column '{column}' holds numbers in the training rows but text in the test rows"
            )
            return None
        if values.dtype.kind == "f" and (count := int(np.isinf(values).sum())):
            findings.refused.append(
                f"column '{column}' holds {count_text(count, 'infinite number')}: replace or remove them"
            )
            return None
        pair.append(pd.Series(values))
    return pair[0], pair[1]


def _convert_text(train: Any, test: Any, column: str, findings: _Findings) -> tuple[Any, Any] | None:
    train, test = as_text(train), as_text(test)
    present = train.dropna()
    vocabulary = sorted(present.unique(), key=natural_key)
    all_distinct = len(vocabulary) == len(train)
    many = len(vocabulary) > min(MOST_CATEGORIES, len(train) / 2)
    if (many and is_prose(vocabulary)) or (all_distinct and is_prose(vocabulary, FEWEST_WORDS_OF_ALL)):
        findings.texts.append(column)
        return filled(train, test)
    if all_distinct:
        findings.identifiers.append(column)
        return None
    if len(vocabulary) > MOST_CATEGORIES:
        findings.refused.append(
            f"column '{column}' holds {len(vocabulary):,} different texts, at most {MOST_CATEGORIES} can be "
            f"categories: --drop {column} leaves it out, --text {column} reads their words, or group rare values"
        )
        return None
    return _categories(train, test, vocabulary)


def _asked_categories(train: Any, test: Any, column: str, findings: _Findings) -> tuple[Any, Any] | None:
    """Return a column that is to be categories, whatever its values look like."""
    train, test = as_text(train), as_text(test)
    vocabulary = sorted(train.dropna().unique(), key=natural_key)
    if len(vocabulary) > MOST_ASKED_CATEGORIES or len(vocabulary) == len(train):
        most = f"at most {MOST_ASKED_CATEGORIES:,}, and fewer than rows, can be categories"
        findings.refused.append(f"column '{column}' holds {len(vocabulary):,} different values: {most}")
        return None
    findings.asked.append(f"column '{column}' taken for categories, as asked")
    return _categories(train, test, vocabulary)


def _categories(train: Any, test: Any, vocabulary: list[str]) -> tuple[Any, Any]:
    """Return texts as categories of the training rows, those that only test rows have after them."""
    import pandas as pd

    unknown = sorted(set(test.dropna().unique()) - set(vocabulary), key=natural_key)
    return (
        pd.Series(pd.Categorical(train, categories=vocabulary)),
        pd.Series(pd.Categorical(test, categories=[*vocabulary, *unknown])),
    )


def _asked_text(
    train: Any, test: Any, column: str, findings: _Findings, asked: AskedKinds
) -> tuple[Any, Any] | None:
    """Return a column that is text because its source or somebody says so."""
    if is_number(train):
        findings.refused.append(f"column '{column}' holds numbers, which are no text")
        return None
    pair = filled(train, test)
    if not pair[0].str.strip().any():
        findings.refused.append(
            "every text is empty" if column in asked.alone else f"column '{column}' holds no text"
        )
        return None
    if column in asked.text:
        findings.asked.append(f"column '{column}' taken for text, as asked")
    return pair
