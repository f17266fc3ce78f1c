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
from typing import TYPE_CHECKING

from optuna.trial import FrozenTrial, TrialState

from ..studies.records import DUPLICATE, RESULT, RUNGS

if TYPE_CHECKING:
    from ..studies import Direction

LEAST_TRIALS, LEAST_WHOLE = 10, 4
"""Trials, and trials trained whole, before which nothing is concluded."""


def study_has_converged(trials: Sequence[FrozenTrial], direction: Direction) -> bool:
    """Tell whether a study's search has converged.

    Args:
        trials: All of them; duplicates, those that have not come to a rung, and those that break a constraint do not count.
        direction: Which way a score is better.
    """
    sign = 1.0 if direction == "maximize" else -1.0
    scores: list[float | None] = []
    folds: dict[int, Sequence[float]] = {}
    for trial in trials:
        if DUPLICATE in trial.user_attrs or not (trial.state.is_finished() or RUNGS in trial.user_attrs):
            continue
        feasible = not any(excess > 0 for excess in trial.constraints.values())
        if trial.state == TrialState.COMPLETE and trial.value is not None and feasible:
            folds[len(scores)] = trial.user_attrs[RESULT]["fold_scores"]
            scores.append(sign * trial.value)
        else:
            scores.append(None)
    return has_converged(scores, folds)


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
    return float(sum((ranked[0] - score) / 2 ** (place + 1) for place, score in enumerate(ranked)))


def gain_of_second_half(scores: Sequence[float | None]) -> float:
    """Return how far the best is ahead of the best of the first half, as for a search that improves; infinite if that has none."""
    first = [score for score in scores[: len(scores) // 2] if score is not None]
    best = max(score for score in scores if score is not None)
    return best - max(first) if first else math.inf
