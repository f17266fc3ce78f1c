"""What a driver holds of a trial, which is less than the database has."""

from __future__ import annotations

import copy
from typing import Any

from kerasweep.studies.records import DETAILS, FAILURE, RESULT
from optuna.trial import FrozenTrial

_READ = ("fold_scores", "epochs", "epochs_trained", "seconds", "taken_over")


def as_held(trial: FrozenTrial) -> FrozenTrial:
    """Return a copy of a trial without what no search reads: details, and once it has ended more of it."""
    held, ended = copy.copy(trial), trial.state.is_finished()
    gone = {DETAILS, FAILURE} if ended else {DETAILS}
    held.user_attrs = {key: value for key, value in trial.user_attrs.items() if key not in gone}
    if ended:
        held.user_attrs.update(of_result(held.user_attrs))
        if trial.params:
            held.system_attrs = {
                key: value for key, value in trial.system_attrs.items() if key != "fixed_params"
            }
    return held


def of_result(attributes: dict[str, Any]) -> dict[str, Any]:
    """Return what a search reads of a result, if there is one."""
    result = attributes.get(RESULT)
    return {} if result is None else {RESULT: {key: result[key] for key in _READ if key in result}}
