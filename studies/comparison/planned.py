"""What a study says that it planned: its space, epochs and folds; None where that is not in words of this version."""

from __future__ import annotations

from collections.abc import Mapping

from ...errors import SpaceError
from ...spaces import Space, space_from_dict
from ..records import StudyRecord


def study_space(study: StudyRecord) -> Space | None:
    """Return the space that a study searched; None where it does not say, or not in words of this version."""
    spec = study.spec.get("space")
    define = spec.get("define") if isinstance(spec, Mapping) else None
    try:
        return space_from_dict(define) if isinstance(define, Mapping) and define else None
    except (SpaceError, TypeError):
        return None


def planned_epochs(study: StudyRecord) -> int | None:
    """Return the most epochs that a fold may train."""
    return _count(study.about.get("epochs"))


def planned_folds(study: StudyRecord) -> int | None:
    """Return how many folds a trial has, those of repeated partitions included."""
    return _count(study.about.get("folds"))


def partition_folds(study: StudyRecord) -> int | None:
    """Return the folds of one partition of the data: fewer than a trial's scores where partitions are repeated."""
    cv = study.spec.get("cv")
    return _count(cv.get("folds") if isinstance(cv, Mapping) else None) or planned_folds(study)


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None
