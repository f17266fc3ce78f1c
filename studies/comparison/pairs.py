"""Two trials against each other, of one study or of two, in numbers and in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...errors import SpecError, StudyError
from ...texts import percent_text
from ..reading import read_trial
from ..records import StudyRecord, TrialRecord
from .paired import LEVEL, PairedDifference, Probabilities, paired_difference, why_unpaired
from .scales import Scale, scale_of


@dataclass(frozen=True, repr=False)
class PairComparison:
    """One trial against another, on the same folds."""

    first: int
    second: int
    """Numbers of the trials."""
    studies: tuple[str, str]
    """Theirs; twice the same within one study."""
    metric: str
    difference: PairedDifference
    """How far the first is ahead of the second."""
    scale: Scale
    why_unjudged: str = ""
    """Why noise cannot be judged, ``with a single fold``; empty where it can."""

    @property
    def interval(self) -> tuple[float, float] | None:
        """Where the difference lies with a probability of 95 %; None where noise cannot be judged."""
        return self.difference.interval

    @property
    def probabilities(self) -> Probabilities | None:
        """That the first is better, the same in practice, or worse; None where noise cannot be judged."""
        return self.difference.probabilities(self.scale.margin)

    @property
    def sentence(self) -> str:
        """In words who is ahead and by how much: "Trial 17 beats trial 4 by 0.6 points (95 % interval 0.1 to 1.1)."."""
        pair = self.in_order
        ahead, behind = pair.names
        mean = pair.difference.mean
        start = f"T{ahead.removeprefix('t')}"
        if not math.isfinite(mean):
            return f"{start} and {behind} cannot be compared: not both have a finite score."
        if mean == 0:
            return f"{start} and {behind} score the same{pair._how_sure}."
        low, high = pair.interval or (mean, mean)
        (gap,) = self.scale.texts(mean, width=(high - low) / 2)
        verb = "beats" if pair.difference.distinct else "is ahead of"
        return f"{start} {verb} {behind} by {gap}{self.scale.unit}{pair._how_sure}."

    @property
    def _how_sure(self) -> str:
        """How sure the difference is, as the end of a sentence."""
        found, same = self.difference, self.difference.mean == 0
        if found.interval is None:
            return f"; {self.why_unjudged}, noise cannot be judged"
        if found.standard_error == 0:
            return " on every fold" if same else ", the same on every fold"
        low, high = found.interval
        low_text, high_text = self.scale.texts(low, high, width=(high - low) / 2)
        interval = f" ({100 * LEVEL:g} % interval {low_text} to {high_text})"
        if same:
            return f" on average{interval}"
        return interval if found.distinct else f"{interval}: they cannot be told apart"

    @property
    def in_practice(self) -> str:
        """In words how probable each outcome is; empty where noise cannot be judged, or nothing is in doubt."""
        pair = self.in_order
        chances = pair.probabilities
        if chances is None or pair.difference.standard_error == 0:
            return ""
        ahead, behind = pair.names
        better, worse = percent_text(chances.better), percent_text(chances.worse)
        if not self.scale.margin:
            return f"Probabilities: {ahead} better: {better}; {behind} better: {worse}."
        same = percent_text(chances.equivalent)
        return (
            f"Probabilities: {ahead} better by more than {self.scale.margin_text}: {better}; the same in practice: {same}; "
            f"{behind} better: {worse}."
        )

    @property
    def text(self) -> str:
        """Both sentences."""
        return " ".join(filter(None, (self.sentence, self.in_practice)))

    @property
    def in_order(self) -> PairComparison:
        """The same with the trial first that is ahead."""
        if not self.difference.mean < 0:
            return self
        turned = replace(self.difference, trial=self.first, mean=-self.difference.mean)
        return replace(
            self, first=self.second, second=self.first, studies=self.studies[::-1], difference=turned
        )

    @property
    def names(self) -> tuple[str, str]:
        """What the trials are called: ``trial 17``, with its study where there are two."""
        apart = self.studies[0] != self.studies[1]
        first, second = (
            f"trial {number} of '{study}'" if apart else f"trial {number}"
            for number, study in zip((self.first, self.second), self.studies, strict=True)
        )
        return first, second

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data, flat."""
        chances, interval = self.probabilities, self.interval
        return {
            "first": self.first,
            "second": self.second,
            "studies": list(self.studies),
            "metric": self.metric,
            "difference": self.difference.mean,
            "standard_error": self.difference.standard_error,
            "interval": list(interval) if interval else None,
            "margin": self.scale.margin,
            "better": chances.better if chances else None,
            "equivalent": chances.equivalent if chances else None,
            "worse": chances.worse if chances else None,
            "more_than_noise": self.difference.distinct,
            "sentence": self.sentence,
        }

    def __repr__(self) -> str:
        return f"<{self.text}>"


def compare_pair(
    study: StudyRecord, first: TrialRecord, second: TrialRecord, other: StudyRecord | None = None
) -> PairComparison:
    """Compare two trials by the first objective.

    Args:
        study: The first trial's.
        first: A complete trial.
        second: Another one.
        other: Its study, where that is another one, on the same data and folds (see ``incomparable``).
    """
    scores = [trial.score for trial in (first, second) if trial.score is not None]
    return PairComparison(
        first.number,
        second.number,
        (study.name, (other or study).name),
        study.metric,
        paired_difference(first, second, study.direction),
        scale_of(study.metric, study.direction, *scores),
        why_unpaired(first, second),
    )


def compare_trials(study: StudyRecord, numbers: Sequence[int]) -> tuple[PairComparison, ...]:
    """Read some trials of a study, and compare the best of them, the first of equals, with each of the others.

    Raises:
        SpecError: They are fewer than two.
        StudyError: There is no such trial, or it has no score that compares.
    """
    if len(set(numbers)) < 2:
        raise SpecError("Name two trials or more to compare, each once.")
    sign = -1.0 if study.direction == "maximize" else 1.0
    trials = [comparable_trial(study, number) for number in dict.fromkeys(numbers)]
    best, *others = sorted(trials, key=lambda trial: sign * (trial.score or 0.0))
    return tuple(compare_pair(study, best, other) for other in others)


def comparable_trial(study: StudyRecord, number: int) -> TrialRecord:
    """Return a trial by its number.

    Raises:
        StudyError: There is no such trial, or it has no score, or one of fewer epochs than others.
    """
    trial = read_trial(study, number)
    if trial.state == "complete" and trial.score is not None and not math.isnan(trial.score):
        return trial
    reason = (
        "its score is of fewer epochs than a complete trial's"
        if trial.state == "pruned"
        else "it has no score"
    )
    raise StudyError(
        f"Trial {number} of '{study.name}' is {trial.state} and compares with no other: {reason}."
    )
