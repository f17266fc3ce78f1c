"""Validation rows given from Python, as ``fit`` takes them in ``validation_data``: they join the others, and validate."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ...errors import DataError, did_you_mean, one_line
from ...texts import count_text, names_text
from .multiple_inputs import check_like, holds_several, read_several
from .source_data import SourceData
from .trees import Tree, concatenate, leaves, row_count


def with_validation(source: SourceData, validation: SourceData) -> SourceData:
    """Return training rows followed by those that validate, with the fold in which each one does: 0, or -1 for none.

    Args:
        source: The training rows.
        validation: What ``validation=`` gave; its name is for messages.

    Raises:
        DataError: There are no rows, they have other columns, shapes or types, or something else says how rows are split.
    """
    if source.fold_labels is not None:
        raise DataError(f"{source.name}: a column and validation= both say how rows are split: give one")
    if source.groups is not None:
        raise DataError(
            f"{source.name}: validation rows are given, and groups would cut others: leave group out"
        )
    x, y = (
        _joined(getattr(source, part), getattr(validation, part), several, source.name, validation.name, part)
        for part, several in (
            ("x", holds_several(source.x, source.y)),
            ("y", holds_several(source.y, source.x)),
        )
    )
    counts = _rows(source, x[0], y[0]), _rows(validation, x[1], y[1])
    return replace(
        source,
        x=concatenate(x),
        y=concatenate(y),
        weights=_weights((source, validation), counts),
        fold_labels=np.repeat(np.array([-1, 0]), counts),
    )


def _joined(
    training: Any, validation: Any, several: bool, name: str, given_name: str, part: str
) -> tuple[Tree, Tree]:
    """Return x or y of training and of validation rows, alike, so that they can be one."""
    words = f"{given_name}: {part}"
    if several:
        trees = read_several(training, f"{name}: {part}"), read_several(validation, words)
        check_like(trees[1], trees[0], words)
    elif hasattr(training, "iloc"):
        trees = training, _like_pandas(validation, training, words)
    else:
        trees = _array(training, f"{name}: {part}"), _array(validation, words)
        if trees[1].shape[1:] != trees[0].shape[1:]:
            raise DataError(
                f"{words} has rows of shape {trees[1].shape[1:]}, and training rows of {trees[0].shape[1:]}"
            )
    for one, other in zip(*map(leaves, trees), strict=True):
        _check_types(one, other, words)
    return trees


def _array(values: Any, words: str) -> np.ndarray:
    try:
        array = np.asarray(values)
    except (TypeError, ValueError) as error:
        raise DataError(f"{words} is no regular array: {one_line(error)}") from error
    if not array.ndim:
        raise DataError(f"{words} is no array of rows: {one_line(values, 60)}")
    return array


def _like_pandas(values: Any, pattern: Any, words: str) -> Any:
    """Return a frame with the columns of another one in their order, or a Series."""
    import pandas as pd

    if isinstance(pattern, pd.Series):
        return pd.Series(_array(values, words).reshape(-1), name=pattern.name)
    if not isinstance(values, pd.DataFrame):
        raise DataError(f"{words} must be a DataFrame, as that of the training rows is")
    values = values.set_axis([str(name) for name in values.columns], axis=1)
    columns = [str(name) for name in pattern.columns]
    if lost := [name for name in columns if name not in values.columns]:
        raise DataError(f"{words} lacks column {names_text(lost)}.{did_you_mean(lost[0], values.columns)}")
    if more := [name for name in values.columns if name not in columns]:
        raise DataError(f"{words} has column {names_text(more)}, which the training rows have not")
    return values[columns].set_axis(pattern.columns, axis=1)


def _check_types(training: Any, validation: Any, words: str) -> None:
    """Refuse arrays of another unit or kind, which one array of both would hide."""
    if not (hasattr(training, "dtype") and hasattr(validation, "dtype")):
        return
    kinds = [one.dtype.kind for one in (training, validation)]
    if (kinds[0] in "OUST") != (kinds[1] in "OUST"):
        raise DataError(
            f"{words} holds {validation.dtype}, and training rows {training.dtype}: give one kind"
        )
    if training.dtype != validation.dtype and np.uint8 in (training.dtype, validation.dtype):
        raise DataError(
            f"{words} holds {validation.dtype}, and training rows {training.dtype}: give one unit"
        )


def _rows(source: SourceData, x: Tree, y: Tree) -> int:
    rows, targets = row_count(x), row_count(y)
    if rows != targets:
        raise DataError(
            f"{source.name}: x has {count_text(rows, 'row')}, y has {targets:,}: they must have as many"
        )
    if not rows:
        raise DataError(f"{source.name} has no rows")
    return rows


def _weights(sources: tuple[SourceData, SourceData], counts: tuple[int, int]) -> np.ndarray | None:
    """Return the weights of all rows; 1 for those of a part that has none."""
    if all(source.weights is None for source in sources):
        return None
    parts = []
    for source, rows in zip(sources, counts, strict=True):
        weights = np.ones(rows) if source.weights is None else np.asarray(source.weights)
        if len(weights) != rows:
            raise DataError(
                f"{source.name}: there are {count_text(len(weights), 'weight')} for {count_text(rows, 'row')}"
            )
        parts.append(weights.reshape(rows, -1))
    return np.concatenate(parts)
