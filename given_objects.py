"""What is given in Python beside names and paths: data, what stands beside them row by row, models, and what cuts folds.

A study can store none of it. The process that launched it remembers it, for its refit, export and resume.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

from .errors import SpecError
from .studies import StudyRecord

_objects: dict[tuple[str, str], dict[str, Any]] = {}
"""Storage and name of the studies that this process launched -> data, model and folds that were given as objects."""


def keep_objects(record: StudyRecord, **objects: Any) -> None:
    """Remember the objects that a study was launched with, for its refit, export and resume."""
    kept = {name: value for name, value in objects.items() if _is_object(value)}
    _objects[record.storage, record.name] = kept


def forget_objects(storage: str) -> None:
    """Let go of what the studies of a storage were launched with: it is removed."""
    for key in [key for key in _objects if key[0] == storage]:
        del _objects[key]


COLUMNS = {"sample_weight": "weight", "groups": "group", "validation": "validation"}
"""What may be given beside data in Python -> the setting that names a table's column for it."""
OBJECTS = ("data", "model", "cv", *COLUMNS)
"""What may be given as objects."""


def _with_rows(data: Any, beside: Mapping[str, Any]) -> Any:
    """Return data given in Python with what is given beside them, row by row.

    Raises:
        SpecError: The data are named, and bring their own.
    """
    given = {name: value for name, value in beside.items() if value is not None}
    if not given:
        return data
    if not _is_object(data):
        name = next(iter(given))
        raise SpecError(
            f"{name} is for data given in Python; of a table, name a column with {COLUMNS[name]}."
        )
    from .training.data.python_sources import GivenData

    return GivenData(data, **given)


def objects_apart(data: Any, settings: Mapping[str, Any]) -> tuple[Any, Any, dict[str, Any]]:
    """Return data with the objects given beside them, what cuts the folds, and the settings that are left.

    Raises:
        SpecError: The data are named, and bring their own; or the folds are said twice.
    """
    left = {name: value for name, value in settings.items() if name not in (*COLUMNS, "cv")}
    beside = {name: settings[name] for name in COLUMNS if settings.get(name) is not None}
    if isinstance(beside.get("validation"), str):
        left["validation"] = beside.pop("validation")
    cv = settings.get("cv")
    if isinstance(cv, str):
        left["cv"], cv = cv, None
    for name in ("cv",) * (cv is not None) + ("validation",) * ("validation" in beside):
        if said := [setting for setting in ("folds", "repeats", "holdout") if left.get(setting) is not None]:
            raise SpecError(f"{name}= says how rows are split: leave {' and '.join(said)} out.")
    if cv is not None:
        cv = _to_read_again(cv)
        from .training.data import keeps_order

        if keeps_order(cv):
            left["cv"] = "time"
    return _with_rows(data, beside), cv, left


def _to_read_again(cv: Any) -> Any:
    """Return pairs of positions as a list, which a generator could give once only; a splitter as it is."""
    return list(cv) if isinstance(cv, Iterable) and not hasattr(cv, "split") else cv


def _is_object(value: Any) -> bool:
    return value is not None and not isinstance(value, str | os.PathLike)


def refuse_objects(**objects: Any) -> None:
    """Refuse what another process could not be told by its name.

    Raises:
        SpecError: with what is to be named.
    """
    if given := [name for name, value in objects.items() if _is_object(value)]:
        raise SpecError(
            f"A sweep in a process of its own cannot be given {' and '.join(given)} as Python objects; name a file or "
            "module:function, or leave detach out."
        )


def with_objects(record: StudyRecord, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options with the objects that this process has of a study, where no others are given."""
    said = {name: value for name, value in options.items() if value is not None}
    beside = {name: said.pop(name) for name in COLUMNS if name in said}
    if beside:
        said["data"] = _with_rows(said.get("data"), beside)
    if "cv" in said:
        said["cv"] = _to_read_again(said["cv"])
    return {**_objects.get((record.storage, record.name), {}), **said}
