"""Studies as frozen records, without importing Optuna, pandas or TensorFlow; a damaged one keeps nobody from the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ..errors import DamagedError, StudyError, did_you_mean
from .chunks import join
from .formats import check_study
from .lock import is_driven
from .records import (
    ABOUT,
    CONCLUDED,
    DRIVER,
    FORMAT,
    LIVE,
    PREDICTIONS,
    PROFILE,
    REFIT,
    SPEC,
    Direction,
    StudyObjective,
    StudyRecord,
    TrialState,
)
from .shapes import check_shape, parsed
from .storage import open_database, shown_storage, storage_url

_STATES: dict[str, TrialState] = {
    "COMPLETE": "complete",
    "PRUNED": "pruned",
    "FAIL": "failed",
    "RUNNING": "running",
    "WAITING": "waiting",
}
_STUDIES = """
    SELECT s.study_id, s.study_name, d.direction FROM studies s
    JOIN study_directions d ON d.study_id = s.study_id ORDER BY s.study_id, d.objective
"""
_METRIC_NAMES = (
    "SELECT a.study_id, a.value_json FROM study_system_attributes a WHERE a.key = 'study:metric_names'"
)
_STUDY_ATTRIBUTES = f"""
    SELECT a.study_id, a.key, a.value_json FROM study_user_attributes a
    WHERE a.key NOT LIKE '{PROFILE}%' AND a.key NOT LIKE '{PREDICTIONS}%'
"""  # noqa: S608 - of constants
PAUSED_COUNT = """
    CASE WHEN t.state = 'RUNNING' THEN (
        SELECT COUNT(*) FROM trial_user_attributes p
        WHERE p.trial_id = t.trial_id AND p.key = 'kerasweep:paused' AND p.value_json = 'true'
    ) ELSE 0 END
"""
"""Whether a trial is paused (``records.PAUSED``), which for Optuna runs."""
_COUNTS = f"""
    SELECT c.study_id, c.state, c.paused, COUNT(*) FROM (
        SELECT t.study_id, t.state, {PAUSED_COUNT} AS paused FROM trials t
    ) c GROUP BY c.study_id, c.state, c.paused
"""  # noqa: S608 - of constants


@dataclass(frozen=True)
class DamagedStudy:
    """A study that cannot be read."""

    name: str
    storage: str
    study_id: int
    error: DamagedError

    @property
    def why(self) -> str:
        """What is wrong with it, without its name."""
        where, what = self.error.args
        return str(what) if where == _named(self.name) else f"{where}: {what}"


@dataclass
class _Rows:
    """What a database holds of a study, none of which was looked at."""

    ways: list[Direction] = field(default_factory=list)
    metric_names: str | None = None
    attributes: dict[str, str] = field(default_factory=dict)
    counts: list[tuple[str, int, int]] = field(default_factory=list)


def read_all(storage: str | None = None) -> list[StudyRecord | DamagedStudy]:
    """Return all studies of a storage, in the order in which they were made, damaged ones as such.

    Raises:
        StudyError: There is no database.
    """
    url = storage_url(storage)
    found: list[StudyRecord | DamagedStudy] = []
    for key, rows in _rows(url).items():
        try:
            found.append(_study(url, key, rows))
        except DamagedError as error:
            found.append(DamagedStudy(key[1], url, key[0], error))
    return found


def whole(studies: Sequence[StudyRecord | DamagedStudy]) -> list[StudyRecord]:
    """Return those of some studies that can be read."""
    return [study for study in studies if isinstance(study, StudyRecord)]


def damaged(studies: Sequence[StudyRecord | DamagedStudy]) -> list[DamagedStudy]:
    """Return those of some studies that cannot be read."""
    return [study for study in studies if isinstance(study, DamagedStudy)]


def study_or_damage(name: str, storage: str | None = None) -> StudyRecord | DamagedStudy:
    """Return one study, a damaged one as such.

    Raises:
        StudyError: There is no such study.
    """
    try:
        return read_study(name, storage)
    except DamagedError:
        return next(one for one in damaged(read_all(storage)) if one.name == name)


def read_studies(storage: str | None = None) -> list[StudyRecord]:
    """Return all studies of a storage, in the order in which they were made.

    Raises:
        StudyError: There is no database.
        DamagedError: A study in it is damaged.
    """
    found = read_all(storage)
    for one in damaged(found):
        raise one.error
    return whole(found)


def study_named(name: str, storage: str | None = None) -> StudyRecord | None:
    """Return the study of a name, or None; what another study of the database holds does not matter.

    Raises:
        StudyError: There is no database.
        DamagedError: The study is damaged.
    """
    url = storage_url(storage)
    return next((_study(url, key, rows) for key, rows in _rows(url).items() if key[1] == name), None)


def read_study(name: str | None = None, storage: str | None = None) -> StudyRecord:
    """Return one study; without a name, the one that was made last.

    Raises:
        StudyError: There is no such study.
        DamagedError: It is damaged.
    """
    url = storage_url(storage)
    found = _rows(url)
    where = shown_storage(url)
    if not found:
        raise StudyError(f"{where} holds no study yet. Launch a sweep first.")
    names = [each for _, each in found]
    if name is None:
        name = names[-1]
    for key, rows in found.items():
        if key[1] == name:
            return _study(url, key, rows)
    raise StudyError(f"There is no study '{name}' in {where}.{did_you_mean(name, names)}")


def find_study(name: str, url: str) -> StudyRecord | None:
    """Return the study of a name, or None where there is none, or only what a crash left while one was made.

    Raises:
        DamagedError: There is one, and it cannot be read.
    """
    try:
        found = study_named(name, url)
    except DamagedError:
        raise
    except StudyError:
        return None
    return None if found is None or is_leftover(found) else found


def is_leftover(study: StudyRecord) -> bool:
    """Tell whether a crash interrupted the making of a study: it has a driver, but no specification and no trial."""
    return bool(study.driver) and not study.spec and not study.counts


def _named(name: str) -> str:
    return f"The study '{name}'"


def _rows(url: str) -> dict[tuple[int, str], _Rows]:
    """Return what a database holds of each study, by its number and name, in the order in which they were made.

    Raises:
        StudyError: There is no database.
        StorageError: It does not answer, or a later version has written a study in it.
    """
    studies: dict[tuple[int, str], _Rows] = {}
    with open_database(url) as database:
        for study_id, name, direction in database.rows(_STUDIES):
            way: Direction = "maximize" if direction == "MAXIMIZE" else "minimize"
            studies.setdefault((study_id, name), _Rows()).ways.append(way)
        by_id = {study_id: rows for (study_id, _), rows in studies.items()}
        for study_id, text in database.rows(_METRIC_NAMES):
            by_id.get(study_id, _Rows()).metric_names = text
        for study_id, key, text in database.rows(_STUDY_ATTRIBUTES):
            by_id.get(study_id, _Rows()).attributes[key] = text
        for study_id, *counted in database.rows(_COUNTS):
            by_id.get(study_id, _Rows()).counts.append(tuple(counted))
    for (_, name), rows in studies.items():
        if FORMAT in rows.attributes:
            check_study(_parsed_or_none(rows.attributes[FORMAT]), name, shown_storage(url))
    return studies


def _parsed_or_none(text: str) -> Any:
    """Return what a text says, or None where the study is damaged, which whoever reads that study is told."""
    try:
        return parsed(text, "")
    except DamagedError:
        return None


def _study(url: str, key: tuple[int, str], rows: _Rows) -> StudyRecord:
    """Return the record of a study.

    Raises:
        DamagedError: What the database holds of it is not what Kerasweep writes.
    """
    (study_id, name), where = key, _named(key[1])
    read = {held: parsed(text, where) for held, text in rows.attributes.items()}
    attributes = join(read, where)
    for held, value in attributes.items():
        check_shape(held, value, where)
    names = None if rows.metric_names is None else parsed(rows.metric_names, where)
    first, *further = _objectives(rows.ways, names)
    counts = {state_of(state, paused, where): count for state, paused, count in rows.counts}
    refits = {
        int(number): value
        for held, value in attributes.items()
        if held.startswith(REFIT) and (number := held.removeprefix(REFIT)).isdecimal()
    }
    (driver, live), *joined = _drivers(url, attributes)
    return StudyRecord(
        name=name,
        storage=url,
        study_id=study_id,
        direction=first.direction,
        counts=counts,
        spec=attributes.get(SPEC, {}),
        about=attributes.get(ABOUT, {}),
        driver=driver,
        refits=refits,
        further=tuple(further),
        named=first.metric,
        live=live,
        joined=tuple(joined),
        concluded=str(attributes.get(CONCLUDED, "")),
    )


def _drivers(url: str, attributes: dict[str, Any]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Return the records of the drivers that run a study, and what each says of itself; where there is none, of the last one."""
    found = [(attributes.get(DRIVER) or {}, attributes.get(LIVE) or {})]
    for key, record in attributes.items():
        if key.startswith(f"{DRIVER}:"):
            found.append((record, attributes.get(LIVE + key.removeprefix(DRIVER)) or {}))
    if len(found) == 1:
        return found
    living = [one for one in found if is_driven(one[0], url)]
    return living or [max(found, key=lambda one: str(one[0].get("since", "")))]


def _objectives(ways: Sequence[Direction], names: Any) -> tuple[StudyObjective, ...]:
    """Return a study's objectives by the names that it gave them, else as Optuna's frames name them."""
    if not isinstance(names, list) or len(names) != len(ways):
        names = ["value"] if len(ways) == 1 else [f"values_{place}" for place in range(len(ways))]
    return tuple(StudyObjective(str(name), way) for name, way in zip(names, ways, strict=True))


def state_of(state: str, paused: int, where: str) -> TrialState:
    """Return a trial's state by Optuna's word for it.

    Args:
        state: The word.
        paused: Whether it is a paused one, which for Optuna runs.
        where: Whose it is, for the message.

    Raises:
        DamagedError: There is no such word.
    """
    if state not in _STATES:
        raise DamagedError(where, f"the state of a trial is {state!r}.")
    return "paused" if paused else _STATES[state]
