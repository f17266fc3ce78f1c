"""A page of a study's trials, sorted and filtered: only what is shown is read whole.

Of all trials no more is read than what they are sorted and filtered by: state, value, and single hyperparameters. That
is the same for every database, and takes a study of 5,000 trials a tenth of a second; whoever keeps what was read
(``TrialColumns``) waits a few hundredths the next time.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ..errors import StudyError
from .chunks import join
from .reading import read_numbered
from .records import RESULT, StudyRecord, TrialRecord
from .shapes import parsed
from .storage import Database, open_database
from .stored_values import Decode, check_name, parameter, value_of
from .study_records import PAUSED_COUNT, state_of

PARAM = "param:"
"""How the columns of hyperparameters begin."""
_OF_RESULT = ("epochs", "seconds", "parameters")
_LIGHT = f"""
    SELECT t.trial_id, t.number, t.state, {PAUSED_COUNT}, v.value, v.value_type FROM trials t
    LEFT JOIN trial_values v ON v.trial_id = t.trial_id AND v.objective = 0
    WHERE t.study_id = :study ORDER BY t.number
"""  # noqa: S608 - of constants
_PARAMETER = """
    SELECT t.number, p.param_value, p.distribution_json FROM trials t
    JOIN trial_params p ON p.trial_id = t.trial_id
    WHERE t.study_id = :study AND p.param_name = :name
"""
_RESULTS = f"""
    SELECT t.number, a.key, a.value_json FROM trials t JOIN trial_user_attributes a ON a.trial_id = t.trial_id
    WHERE t.study_id = :study AND (a.key = '{RESULT}' OR a.key LIKE '{RESULT}#%')
"""  # noqa: S608 - of constants
_NAMES = """
    SELECT p.param_name, COUNT(*), MIN(p.param_id) FROM trials t JOIN trial_params p ON p.trial_id = t.trial_id
    WHERE t.study_id = :study GROUP BY p.param_name
"""


@dataclass(frozen=True)
class Condition:
    """What a column of a trial must be."""

    column: str
    """``number``, ``state``, ``value``, ``epochs``, ``seconds``, ``parameters``, or ``param:NAME``."""
    kind: Literal["is", "is not", "contains", "at least", "at most", "between"]
    value: Any
    upper: float | None = None
    """Of ``between``, both ends of which count."""

    def holds(self, found: Any) -> bool:
        """Tell whether a value meets it; one that is not there meets nothing but ``is not``."""
        if self.kind in ("is", "is not"):
            return (found is not None and _same(found, self.value)) == (self.kind == "is")
        if self.kind == "contains":
            return found is not None and str(self.value).casefold() in str(found).casefold()
        if isinstance(found, bool) or not isinstance(found, int | float):
            return False
        if self.kind == "at least":
            return bool(found >= self.value)
        if self.kind == "at most":
            return bool(found <= self.value)
        return bool(self.value <= found <= (math.inf if self.upper is None else self.upper))


@dataclass(frozen=True)
class Order:
    """A column that trials are sorted by; what has no value comes last either way."""

    column: str
    descending: bool = False


@dataclass(frozen=True)
class TrialPage:
    """Some of the trials that meet all conditions, in order."""

    trials: tuple[TrialRecord, ...]
    total: int
    """How many meet the conditions."""


class TrialColumns:
    """The columns of a study's trials as they are when each is first asked for; trials of a page are read anew every time.

    Whoever keeps one sorts and filters many thousand trials in a few hundredths of a second.
    """

    def __init__(self, study: StudyRecord) -> None:
        self.study = study
        self._columns: dict[str, Mapping[int, Any]] = {}
        self._names: list[str] | None = None

    @property
    def names(self) -> list[str]:
        """All hyperparameters that trials have, those of most trials first."""
        if self._names is None:
            self._names = hyperparameter_names(self.study)
        return self._names

    def page(
        self,
        start: int = 0,
        count: int = 50,
        order: Sequence[Order] = (),
        conditions: Sequence[Condition] = (),
    ) -> TrialPage:
        """Return a page of trials.

        Args:
            start: How many trials come before the page.
            count: Trials of a page.
            order: What they are sorted by, the most important first; then, and without any, by number.
            conditions: What all of them must meet.

        Raises:
            StudyError: There is no such column.
        """
        self._read({*(one.column for one in order), *(one.column for one in conditions)})
        columns = self._columns
        numbers = list(columns["number"])
        for condition in conditions:
            column = columns[condition.column]
            numbers = [number for number in numbers if condition.holds(column.get(number))]
        for one in reversed(order):
            column = columns[one.column]
            there = [number for number in numbers if column.get(number) is not None]
            absent = [number for number in numbers if column.get(number) is None]
            there.sort(key=lambda number: _sort_key(column[number]), reverse=one.descending)
            numbers = [*there, *absent]
        chosen = numbers[max(start, 0) : max(start, 0) + max(count, 0)]
        return TrialPage(tuple(read_numbered(self.study, chosen)), len(numbers))

    def _read(self, asked: set[str]) -> None:
        missing = {"number", *asked} - self._columns.keys()
        if missing:
            with open_database(self.study.storage) as database:
                self._columns |= _columns(database, self.study, missing)


def hyperparameter_names(study: StudyRecord) -> list[str]:
    """Return the names of all hyperparameters that trials of a study have, those of most trials first."""
    with open_database(study.storage) as database:
        rows = database.rows(_NAMES, study=study.study_id)
    for name, _, _ in rows:
        check_name(name)
    return [name for name, _, _ in sorted(rows, key=lambda row: (-row[1], row[2]))]


def _columns(database: Database, study: StudyRecord, asked: set[str]) -> dict[str, Mapping[int, Any]]:
    """Return column -> trial number -> value, of what is asked for and of what is read with it."""
    found: dict[str, Mapping[int, Any]] = {}
    if asked & {"number", "state", "value"}:
        rows = database.rows(_LIGHT, study=study.study_id)
        found["number"] = {row[1]: row[1] for row in rows}
        found["state"] = {row[1]: state_of(row[2], row[3], f"Trial {row[1]}") for row in rows}
        found["value"] = {row[1]: value_of(row[4], row[5]) for row in rows}
    if asked & set(_OF_RESULT):
        found.update(_of_results(database, study))
    for column in asked - found.keys():
        if not column.startswith(PARAM):
            raise StudyError(f"Trials have no column '{column}'.")
        found[column] = _of_parameter(database, study, column.removeprefix(PARAM))
    return found


def _of_results(database: Database, study: StudyRecord) -> dict[str, dict[int, Any]]:
    attributes: dict[int, dict[str, Any]] = {}
    for number, key, text in database.rows(_RESULTS, study=study.study_id):
        attributes.setdefault(number, {})[key] = parsed(text, f"Trial {number}")
    columns: dict[str, dict[int, Any]] = {column: {} for column in _OF_RESULT}
    for number, found in attributes.items():
        result = join(found, f"Trial {number}").get(RESULT)
        if isinstance(result, dict):
            for column, values in columns.items():
                values[number] = result.get(column)
    return columns


def _of_parameter(database: Database, study: StudyRecord, name: str) -> dict[int, Any]:
    decoders: dict[str, Decode] = {}
    return {
        number: parameter(name, value, text, decoders)
        for number, value, text in database.rows(_PARAMETER, study=study.study_id, name=name)
    }


def _same(found: Any, value: Any) -> bool:
    """Compare as people read: ``32`` is ``32.0`` and ``"32"``, ``True`` is ``"True"`` and not 1."""
    if isinstance(found, bool) or isinstance(value, bool):
        return str(found).casefold() == str(value).casefold()
    return bool(found == value) or str(found).casefold() == str(value).casefold()


def _sort_key(value: Any) -> tuple[int, float, str]:
    """Return a key that puts numbers before texts, and NaN before all numbers."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 1, 0.0, str(value)
    return 0, -math.inf if math.isnan(value) else float(value), ""
