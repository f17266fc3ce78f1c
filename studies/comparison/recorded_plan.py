"""The plan that a study recorded: its space, epochs, also of a trial, and folds; None where this version cannot read it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ...errors import SpaceError
from ...spaces import Space, stored_space
from ...texts import ABSENT
from ..records import StudyRecord, TrialRecord, count_or_none


def study_space(study: StudyRecord) -> Space | None:
    """Return the space that a study searched; None where it recorded none, or one that this version cannot read."""
    spec = study.spec.get("space")
    define = spec.get("define") if isinstance(spec, Mapping) else None
    try:
        return stored_space(define) if isinstance(define, Mapping) and define else None
    except SpaceError:
        return None


def planned_epochs(study: StudyRecord) -> int | None:
    """Return the most epochs that a fold may train."""
    return count_or_none(study.about.get("epochs"))


def planned_folds(study: StudyRecord) -> int | None:
    """Return how many folds a trial has, those of repeated partitions included."""
    return count_or_none(study.about.get("folds"))


def most_epochs(study: StudyRecord, trial: TrialRecord) -> int | None:
    """Return the most epochs that a trial might train: its own where it continues another one, else the study's."""
    return trial.most_epochs or planned_epochs(study)


def epochs_texts(study: StudyRecord, trials: Sequence[TrialRecord]) -> list[str]:
    """Return the epochs chosen for each of some trials, beside those that it might train where these differ: ``22 of 30``."""
    most = [most_epochs(study, trial) for trial in trials]
    differ = len(set(most)) > 1
    return [
        f"{trial.epochs} of {count}" if trial.epochs and count and differ else str(trial.epochs or ABSENT)
        for trial, count in zip(trials, most, strict=True)
    ]


def lineages(trials: Iterable[TrialRecord]) -> str:
    """Return which of some trials train others further, a sentence; empty where none does."""
    found = [f"Trial {trial.number} is {trial.lineage}" for trial in trials if trial.lineage]
    return "; ".join((*found[:1], *(one[:1].lower() + one[1:] for one in found[1:]))) + "." * bool(found)
