"""Numbers along an axis of parallel coordinates, each at its place: round ones, or all values of a grid."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

_MOST = 6
"""Marks of an axis."""
_APART = 0.05
"""Share of an axis that lies between two marks at least."""


def axis_marks(values: Sequence[float], *, log: bool, whole: bool = False) -> list[tuple[float, str]]:
    """Return where numbers lie on an axis from the smallest to the largest value, 0 to 1, and their texts.

    They are the values themselves, where these are few, short, apart and repeat, as those of a grid; else round ones.

    Args:
        values: Finite; positive where the axis is logarithmic.
        log: Whether the axis is logarithmic.
        whole: Whether the values are whole numbers.

    Returns:
        An empty list where fewer than two of them lie on it.
    """
    low, high = float(min(values)), float(max(values))
    if not low < high:
        return []
    start, end = (math.log(low), math.log(high)) if log else (low, high)

    def marked(numbers: Sequence[float]) -> list[tuple[float, str]]:
        places = [((math.log(number) if log else number) - start) / (end - start) for number in numbers]
        return [(place, f"{number:,.10g}") for place, number in zip(places, numbers, strict=True)]

    few = sorted({float(value) for value in values})
    if len(few) <= min(_MOST, len(values) - 1) and all(float(f"{value:.3g}") == value for value in few):
        marks = marked(few)
        if all(right - left >= _APART for (left, _), (right, _) in pairwise(marks)):
            return marks
    found = _log_numbers(low, high) if log else _numbers(low, high, whole=whole)
    return marked(found) if len(found) > 1 else []


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
