"""The plan that a study recorded: its space, epochs and folds; None where this version cannot read it."""

from __future__ import annotations

from collections.abc import Mapping

from ...errors import SpaceError
from ...spaces import Space, stored_space
from ..records import StudyRecord, count_or_none


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
