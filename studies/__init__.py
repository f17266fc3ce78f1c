"""What was found: the store, its queries and comparison. Writing is in ``writing``, which imports Optuna."""

from .lock import is_driven
from .paging import Condition, Order, TrialPage, hyperparameter_names, page_of_trials
from .pareto import pareto_front
from .passwords import without_password
from .reading import (
    best_trial,
    best_trials,
    choose_trial,
    read_details,
    read_numbered,
    read_reports,
    read_shown,
    read_studies,
    read_study,
    read_trial,
    read_trials,
    trials_frame,
)
from .records import Direction, StudyObjective, StudyRecord, TrialDetails, TrialRecord, TrialState
from .storage import shown_storage, storage_url

__all__ = [
    "Condition",
    "Direction",
    "Order",
    "StudyObjective",
    "StudyRecord",
    "TrialDetails",
    "TrialPage",
    "TrialRecord",
    "TrialState",
    "best_trial",
    "best_trials",
    "choose_trial",
    "hyperparameter_names",
    "is_driven",
    "page_of_trials",
    "pareto_front",
    "read_details",
    "read_numbered",
    "read_reports",
    "read_shown",
    "read_studies",
    "read_study",
    "read_trial",
    "read_trials",
    "shown_storage",
    "storage_url",
    "trials_frame",
    "without_password",
]
