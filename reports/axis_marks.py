"""Round numbers along an axis of parallel coordinates, each at its place."""

from __future__ import annotations

import math
from collections.abc import Sequence

_MOST = 6
"""Marks of an axis."""


def axis_marks(values: Sequence[float], *, log: bool, whole: bool = False) -> list[tuple[float, str]]:
    """Return where round numbers lie on an axis from the smallest to the largest value, 0 to 1, and their texts.

    Args:
        values: Finite; positive where the axis is logarithmic.
        log: Whether the axis is logarithmic.
        whole: Whether the values are whole numbers.

    Returns:
        An empty list where fewer than two round numbers lie on it.
    """
    low, high = float(min(values)), float(max(values))
    if not low < high:
        return []
    found = _log_numbers(low, high) if log else _numbers(low, high, whole=whole)
    if len(found) < 2:
        return []
    start, end = (math.log(low), math.log(high)) if log else (low, high)
    return [
        (((math.log(value) if log else value) - start) / (end - start), f"{value:,.10g}") for value in found
    ]


def _numbers(low: float, high: float, *, whole: bool) -> list[float]:
    """Return multiples of 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10((high - low) / _MOST))
    step = next(
        factor * power for factor in (1, 2, 5, 10, 20) if (high - low) / (factor * power) <= _MOST - 1
    )
    step = max(step, 1.0) if whole else step
    first = math.ceil(low / step - 1e-9)
    return [float(f"{place * step:.10g}") for place in range(first, math.floor(high / step + 1e-9) + 1)]


def _log_numbers(low: float, high: float) -> list[float]:
    """Return powers of ten, with their doubles and fives where these are few."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for steps in ((1, 2, 5), (1, 3), (1,)):
        found = [float(f"{step}e{power}") for power in powers for step in steps]
        found = [value for value in found if low * (1 - 1e-9) <= value <= high * (1 + 1e-9)]
        if len(found) <= _MOST:
            return found
    return found[:: math.ceil(len(found) / _MOST)]
