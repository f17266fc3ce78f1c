"""Optuna's tables, which are no public part of it: they are named here alone."""

from __future__ import annotations

from optuna.storages._rdb import models
from sqlalchemy import Table

STUDIES: Table = models.StudyModel.__table__
DIRECTIONS: Table = models.StudyDirectionModel.__table__
STUDY_ATTRIBUTES: Table = models.StudyUserAttributeModel.__table__
STUDY_SYSTEM_ATTRIBUTES: Table = models.StudySystemAttributeModel.__table__
TRIALS: Table = models.TrialModel.__table__
PARAMS: Table = models.TrialParamModel.__table__
VALUES: Table = models.TrialValueModel.__table__
REPORTS: Table = models.TrialIntermediateValueModel.__table__
TRIAL_ATTRIBUTES: Table = models.TrialUserAttributeModel.__table__
TRIAL_SYSTEM_ATTRIBUTES: Table = models.TrialSystemAttributeModel.__table__
ALL: tuple[Table, ...] = tuple(models.BaseModel.metadata.sorted_tables)
"""Those that others refer to come first."""

stored_value = models.TrialValueModel.value_to_stored_repr
"""Returns the two columns of a value: its number, and what it is where that is no number."""
stored_report = models.TrialIntermediateValueModel.intermediate_value_to_stored_repr
"""Returns the two columns of a reported value."""
read_value = models.TrialValueModel.stored_repr_to_value
read_report = models.TrialIntermediateValueModel.stored_repr_to_intermediate_value
"""Return what such two columns hold."""
