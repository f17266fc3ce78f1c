"""Of which kind a metric is: how its differences are said, and which of them are the same in practice."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from ...texts import difference_text
from ..records import Direction

MARGIN = 0.01
"""The largest difference that is the same in practice: of scores whose best is 1 (rates, shares of variance, correlations)
as it is, one point of a rate, which is what Benavoli, Corani, Demšar and Zaffalon (2017, JMLR 18) take for accuracies; of
errors and losses, which have units of their own, as a share of the two scores' mean."""
_LONGEST = 9
"""Digits before or behind the point with which a difference is still read at a glance."""
_RATES = frozenset(
    [
        "acc",
        "accuracy",
        "auc",
        "dice",
        "f1",
        "f1score",
        "fbeta",
        "hit",
        "iou",
        "jaccard",
        "precision",
        "rate",
        "recall",
        "sensitivity",
        "specificity",
    ]
)
"""Words in names of metrics that are shares of something, from 0 to 1, whose differences people count in points."""
_UP_TO_ONE = frozenset(["corrcoef", "correlation", "cosine", "d2", "explained", "kappa", "r2"])
"""Words in names of metrics without units, whose best is 1, and which are no shares of rows."""


@dataclass(frozen=True)
class Scale:
    """How differences of a metric are said, and which are the same in practice."""

    points: bool = False
    """Whether they are counted in points, hundredths of a rate."""
    margin: float = 0.0
    """The largest one that is the same in practice; 0 where nothing is known of the metric, so that none but 0 is."""
    relative: bool = False
    """Whether the margin is a share of the scores."""

    @property
    def margin_text(self) -> str:
        """``1 point``, ``0.01``, ``1 % (0.0031)``."""
        if self.points:
            return f"{100 * self.margin:g} point"
        return f"{100 * MARGIN:g} % ({self.margin:.2g})" if self.relative else f"{self.margin:g}"

    def texts(self, *values: float, width: float) -> tuple[str, ...]:
        """Return differences with as many decimals as the width of what is known of them asks for, without the unit.

        Points have at least one and a decimal fewer than plain numbers, so that they read as people say them.
        """
        unit = 100.0 if self.points else 1.0
        known = unit * width if math.isfinite(width) and width > 0 else max(map(abs, values)) * unit / 10
        digits = -math.floor(math.log10(known)) if known > 0 else 0
        if not -_LONGEST <= digits <= _LONGEST and not self.points:
            return tuple(f"{value:.3g}" for value in values)
        decimals = min(max(digits, 1), 4) if self.points else min(max(digits + 1, 0), 10)
        return tuple(difference_text(unit * value, decimals) for value in values)

    @property
    def unit(self) -> str:
        """What follows a difference: `` points``, or nothing."""
        return " points" if self.points else ""


def scale_of(metric: str, direction: Direction, *scores: float) -> Scale:
    """Return how differences of a metric are said and judged.

    Args:
        metric: As the study names it, with or without ``val_``.
        direction: Which values are better.
        scores: Those that are compared; a margin that is a share is one of their mean.
    """
    spelled = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", metric)
    # Keras spells two of its names so.
    joined = spelled.lower().replace("io_u", "iou").replace("f_beta", "fbeta")
    words = set(re.split(r"[^a-z0-9]+", joined))
    if words & _RATES:
        return Scale(points=True, margin=MARGIN)
    if words & _UP_TO_ONE:
        return Scale(margin=MARGIN)
    of_one_sign = min(scores, default=0.0) > 0 or max(scores, default=0.0) < 0
    if (direction == "minimize" or "neg" in words) and of_one_sign and all(map(math.isfinite, scores)):
        return Scale(margin=MARGIN * abs(sum(scores)) / len(scores), relative=True)
    return Scale()
