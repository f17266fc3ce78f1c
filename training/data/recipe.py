"""What happens to the columns of a table or an array where a configuration asks for it: ``Recipe``, plain data."""

from __future__ import annotations

from dataclasses import dataclass

CROSSED = 25
"""Numeric columns that are multiplied with each other, which makes at most 300 products."""


@dataclass(frozen=True)
class Recipe:
    """What happens to columns, in this order; a configuration without a word about it leaves all as rules chose."""

    scaling: str
    """One of ``configuring.SCALINGS``, or ``unit``: pixels in a plain array, divided by a constant."""
    imputation: str = "median"
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

    @property
    def reads_target(self) -> bool:
        """Whether what is fitted depends on the targets of training rows."""
        return self.encoding == "target" or self.selected is not None or self.interactions
