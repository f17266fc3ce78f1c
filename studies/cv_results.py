"""Trials in the columns that scikit-learn's ``GridSearchCV`` has for its candidates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .records import TrialRecord

_UNMEASURED = ("std_fit_time", "mean_score_time", "std_score_time")
"""Times of ``GridSearchCV`` that are not known: folds train, and are scored, in lockstep."""


def cv_results(trials: Sequence[TrialRecord], folds: int) -> dict[str, Any]:
    """Return trials as ``GridSearchCV`` does: name -> one value a trial; see ``SweepCV``.

    Args:
        trials: Those that came to an end.
        folds: Number of folds.
    """
    scores = np.full((len(trials), folds), np.nan)
    for row, trial in enumerate(trials):
        if trial.state == "complete":
            scores[row] = trial.fold_scores
    means = scores.mean(axis=1)
    ranked = np.where(np.isnan(means), np.nanmin(means, initial=np.inf) - 1, means)
    found: dict[str, Any] = {"mean_fit_time": np.array([trial.seconds / folds for trial in trials])}
    found |= {name: np.full(len(trials), np.nan) for name in _UNMEASURED}
    for name in dict.fromkeys(name for trial in trials for name in trial.configuration):
        column = np.ma.MaskedArray(np.empty(len(trials), object), mask=True)
        for row, trial in enumerate(trials):
            if name in trial.configuration:
                column[row] = trial.configuration[name]
        found[f"param_{name}"] = column
    found["params"] = [dict(trial.configuration) for trial in trials]
    found |= {f"split{fold}_test_score": scores[:, fold] for fold in range(folds)}
    found["mean_test_score"], found["std_test_score"] = means, scores.std(axis=1)
    found["rank_test_score"] = (1 + (ranked[:, None] < ranked).sum(axis=1)).astype(np.int32)
    found["state"] = np.array([trial.state for trial in trials])
    found["epochs"] = np.array([trial.epochs_trained for trial in trials])
    return found
