"""What is said of a study with several objectives: of its Pareto front, in one sentence."""

from __future__ import annotations

from collections.abc import Sequence

from ...texts import count_text
from ..pareto import is_compared, pareto_front
from ..records import StudyRecord, TrialRecord


def front_sentence(study: StudyRecord, trials: Sequence[TrialRecord]) -> str:
    """Say how many trials are on the front, and what that means."""
    compared = sum(map(is_compared, trials))
    kept = " that keep all constraints" if any(trial.broken for trial in trials) else ""
    count = len(pareto_front(study, trials))
    if not count:
        return "No trial with all of its values is complete yet."
    metrics = [one.metric for one in study.objectives]
    names = ", ".join(metrics[:-1]) + f" and {metrics[-1]}"
    of = f"{count_text(compared, 'complete trial')}{kept}"
    start = f"{count} of {of} {'is' if count == 1 else 'are'} on the Pareto front"
    return f"{start}: no other trial is as good in all of {names} and better in one."
