"""Trials as frozen records: what the tables of a database hold of some of them is read and put together."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ..errors import DamagedError
from .chunks import join
from .records import (
    CONSTRAINT,
    CONTINUES,
    DUPLICATE,
    FAILURE,
    MOST_EPOCHS,
    ORIGIN,
    RESULT,
    StudyRecord,
    TrialRecord,
    count_or_none,
)
from .shapes import check_shape, parsed
from .storage import Database
from .stored_values import Decode, parameter, value_of
from .study_records import PAUSED_COUNT, state_of

SELECT_TRIALS = f"""
    SELECT t.trial_id, t.number, t.state, {PAUSED_COUNT}, t.datetime_start, v.value, v.value_type FROM trials t
    LEFT JOIN trial_values v ON v.trial_id = t.trial_id AND v.objective = 0
    WHERE t.study_id = :study
"""  # noqa: S608 - of constants
"""What is selected of trials; conditions may follow."""
_EXCESSES = """
    SELECT t.trial_id, c.key, c.value_json FROM trials t
    JOIN trial_system_attributes c ON c.trial_id = t.trial_id
"""
_OF_CONSTRAINT = "(c.key = 'constraints' OR c.key LIKE 'constraints:%')"
_RENAMED_TRAINERS = {"hyperfit": "hypermodel"}
"""Names that earlier versions wrote -> today's."""
BATCH = 500
"""Trials whose parameters are read in one statement; SQLite bounds the number of values in a statement."""


def trial_records(database: Database, study: StudyRecord, rows: list[tuple[Any, ...]]) -> list[TrialRecord]:
    """Return the records of trials, whose ``rows`` were selected by ``SELECT_TRIALS``.

    Raises:
        DamagedError: What the database holds of one is not what Kerasweep writes.
    """
    configurations: dict[int, dict[str, Any]] = {row[0]: {} for row in rows}
    attributes: dict[int, dict[str, Any]] = {row[0]: {} for row in rows}
    goals: dict[int, _OfGoals] = {row[0]: _OfGoals() for row in rows}
    ids = list(configurations)
    decoders: dict[str, Decode] = {}
    for start in range(0, len(ids), BATCH):
        chosen = ",".join(str(int(number)) for number in ids[start : start + BATCH])
        parameters = database.rows(
            "SELECT p.trial_id, p.param_name, p.param_value, p.distribution_json FROM trial_params p "  # noqa: S608
            f"WHERE p.trial_id IN ({chosen}) ORDER BY p.param_id"
        )
        for trial_id, name, value, distribution in parameters:
            configurations[trial_id][name] = parameter(name, value, distribution, decoders)
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


def infeasible_ids(database: Database, study: StudyRecord) -> set[int]:
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
    trainer = result.get("trainer", "")
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
        trainer=_RENAMED_TRAINERS.get(trainer, trainer),
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
