"""Selects the number of epochs, with scores that are not biased by the selection.

The best point of a curve is partly luck: it is better there than the next time. One number of epochs is chosen for all
folds, where their mean curve is best, and ``refit`` trains it. A fold is scored at the epoch that the *other* folds'
mean curve chooses, whose rows are none of its own, so that no row takes part in choosing the epoch that it scores. The
score is the mean of that epoch and its two neighbours: a single epoch is unbiased, too, but so much noisier that a
search finds worse configurations by it, and is as optimistic about its winner as if nothing were done (``tests/training/test_epoch_selection.py``).
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from .metrics import Objective

Curve = Sequence[float]


def mean_curve(curves: Sequence[Curve]) -> list[float]:
    """Return the mean over the folds, by epoch."""
    return [statistics.fmean(epoch) for epoch in zip(*curves, strict=True)]


def best_epoch(curves: Sequence[Curve], objective: Objective) -> int:
    """Return the epoch, counted from 1, at which the mean over the folds is best; the first of equals."""
    return objective.best(mean_curve(curves)) + 1


def unbiased_scores(
    curves: Sequence[Curve],
    objective: Objective,
    judges: Sequence[Sequence[int]],
    of: Sequence[Curve] | None = None,
) -> tuple[float, ...]:
    """Return the score of each fold.

    A fold that no other one can judge, as in a hold-out, is scored by the neighbours of its best epoch alone: what was
    lucky at that epoch was not at theirs.

    Args:
        curves: Fold -> epoch -> the objective.
        objective: Says what is best.
        judges: Fold -> the folds that choose its epoch; none where no other fold validates on rows of its own.
        of: Fold -> epoch -> another metric, which is scored at the epochs that the objective chooses.
    """
    scores = []
    for curve, others in zip(of or curves, judges, strict=True):
        if others:
            chosen = best_epoch([curves[other] for other in others], objective)
            scores.append(_around(curve, chosen, itself=True))
        else:
            scores.append(_around(curve, best_epoch(curves, objective), itself=False))
    return tuple(scores)


def _around(curve: Curve, epoch: int, *, itself: bool) -> float:
    """Return the mean of an epoch, counted from 1, and its neighbours; at an end of the curve its own value.

    Both neighbours or none: on a curve that still rises, the one before alone would be too low.
    """
    near = curve[epoch - 2 : epoch + 1] if 1 < epoch < len(curve) else ()
    if not near:
        return curve[epoch - 1]
    return statistics.fmean(near if itself else (near[0], near[2]))
