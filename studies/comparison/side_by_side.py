"""Studies side by side: the best of each, what it cost, and whether their values compare at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..reading import read_trials
from ..records import StudyRecord, TrialRecord
from .cost import Cost, cost
from .pairs import PairComparison, compare_pair
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
    of_same_rows: bool = True
    """Whether its test score compares with the first study's: of the same metric, on the same test rows."""
    behind: PairComparison | None = None
    """The best of the leading study against its own, fold by fold; None for the leading one, and where they do not compare.

    Each is the best of its study, and flattered for that, the best of more trials more (see ``optimism.py``).
    """

    def as_dict(self) -> dict[str, Any]:
        """Return the row flat, in the order of a table's columns, for frames and JSON."""
        best, counts = self.best, self.study.counts
        low, high = (self.behind and self.behind.interval) or (None, None)
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
            "behind": self.behind.difference.mean if self.behind else None,
            "behind_low": low,
            "behind_high": high,
            "configuration": dict(best.configuration) if best else {},
            "remarks": "; ".join(self.remarks),
        }


@dataclass(frozen=True)
class StudyComparison:
    """Several studies side by side."""

    rows: tuple[StudyRow, ...]
    notes: tuple[str, ...]
    """What is said of each study that does not compare with the first."""

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
    rows = [
        _study_row(study, its_trials, studies[0]) for study, its_trials in zip(studies, of_each, strict=True)
    ]
    leading = _leading(rows)
    rows = [row if leading is None else replace(row, behind=_behind(row, leading)) for row in rows]
    return StudyComparison(tuple(rows), tuple(_note(row, rows[0]) for row in rows if row.remarks))


def _leading(rows: Sequence[StudyRow]) -> StudyRow | None:
    """Return the study with the best value of those that compare with the first, the first of equals."""
    compared = [row for row in rows if row.best is not None and not row.remarks]
    if not compared:
        return None
    sign = 1.0 if compared[0].study.direction == "maximize" else -1.0
    return max(compared, key=lambda row: sign * (row.best.value or 0.0) if row.best else 0.0)


def _behind(row: StudyRow, leading: StudyRow) -> PairComparison | None:
    if row is leading or row.remarks or row.best is None or leading.best is None:
        return None
    return compare_pair(leading.study, leading.best, row.best, row.study)


def _note(row: StudyRow, first: StudyRow) -> str:
    """Say why a study does not compare with the first, and what of it does."""
    note = f"{row.study.name}: {'; '.join(row.remarks)}."
    if row.of_same_rows and row.test_score is not None and first.test_score is not None:
        return f"{note} Its test score compares, which is of the same test rows."
    return note


def _study_row(study: StudyRecord, trials: Sequence[TrialRecord], reference: StudyRecord) -> StudyRow:
    """Return one study's line in a comparison with a reference."""
    order = ranked(trials, study.direction)
    best = order[0] if order else None
    score = refit_score(study, best.number) if best else None
    same_rows = not {"metric", "data"} & set(_differing(study, reference))
    return StudyRow(study, best, cost(study, trials), score, incomparable(study, reference), same_rows)


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
    return tuple(_differing(study, reference).values())


def _differing(study: StudyRecord, reference: StudyRecord) -> dict[str, str]:
    """Return in what two studies differ that their values depend on, or do not say: what -> a remark.

    Folds are the same where their fingerprints are. Studies of earlier versions have none: theirs are the same where the
    words for them are, and the seed.
    """
    if study is reference:
        return {}
    cv, counts, seeds, prints = (
        (study.about.get(key), reference.about.get(key))
        for key in ("cv", "folds", "seed", "folds_fingerprint")
    )
    words = _remark("folds", *(counts if None in cv else cv))
    remarks = {
        "metric": _remark("metric", study.about.get("metric"), reference.about.get("metric")),
        "direction": _remark("direction", study.direction, reference.direction),
        "data": _remark(
            "data", study.data.get("fingerprint"), reference.data.get("fingerprint"), digests=True
        ),
    }
    if None in prints:
        remarks |= {"folds": words, "seed": _remark("seed", *seeds)}
    elif prints[0] != prints[1]:
        remarks["folds"] = words or _remark("folds", *prints, digests=True)
    return {what: remark for what, remark in remarks.items() if remark}


def _remark(what: str, own: object, other: object, *, digests: bool = False) -> str:
    """Say how two studies differ in something; empty where they do not."""
    if own is None or other is None:
        return f"{what} unknown" + (" on one side" if own != other else "")
    if own == other:
        return ""
    return f"other {what} (fingerprints differ)" if digests else f"other {what} ({own}, not {other})"
