"""Queries: studies and trials as frozen records, without importing Optuna, pandas or TensorFlow."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from ..errors import DamagedError, StudyError
from ..spaces.values import restored
from ..texts import numbers_text
from .chunks import join
from .pareto import pareto_front
from .records import (
    CONSTRAINT,
    CONTINUES,
    DETAILS,
    DUPLICATE,
    FAILURE,
    LOG,
    MOST_EPOCHS,
    ORIGIN,
    PREDICTIONS,
    PROFILE,
    RESULT,
    StudyRecord,
    TrialDetails,
    TrialRecord,
    count_or_none,
)
from .shapes import check_shape, parsed
from .storage import Database, open_database
from .study_records import PAUSED_COUNT, DamagedStudy, read_all, state_of

if TYPE_CHECKING:
    import pandas as pd

_BULKY_ATTRIBUTES = f"""
    SELECT a.key, a.value_json FROM study_user_attributes a
    WHERE a.study_id = :study AND (a.key LIKE '{PROFILE}%' OR a.key LIKE '{PREDICTIONS}%')
"""  # noqa: S608 - of constants
_TRIALS = f"""
    SELECT t.trial_id, t.number, t.state, {PAUSED_COUNT}, t.datetime_start, v.value, v.value_type FROM trials t
    LEFT JOIN trial_values v ON v.trial_id = t.trial_id AND v.objective = 0
    WHERE t.study_id = :study
"""  # noqa: S608 - of constants
_INFINITE = "CASE v.value_type WHEN 'INF_POS' THEN 1 WHEN 'INF_NEG' THEN -1 ELSE 0 END"
"""Optuna stores an infinity in the column of types; its value is 0 or NULL."""
_NOT_DUPLICATE = """
    NOT EXISTS (SELECT 1 FROM trial_user_attributes u WHERE u.trial_id = t.trial_id AND u.key = :duplicate)
"""
_EXCESSES = """
    SELECT t.trial_id, c.key, c.value_json FROM trials t
    JOIN trial_system_attributes c ON c.trial_id = t.trial_id
"""
_OF_CONSTRAINT = "(c.key = 'constraints' OR c.key LIKE 'constraints:%')"
_UNLIKE_A_PARAMETER = (
    *(KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError),
    RecursionError,
)
"""What is raised about a value, or a distribution, that is none."""
_NAMED = 8
"""Trials of a Pareto front that a sentence names."""
_BATCH = 500
"""Trials whose parameters are read in one statement; SQLite bounds the number of values in a statement."""


def read_trials(study: StudyRecord) -> list[TrialRecord]:
    """Return all trials of a study, in order of number."""
    with open_database(study.storage) as database:
        rows = database.rows(f"{_TRIALS} ORDER BY t.number", study=study.study_id)
        return _trials(database, study, rows)


def best_trials(study: StudyRecord, count: int = 10) -> list[TrialRecord]:
    """Return the best complete trials, best first; equal values in order of number.

    Duplicates are left out, and trials that break a constraint. Of several objectives, the Pareto front, in the order of the
    first objective.
    """
    if study.has_several:
        return pareto_front(study, read_trials(study))[:count]
    order = "DESC" if study.direction == "maximize" else "ASC"
    statement = f"""{_TRIALS} AND t.state = 'COMPLETE' AND {_NOT_DUPLICATE}
        ORDER BY {_INFINITE} {order}, v.value {order}, t.number LIMIT :count"""
    with open_database(study.storage) as database:
        infeasible = _infeasible(database, study)
        most = count + len(infeasible)
        rows = database.rows(statement, study=study.study_id, duplicate=DUPLICATE, count=most)
        rows = [row for row in rows if row[0] not in infeasible][:count]
        return _trials(database, study, rows)


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
    with open_database(study.storage) as database:
        rows = database.rows(f"{_TRIALS} AND t.number = :number", study=study.study_id, number=number)
        if not rows:
            count = sum(study.counts.values())
            known = f"It has {count}, numbered from 0." if count else "It has none."
            raise StudyError(f"The study '{study.name}' has no trial {number}. {known}")
        return _trials(database, study, rows)[0]


def read_numbered(study: StudyRecord, numbers: Sequence[int]) -> list[TrialRecord]:
    """Return trials by their numbers, in the order in which these are given; numbers that it does not have are left out."""
    found: dict[int, TrialRecord] = {}
    with open_database(study.storage) as database:
        for start in range(0, len(numbers), _BATCH):
            chosen = ",".join(str(int(number)) for number in numbers[start : start + _BATCH])
            rows = database.rows(f"{_TRIALS} AND t.number IN ({chosen})", study=study.study_id)
            found.update((trial.number, trial) for trial in _trials(database, study, rows))
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
            data = join({key: parsed(text, f"Trial {number}") for key, text in rows}, f"Trial {number}").get(
                DETAILS
            )
            check_shape(DETAILS, {} if data is None else data, f"Trial {number}")
            if data is not None:
                details[number] = TrialDetails(
                    data.get("curves", {}), data.get("summary", ""), tuple(data.get("notes", ()))
                )
    return details


def read_log(study: StudyRecord, number: int) -> str:
    """Return what a trial has printed, the end of it where that was much; empty where it printed nothing."""
    statement = """
        SELECT a.value_json FROM trials t JOIN trial_user_attributes a ON a.trial_id = t.trial_id
        WHERE t.study_id = :study AND t.number = :number AND a.key = :key
    """
    with open_database(study.storage) as database:
        for (text,) in database.rows(statement, study=study.study_id, number=number, key=LOG):
            log = parsed(text, f"Trial {number}")
            check_shape(LOG, log, f"Trial {number}")
            return str(log)
    return ""


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


def _infeasible(database: Database, study: StudyRecord) -> set[int]:
    """Return the ids of the trials that break a constraint."""
    rows = database.rows(f"{_EXCESSES} WHERE t.study_id = :study AND {_OF_CONSTRAINT}", study=study.study_id)
    return {trial_id for trial_id, key, text in rows if any(one > 0 for one in _excesses(key, text).values())}


def _excesses(key: str, text: str) -> dict[str, float]:
    """Return by how much constraints are broken, of an attribute: one by its name, or a list as Optuna once kept it."""
    found = parsed(text, f"A trial's {key}")
    try:
        if not isinstance(found, list):
            return {key.removeprefix(CONSTRAINT): float(found)}
        return {f"constraint {place}": float(one) for place, one in enumerate(found)}
    except (TypeError, ValueError, OverflowError) as error:
        raise DamagedError(f"A trial's {key}", "it is no number.") from error


def _trials(database: Database, study: StudyRecord, rows: list[tuple[Any, ...]]) -> list[TrialRecord]:
    configurations: dict[int, dict[str, Any]] = {row[0]: {} for row in rows}
    attributes: dict[int, dict[str, Any]] = {row[0]: {} for row in rows}
    goals: dict[int, _OfGoals] = {row[0]: _OfGoals() for row in rows}
    ids = list(configurations)
    distributions: dict[str, Any] = {}
    for start in range(0, len(ids), _BATCH):
        chosen = ",".join(str(int(number)) for number in ids[start : start + _BATCH])
        parameters = database.rows(
            "SELECT p.trial_id, p.param_name, p.param_value, p.distribution_json FROM trial_params p "  # noqa: S608
            f"WHERE p.trial_id IN ({chosen}) ORDER BY p.param_id"
        )
        for trial_id, name, value, distribution in parameters:
            configurations[trial_id][name] = parameter(name, value, distribution, distributions)
        found = database.rows(
            "SELECT a.trial_id, a.key, a.value_json FROM trial_user_attributes a "  # noqa: S608
            f"WHERE a.trial_id IN ({chosen}) AND (a.key IN ('{RESULT}', '{FAILURE}', '{DUPLICATE}') "
            f"OR a.key LIKE '{RESULT}#%' OR a.key LIKE '{FAILURE}#%' "
            f"OR (a.key = '{ORIGIN}' AND a.value_json LIKE '%\"{CONTINUES}\"%'))"
        )
        for trial_id, key, text in found:
            attributes[trial_id][key] = parsed(text, "A trial")
        _add_goals(database, study, chosen, goals)
    folds = study.partition_folds
    return [
        _trial(row, configurations[row[0]], join(attributes[row[0]], f"Trial {row[1]}"), goals[row[0]], folds)
        for row in rows
    ]


@dataclass
class _OfGoals:
    """What is read of a trial where its study has several objectives, or constraints."""

    found: list[float] = field(default_factory=list)
    """Values by objective."""
    excesses: dict[str, float] = field(default_factory=dict)


def _add_goals(database: Database, study: StudyRecord, chosen: str, goals: dict[int, _OfGoals]) -> None:
    """Read the values and excesses of some trials, whose ids are given as text."""
    for trial_id, key, text in database.rows(
        f"{_EXCESSES} WHERE t.trial_id IN ({chosen}) AND {_OF_CONSTRAINT}"
    ):
        goals[trial_id].excesses.update(_excesses(key, text))
    if study.has_several:
        for trial_id, value, kind in database.rows(
            "SELECT v.trial_id, v.value, v.value_type FROM trial_values v "  # noqa: S608 - of numbers
            f"WHERE v.trial_id IN ({chosen}) ORDER BY v.objective"
        ):
            found = value_of(value, kind)
            goals[trial_id].found.append(math.nan if found is None else found)


def _trial(
    row: tuple[Any, ...],
    configuration: dict[str, Any],
    attributes: dict[str, Any],
    goals: _OfGoals,
    partition: int | None,
) -> TrialRecord:
    _, number, state, paused, started, value, value_type = row
    for key, one in attributes.items():
        check_shape(key, one, f"Trial {number}")
    result = attributes.get(RESULT, {})
    continues, most_epochs = _lineage(number, attributes.get(ORIGIN))
    return TrialRecord(
        number=number,
        state=state_of(state, paused, f"Trial {number}"),
        configuration=configuration,
        value=None if goals.found else value_of(value, value_type),
        fold_scores=tuple(result.get("fold_scores", ())),
        epochs=result.get("epochs"),
        epochs_trained=result.get("epochs_trained", 0),
        seconds=result.get("seconds", 0.0),
        parameters=result.get("parameters"),
        seed=result.get("seed"),
        trainer=result.get("trainer", ""),
        failure=attributes.get(FAILURE, {}),
        duplicate_of=attributes.get(DUPLICATE),
        started=_time(started, number),
        partition=partition,
        values=tuple(goals.found),
        measured=result.get("measured", {}),
        excesses=goals.excesses,
        continues=continues,
        most_epochs=most_epochs,
        taken_over=result.get("taken_over", 0),
    )


def _time(value: Any, number: int) -> datetime | None:
    """Return when a trial began; SQLite has it as a text."""
    if value is None or isinstance(value, datetime):
        return value
    try:
        return datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise DamagedError(f"Trial {number}", f"it began at {value!r}.") from error


def _lineage(number: int, origin: Any) -> tuple[int | None, int | None]:
    """Return which earlier trial a trial continues, and to how many epochs; others may write what they like there."""
    if not isinstance(origin, dict):
        return None, None
    continues, epochs = origin.get(CONTINUES), count_or_none(origin.get(MOST_EPOCHS))
    if epochs is None or not isinstance(continues, int) or not 0 <= continues < number:
        return None, None
    return continues, epochs


def value_of(value: float | None, value_type: str | None) -> float | None:
    """Return a trial's value by Optuna's two columns of it."""
    if value_type == "INF_POS":
        return math.inf
    if value_type == "INF_NEG":
        return -math.inf
    if value is not None and not isinstance(value, int | float):  # SQLite keeps what it is given
        raise DamagedError("A trial", f"its value is {value!r}.")
    return value


def parameter(name: str, value: float, text: str, distributions: dict[str, Any]) -> Any:
    """Return a hyperparameter's value by what Optuna stores of it.

    Args:
        name: Its name.
        value: Its value as a number.
        text: Its distribution.
        distributions: Those that were read before, by their texts: trials have few, and to parse one takes longer than all else.

    Raises:
        DamagedError: Value or distribution is damaged.
    """
    try:
        if text not in distributions:
            distributions[text] = json.loads(text)
        return external_value(value, distributions[text])
    except _UNLIKE_A_PARAMETER as error:
        where = f"A trial's hyperparameter '{name}'"
        raise DamagedError(where, f"it is {value!r} of {str(text)[:60]!r}.") from error


def external_value(value: float, distribution: dict[str, Any]) -> Any:
    """Return a parameter as the user knows it; Optuna stores all of them as numbers."""
    kind, attributes = distribution["name"], distribution["attributes"]
    if kind == "CategoricalDistribution":
        return restored(attributes["choices"][int(value)])
    if kind.startswith("Int"):
        return int(value)
    return float(value)
