"""Tokens: whole numbers that name something, a word or a user, and that a model looks up in an embedding.

Scaled, they would name nothing. Which numbers are looked up, the built model says (``training.models.embedding_inputs``).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .mapped_rows import MappedRows, extremes
from .preparation import Preparation

if TYPE_CHECKING:
    from .dataset import Dataset

_MOST = 2**31 - 1
_FIRST = 100
"""Rows that are looked at before all are: they tell most of what is not whole."""
_SAMPLED = 1000
"""Rows that numbers are taken from which occur."""


def integer_columns(dataset: Dataset, preparation: Preparation) -> tuple[int, ...]:
    """Return the positions, in a row as the model reads it, of numbers that are whole in every training row."""
    if preparation.kind == "arrays":
        return ()  # nothing is scaled
    if preparation.layout == "sequence":
        return ()  # steps of a table
    if preparation.input_shape != preparation.source_shape and preparation.kind != "table":
        return ()  # axes were moved
    columns: Iterable[np.ndarray]
    if preparation.kind == "table":
        frame: Any = dataset.x
        columns = (frame[name].to_numpy() for name in preparation.numeric)
    else:
        if dataset.x.dtype.kind in "iu":
            low, high = extremes(dataset.x)
            return tuple(range(math.prod(dataset.x.shape[1:]))) if high <= _MOST and low >= -_MOST else ()
        if isinstance(dataset.x, MappedRows):
            return ()  # numbers that are looked up are few: such rows are measured
        rows = np.asarray(dataset.x).reshape(dataset.rows, -1)
        columns = rows.T
    return tuple(
        position
        for position, column in enumerate(columns)
        if _is_integer(column[:_FIRST]) and _is_integer(column)
    )


def sample_rows(dataset: Dataset, preparation: Preparation, integers: Sequence[int]) -> list[np.ndarray]:
    """Return three rows as a model reads them, of numbers that occur at the positions of whole numbers, and of zeros elsewhere.

    Of each column they hold the smallest number, the one next to it, and the largest.
    """
    rows = np.zeros((3, math.prod(preparation.input_shape)))
    if preparation.kind == "table":
        frame: Any = dataset.x
        columns = [frame[preparation.numeric[position]].to_numpy()[:_SAMPLED] for position in integers]
    else:
        few = np.asarray(dataset.x[:_SAMPLED])
        columns = list(few.reshape(len(few), -1).T[list(integers)])
    for position, column in zip(integers, columns, strict=True):
        values = np.unique(column[~np.isnan(column)])
        if len(values):
            rows[:, position] = values[[0, min(1, len(values) - 1), -1]]
    return list(rows)


def _is_integer(column: np.ndarray) -> bool:
    if column.dtype.kind == "b":
        return False
    known = column[~np.isnan(column)] if column.dtype.kind == "f" else column
    return not len(known) or bool((known == np.floor(known)).all() and abs(known).max() <= _MOST)


def with_tokens(preparation: Preparation, tokens: Collection[int]) -> Preparation:
    """Return a preparation that leaves some numbers of a row as they are; int32 where these are all that a row has."""
    if not tokens:
        return preparation
    recipe = replace(preparation.recipe, tokens=tuple(tokens))
    if len(tokens) == int(np.prod(preparation.input_shape)):
        recipe = replace(recipe, scaling="none", divisor=1.0)
    elif recipe.scaling == "unit":
        # Pixels are divided by one number; beside tokens, others are scaled as a plain array's are.
        recipe = replace(recipe, scaling="standard", divisor=1.0)
    return replace(preparation, recipe=recipe)
