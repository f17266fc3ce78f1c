"""The best trial against its runners-up, fold by fold: what is more than noise, and which model is cheaper."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ...texts import numbers_text
from ..records import Direction, TrialRecord
from .paired import PairedDifference, paired_difference

RUNNERS_UP = 10
"""Trials that are compared, the best one among them, however many a table shows."""
_NAMED = 5
"""How many trials a sentence names before it says "and n more"."""


@dataclass(frozen=True)
class RunnersUp:
    """Where the best trial stands among its runners-up."""

    best: int | None
    differences: tuple[PairedDifference, ...]
    """One for each runner-up, in order of rank."""
    cheaper: int | None
    """The smallest model among the runners-up that are as good: see ``_cheapest``."""
    sentence: str

    @property
    def within_noise(self) -> tuple[int, ...]:
        """Numbers of the runners-up that the folds cannot tell from the best."""
        return tuple(d.trial for d in self.differences if d.within_noise)


def ranked(trials: Iterable[TrialRecord], direction: Direction) -> list[TrialRecord]:
    """Return complete trials with a finite value, best first; equal values in order of number.

    Duplicates are left out, and trials that break a constraint.
    """
    sign = -1.0 if direction == "maximize" else 1.0
    scored = [
        (sign * trial.value, trial.number, trial)
        for trial in trials
        if trial.state == "complete"
        and trial.duplicate_of is None
        and trial.feasible
        and trial.value is not None
        and math.isfinite(trial.value)
    ]
    return [trial for _, _, trial in sorted(scored, key=lambda row: row[:2])]


def compare_runners_up(trials: Sequence[TrialRecord], direction: Direction) -> RunnersUp:
    """Say how the best trial stands against its runners-up, in numbers and in one sentence.

    Args:
        trials: Complete trials, best first, as from ``ranked`` or ``best_trials``; the first ``RUNNERS_UP`` count.
        direction: Which values are better.
    """
    if not trials:
        return RunnersUp(None, (), None, "No trial is complete yet.")
    best, others = trials[0], trials[1:RUNNERS_UP]
    if not others:
        return RunnersUp(best.number, (), None, f"Trial {best.number} is the only complete trial.")
    differences = tuple(paired_difference(best, other, direction) for other in others)
    close = [other for other, difference in zip(others, differences, strict=True) if difference.within_noise]
    next_best = differences[0]
    if close:
        cheaper = _cheapest(best, close)
        return RunnersUp(
            best.number,
            differences,
            cheaper.number if cheaper else None,
            _noise_sentence(best, close, cheaper),
        )
    lead = f"Trial {best.number} is ahead of trial {next_best.trial} by {next_best.text()}"
    if next_best.standard_error is None:
        reason = "with a single fold" if len(best.fold_scores) == 1 else "without paired folds"
        return RunnersUp(best.number, differences, None, f"{lead}; {reason}, noise cannot be judged.")
    return RunnersUp(best.number, differences, None, f"{lead}: more than noise.")


def _size(trial: TrialRecord) -> tuple[float, float]:
    return (trial.parameters or math.inf, trial.epochs or math.inf)


def _cheapest(best: TrialRecord, close: Sequence[TrialRecord]) -> TrialRecord | None:
    """Return the smallest model within noise and one standard error of the best, where that is smaller.

    Two or three folds cannot tell a poor model from a good one; the one-standard-error rule keeps from preferring it.
    Source: Breiman et al. 1984, Classification and Regression Trees, section 3.4.3.
    """
    margin = best.standard_error or 0.0
    as_good = [one for one in close if abs((best.value or 0.0) - (one.value or 0.0)) <= margin]
    smallest = min(as_good, key=_size, default=best)
    return smallest if _size(smallest) < _size(best) else None


def _noise_sentence(best: TrialRecord, close: Sequence[TrialRecord], cheaper: TrialRecord | None) -> str:
    word = "trial" if len(close) == 1 else "trials"
    numbers = numbers_text([trial.number for trial in close], most=_NAMED)
    start = f"Trial {best.number} is within noise of {word} {numbers}"
    if cheaper is None:
        smaller = any(_size(one) < _size(best) for one in close)
        behind = "what is cheaper is more than a standard error behind"
        return f"{start}; {behind if smaller else 'none of them is cheaper'}."
    if cheaper.parameters == best.parameters:
        return f"{start}: prefer the cheaper, trial {cheaper.number} ({cheaper.epochs} epochs, not {best.epochs})."
    weights = f"{cheaper.parameters:,} parameters" + (f", not {best.parameters:,}" if best.parameters else "")
    return f"{start}: prefer the cheaper, trial {cheaper.number} ({weights})."
