"""What a dataset is, once loaded: the seam between sources of data and everything that trains on it."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np

from ...texts import count_text
from .dates import TimeOrder
from .mapped_rows import MappedRows
from .mapped_table import MappedTable
from .series import Series
from .strata import row_strata
from .target_format import AS_STORED, TargetFormat
from .tasks import TASKS, Task
from .text_columns import PLAIN, ColumnFormats
from .trees import Tree, is_nest, leaves, map_leaves, named_leaves, row_count, take

Kind = Literal["image", "table", "array", "sequence", "arrays"]


@dataclass(frozen=True)
class Dataset:
    """Rows to train on, rows held out, and what is known about them. Nothing here is fitted or scaled."""

    name: str
    """How people call it: ``digits``, ``houses.csv``."""
    kind: Kind
    """``image``: x is ``(rows, height, width, channels)``; ``table``: a DataFrame; ``array``: ``(rows, ...)`` numbers;
    ``sequence``: ``(rows, time, features)``;
    ``arrays``: a dict, list or tuple of arrays, one for each of several inputs."""
    task: Task
    x: Tree
    """Training rows, as the source stores them (uint8 pixels stay uint8): an array, a DataFrame, or a nest of arrays;
    ``MappedRows`` or a ``MappedTable`` where they lie in files."""
    y: Tree
    """Classification: int64 codes into ``classes``, shape ``(rows,)``. Several labels a row: uint8, 0 and 1,
    ``(rows, labels)``. Regression: float32, ``(rows,)`` or ``(rows, targets)``. Several outputs: a dict, list or tuple of
    arrays, as they were given."""
    x_test: Tree
    """Held-out rows, same layout as ``x``; only ``refit`` touches them."""
    y_test: Tree
    classes: tuple[str, ...] = ()
    """Names of classes in the order of their codes, or of labels in that of their columns; empty for other tasks."""
    strata: np.ndarray | None = None
    """One int64 code a training row, of an output that holds classes: folds keep their proportions, as those of a
    classification's own classes."""
    groups: np.ndarray | None = None
    """One label a training row; rows of one group never lie on both sides of a split."""
    weights: np.ndarray | None = None
    """One float32 a training row, by which it weighs in the loss, of training and of validation; None for 1."""
    fold_labels: np.ndarray | None = None
    """One int64 a training row: the fold in which it validates, -1 for none; None where folds are cut by a method.
    ``(rows, folds)`` where a row validates twice or takes no part in a fold: 1 validates, 0 trains, -1 neither."""
    weights_test: np.ndarray | None = None
    """The same of the held-out rows."""
    columns: tuple[str, ...] = ()
    """All columns of a file without names in their order, the target's too; empty where columns have names."""
    formats: ColumnFormats = PLAIN
    """How texts of the source's columns became numbers; new rows are read so, too."""
    series: Series | None = None
    """How rows in order of time became windows; None where each row stands for itself."""
    time_order: TimeOrder | None = None
    """Columns of time in whose order the rows lie, where there are any."""
    rare: tuple[str, ...] = ()
    """Classes that were dropped, or merged into the last of ``classes``, because they had too few rows."""
    target_format: TargetFormat = AS_STORED
    """In what form ``y`` came; a model of the user's own gets it so."""
    notes: tuple[str, ...] = ()
    """What was decided by rule while loading, one sentence each, to be shown to the user."""

    def taken(self, rows: np.ndarray) -> Dataset:
        """Return it with some of its training rows, and all that belongs to them."""
        labels = {name: getattr(self, name) for name in ("strata", "groups", "weights", "fold_labels")}
        kept: dict[str, Any] = {name: None if part is None else part[rows] for name, part in labels.items()}
        return replace(self, x=take(self.x, rows), y=take(self.y, rows), **kept)

    @property
    def rows(self) -> int:
        """Number of training rows."""
        return row_count(self.y)

    @property
    def test_rows(self) -> int:
        """Number of held-out rows."""
        return row_count(self.y_test)

    @property
    def task_text(self) -> str:
        """What is to be predicted, in words: ``10 classes``, ``4 labels, any number of them a row``, ``rows of 8x8x1``."""
        if self.task == "regression":
            return self.task
        if self.task == "outputs" and not is_nest(self.y):
            return f"rows of {'x'.join(map(str, self.y.shape[1:]))}"
        names = [name for name, _ in named_leaves(self.y)] if self.task == "outputs" else self.classes
        words = count_text(len(names), *TASKS[self.task].outputs)
        more = {"outputs": f" ({', '.join(names)})", "multilabel": ", any number of them a row"}
        return words + more.get(self.task, "")

    @property
    def fold_codes(self) -> np.ndarray | None:
        """What splits keep the proportions of: a code a training row; None where they are drawn without regard."""
        labelled = self.task in ("classification", "multilabel")
        return row_strata(self.y, self.task) if labelled else self.strata

    @property
    def outputs(self) -> Any:
        """Number of values that a model must put out: classes, labels, or targets of a regression.

        Of several outputs a nest, with the numbers that ``y`` has for a row.
        """
        if self.classes:
            return len(self.classes)
        if self.task == "outputs":
            return map_leaves(lambda leaf: math.prod(leaf.shape[1:]), self.y)
        return 1 if self.y.ndim == 1 else self.y.shape[1]

    @cached_property
    def fingerprint(self) -> str:
        """A hash of all rows, labels, classes and groups: 16 hexadecimal digits.

        Equal data gives equal fingerprints on every machine, however it was stored.
        """
        digest = hashlib.blake2b(digest_size=8)
        for part in (self.task, self.classes, self.x, self.y, self.x_test, self.y_test, self.groups):
            _update(digest, part)
        for part in (self.weights, self.fold_labels):
            if part is not None:
                _update(digest, part)
        if self.target_format.shape != "flat":  # what a user's model gets is another array then
            _update(digest, self.target_format.shape)
        return digest.hexdigest()


def _update(digest: Any, part: Any) -> None:
    """Feed one part of a dataset into a hash: shape, dtype and bytes, independent of memory order."""
    if is_nest(part) and any(hasattr(leaf, "dtype") for leaf in leaves(part)):
        for name, leaf in named_leaves(part):
            _update(digest, name)
            _update(digest, leaf)
    elif part is None or isinstance(part, str | tuple):
        digest.update(repr(part).encode())
    elif isinstance(part, MappedRows):
        digest.update(f"{part.shape}{part.dtype.str}".encode())
        for rows in part.parts():
            digest.update(rows.data)
    elif isinstance(part, np.ndarray):
        digest.update(f"{part.shape}{part.dtype.str}".encode())
        if part.dtype == object:
            digest.update(repr(part.tolist()).encode())
        else:
            digest.update(np.ascontiguousarray(part).data)
    else:  # a table
        digest.update(repr([(str(name), str(dtype)) for name, dtype in part.dtypes.items()]).encode())
        from pandas.util import hash_pandas_object

        for rows in part.parts() if isinstance(part, MappedTable) else [part]:
            digest.update(np.ascontiguousarray(hash_pandas_object(rows, index=False).to_numpy()).data)
