"""Learning curves over the folds: the mean of a metric by epoch, with the spread."""

from __future__ import annotations

import math
from dataclasses import dataclass

from .records import TrialDetails


@dataclass(frozen=True)
class Band:
    """A curve over epochs: the mean of the folds and one standard deviation to each side."""

    metric: str
    epochs: tuple[int, ...]
    """From 1, as people count."""
    mean: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    folds: int


def curve_band(details: TrialDetails, metric: str) -> Band | None:
    """Return the band of a metric's curves: the epochs that all folds reached with finite values; None without any."""
    folds = [fold for fold in details.curves.get(metric, []) if fold]
    epochs, mean, low, high = [], [], [], []
    for epoch, values in enumerate(zip(*folds, strict=False), start=1):
        if not all(isinstance(value, int | float) and math.isfinite(value) for value in values):
            continue
        centre = sum(values) / len(values)
        squares = sum((value - centre) ** 2 for value in values)
        spread = math.sqrt(squares / (len(values) - 1)) if len(values) > 1 else 0.0
        epochs.append(epoch)
        mean.append(centre)
        low.append(centre - spread)
        high.append(centre + spread)
    if not epochs:
        return None
    return Band(metric, tuple(epochs), tuple(mean), tuple(low), tuple(high), len(folds))


def curve_pairs(details: TrialDetails) -> list[tuple[Band | None, Band | None]]:
    """Return training and validation bands of each metric, loss first; a metric without any values is left out."""
    names = dict.fromkeys(name.removeprefix("val_") for name in details.curves)
    pairs = [(curve_band(details, name), curve_band(details, f"val_{name}")) for name in names]
    return [pair for pair in pairs if pair != (None, None)]
