"""When a search has converged: further trials are not expected to improve on the best score by more than its noise.

The idea is that of Makarova et al. (AutoML 2022, "Automatic Termination for Hyperparameter Optimization"): end once what can
still be gained is less than the standard error of the winner's cross-validation, because nobody could tell it. They bound the
gain by a model of the space; here it is read from the scores alone, so that the rule is the same for every search and scheduler:
what the last doubling of the trials has gained is what the next one is expected to gain, at the most.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence

LEAST_TRIALS, LEAST_WHOLE = 10, 4
"""Trials, and trials trained whole, before which nothing is concluded."""


def has_converged(scores: Sequence[float | None], folds: Mapping[int, Sequence[float]]) -> bool:
    """Tell whether twice the trials are expected to gain less than the standard error of the best score.

    The error is the root of the mean square of the best trials' own: a perfect score has none.

    Args:
        scores: Of the trials in order, the higher the better; None for what was not trained whole.
        folds: Place of a trial that was trained whole -> its scores, fold by fold.
    """
    whole = {place: score for place, score in enumerate(scores) if score is not None}
    best = sorted(whole, key=lambda place: (-whole[place], place))[:LEAST_WHOLE]
    if len(scores) < LEAST_TRIALS or len(best) < LEAST_WHOLE or min(len(folds[place]) for place in best) < 2:
        return False
    error = math.sqrt(
        statistics.fmean(statistics.variance(folds[place]) / len(folds[place]) for place in best)
    )
    return max(gain_of_doubling(list(whole.values())), gain_of_second_half(scores)) <= error


def gain_of_doubling(whole: Sequence[float]) -> float:
    """Return how far the best is expected to be ahead of the best of a random half, as for draws in any order.

    The half has the best with a chance of one half, the second best and not the best with one of a fourth, and so on.
    """
    ranked = sorted(whole, reverse=True)
    return float(sum((ranked[0] - score) * 0.5 ** (place + 1) for place, score in enumerate(ranked)))


def gain_of_second_half(scores: Sequence[float | None]) -> float:
    """Return how far the best is ahead of the best of the first half, as for a search that improves; infinite if that has none."""
    first = [score for score in scores[: len(scores) // 2] if score is not None]
    best = max(score for score in scores if score is not None)
    return best - max(first) if first else math.inf
