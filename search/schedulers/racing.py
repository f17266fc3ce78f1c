"""The end of a race: what cannot be told from the winner is trained whole before one is named.

Racing compares configurations on the same blocks, here folds, and drops those that are worse beyond noise: Maron and Moore 1994,
Hoeffding Races; Birattari et al. 2002, F-race. What is left in the race when no trial may begin deserves all epochs.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...studies.comparison import critical_point, error_share
from ...training.events import Rung
from .contract import TrialProgress

if TYPE_CHECKING:
    from ...studies import Direction


RACED = 5
"""The best at the last rung that race, trained whole or not: where folds tell little, nearly all that came there cannot be told
from the best, and to train them all would cost as much as the search before it."""


def contender(trials: Sequence[TrialProgress], rung: Rung, direction: Direction) -> int | None:
    """Return the paused trial that is to be trained whole before the best whole one is named; None where there is none.

    It is the best of those that wait at a rung, lead there, and cannot be told there from the best whole trial, fold by fold.

    Args:
        trials: All trials.
        rung: The highest.
        direction: Which way a score is better.
    """
    sign = 1.0 if direction == "maximize" else -1.0
    whole = [trial for trial in trials if trial.value is not None and rung in trial.scores]
    if not whole:
        return None
    best = max(whole, key=lambda trial: (sign * (trial.value or 0.0), -trial.number))
    there = [trial for trial in trials if rung in trial.reports]
    leading = sorted(there, key=lambda trial: (-sign * trial.reports[rung], trial.number))[:RACED]
    waiting = [trial for trial in leading if trial.state == "paused" and trial.last == rung]
    close = [trial for trial in waiting if not is_behind(trial, best, rung, direction)]
    return max(close, key=lambda trial: (sign * trial.reports[rung], -trial.number)).number if close else None


def is_behind(trial: TrialProgress, other: TrialProgress, rung: Rung, direction: Direction) -> bool:
    """Tell whether a trial is behind another one at a rung, by more than the noise of their folds.

    The rule is that of reports (``studies/comparison/paired.py``): the corrected t-test of Nadeau and Bengio, 5 %. Where
    noise cannot be judged, on a single fold or in a study that kept no scores of folds, whatever is worse is behind.
    """
    sign = 1.0 if direction == "maximize" else -1.0
    pairs = list(zip(trial.scores.get(rung, ()), other.scores.get(rung, ()), strict=False))
    if len(pairs) < 2:
        return sign * trial.reports[rung] < sign * other.reports[rung]
    ahead = [sign * (right - left) for left, right in pairs]
    error = math.sqrt(error_share(len(ahead), len(ahead)) * statistics.variance(ahead))
    return statistics.fmean(ahead) > critical_point(len(ahead) - 1) * error
