"""The winner against the configuration that know-how suggests to try first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...spaces import Categorical, Configuration, Float, Hyperparameter, Int, Value, configuration_key
from ..records import ENDED, StudyRecord, TrialRecord
from .paired import PairedDifference, paired_difference
from .recorded_plan import study_space
from .runners_up import ranked


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
        and trial.state in ENDED
    ]
    found = min(ran, key=lambda trial: ENDED.index(trial.state)) if ran else None
    difference = None
    if found is not None and found.state == "complete" and found.number != best.number:
        difference = paired_difference(best, found, study.direction)
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
    start, end = float(before or 0), float(after or 0)  # type: ignore[arg-type]
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
    return f"{start} It is ahead of the recommended configuration (trial {found.number}) by {difference.text()}: {difference.verdict}."
