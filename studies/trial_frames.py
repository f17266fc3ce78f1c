"""Trials as a pandas frame."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING

from .records import StudyRecord, TrialRecord

if TYPE_CHECKING:
    import pandas as pd


def trials_frame(trials: Iterable[TrialRecord], study: StudyRecord | None = None) -> pd.DataFrame:
    """Return trials as a frame: one row a trial, one column a hyperparameter (``None`` where inactive).

    Args:
        trials: The trials.
        study: Theirs; where it has several objectives, there is a column for each, ``values_params``, as in Optuna's frames.
    """
    import pandas as pd

    several = [] if study is None or not study.has_several else [one.metric for one in study.objectives]
    names = [name if name.startswith("values_") else f"values_{name}" for name in several]

    rows = [
        {
            "number": trial.number,
            "state": trial.state,
            **_values(trial, names),
            "standard_error": trial.standard_error,
            "epochs": trial.epochs,
            "seconds": trial.seconds,
            **trial.configuration,
        }
        for trial in trials
    ]
    columns = ["number", "state", *(names or ["value"]), "standard_error", "epochs", "seconds"]
    return pd.DataFrame(rows, columns=None if rows else columns).set_index("number")


def _values(trial: TrialRecord, names: Sequence[str]) -> dict[str, float | None]:
    """Return the columns of a frame that hold a trial's values; of one objective there are no names."""
    if not names:
        return {"value": trial.value}
    return dict(zip_longest(names, trial.values))
