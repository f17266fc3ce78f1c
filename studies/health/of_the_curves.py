"""Checks of the winner's learning curves: does it overfit, and was it still getting better when it had to end?"""

from __future__ import annotations

import math
import statistics

from ...texts import number_text
from ..comparison import most_epochs
from ..curves import curve_band
from ..records import TrialDetails
from .evidence import Evidence, Finding

_TIMES = 2.0
"""Validation loss over training loss from which it is said that a model overfits."""
_LAST = 0.2
"""Share of the epochs that count as the last ones."""
_GAINED = 0.01
"""Share of all that was gained by training that must come in the last epochs."""


def overfitting(evidence: Evidence) -> Finding | None:
    """Find that the winner's loss is far lower in training than in validation, on its folds alike."""
    winner = evidence.winner
    details = None if winner is None else evidence.details.get(winner.number)
    if winner is None or details is None:
        return None
    pairs = _at_epoch(details, winner.epochs)
    if not pairs:
        return None
    train, validation = (statistics.fmean(one) for one in zip(*pairs, strict=True))
    gaps = [right - left for left, right in pairs]
    error = statistics.stdev(gaps) / math.sqrt(len(gaps)) if len(gaps) > 1 else 0.0
    if train <= 0 or validation < _TIMES * train or statistics.fmean(gaps) <= 2 * error:
        return None
    return Finding(
        "overfitting",
        "Overfitting",
        "hint",
        f"Trial {winner.number}, the winner, has a loss of {number_text(train)} in training and {number_text(validation)} in "
        f"validation, {validation / train:.1f} times as much.",
        "It knows its training rows by heart: more dropout or weight decay, augmentation, a smaller model, or more rows may help.",
    )


def _at_epoch(details: TrialDetails, epoch: int | None) -> list[tuple[float, float]]:
    """Return each fold's training and validation loss at the chosen epoch, the last one that it has where none is."""
    pairs = []
    for train, validation in zip(
        details.curves.get("loss", []), details.curves.get("val_loss", []), strict=False
    ):
        count = min(len(train), len(validation), epoch or len(train))
        if count and math.isfinite(train[count - 1]) and math.isfinite(validation[count - 1]):
            pairs.append((float(train[count - 1]), float(validation[count - 1])))
    return pairs


def still_improving(evidence: Evidence) -> Finding | None:
    """Find that the winner was best at the last epochs that it might train, and getting better."""
    winner, study = evidence.winner, evidence.study
    details = None if winner is None else evidence.details.get(winner.number)
    most = None if winner is None else most_epochs(study, winner)
    if winner is None or details is None or not most or (winner.epochs or 0) <= (1 - _LAST / 4) * most:
        return None
    band = curve_band(details, study.metric) or curve_band(details, "val_loss")
    if band is None or len(band.mean) < 4:
        return None
    sign = -1.0 if band.metric.endswith("loss") and band.metric != study.metric else evidence.sign
    curve = [sign * value for value in band.mean]
    before = max(curve[: max(1, math.ceil(len(curve) * (1 - _LAST)))])
    gained, whole = max(curve) - before, max(curve) - curve[0]
    if whole <= 0 or gained <= _GAINED * whole:
        return None
    return Finding(
        "epochs",
        "Still improving at the last epoch",
        "hint",
        f"Trial {winner.number}, the winner, is best at epoch {winner.epochs} of the {most} it might train; its {band.metric} "
        f"came {number_text(gained)} further in the last fifth of them.",
        f"Give more epochs: kerasweep resume {study.name} --epochs {2 * most} trains the best on.",
    )
