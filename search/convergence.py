"""Whether a study's search has converged, of Optuna's trials; the rule is that of ``studies.convergence``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from optuna.trial import FrozenTrial, TrialState

from ..studies.convergence import has_converged
from ..studies.records import DUPLICATE, RESULT, RUNGS
from .schedulers.contract import is_infeasible

if TYPE_CHECKING:
    from ..studies import Direction


def study_has_converged(trials: Sequence[FrozenTrial], direction: Direction) -> bool:
    """Tell whether a study's search has converged.

    Args:
        trials: All of them; duplicates, those that have not come to a rung, and those that break a constraint do not count.
        direction: Which way a score is better.
    """
    sign = 1.0 if direction == "maximize" else -1.0
    scores: list[float | None] = []
    folds: dict[int, Sequence[float]] = {}
    for trial in trials:
        if DUPLICATE in trial.user_attrs or not (trial.state.is_finished() or RUNGS in trial.user_attrs):
            continue
        if trial.state == TrialState.COMPLETE and trial.value is not None and not is_infeasible(trial):
            folds[len(scores)] = trial.user_attrs[RESULT]["fold_scores"]
            scores.append(sign * trial.value)
        else:
            scores.append(None)
    return has_converged(scores, folds)
