"""Nested cross-validation: what the whole way of searching scores on rows that had no part in it.

Each outer fold of the training rows has a study of its own, on the other rows, whose winner was trained on them and scored on
the fold. The studies are named after the one that searched all training rows.
"""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass

from ...texts import count_text, number_text
from ..reading import best_or_damage
from ..records import Direction, StudyRecord, TrialRecord
from ..study_records import read_all, whole
from .side_by_side import refit_score


@dataclass(frozen=True)
class NestedScore:
    """What a search scores on outer folds."""

    metric: str
    """Without ``val_``."""
    direction: Direction
    folds: int
    scores: tuple[float, ...]
    """Of the outer folds that are done."""
    validation: tuple[float, ...]
    """What the winners of these folds' searches scored within them."""

    @property
    def mean(self) -> float:
        """Mean of the outer scores."""
        return statistics.fmean(self.scores)

    @property
    def standard_error(self) -> float | None:
        """Of the mean; None for a single fold."""
        return statistics.stdev(self.scores) / math.sqrt(len(self.scores)) if len(self.scores) > 1 else None

    @property
    def optimism(self) -> float:
        """By how much the searches' own scores flatter; below zero where chance had it the other way."""
        sign = 1.0 if self.direction == "maximize" else -1.0
        return sign * (statistics.fmean(self.validation) - self.mean)

    @property
    def sentence(self) -> str:
        """Say it in one line."""
        done = len(self.scores)
        of = f"{count_text(done, 'outer fold')}" + ("" if done == self.folds else f" of {self.folds} so far")
        score = f"{self.metric} {number_text(self.mean, self.standard_error)}"
        own = number_text(statistics.fmean(self.validation))
        flattery = f"flatter by {number_text(self.optimism)}" if self.optimism > 0 else "do not flatter"
        return (
            f"Nested cross-validation, {of}: a search as this one reaches {score} on rows that had no part in it; its own "
            f"validation scores, {own} on average, {flattery}."
        )


def outer_name(study: str, number: int, folds: int) -> str:
    """Return the name of an outer fold's study: ``digits-dnn-knowhow-outer-2of5``."""
    return f"{study}-outer-{number}of{folds}"


def outer_fold_of(study: StudyRecord) -> str | None:
    """Return which outer fold a study holds out, ``2/5``; None for another study."""
    data = study.spec.get("data")
    outer = data.get("outer") if isinstance(data, dict) else None
    return outer if isinstance(outer, str) else None


def nested_score(study: StudyRecord) -> NestedScore | None:
    """Return what the outer folds of a study score; None where none is done. Of several numbers of folds, the largest counts.

    A fold whose study is damaged counts as one that is not done.

    Args:
        study: The study of all training rows.
    """
    found: dict[int, list[tuple[float, float]]] = {}
    for one in whole(read_all(study.storage)):
        number, slash, folds = (outer_fold_of(one) or "").partition("/")
        if not slash or one.name != outer_name(study.name, int(number), int(folds)):
            continue
        best = best_or_damage(one)
        score = refit_score(one, best.number) if isinstance(best, TrialRecord) else None
        if isinstance(best, TrialRecord) and score is not None and best.value is not None:
            found.setdefault(int(folds), []).append((score, best.value))
    if not found:
        return None
    folds_asked = max(found)
    scores, validation = zip(*found[folds_asked], strict=True)
    metric = study.metric.removeprefix("val_")
    return NestedScore(metric, study.direction, folds_asked, scores, validation)


def nested_sentence(study: StudyRecord) -> str:
    """Say what the outer folds of a study score; empty where none is done."""
    found = nested_score(study)
    return "" if found is None else found.sentence
