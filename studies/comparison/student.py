"""Student's t in plain arithmetic: its distribution function and quantiles, so that browsing needs no SciPy."""

from __future__ import annotations

import math
from functools import lru_cache

_SMALL = 1e-300
"""What stands for zero in a denominator of the continued fraction."""
_EXACT = 1e-15
"""Relative change at which it has converged."""
_MOST_TERMS = 10_000


def student_cdf(value: float, degrees: int) -> float:
    """Return the probability that Student's t is at most a value.

    Args:
        value: Any number, infinities included.
        degrees: Of freedom, at least 1.
    """
    square = value * value
    total = degrees + square
    tail = 0.5 * (_beta_share(degrees / 2, 0.5, degrees / total, square / total) if total < math.inf else 0.0)
    return 1.0 - tail if value > 0 else tail


@lru_cache(maxsize=1024)
def student_quantile(share: float, degrees: int) -> float:
    """Return the value that Student's t is at most with a probability, between 0 and 1."""
    if share < 0.5:
        return -student_quantile(1.0 - share, degrees)
    low, high = 0.0, 1.0
    while student_cdf(high, degrees) < share:
        low, high = high, 2.0 * high
    while (middle := (low + high) / 2) not in (low, high):
        low, high = (middle, high) if student_cdf(middle, degrees) < share else (low, middle)
    return high if share > 0.5 else 0.0


def _beta_share(a: float, b: float, x: float, rest: float) -> float:
    """Return the regularised incomplete beta function I_x(a, b); ``rest`` is 1 - x, given so that no digits are lost.

    By its continued fraction, evaluated as Lentz does: https://dlmf.nist.gov/8.17.v, Press et al. 2007, Numerical
    Recipes, section 6.4.
    """
    if x <= 0 or rest <= 0:
        return 0.0 if x <= 0 else 1.0
    if x > (a + 1) / (a + b + 2):  # the fraction of the other tail converges faster
        return 1.0 - _beta_share(b, a, rest, x)
    logarithm = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log(rest)
    upper, lower = 1.0, 1.0 / _nonzero(1.0 - (a + b) * x / (a + 1))
    fraction = lower
    for term in range(1, _MOST_TERMS):
        even = term * (b - term) * x / ((a + 2 * term - 1) * (a + 2 * term))
        odd = -(a + term) * (a + b + term) * x / ((a + 2 * term) * (a + 2 * term + 1))
        for numerator in (even, odd):
            lower = 1.0 / _nonzero(1.0 + numerator * lower)
            upper = _nonzero(1.0 + numerator / upper)
            fraction *= lower * upper
        if abs(lower * upper - 1.0) < _EXACT:
            break
    return math.exp(logarithm) * fraction / a


def _nonzero(value: float) -> float:
    return value if abs(value) > _SMALL else _SMALL
