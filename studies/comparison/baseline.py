"""The winner against predictions that learn nothing: a constant, and the last value of a series."""

from __future__ import annotations

from ...texts import number_text
from ..records import Baseline, StudyRecord, TrialRecord
from .paired import PairedDifference, paired_difference


def against_baseline(study: StudyRecord, best: TrialRecord) -> PairedDifference | None:
    """Return how far a trial is ahead of the baseline, fold by fold; None where the study keeps none."""
    if study.baseline is None:
        return None
    return paired_difference(best, _as_trial(study, study.baseline), study.direction)


def baseline_sentence(study: StudyRecord, best: TrialRecord) -> str:
    """Say what baselines score and how far the best trial is from them; empty where the study keeps none."""
    return " ".join(filter(None, (_sentence(study, found, best) for found in study.baselines)))


def _as_trial(study: StudyRecord, found: Baseline) -> TrialRecord:
    """Return a baseline as if a trial had scored so."""
    return TrialRecord(-1, "complete", {}, found.value, found.fold_scores, partition=study.partition_folds)


def _sentence(study: StudyRecord, found: Baseline, best: TrialRecord) -> str:
    difference = paired_difference(best, _as_trial(study, found), study.direction)
    start = f"Always predicting {found.constant} scores {number_text(found.value)}"
    if difference.mean <= 0:
        return f"{start}: trial {best.number} is no better."
    return f"{start}: trial {best.number} is ahead of it by {difference.text()}, {difference.verdict}."
