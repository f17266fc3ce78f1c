"""All checks, in the order in which their findings are told: what makes results worthless first."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence

from ..comparison import ranked
from ..reading import read_details, read_trials
from ..records import StudyRecord, TrialDetails, TrialRecord
from .evidence import Evidence, Finding
from .of_the_curves import overfitting, still_improving
from .of_the_scores import (
    converged,
    failures_of_a_kind,
    folds_disagree,
    nothing_learned,
    repetitions,
    same_scores,
    within_noise,
)
from .of_the_space import best_at_the_edge, too_few_trials, without_effect

logger = logging.getLogger("kerasweep.studies")

Check = Callable[[Evidence], Finding | None]

CHECKS: tuple[Check, ...] = (
    nothing_learned,
    same_scores,
    failures_of_a_kind,
    folds_disagree,
    within_noise,
    best_at_the_edge,
    still_improving,
    overfitting,
    too_few_trials,
    without_effect,
    repetitions,
    converged,
)
_RANKS = {"warning": 0, "hint": 1, "good": 2}


def findings(
    study: StudyRecord,
    trials: Iterable[TrialRecord],
    details: Mapping[int, TrialDetails] | None = None,
) -> list[Finding]:
    """Return what the checks find, warnings first.

    Args:
        study: The study.
        trials: All of its trials.
        details: Curves of the best trial; without them its curves are not judged.
    """
    evidence = Evidence(study, tuple(trials), details or {})
    found = [one for check in CHECKS if (one := _found_by(check, evidence)) is not None]
    return sorted(found, key=lambda one: _RANKS[one.severity])


def read_findings(study: StudyRecord, trials: Sequence[TrialRecord] | None = None) -> list[Finding]:
    """Return what the checks find, reading the curves of the best trial, and the trials where they are None."""
    trials = read_trials(study) if trials is None else trials
    best = ranked(trials, study.direction)[:1]
    return findings(study, trials, read_details(study, [trial.number for trial in best]))


def _found_by(check: Check, evidence: Evidence) -> Finding | None:
    """Return what a check finds; nothing where a study of unknown origin keeps what it cannot read, which the log says."""
    try:
        return check(evidence)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        logger.exception("The check '%s' could not read what the study keeps.", check.__name__)
        return None
