"""What was found: the store, its queries and comparison. Writing is in ``writing``, which imports Optuna."""

from .lock import is_driven
from .pareto import pareto_front
from .reading import (
    best_trial,
    best_trials,
    choose_trial,
    read_details,
    read_reports,
    read_studies,
    read_study,
    read_trial,
    read_trials,
    trials_frame,
)
from .records import Direction, StudyObjective, StudyRecord, TrialDetails, TrialRecord, TrialState
from .storage import storage_url, without_password

__all__ = [
    "Direction",
    "StudyObjective",
    "StudyRecord",
    "TrialDetails",
    "TrialRecord",
    "TrialState",
    "best_trial",
    "best_trials",
    "choose_trial",
    "is_driven",
    "pareto_front",
    "read_details",
    "read_reports",
    "read_studies",
    "read_study",
    "read_trial",
    "read_trials",
    "storage_url",
    "trials_frame",
    "without_password",
]
