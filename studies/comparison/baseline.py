"""The winner against a prediction that looks at no row."""

from __future__ import annotations

from ...texts import number_text
from ..records import StudyRecord, TrialRecord
from .runners_up import PairedDifference, paired_difference


def baseline_trial(study: StudyRecord) -> TrialRecord | None:
    """Return the baseline as if a trial had scored so; None where the study keeps none."""
    found = study.baseline
    if found is None:
        return None
    return TrialRecord(-1, "complete", {}, found.value, found.fold_scores, partition=study.partition_folds)


def against_baseline(study: StudyRecord, best: TrialRecord) -> PairedDifference | None:
    """Return how far a trial is ahead of the baseline, fold by fold; None where the study keeps none."""
    other = baseline_trial(study)
    return None if other is None else paired_difference(best, other, study.direction)


def baseline_sentence(study: StudyRecord, best: TrialRecord) -> str:
    """Say what the baseline scores and how far the best trial is from it; empty where the study keeps none."""
    found, difference = study.baseline, against_baseline(study, best)
    if found is None or difference is None:
        return ""
    start = f"The {found.predictor} as the only prediction scores {number_text(found.value)}"
    if difference.mean <= 0:
        return f"{start}: trial {best.number} is no better."
    return f"{start}: trial {best.number} is ahead of it by {difference.text()}, {difference.verdict}."
