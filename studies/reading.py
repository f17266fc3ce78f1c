"""Queries: studies and trials as frozen records, without importing Optuna, pandas or TensorFlow."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any

from ..errors import DamagedError, StudyError, one_line
from ..texts import numbers_text
from .chunks import join
from .pareto import pareto_front
from .records import DETAILS, DUPLICATE, LOG, PREDICTIONS, PROFILE, StudyRecord, TrialDetails, TrialRecord
from .shapes import check_shape, parsed
from .storage import Database, open_database
from .stored_values import value_of
from .study_records import DamagedStudy, read_all
from .trial_records import BATCH, SELECT_TRIALS, infeasible_ids, trial_records

_BULKY_ATTRIBUTES = f"""
    SELECT a.key, a.value_json FROM study_user_attributes a
    WHERE a.study_id = :study AND (a.key LIKE '{PROFILE}%' OR a.key LIKE '{PREDICTIONS}%')
"""  # noqa: S608 - of constants
_INFINITE = "CASE v.value_type WHEN 'INF_POS' THEN 1 WHEN 'INF_NEG' THEN -1 ELSE 0 END"
"""Optuna stores an infinity in the column of types; its value is 0 or NULL."""
_NOT_DUPLICATE = """
    NOT EXISTS (SELECT 1 FROM trial_user_attributes u WHERE u.trial_id = t.trial_id AND u.key = :duplicate)
"""
_NAMED = 8
"""Trials of a Pareto front that a sentence names."""
_MOST_NUMBER = 2**31 - 1
"""The highest number that a trial can have in Optuna's tables; databases differ in what they say of a higher one."""


def read_trials(study: StudyRecord) -> list[TrialRecord]:
    """Return all trials of a study, in order of number."""
    with open_database(study.storage) as database:
        rows = database.rows(f"{SELECT_TRIALS} ORDER BY t.number", study=study.study_id)
        return trial_records(database, study, rows)


def best_trials(study: StudyRecord, count: int = 10) -> list[TrialRecord]:
    """Return the best complete trials, best first; equal values in order of number.

    Duplicates are left out, and trials that break a constraint. Of several objectives, the Pareto front, in the order of the
    first objective.
    """
    if study.has_several:
        return pareto_front(study, read_trials(study))[:count]
    order = "DESC" if study.direction == "maximize" else "ASC"
    statement = f"""{SELECT_TRIALS} AND t.state = 'COMPLETE' AND {_NOT_DUPLICATE}
        ORDER BY {_INFINITE} {order}, v.value {order}, t.number LIMIT :count"""
    with open_database(study.storage) as database:
        infeasible = infeasible_ids(database, study)
        most = min(count, _MOST_NUMBER) + len(infeasible)
        rows = database.rows(statement, study=study.study_id, duplicate=DUPLICATE, count=most)
        rows = [row for row in rows if row[0] not in infeasible][:count]
        return trial_records(database, study, rows)


@dataclass(frozen=True)
class ListedStudy:
    """A study and its best trial, the first of the front where there are several objectives, as lists show them."""

    study: StudyRecord
    best: TrialRecord | None


def list_studies(storage: str | None = None) -> list[ListedStudy | DamagedStudy]:
    """Return all studies of a storage with their best trials, in the order in which they were made, damaged ones as such.

    Raises:
        StudyError: There is no database.
    """
    return [study if isinstance(study, DamagedStudy) else _listed(study) for study in read_all(storage)]


def _listed(study: StudyRecord) -> ListedStudy | DamagedStudy:
    best = best_or_damage(study)
    return best if isinstance(best, DamagedStudy) else ListedStudy(study, best)


def best_or_damage(study: StudyRecord) -> TrialRecord | DamagedStudy | None:
    """Return the first of the best trials for a list of studies, in which a damaged trial keeps nobody from the others."""
    try:
        return next(iter(best_trials(study, 1)), None)
    except DamagedError as error:
        return DamagedStudy(study.name, study.storage, study.study_id, error)


def best_trial(study: StudyRecord) -> TrialRecord:
    """Return the best complete trial.

    Raises:
        StudyError: No trial is complete and feasible, or there are several objectives, by which none is simply the best.
    """
    if study.has_several:
        front = numbers_text([trial.number for trial in best_trials(study, _NAMED + 1)], most=_NAMED)
        raise StudyError(
            f"The study '{study.name}' has several objectives ({study.objective_text}) and no single best trial; "
            + (
                f"choose one of its Pareto front by its number: {front}."
                if front
                else "none is complete yet."
            )
        )
    found = best_trials(study, 1)
    if not found and any(trial.broken for trial in read_trials(study)):
        raise StudyError(f"No trial of the study '{study.name}' keeps its constraints.")
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
    given: object = number
    found = read_numbered(study, [int(given)] if isinstance(given, Integral) else [])
    if not found:
        count = sum(study.counts.values())
        known = f"It has {count}, numbered from 0." if count else "It has none."
        raise StudyError(f"The study '{study.name}' has no trial {one_line(str(number), 60)}. {known}")
    return found[0]


def read_numbered(study: StudyRecord, numbers: Sequence[int]) -> list[TrialRecord]:
    """Return trials by their numbers, in the order in which these are given; numbers that it does not have are left out."""
    found: dict[int, TrialRecord] = {}
    possible = [number for number in numbers if 0 <= number <= _MOST_NUMBER]
    with open_database(study.storage) as database:
        for start in range(0, len(possible), BATCH):
            chosen = ",".join(str(int(number)) for number in possible[start : start + BATCH])
            rows = database.rows(f"{SELECT_TRIALS} AND t.number IN ({chosen})", study=study.study_id)
            found.update((trial.number, trial) for trial in trial_records(database, study, rows))
    return [found[number] for number in numbers if number in found]


def read_reports(study: StudyRecord) -> dict[int, dict[int, float]]:
    """Return what trials reported on their way: trial number -> Optuna's step -> value, NaN where it was none.

    A step is an epoch, or the cost of a rung where trials may be paused; in a study of others it is what they say.
    """
    statement = """
        SELECT t.number, v.step, v.intermediate_value, v.intermediate_value_type
        FROM trials t JOIN trial_intermediate_values v ON v.trial_id = t.trial_id
        WHERE t.study_id = :study ORDER BY t.number, v.step
    """
    reports: dict[int, dict[int, float]] = {}
    with open_database(study.storage) as database:
        for number, step, value, kind in database.rows(statement, study=study.study_id):
            found = value_of(value, kind)
            reports.setdefault(number, {})[step] = math.nan if found is None else found
    return reports


def read_stored_parameters(study: StudyRecord) -> dict[int, dict[str, tuple[float, str]]]:
    """Return what Optuna keeps of hyperparameters: trial number -> name -> value as a number, and distribution as JSON."""
    statement = """
        SELECT t.number, p.param_name, p.param_value, p.distribution_json
        FROM trials t JOIN trial_params p ON p.trial_id = t.trial_id WHERE t.study_id = :study ORDER BY p.param_id
    """
    found: dict[int, dict[str, tuple[float, str]]] = {}
    with open_database(study.storage) as database:
        for number, name, value, text in database.rows(statement, study=study.study_id):
            found.setdefault(number, {})[name] = value, text
    return found


def read_details(study: StudyRecord, numbers: Iterable[int]) -> dict[int, TrialDetails]:
    """Return curves and model summaries by trial number; trials that have none are left out."""
    details = {}
    with open_database(study.storage) as database:
        for number in numbers:
            data = _attribute(database, study, number, DETAILS)
            if data is not None:
                details[number] = TrialDetails(
                    data.get("curves", {}), data.get("summary", ""), tuple(data.get("notes", ()))
                )
    return details


def read_log(study: StudyRecord, number: int) -> str:
    """Return what a trial has printed, the end of it where that was much; empty where it printed nothing."""
    with open_database(study.storage) as database:
        return str(_attribute(database, study, number, LOG) or "")


def _attribute(database: Database, study: StudyRecord, number: int, key: str) -> Any:
    """Return an attribute of a trial; None where it has none.

    Raises:
        DamagedError: It is not what is written under this key.
    """
    statement = """
        SELECT a.key, a.value_json FROM trials t JOIN trial_user_attributes a ON a.trial_id = t.trial_id
        WHERE t.study_id = :study AND t.number = :number AND (a.key = :key OR a.key LIKE :pieces)
    """
    where = f"Trial {number}"
    rows = database.rows(statement, study=study.study_id, number=number, key=key, pieces=f"{key}#%")
    found = join({name: parsed(text, where) for name, text in rows}, where)
    if key not in found:
        return None
    check_shape(key, found[key], where)
    return found[key]


def read_shown(study: StudyRecord) -> tuple[dict[str, Any], dict[int, dict[str, Any]]]:
    """Return what a study keeps for reports alone: of its data, and by trial number of a refit's predictions of the test rows.

    Both are empty for a study that keeps neither, as older ones do.
    """
    with open_database(study.storage) as database:
        rows = database.rows(_BULKY_ATTRIBUTES, study=study.study_id)
    where = f"The study '{study.name}'"
    kept = join({key: parsed(text, where) for key, text in rows}, where)
    predictions = {
        int(key.removeprefix(PREDICTIONS)): value
        for key, value in kept.items()
        if key.startswith(PREDICTIONS) and isinstance(value, dict)
    }
    profile = kept.get(PROFILE)
    return profile if isinstance(profile, dict) else {}, predictions
