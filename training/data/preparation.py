"""What is decided about columns: ``Recipe``, what happens to them, and ``Preparation``, a recipe for one dataset.

Who decides: ``default_preparation.py`` by rules, ``configured_preparation.py`` by a configuration, ``tokens.py`` by what a model looks up. Each
returns a recipe; ``pipelines.py`` makes scikit-learn's objects of any, and ``fitted_preparation.py`` fits them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from .free_text import FEATURES, TextExtent, TextRecipe

if TYPE_CHECKING:
    from .dataset import Kind
    from .tasks import Task

Scaling = Literal["auto", "none", "unit", "minmax", "standard", "robust"]
"""What people may ask the rules for. ``unit`` divides by a constant (pixels 0-255, 0-16); the last three are fitted."""

Layout = Literal["flat", "image", "sequence", "text", "natural"]
"""``flat``: one row of numbers; ``image``: height, width, channels; ``sequence``: steps of features, each of which is scaled
alike in all steps; ``text``: tokens of a table's texts, beside its other columns; ``natural``: as stored."""

Channels = Literal["channels_last", "channels_first"]

Shapes: TypeAlias = Any
"""The shape of a row, a tuple of whole numbers, or a nest of shapes as the data are one of arrays."""

MISSING = "(missing)"
"""The category that stands for no value. That a value is missing may itself say something, and nothing is learned."""


@dataclass(frozen=True)
class Recipe:
    """What happens to columns, in this order."""

    scaling: str
    """One of ``configured_preparation.SCALINGS``, or ``unit``: pixels, divided by a constant."""
    divisor: float = 1.0
    """Constant that values are divided by first; 1.0 unless scaling is ``unit``."""
    imputation: str | None = "median"
    """What missing numbers are filled with, learned from training rows; None where none can be missing."""
    tokens: tuple[int, ...] = ()
    """Positions of a row's numbers that the model looks up in an embedding, and that nothing scales."""
    missing_indicator: bool = False
    quantile_output: str = "normal"
    n_quantiles: int = 100
    robust_range: float = 25.0
    """Percent cut off on each side before the range is measured."""
    outlier_limit: float | None = None
    """Where scaled values are cut; None for nowhere."""
    encoding: str = "one_hot"
    target_smoothing: float | None = None
    """Rows that the overall mean counts as; None leaves it to scikit-learn's empirical Bayes estimate."""
    min_frequency: int = 1
    """Rows in a fold below which categories share one column."""
    bins: int | None = None
    interactions: bool = False
    selected: int | None = None
    """Columns kept; None for all."""
    components: int | None = None
    """Principal components; None for the columns themselves."""
    whiten: bool = False
    text: TextRecipe | None = None
    """What becomes of a table's texts; None where the model reads none."""

    @property
    def is_plain(self) -> bool:
        """Whether it is one that rules may choose: no rows can make it fail, or another number of columns."""
        plain = Recipe(self.scaling, self.divisor, self.imputation, self.tokens, text=self.text)
        return (
            self == plain
            and self.scaling not in ("quantile", "power")
            and self.imputation in (None, "median")
        )

    @property
    def changes_numbers(self) -> bool:
        """Whether more happens to numbers than a division by a constant."""
        return not (self.is_plain and self.scaling in ("none", "unit") and self.imputation is None)

    @property
    def reads_target(self) -> bool:
        """Whether what is fitted depends on the targets of training rows."""
        return self.encoding == "target" or self.selected is not None or self.interactions


@dataclass(frozen=True)
class Preparation:
    """What is decided for one dataset and one kind of model; nothing is fitted."""

    kind: Kind
    task: Task
    recipe: Recipe
    layout: Layout
    channels: Channels
    """Where the channel axis goes; it matters to images in layout ``image`` only."""
    source_shape: Shapes
    """Shape of a row as the dataset stores it; for tables the number of feature columns."""
    input_shape: Shapes
    """Shape of a row as the model reads it; of several inputs a nest of shapes."""
    scale_target: bool
    """A regression's target is standardised; metrics are converted back."""
    rows: int
    """Training rows of the dataset."""
    outputs: int
    """Classes, or targets of a regression, or how many outputs there are."""
    gaps: tuple[str | int, ...] = ()
    """Columns of numbers in which training rows lack a value: names in a table, positions in an array."""
    numeric: tuple[str, ...] = ()
    """Columns of numbers and booleans, in order; tables only."""
    categorical: tuple[str, ...] = ()
    categories: tuple[tuple[str, ...], ...] = ()
    """For each categorical column its one-hot columns; ``(missing)`` is one where training rows lack a value."""
    texts: tuple[str, ...] = ()
    """Columns of text, in order; tables only. A model that reads none of them has no recipe for them."""
    extent: TextExtent | None = None
    """How much text the training rows have; None where the model reads none."""

    @property
    def dtype(self) -> Literal["float32", "int32"]:
        """Of the rows as the model reads them: whole numbers where tokens are all that a row has."""
        if self.recipe.text is not None and not self.has_columns:
            return "int32"
        tokens = self.recipe.tokens  # none of several inputs, each of which keeps the type that it has
        return "int32" if tokens and len(tokens) == int(np.prod(self.input_shape)) else "float32"

    @property
    def has_columns(self) -> bool:
        """Whether a table has columns beside its texts."""
        return bool(self.numeric or self.categorical)

    @property
    def features_shape(self) -> Shapes:
        """Shape of a row of what is no text, as the model reads it."""
        if self.recipe.text is None:
            return self.input_shape
        return self.input_shape[FEATURES] if self.has_columns else (0,)

    @property
    def fits_features(self) -> bool:
        """Whether features need something learned from rows."""
        return self.kind == "table" or self.recipe.changes_numbers

    @property
    def numbers(self) -> int:
        """How many columns of numbers there are; of a sequence, its features."""
        if self.layout == "sequence":
            return int(self.source_shape[-1])
        return len(self.numeric) if self.kind == "table" else int(np.prod(self.source_shape))

    @property
    def shared(self) -> bool:
        """Whether nothing at all is fitted, so that all folds may share one transformed array."""
        return not self.fits_features and not self.scale_target

    def as_dict(self) -> dict[str, Any]:
        """Return all decisions on one level as JSON-able values: tuples become lists."""
        every = asdict(self)
        every |= {**every.pop("recipe"), "dtype": self.dtype}
        return {key: _listed(value) for key, value in every.items()}


def value_range(parts: Iterable[np.ndarray]) -> tuple[float, float]:
    """Return between which values pictures lie: a known range where they fit, else the one that they span.

    Args:
        parts: Those that train, as a model reads them, in arrays of some.
    """
    spans = [(float(part.min()), float(part.max())) for part in parts]
    low, high = min(low for low, _ in spans), max(high for _, high in spans)
    for known in ((0.0, 1.0), (-1.0, 1.0)):
        if known[0] <= low and high <= known[1]:
            return known
    return (low, high) if high > low else (0.0, 1.0)


def _listed(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _listed(item) for key, item in value.items()}
    return [_listed(item) for item in value] if isinstance(value, tuple | list) else value
