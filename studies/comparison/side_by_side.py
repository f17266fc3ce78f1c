"""Studies side by side: the best of each, what it cost, and whether their values compare at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..reading import read_trials
from ..records import StudyRecord, TrialRecord
from .cost import Cost, cost
from .recorded_plan import most_epochs
from .runners_up import ranked


@dataclass(frozen=True)
class StudyRow:
    """One study in a comparison of several."""

    study: StudyRecord
    best: TrialRecord | None
    cost: Cost
    test_score: float | None
    """Test score of the best trial's refit, of the same metric as the objective."""
    remarks: tuple[str, ...]
    """Why its values do not compare with the first study's; empty where they do."""

    def as_dict(self) -> dict[str, Any]:
        """Return the row flat, in the order of a table's columns, for frames and JSON."""
        best, counts = self.best, self.study.counts
        return {
            "study": self.study.name,
            "model": self.study.model,
            "data": self.study.source,
            "metric": ", ".join(one.metric for one in self.study.objectives),
            "best": best.value if best else None,
            "standard_error": best.standard_error if best else None,
            "test_score": self.test_score,
            "trials": sum(counts.values()),
            "pruned": counts.get("pruned", 0),
            "failed": counts.get("failed", 0),
            "epochs": self.cost.epochs_spent,
            "seconds": self.cost.seconds,
            "best_trial": best.number if best else None,
            "configuration": dict(best.configuration) if best else {},
            "remarks": "; ".join(self.remarks),
        }


@dataclass(frozen=True)
class StudyComparison:
    """Several studies side by side."""

    rows: tuple[StudyRow, ...]
    notes: tuple[str, ...]
    """One sentence for each study that does not compare with the first."""

    def which(self, row: StudyRow) -> str:
        """Return which trial is a study's best, and how many epochs it might train where the studies' best ones differ in that."""
        if row.best is None:
            return ""
        most = {most_epochs(one.study, one.best) for one in self.rows if one.best is not None}
        own = most_epochs(row.study, row.best)
        if row.best.lineage:
            return f"trial {row.best.number}: {row.best.lineage}"
        return f"trial {row.best.number}" + (f", up to {own} epochs" if own and len(most) > 1 else "")


def compare_studies(
    studies: Sequence[StudyRecord], trials: Sequence[Sequence[TrialRecord]] | None = None
) -> StudyComparison:
    """Put studies side by side; the first is what the others are compared with.

    Args:
        studies: The studies.
        trials: Those of each; they are read where None.
    """
    of_each = [read_trials(study) for study in studies] if trials is None else trials
    rows = tuple(
        _study_row(study, its_trials, studies[0]) for study, its_trials in zip(studies, of_each, strict=True)
    )
    notes = tuple(f"{row.study.name}: {'; '.join(row.remarks)}." for row in rows if row.remarks)
    return StudyComparison(rows, notes)


def _study_row(study: StudyRecord, trials: Sequence[TrialRecord], reference: StudyRecord) -> StudyRow:
    """Return one study's line in a comparison with a reference."""
    order = ranked(trials, study.direction)
    best = order[0] if order else None
    score = refit_score(study, best.number) if best else None
    return StudyRow(study, best, cost(study, trials), score, incomparable(study, reference))


def refit_score(study: StudyRecord, number: int) -> float | None:
    """Return the test score of a trial's refit in the objective's metric, or None where there is none."""
    refit = study.refits.get(number)
    scores = refit.get("test") if isinstance(refit, Mapping) else None
    return objective_of(study, scores) if isinstance(scores, Mapping) else None


def objective_of(study: StudyRecord, scores: Mapping[str, Any]) -> float | None:
    """Return the objective among test scores, which have no ``val_``; None where it is not among them."""
    score = scores.get(study.metric.removeprefix("val_"))
    return float(score) if isinstance(score, int | float) and not isinstance(score, bool) else None


def incomparable(study: StudyRecord, reference: StudyRecord) -> tuple[str, ...]:
    """Return the reasons why a study's values do not compare with a reference's; empty where they do."""
    if study.has_several:
        return (f"several objectives ({study.objective_text}), by which no trial is simply the best",)
    if reference.has_several:
        return ("the first study has several objectives",)
    pairs = {
        "metric": (study.about.get("metric"), reference.about.get("metric")),
        "direction": (study.direction, reference.direction),
        "data": (study.data.get("fingerprint"), reference.data.get("fingerprint")),
        "folds": (
            study.about.get("cv", study.about.get("folds")),
            reference.about.get("cv", reference.about.get("folds")),
        ),
        "seed": (study.about.get("seed"), reference.about.get("seed")),
    }
    return tuple(_remark(word, *pair) for word, pair in pairs.items() if pair[0] != pair[1])


def _remark(word: str, own: object, other: object) -> str:
    if own is None or other is None:
        return f"{word} unknown on one side"
    if word == "data":
        return "other data (fingerprints differ)"
    return f"other {word} ({own}, not {other})"
