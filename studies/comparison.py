"""What the numbers allow to be said: the best trial against its runners-up and against know-how, studies side by
side, and what a search cost.

All of it works on frozen records with plain arithmetic, so that browsing stays instant: no pandas, SciPy or Optuna.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import SpaceError
from ..spaces import (
    Categorical,
    Configuration,
    Float,
    Hyperparameter,
    Int,
    Space,
    Value,
    configuration_key,
    space_from_dict,
)
from .reading import read_trials

if TYPE_CHECKING:
    from .records import Direction, StudyRecord, TrialRecord

_STUDENT = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
    2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
)  # fmt: skip
"""Two-sided 5 % points of Student's t for 1 to 30 degrees of freedom."""
_ENDED = ("complete", "pruned", "failed")
_NAMED = 5
"""How many trials a sentence names before it says "and n more"."""


@dataclass(frozen=True)
class PairedDifference:
    """How far the best trial is ahead of another one, fold by fold."""

    trial: int
    """Number of the other trial."""
    mean: float
    """Mean difference over the folds; positive where the best is better, whatever the direction."""
    standard_error: float | None
    """Corrected for the overlap of training sets; None where the folds cannot be paired."""
    distinct: bool
    """Whether the difference is more than noise."""

    def text(self) -> str:
        """Return ``0.0042 ± 0.0011``."""
        return number_text(self.mean, self.standard_error)


@dataclass(frozen=True)
class Standing:
    """Where the best trial stands among its runners-up."""

    best: int | None
    differences: tuple[PairedDifference, ...]
    """One for each runner-up, in order of rank."""
    cheaper: int | None
    """A runner-up within noise whose model is smaller than the best trial's."""
    sentence: str

    @property
    def within_noise(self) -> tuple[int, ...]:
        """Numbers of the runners-up that the folds cannot tell from the best."""
        return tuple(d.trial for d in self.differences if d.standard_error is not None and not d.distinct)


@dataclass(frozen=True)
class RecommendedRow:
    """One hyperparameter: what know-how suggests and what won."""

    hyperparameter: Hyperparameter
    recommended: Value
    winner: Value
    recommended_active: bool
    """Whether the recommended configuration has this hyperparameter at all."""
    winner_active: bool
    difference: str
    """``same``, ``× 0.43``, ``+0.1``, ``other choice``, ``not used``, ``used``."""

    @property
    def kept(self) -> bool:
        """Whether the winner has the recommended value, or both do without."""
        return self.difference in ("same", "")


@dataclass(frozen=True)
class AgainstRecommended:
    """The winner against the configuration that know-how suggests to try first."""

    winner: int
    rows: tuple[RecommendedRow, ...]
    recommended_trial: TrialRecord | None
    """The trial that ran the recommended configuration, where there is one."""
    difference: PairedDifference | None
    sentence: str


@dataclass(frozen=True)
class Cost:
    """What a search spent and what it did not have to, in epochs of one fold."""

    trials: int
    """Trials that ended, duplicates included."""
    epochs_spent: int
    epochs_planned: int | None
    """Trials x epochs x folds; None where the study does not say how many epochs or folds."""
    saved_by_pruning: int
    saved_by_stopping: int
    saved_by_duplicates: int
    lost_to_failures: int
    """Epochs of failed trials that were not run or not recorded."""
    seconds: float

    @property
    def share_spent(self) -> float | None:
        """Epochs spent as a share of those planned."""
        return self.epochs_spent / self.epochs_planned if self.epochs_planned else None


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


@dataclass(frozen=True)
class StudyComparison:
    """Several studies side by side."""

    rows: tuple[StudyRow, ...]
    notes: tuple[str, ...]
    """One sentence for each study that does not compare with the first."""


def number_text(value: float | None, standard_error: float | None = None) -> str:
    """Return a value as people write it: ``0.9734 ± 0.0012``; the error decides how many decimals are shown."""
    if value is None:
        return "–"
    if not math.isfinite(value):
        return str(value)
    if standard_error is None or not math.isfinite(standard_error):
        return f"{value:.4f}" if 0.001 <= abs(value) < 100 or value == 0 else f"{value:.4g}"
    decimals = 4 if standard_error == 0 else 1 - math.floor(math.log10(standard_error))
    decimals = min(max(decimals, 0), 4 if abs(value) >= 0.001 or value == 0 else 10)
    return f"{value:.{decimals}f} ± {standard_error:.{decimals}f}"


def ranked(trials: Iterable[TrialRecord], direction: Direction) -> list[TrialRecord]:
    """Return complete trials with a finite value, best first; equal values in order of number, no duplicates."""
    sign = -1.0 if direction == "maximize" else 1.0
    scored = [
        (sign * trial.value, trial.number, trial)
        for trial in trials
        if trial.state == "complete"
        and trial.duplicate_of is None
        and trial.value is not None
        and math.isfinite(trial.value)
    ]
    return [trial for _, _, trial in sorted(scored, key=lambda row: row[:2])]


def paired_difference(
    best: TrialRecord, other: TrialRecord, direction: Direction, folds: int | None = None
) -> PairedDifference:
    """Compare two trials on the same folds.

    The rule is the corrected resampled t-test of Nadeau and Bengio (2003, "Inference for the Generalization
    Error", Machine Learning 52): training sets of cross-validation overlap, so that the plain standard error
    ``s / sqrt(n)`` is too small; theirs is ``s * sqrt(1/n + test/train)``, and in k folds ``test/train`` is
    ``1/(k-1)``. More than noise means beyond the two-sided 5 % point of Student's t with n - 1 degrees of freedom.
    The best of many trials was chosen for its score, which no test of a pair corrects: "within noise" is the
    answer to trust, "more than noise" deserves a second seed.

    Args:
        best: The trial that is ahead.
        other: The trial that it is compared with.
        direction: Which values are better.
        folds: Folds of one partition of the data, where scores come from several; all scores by default.
    """
    sign = 1.0 if direction == "maximize" else -1.0
    if best.value is None or other.value is None:
        return PairedDifference(other.number, math.nan, None, distinct=False)
    mean = sign * (best.value - other.value)
    pairs = list(zip(best.fold_scores, other.fold_scores, strict=False))
    unpaired = len(best.fold_scores) != len(other.fold_scores) or len(pairs) < 2
    if unpaired or not all(math.isfinite(score) for pair in pairs for score in pair):
        return PairedDifference(other.number, mean, None, distinct=False)
    differences = [sign * (left - right) for left, right in pairs]
    count = len(differences)
    mean = sum(differences) / count
    variance = sum((difference - mean) ** 2 for difference in differences) / (count - 1)
    share = 1 / (max(folds or count, 2) - 1)
    error = math.sqrt((1 / count + share) * variance)
    return PairedDifference(other.number, mean, error, distinct=mean > _critical(count - 1) * error)


def _critical(degrees: int) -> float:
    return _STUDENT[degrees - 1] if degrees <= len(_STUDENT) else 1.96 + 2.5 / degrees


def standing(trials: Sequence[TrialRecord], direction: Direction, folds: int | None = None) -> Standing:
    """Say how the best trial stands against its runners-up, in numbers and in one sentence.

    Args:
        trials: Complete trials, best first, as from ``ranked`` or ``best_trials``.
        direction: Which values are better.
        folds: See ``paired_difference``.
    """
    if not trials:
        return Standing(None, (), None, "No trial is complete yet.")
    best, others = trials[0], trials[1:]
    if not others:
        return Standing(best.number, (), None, f"Trial {best.number} is the only complete trial.")
    differences = tuple(paired_difference(best, other, direction, folds) for other in others)
    close = [
        other
        for other, difference in zip(others, differences, strict=True)
        if difference.standard_error is not None and not difference.distinct
    ]
    next_best = differences[0]
    if close:
        cheaper = _cheapest(best, close)
        return Standing(
            best.number,
            differences,
            cheaper.number if cheaper else None,
            _noise_sentence(best, close, cheaper),
        )
    lead = f"Trial {best.number} is ahead of trial {next_best.trial} by {next_best.text()}"
    if next_best.standard_error is None:
        reason = "with a single fold" if len(best.fold_scores) == 1 else "without paired folds"
        return Standing(best.number, differences, None, f"{lead}; {reason}, noise cannot be judged.")
    return Standing(best.number, differences, None, f"{lead}: more than noise.")


def _size(trial: TrialRecord) -> tuple[float, float]:
    return (trial.parameters or math.inf, trial.epochs or math.inf)


def _cheapest(best: TrialRecord, close: Sequence[TrialRecord]) -> TrialRecord | None:
    smallest = min(close, key=_size)
    return smallest if _size(smallest) < _size(best) else None


def _noise_sentence(best: TrialRecord, close: Sequence[TrialRecord], cheaper: TrialRecord | None) -> str:
    numbers = [str(trial.number) for trial in close]
    more = f" and {len(numbers) - _NAMED} more" if len(numbers) > _NAMED else ""
    word = "trial" if len(numbers) == 1 else "trials"
    start = f"Trial {best.number} is within noise of {word} {', '.join(numbers[:_NAMED])}{more}"
    if cheaper is None:
        return f"{start}; none of them is cheaper."
    if cheaper.parameters == best.parameters:
        return f"{start}: prefer the cheaper, trial {cheaper.number} ({cheaper.epochs} epochs, not {best.epochs})."
    weights = f"{cheaper.parameters:,} parameters" + (f", not {best.parameters:,}" if best.parameters else "")
    return f"{start}: prefer the cheaper, trial {cheaper.number} ({weights})."


def study_space(study: StudyRecord) -> Space | None:
    """Return the space that a study searched; None where it does not say, or not in words of this version."""
    spec = study.spec.get("space")
    define = spec.get("define") if isinstance(spec, Mapping) else None
    try:
        return space_from_dict(define) if isinstance(define, Mapping) and define else None
    except (SpaceError, TypeError):
        return None


def against_recommended(study: StudyRecord, trials: Sequence[TrialRecord]) -> AgainstRecommended | None:
    """Compare the winner with the recommended configuration; None without a winner or a known space.

    Args:
        study: The study; its specification holds the recommended values.
        trials: All trials, in any order.
    """
    space = study_space(study)
    order = ranked(trials, study.direction)
    if space is None or not order:
        return None
    best, recommended = order[0], space.recommended()
    rows = tuple(_recommended_row(parameter, recommended, best.configuration) for parameter in space)
    key = configuration_key(recommended)
    ran = [
        trial
        for trial in trials
        if trial.duplicate_of is None
        and configuration_key(trial.configuration) == key
        and trial.state in _ENDED
    ]
    found = min(ran, key=lambda trial: _ENDED.index(trial.state)) if ran else None
    difference = None
    if found is not None and found.state == "complete" and found.number != best.number:
        difference = paired_difference(best, found, study.direction, partition_folds(study))
    sentence = _recommended_sentence(best, rows, found, difference)
    return AgainstRecommended(best.number, rows, found, difference, sentence)


def _recommended_row(
    parameter: Hyperparameter, recommended: Configuration, winner: Configuration
) -> RecommendedRow:
    name = parameter.name
    there, here = name in recommended, name in winner
    before = recommended.get(name, parameter.recommended)
    after = winner.get(name)
    if not here:
        difference = "not used" if there else ""
    elif not there:
        difference = "used"
    else:
        difference = _difference(parameter, before, after)
    return RecommendedRow(parameter, before, after, there, here, difference)


def _difference(parameter: Hyperparameter, before: Value, after: Value) -> str:
    if type(before) is type(after) and before == after:
        return "same"
    numbers = isinstance(before, int | float) and isinstance(after, int | float)
    if isinstance(parameter, Categorical) or not numbers:
        return "other choice"
    start, end = float(before or 0), float(after or 0)
    if isinstance(parameter, Float | Int) and parameter.log and start > 0:
        return f"× {end / start:.2g}"
    return f"{end - start:+.3g}"


def _recommended_sentence(
    best: TrialRecord,
    rows: Sequence[RecommendedRow],
    found: TrialRecord | None,
    difference: PairedDifference | None,
) -> str:
    kept = sum(row.kept for row in rows)
    start = f"The winner keeps {kept} of {len(rows)} recommended values."
    if found is None:
        return f"{start} No trial ran the recommended configuration itself."
    if found.number == best.number:
        return "The recommended configuration itself won."
    if difference is None:
        return f"{start} The recommended configuration was trial {found.number}, which is {found.state}."
    verdict = "more than noise" if difference.distinct else "within noise"
    if difference.standard_error is None:
        verdict = "noise cannot be judged"
    return f"{start} It is ahead of the recommended configuration (trial {found.number}) by {difference.text()}: {verdict}."


def cost(study: StudyRecord, trials: Iterable[TrialRecord]) -> Cost:
    """Count the epochs that a search spent and those that pruning, early stopping and duplicates saved."""
    ended = [trial for trial in trials if trial.state in _ENDED]
    most, folds = _count(study.about.get("epochs")), _count(study.about.get("folds"))
    spent, seconds = 0, 0.0
    saved = {"complete": 0, "pruned": 0, "failed": 0, "duplicate": 0}
    for trial in ended:
        repeated = trial.duplicate_of is not None
        used = 0 if repeated else trial.epochs_trained * (len(trial.fold_scores) or folds or 1)
        spent += used
        seconds += 0.0 if repeated or not math.isfinite(trial.seconds) else trial.seconds
        if most and folds:
            saved["duplicate" if repeated else trial.state] += max(most * folds - used, 0)
    return Cost(
        trials=len(ended),
        epochs_spent=spent,
        epochs_planned=len(ended) * most * folds if most and folds else None,
        saved_by_pruning=saved["pruned"],
        saved_by_stopping=saved["complete"],
        saved_by_duplicates=saved["duplicate"],
        lost_to_failures=saved["failed"],
        seconds=seconds,
    )


def compare_studies(studies: Sequence[StudyRecord]) -> StudyComparison:
    """Put studies side by side; reads their trials. The first is what the others are compared with."""
    rows = tuple(study_row(study, read_trials(study), studies[0]) for study in studies)
    notes = tuple(f"{row.study.name}: {'; '.join(row.remarks)}." for row in rows if row.remarks)
    return StudyComparison(rows, notes)


def study_row(study: StudyRecord, trials: Sequence[TrialRecord], reference: StudyRecord) -> StudyRow:
    """Return one study's line in a comparison with a reference."""
    order = ranked(trials, study.direction)
    best = order[0] if order else None
    score = refit_score(study, best.number) if best else None
    return StudyRow(study, best, cost(study, trials), score, incomparable(study, reference))


def refit_score(study: StudyRecord, number: int) -> float | None:
    """Return the test score of a trial's refit in the objective's metric, or None where there is none."""
    refit = study.refits.get(number)
    scores = refit.get("test") if isinstance(refit, Mapping) else None
    score = scores.get(study.metric.removeprefix("val_")) if isinstance(scores, Mapping) else None
    return float(score) if isinstance(score, int | float) and not isinstance(score, bool) else None


def incomparable(study: StudyRecord, reference: StudyRecord) -> tuple[str, ...]:
    """Return the reasons why a study's values do not compare with a reference's; empty where they do."""
    pairs = {
        "metric": (study.about.get("metric"), reference.about.get("metric")),
        "direction": (study.direction, reference.direction),
        "data": (_data(study).get("fingerprint"), _data(reference).get("fingerprint")),
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


def _data(study: StudyRecord) -> Mapping[str, object]:
    data = study.about.get("data")
    return data if isinstance(data, Mapping) else {}


def partition_folds(study: StudyRecord) -> int | None:
    """Return the folds of one partition of the data: fewer than a trial's scores where partitions are repeated."""
    cv = study.spec.get("cv")
    return _count(cv.get("folds") if isinstance(cv, Mapping) else None) or _count(study.about.get("folds"))


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None
