"""What was found: the store, its queries and comparison. Writing is in ``lifecycle``, which imports Optuna."""

from .lock import is_driven
from .paging import Condition, Order, TrialColumns
from .pareto import pareto_front
from .passwords import without_password
from .reading import (
    ListedStudy,
    best_or_damage,
    best_trial,
    best_trials,
    choose_trial,
    list_studies,
    read_details,
    read_log,
    read_numbered,
    read_reports,
    read_shown,
    read_stored_parameters,
    read_trial,
    read_trials,
)
from .records import Direction, StudyObjective, StudyRecord, TrialDetails, TrialRecord, TrialState
from .storage import shown_storage, storage_url
from .study_records import (
    DamagedStudy,
    damaged,
    find_study,
    read_all,
    read_studies,
    read_study,
    study_or_damage,
    whole,
)
from .trial_frames import trials_frame

__all__ = [
    "Condition",
    "DamagedStudy",
    "Direction",
    "ListedStudy",
    "Order",
    "StudyObjective",
    "StudyRecord",
    "TrialColumns",
    "TrialDetails",
    "TrialRecord",
    "TrialState",
    "best_or_damage",
    "best_trial",
    "best_trials",
    "choose_trial",
    "damaged",
    "find_study",
    "is_driven",
    "list_studies",
    "pareto_front",
    "read_all",
    "read_details",
    "read_log",
    "read_numbered",
    "read_reports",
    "read_shown",
    "read_stored_parameters",
    "read_studies",
    "read_study",
    "read_trial",
    "read_trials",
    "shown_storage",
    "storage_url",
    "study_or_damage",
    "trials_frame",
    "whole",
    "without_password",
]
