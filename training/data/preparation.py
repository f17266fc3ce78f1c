"""Preparation: what is decided about how stored rows become the float32 arrays that a model reads.

``choose_preparation`` decides by rule, ``configured`` by a configuration; nothing is fitted here.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from .recipe import Recipe
from .scalers import TABLE_SCALINGS

if TYPE_CHECKING:
    from .dataset import Kind, Task

Scaling = Literal["auto", "none", "unit", "minmax", "standard", "robust"]
"""``unit`` divides by a constant (pixels 0-255, 0-16); the last three are fitted on a fold's training rows."""

Layout = Literal["flat", "image", "natural"]
"""``flat``: one row of numbers; ``image``: height, width, channels; ``natural``: as stored."""

Channels = Literal["channels_last", "channels_first"]


@dataclass(frozen=True)
class Preparation:
    """What the rules decided for one dataset and one kind of model; nothing is fitted. `as_dict` is JSON-able."""

    kind: Kind
    task: Task
    scaling: Scaling
    """Never ``auto``: the decision."""
    divisor: float
    """Constant that values are divided by first; 1.0 unless scaling is ``unit``."""
    layout: Layout
    source_shape: tuple[int, ...]
    """Shape of a row as the dataset stores it; for tables the number of feature columns."""
    input_shape: tuple[int, ...]
    """Shape of a row as the model reads it."""
    channels: Channels
    """Where the channel axis goes; it matters to images in layout ``image`` only."""
    impute: bool
    """Missing numbers are filled with the training rows' median."""
    scale_target: bool
    """A regression's target is standardised; metrics are converted back."""
    numeric: tuple[str, ...] = ()
    """Columns of numbers and booleans, in order; tables only."""
    categorical: tuple[str, ...] = ()
    categories: tuple[tuple[str, ...], ...] = ()
    """For each categorical column its one-hot columns; ``(missing)`` is one where training rows lack a value."""
    gaps: tuple[str | int, ...] = ()
    """Columns of numbers in which training rows lack a value: names in a table, positions in an array."""
    rows: int = 0
    """Training rows of the dataset."""
    outputs: int = 1
    """Classes, or targets of a regression."""
    tokens: tuple[int, ...] = ()
    """Positions of a row's numbers that the model looks up in an embedding, and that nothing scales."""
    dtype: Literal["float32", "int32"] = "float32"
    """Of the rows as the model reads them."""
    recipe: Recipe | None = None
    """What a configuration asks for in place of the rules; None where it asks for nothing."""

    @property
    def fits_features(self) -> bool:
        """Whether features need something learned from rows."""
        return (
            self.kind == "table" or self.impute or self.scaling in TABLE_SCALINGS or self.recipe is not None
        )

    @property
    def numbers(self) -> int:
        """How many columns of numbers there are."""
        return len(self.numeric) if self.kind == "table" else int(np.prod(self.source_shape))

    @property
    def shared(self) -> bool:
        """Whether nothing at all is fitted, so that all folds may share one transformed array."""
        return not self.fits_features and not self.scale_target

    def as_dict(self) -> dict[str, Any]:
        """Return all decisions as JSON-able values: tuples become lists."""
        return {key: _listed(value) for key, value in asdict(self).items()}


def value_range(x: np.ndarray, rows: np.ndarray) -> tuple[float, float]:
    """Return between which values pictures lie: a known range where they fit, else the one that they span.

    Args:
        x: Pictures as a model reads them.
        rows: Positions of those that train; no others are looked at.
    """
    axes = tuple(range(1, x.ndim))
    low, high = float(np.min(x, axes)[rows].min()), float(np.max(x, axes)[rows].max())
    for known in ((0.0, 1.0), (-1.0, 1.0)):
        if known[0] <= low and high <= known[1]:
            return known
    return (low, high) if high > low else (0.0, 1.0)


def _listed(value: Any) -> Any:
    return [_listed(item) for item in value] if isinstance(value, tuple | list) else value
