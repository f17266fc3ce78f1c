"""Queries: studies and trials as frozen records, without importing Optuna, pandas or TensorFlow."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ..errors import StudyError, did_you_mean
from ..spaces.values import restored
from .chunks import join
from .records import (
    ABOUT,
    DETAILS,
    DRIVER,
    DUPLICATE,
    FAILURE,
    REFIT,
    RESULT,
    SPEC,
    Direction,
    StudyRecord,
    TrialDetails,
    TrialRecord,
    TrialState,
)
from .storage import Database, open_database, storage_url, without_password

if TYPE_CHECKING:
    import pandas as pd

_STATES: dict[str, TrialState] = {
    "COMPLETE": "complete",
    "PRUNED": "pruned",
    "FAIL": "failed",
    "RUNNING": "running",
    "WAITING": "waiting",
}
_STUDIES = """
    SELECT s.study_id, s.study_name, d.direction FROM studies s
    JOIN study_directions d ON d.study_id = s.study_id AND d.objective = 0 ORDER BY s.study_id
"""
_STUDY_ATTRIBUTES = "SELECT a.study_id, a.key, a.value_json FROM study_user_attributes a"
_PAUSED = """
    CASE WHEN t.state = 'RUNNING' THEN (
        SELECT COUNT(*) FROM trial_user_attributes p
        WHERE p.trial_id = t.trial_id AND p.key = 'kerasweep:paused' AND p.value_json = 'true'
    ) ELSE 0 END
"""
"""Whether a trial is paused (``records.PAUSED``), which for Optuna runs."""
_COUNTS = f"""
    SELECT c.study_id, c.state, c.paused, COUNT(*) FROM (
        SELECT t.study_id, t.state, {_PAUSED} AS paused FROM trials t
    ) c GROUP BY c.study_id, c.state, c.paused
"""  # noqa: S608 - of constants
_TRIALS = f"""
    SELECT t.trial_id, t.number, t.state, {_PAUSED}, t.datetime_start, v.value, v.value_type FROM trials t
    LEFT JOIN trial_values v ON v.trial_id = t.trial_id AND v.objective = 0
    WHERE t.study_id = :study
"""  # noqa: S608 - of constants
_INFINITE = "CASE v.value_type WHEN 'INF_POS' THEN 1 WHEN 'INF_NEG' THEN -1 ELSE 0 END"
"""Optuna stores an infinity in the column of types; its value is 0 or NULL."""
_NOT_DUPLICATE = """
    NOT EXISTS (SELECT 1 FROM trial_user_attributes u WHERE u.trial_id = t.trial_id AND u.key = :duplicate)
"""
_BATCH = 500
"""Trials whose parameters are read in one statement; SQLite bounds the number of values in a statement."""


def read_studies(storage: str | None = None) -> list[StudyRecord]:
    """Return all studies of a storage, in the order in which they were made."""
    url = storage_url(storage)
    with open_database(url) as database:
        studies = database.rows(_STUDIES)
        attributes: dict[int, dict[str, Any]] = {}
        for study_id, key, value in database.rows(_STUDY_ATTRIBUTES):
            attributes.setdefault(study_id, {})[key] = json.loads(value)
        attributes = {study_id: join(found) for study_id, found in attributes.items()}
        counts: dict[int, dict[TrialState, int]] = {}
        for study_id, state, paused, count in database.rows(_COUNTS):
            counts.setdefault(study_id, {})[_state(state, paused)] = count
    return [_study(url, row, attributes.get(row[0], {}), counts.get(row[0], {})) for row in studies]


def read_study(name: str | None = None, storage: str | None = None) -> StudyRecord:
    """Return one study; without a name, the one that was made last.

    Raises:
        StudyError: There is no such study.
    """
    studies = read_studies(storage)
    where = without_password(storage_url(storage))
    if not studies:
        raise StudyError(f"{where} holds no study yet. Launch a sweep first.")
    if name is None:
        return studies[-1]
    for study in studies:
        if study.name == name:
            return study
    hint = did_you_mean(name, [study.name for study in studies])
    raise StudyError(f"There is no study '{name}' in {where}.{hint}")


def read_trials(study: StudyRecord) -> list[TrialRecord]:
    """Return all trials of a study, in order of number."""
    with open_database(study.storage) as database:
        rows = database.rows(f"{_TRIALS} ORDER BY t.number", study=study.study_id)
        return _trials(database, study, rows)


def best_trials(study: StudyRecord, count: int = 10) -> list[TrialRecord]:
    """Return the best complete trials, best first; equal values in order of number. Duplicates are left out."""
    order = "DESC" if study.direction == "maximize" else "ASC"
    statement = f"""{_TRIALS} AND t.state = 'COMPLETE' AND {_NOT_DUPLICATE}
        ORDER BY {_INFINITE} {order}, v.value {order}, t.number LIMIT :count"""
    with open_database(study.storage) as database:
        rows = database.rows(statement, study=study.study_id, duplicate=DUPLICATE, count=count)
        return _trials(database, study, rows)


def best_trial(study: StudyRecord) -> TrialRecord:
    """Return the best complete trial.

    Raises:
        StudyError: No trial is complete.
    """
    found = best_trials(study, 1)
    if not found:
        raise StudyError(f"The study '{study.name}' has no complete trial yet ({study.trained} ended).")
    return found[0]


def choose_trial(study: StudyRecord, number: int | None) -> TrialRecord:
    """Return a trial by its number; the best complete one where None.

    Raises:
        StudyError: There is no such trial, or no complete one.
    """
    return best_trial(study) if number is None else read_trial(study, number)


def read_trial(study: StudyRecord, number: int) -> TrialRecord:
    """Return one trial by its number.

    Raises:
        StudyError: There is no such trial.
    """
    with open_database(study.storage) as database:
        rows = database.rows(f"{_TRIALS} AND t.number = :number", study=study.study_id, number=number)
        if not rows:
            count = sum(study.counts.values())
            known = f"It has {count}, numbered from 0." if count else "It has none."
            raise StudyError(f"The study '{study.name}' has no trial {number}. {known}")
        return _trials(database, study, rows)[0]


def read_details(study: StudyRecord, numbers: Iterable[int]) -> dict[int, TrialDetails]:
    """Return curves and model summaries by trial number; trials that have none are left out."""
    statement = """
        SELECT a.key, a.value_json FROM trials t JOIN trial_user_attributes a ON a.trial_id = t.trial_id
        WHERE t.study_id = :study AND t.number = :number AND (a.key = :key OR a.key LIKE :pieces)
    """
    details = {}
    with open_database(study.storage) as database:
        for number in numbers:
            rows = database.rows(
                statement, study=study.study_id, number=number, key=DETAILS, pieces=f"{DETAILS}#%"
            )
            data = join({key: json.loads(text) for key, text in rows}).get(DETAILS)
            if data is not None:
                details[number] = TrialDetails(
                    data.get("curves", {}), data.get("summary", ""), tuple(data.get("notes", ()))
                )
    return details


def trials_frame(trials: Iterable[TrialRecord]) -> pd.DataFrame:
    """Return trials as a frame: one row a trial, one column a hyperparameter (``None`` where inactive)."""
    import pandas as pd

    rows = [
        {
            "number": trial.number,
            "state": trial.state,
            "value": trial.value,
            "standard_error": trial.standard_error,
            "epochs": trial.epochs,
            "seconds": trial.seconds,
            **trial.configuration,
        }
        for trial in trials
    ]
    columns = ["number", "state", "value", "standard_error", "epochs", "seconds"]
    return pd.DataFrame(rows, columns=None if rows else columns).set_index("number")


def _study(
    url: str, row: tuple[Any, ...], attributes: dict[str, Any], counts: dict[TrialState, int]
) -> StudyRecord:
    study_id, name, direction = row
    way: Direction = "maximize" if direction == "MAXIMIZE" else "minimize"
    refits = {
        int(key.removeprefix(REFIT)): value for key, value in attributes.items() if key.startswith(REFIT)
    }
    return StudyRecord(
        name=name,
        storage=url,
        study_id=study_id,
        direction=way,
        counts=counts,
        spec=attributes.get(SPEC, {}),
        about=attributes.get(ABOUT, {}),
        driver=attributes.get(DRIVER) or {},
        refits=refits,
    )


def _trials(database: Database, study: StudyRecord, rows: list[tuple[Any, ...]]) -> list[TrialRecord]:
    configurations: dict[int, dict[str, Any]] = {row[0]: {} for row in rows}
    attributes: dict[int, dict[str, Any]] = {row[0]: {} for row in rows}
    ids = list(configurations)
    for start in range(0, len(ids), _BATCH):
        chosen = ",".join(str(int(number)) for number in ids[start : start + _BATCH])
        parameters = database.rows(
            "SELECT p.trial_id, p.param_name, p.param_value, p.distribution_json FROM trial_params p "  # noqa: S608
            f"WHERE p.trial_id IN ({chosen}) ORDER BY p.param_id"
        )
        for trial_id, name, value, distribution in parameters:
            configurations[trial_id][name] = _external(value, json.loads(distribution))
        found = database.rows(
            "SELECT a.trial_id, a.key, a.value_json FROM trial_user_attributes a "  # noqa: S608
            f"WHERE a.trial_id IN ({chosen}) AND (a.key IN ('{RESULT}', '{FAILURE}', '{DUPLICATE}') "
            f"OR a.key LIKE '{RESULT}#%' OR a.key LIKE '{FAILURE}#%')"
        )
        for trial_id, key, text in found:
            attributes[trial_id][key] = json.loads(text)
    folds = study.partition_folds
    return [_trial(row, configurations[row[0]], join(attributes[row[0]]), folds) for row in rows]


def _trial(
    row: tuple[Any, ...], configuration: dict[str, Any], attributes: dict[str, Any], partition: int | None
) -> TrialRecord:
    _, number, state, paused, started, value, value_type = row
    result = attributes.get(RESULT, {})
    return TrialRecord(
        number=number,
        state=_state(state, paused),
        configuration=configuration,
        value=_value(value, value_type),
        fold_scores=tuple(result.get("fold_scores", ())),
        epochs=result.get("epochs"),
        epochs_trained=result.get("epochs_trained", 0),
        seconds=result.get("seconds", 0.0),
        parameters=result.get("parameters"),
        seed=result.get("seed"),
        trainer=result.get("trainer", ""),
        failure=attributes.get(FAILURE, {}),
        duplicate_of=attributes.get(DUPLICATE),
        started=datetime.fromisoformat(started) if isinstance(started, str) else started,
        partition=partition,
    )


def _state(state: str, paused: int) -> TrialState:
    return "paused" if paused else _STATES[state]


def _value(value: float | None, value_type: str | None) -> float | None:
    if value_type == "INF_POS":
        return math.inf
    if value_type == "INF_NEG":
        return -math.inf
    return value


def _external(value: float, distribution: dict[str, Any]) -> Any:
    """Return a parameter as the user knows it; Optuna stores all of them as numbers."""
    kind, attributes = distribution["name"], distribution["attributes"]
    if kind == "CategoricalDistribution":
        return restored(attributes["choices"][int(value)])
    if kind.startswith("Int"):
        return int(value)
    return value
