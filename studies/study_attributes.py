"""Attributes of a study in Optuna's tables: ours, which may be long, and those of Optuna's samplers."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy
from optuna.storages._rdb import models
from sqlalchemy import Connection, Table, bindparam

from .chunks import split

_ATTRIBUTES: Table = models.StudyUserAttributeModel.__table__
_OF_OPTUNA: Table = models.StudySystemAttributeModel.__table__
_SELECT = sqlalchemy.select(_ATTRIBUTES.c.value_json).where(
    _ATTRIBUTES.c.study_id == bindparam("study"), _ATTRIBUTES.c.key == bindparam("named")
)


def describe(connection: Connection, study_id: int, key: str, value: Any) -> None:
    """Write an attribute of a study, in place of what stands there."""
    undescribe(connection, study_id, key)
    rows = [
        {"study_id": study_id, "key": name, "value_json": text} for name, text in split(key, value).items()
    ]
    connection.execute(_ATTRIBUTES.insert(), rows)


def undescribe(connection: Connection, study_id: int, key: str) -> None:
    """Remove an attribute of a study, whatever its size; it may be missing."""
    same = sqlalchemy.or_(_ATTRIBUTES.c.key == key, _ATTRIBUTES.c.key.startswith(f"{key}#", autoescape=True))
    connection.execute(_ATTRIBUTES.delete().where(_ATTRIBUTES.c.study_id == study_id, same))


def read_attribute(connection: Connection, study_id: int, key: str) -> Any:
    """Read a short attribute of a study; None where there is none."""
    text = connection.execute(_SELECT, {"study": study_id, "named": key}).scalar()
    return None if text is None else json.loads(text)


def describe_system(connection: Connection, study_id: int, key: str, text: str) -> None:
    """Write an attribute of Optuna's, in place of what stands there."""
    connection.execute(_OF_OPTUNA.delete().where(_OF_OPTUNA.c.study_id == study_id, _OF_OPTUNA.c.key == key))
    connection.execute(_OF_OPTUNA.insert(), {"study_id": study_id, "key": key, "value_json": text})
