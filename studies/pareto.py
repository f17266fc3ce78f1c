"""The Pareto front: the trials of a study with several objectives that no other trial beats in one and equals in the rest."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from .records import StudyRecord, TrialRecord


def pareto_front(study: StudyRecord, trials: Iterable[TrialRecord]) -> list[TrialRecord]:
    """Return the front of the complete trials that keep all constraints, in the order of the first objective.

    Duplicates are left out. Trials with equal values are all on the front or none is.

    Args:
        study: Has the directions.
        trials: In any order.
    """
    signs = [-1.0 if one.direction == "maximize" else 1.0 for one in study.objectives]
    costs = sorted(
        (
            tuple(sign * value for sign, value in zip(signs, trial.values, strict=True)),
            trial.number,
            trial,
        )
        for trial in trials
        if is_compared(trial) and len(trial.values) == len(signs)
    )
    front: list[tuple[Sequence[float], TrialRecord]] = []
    for cost, _, trial in costs:  # what beats a trial comes before it in this order
        if not any(_beats(other, cost) for other, _ in front):
            front.append((cost, trial))
    return [trial for _, trial in front]


def is_compared(trial: TrialRecord) -> bool:
    """Tell whether a trial takes part: it is complete and no duplicate, keeps all constraints, and its values are finite."""
    return (
        trial.state == "complete"
        and trial.duplicate_of is None
        and trial.feasible
        and all(map(math.isfinite, trial.values))
    )


def _beats(one: Sequence[float], other: Sequence[float]) -> bool:
    """Tell whether costs are nowhere above others, and somewhere below."""
    return one != other and all(a <= b for a, b in zip(one, other, strict=True))
