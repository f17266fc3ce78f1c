"""The best trial against its runners-up, fold by fold: what is more than noise, and which model is cheaper."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ...texts import numbers_text
from ..records import Direction, StudyRecord, TrialRecord
from .paired import PairedDifference
from .pairs import compare_pair

RUNNERS_UP = 10
"""Trials that are compared, the best one among them, however many a table shows."""
_NAMED = 5
"""How many trials a sentence names before it says "and n more"."""
_COUNTS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


@dataclass(frozen=True)
class RunnersUp:
    """Where the best trial stands among its runners-up."""

    best: int | None
    differences: tuple[PairedDifference, ...]
    """One for each runner-up, in order of rank."""
    cheaper: int | None
    """The smallest model among the runners-up that are as good, within noise and ``within_an_error``; None where none is smaller."""
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


def compare_runners_up(study: StudyRecord, trials: Sequence[TrialRecord]) -> RunnersUp:
    """Say how the best trial stands against its runners-up, in numbers and in one sentence.

    Args:
        study: Their study.
        trials: Complete trials, best first, as from ``ranked`` or ``best_trials``; the first ``RUNNERS_UP`` count.
    """
    if not trials:
        return RunnersUp(None, (), None, "No trial is complete yet.")
    best, others = trials[0], list(trials[1:RUNNERS_UP])
    if not others:
        return RunnersUp(best.number, (), None, f"Trial {best.number} is the only complete trial.")
    pairs = [compare_pair(study, best, other) for other in others]
    differences = tuple(pair.difference for pair in pairs)
    close = [other for other, pair in zip(others, pairs, strict=True) if pair.difference.within_noise]
    if not close:
        return RunnersUp(best.number, differences, None, pairs[0].sentence)
    as_good = within_an_error(best, close)
    smallest = min(as_good, key=size, default=best)
    smaller = smallest if size(smallest) < size(best) else None
    behind = any(size(one) < size(smaller or best) for one in close)
    which = "smallest" if len(close) > 1 else "smaller"
    sentence = (
        f"{_close_sentence(best, others, close)}; {_size_sentence(best, smaller, which, behind=behind)}."
    )
    return RunnersUp(best.number, differences, smaller.number if smaller else None, sentence)


def size(trial: TrialRecord) -> float:
    """Return the weights of a trial's model; infinite where they are not known."""
    return trial.parameters or math.inf


def within_an_error(best: TrialRecord, others: Iterable[TrialRecord]) -> list[TrialRecord]:
    """Return the trials whose score is within one standard error of the best one's.

    Two or three folds cannot tell a poor model from a good one; this keeps from preferring it for its size.
    Source: Breiman et al. 1984, Classification and Regression Trees, section 3.4.3.
    """
    margin = best.standard_error or 0.0
    return [one for one in others if abs((best.value or 0.0) - (one.value or 0.0)) <= margin]


def _close_sentence(best: TrialRecord, others: Sequence[TrialRecord], close: Sequence[TrialRecord]) -> str:
    """Say which trials the folds cannot tell from the best one: ``The first three cannot be told apart``."""
    if close == others[: len(close)]:
        return f"The first {_COUNTS[len(close) + 1]} cannot be told apart"
    numbers = numbers_text([trial.number for trial in close], most=_NAMED)
    return (
        f"Trial {best.number} cannot be told apart from {'trial' if len(close) == 1 else 'trials'} {numbers}"
    )


def _size_sentence(best: TrialRecord, smaller: TrialRecord | None, which: str, *, behind: bool) -> str:
    """Say which of them to prefer, without a full stop.

    Args:
        best: The best one.
        smaller: The smallest of those within one standard error of it, where it is smaller.
        which: ``smallest``, or ``smaller`` of two.
        behind: Whether a still smaller one is not within it.
    """
    if smaller is None:
        return (
            "what is smaller is more than a standard error behind"
            if behind
            else "none of the others is smaller"
        )
    weights = f"{smaller.parameters:,} parameters" + (f", not {best.parameters:,}" if best.parameters else "")
    among = "those within a standard error of the best" if behind else "them"
    return f"trial {smaller.number} is the {which} of {among} ({weights})"
