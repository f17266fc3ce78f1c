"""What a reader returns, before anything is checked: the seam between readers and the rules of loading."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import DataError

if TYPE_CHECKING:
    from .dataset import Kind
    from .tasks import Task

FROM_PYTHON = "python:"
"""Starts the name of a source that was given as objects, which no other process can load again."""


@dataclass(frozen=True)
class SourceData:
    """Rows and labels as a reader found them. `assemble` checks them and decides what is left open."""

    name: str
    """How messages and reports call the data."""
    x: Any
    """Features: anything NumPy reads as an array of rows, or a DataFrame."""
    y: Any
    """Labels or target values, one a row."""
    x_test: Any = None
    """Held-out features where the source brings its own split."""
    y_test: Any = None
    groups: Any = None
    """One label a row of ``x``."""
    weights: Any = None
    """One number a row of ``x``, by which it weighs in the loss."""
    fold_labels: Any = None
    """One int64 a row of ``x``: the fold in which it validates, -1 for none; or one for each fold, as in ``Dataset``."""
    classes: tuple[str, ...] = ()
    """Names of the integer codes 0, 1, ... in ``y``, where the source knows them."""
    kind: Kind | None = None
    """Decided by shape and dtype if None."""
    task: Task | None = None
    """Known by the source (an image folder has classes); decided by the target's values if None."""
    columns: tuple[str, ...] = ()
    """All columns of a file without names, in their order."""
    time_order: str = ""
    """In which order the dates that rows of a series are sorted by name day, month and year."""
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse masked values, which NumPy gives as if they were not masked.

        Raises:
            DataError: There are some.
        """
        for part in ("x", "y", "x_test", "y_test", "groups", "weights"):
            if _holds_masked(getattr(self, part)):
                raise DataError(
                    f"{self.name}: {part} is a masked array: call .filled(np.nan) first, or leave masked rows out"
                )


def _holds_masked(values: Any) -> bool:
    if isinstance(values, Mapping):
        return any(map(_holds_masked, values.values()))
    parts = values if isinstance(values, list | tuple) else [values]
    return any(isinstance(part, np.ma.MaskedArray) and np.ma.is_masked(part) for part in parts)
