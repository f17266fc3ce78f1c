"""Metrics and losses of a regression that its targets rule out, or make say little: those of one sign, of shares, of percentages."""

from __future__ import annotations

import numpy as np

from ..texts import count_text
from ..training.data import Dataset

_FROM_ZERO = ("Poisson", "MeanSquaredLogarithmicError")
_SHARES = (
    *("KLDivergence", "BinaryCrossentropy", "CategoricalCrossentropy"),
    *("binary_focal_crossentropy", "categorical_focal_crossentropy"),
)
_PERCENTAGES = ("MeanAbsolutePercentageError", "neg_mean_absolute_percentage_error")


def why_undefined(kind: str, dataset: Dataset) -> str | None:
    """Return why a metric of Keras's is not defined for targets, of which it computes some number all the same; None where it is.

    scikit-learn's metrics raise errors of their own.

    Args:
        kind: Which class of Keras's computes it, ``""`` for any other.
        dataset: With all targets in their own units.
    """
    if dataset.task != "regression" or kind not in (*_FROM_ZERO, *_SHARES):
        return None
    parts = [part for part in (dataset.y, dataset.y_test) if len(part)]
    low, high = min(float(part.min()) for part in parts), max(float(part.max()) for part in parts)
    if kind in _FROM_ZERO and low < 0:
        return f"{kind} is of targets from 0 on, and the least one is {low:g}"
    if kind in _SHARES and (low < 0 or high > 1):
        return f"{kind} is of targets from 0 to 1, and these are from {low:g} to {high:g}"
    return None


def percentage_hints(metric: str, kind: str, dataset: Dataset) -> tuple[str, ...]:
    """Return what is said where percentages of 0 decide a metric."""
    if dataset.task != "regression" or kind not in _PERCENTAGES:
        return ()
    zeros = int(np.count_nonzero(dataset.y == 0))
    return (
        (f"{metric} divides by the target, which is 0 in {count_text(zeros, 'row')}: these decide it",)
        if zeros
        else ()
    )
