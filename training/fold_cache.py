"""Caches the folds of the last few preparations."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .data import ByBatch, MappedRows, Tree, leaves, take

if TYPE_CHECKING:
    from .data import Preparation, Recipe

PART_ROWS, PART_BYTES = 1000, 64 * 2**20
"""Of rows that are prepared together, as float32: at most so many, and so many bytes."""
MOST_PREPARATIONS = 4
MOST_BYTES = 1024 * 2**20
"""Of the prepared rows of all preparations; the one in use is kept, however large it is."""


@dataclass(frozen=True)
class FoldData:
    """One fold, ready to train: arrays of all rows, and which of them are for what."""

    x: Tree
    """float32, ``(rows, *input_shape)``; folds that fit nothing share one array. Of several inputs a nest of arrays. As they
    are stored, perhaps in a file, where there is something to be done ``by_batch``."""
    y: Tree
    train: np.ndarray
    """int64 positions; one that stands twice trains twice in an epoch."""
    validation: np.ndarray
    target_scale: float
    by_batch: ByBatch | None = None
    """What is done to each batch of ``x``; None where rows are prepared already."""

    def parts(self, rows: np.ndarray) -> Iterator[Tree]:
        """Yield some rows as the model reads them, a part after the other."""
        row = sum(4 * math.prod(leaf.shape[1:]) for leaf in leaves(self.x))
        size = max(1, min(PART_ROWS, PART_BYTES // max(1, row)))
        for first in range(0, len(rows), size):
            yield self.inputs(rows[first : first + size])

    def inputs(self, rows: np.ndarray) -> Tree:
        """Return some rows as the model reads them."""
        x = take(self.x, rows)
        return x if self.by_batch is None else self.by_batch.apply(np.asarray(x))


class FoldCache:
    """Prepared folds by their preparation; the one that was used longest ago goes first. Pickled, it is empty."""

    def __init__(self, most: int = MOST_PREPARATIONS, most_bytes: int = MOST_BYTES) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._folds: OrderedDict[Recipe, tuple[FoldData, ...]] = OrderedDict()

    def get(
        self, preparation: Preparation, make: Callable[[Preparation], tuple[FoldData, ...]]
    ) -> tuple[FoldData, ...]:
        """Return the folds of a preparation, made where they are not kept."""
        recipe = preparation.recipe  # all that differs among the preparations of a dataset for a model
        if recipe not in self._folds:
            self._folds[recipe] = make(preparation)
        self._folds.move_to_end(recipe)
        while len(self._folds) > 1 and self._is_full():
            self._folds.popitem(last=False)
        return self._folds[recipe]

    def _is_full(self) -> bool:
        parts = (leaf for folds in self._folds.values() for fold in folds for leaf in leaves(fold.x))
        arrays = {id(leaf): leaf.nbytes for leaf in parts if not isinstance(leaf, MappedRows)}
        return len(self._folds) > self._most or sum(arrays.values()) > self._most_bytes

    def __len__(self) -> int:
        return len(self._folds)

    def __reduce__(self) -> tuple[type[FoldCache], tuple[int, int]]:
        return FoldCache, (self._most, self._most_bytes)
