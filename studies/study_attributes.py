"""Attributes of a study in Optuna's tables: ours, which may be long, and those of Optuna's samplers."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy
from sqlalchemy import Connection, bindparam

from .chunks import split
from .optuna_tables import STUDY_ATTRIBUTES, STUDY_SYSTEM_ATTRIBUTES

_SELECT = sqlalchemy.select(STUDY_ATTRIBUTES.c.value_json).where(
    STUDY_ATTRIBUTES.c.study_id == bindparam("study"), STUDY_ATTRIBUTES.c.key == bindparam("named")
)


def write_attribute(connection: Connection, study_id: int, key: str, value: Any) -> None:
    """Write an attribute of a study, in place of what stands there."""
    remove_attribute(connection, study_id, key)
    rows = [
        {"study_id": study_id, "key": name, "value_json": text} for name, text in split(key, value).items()
    ]
    connection.execute(STUDY_ATTRIBUTES.insert(), rows)


def remove_attribute(connection: Connection, study_id: int, key: str) -> None:
    """Remove an attribute of a study, whatever its size; it may be missing."""
    same = sqlalchemy.or_(
        STUDY_ATTRIBUTES.c.key == key, STUDY_ATTRIBUTES.c.key.startswith(f"{key}#", autoescape=True)
    )
    connection.execute(STUDY_ATTRIBUTES.delete().where(STUDY_ATTRIBUTES.c.study_id == study_id, same))


def read_attribute(connection: Connection, study_id: int, key: str) -> Any:
    """Read a short attribute of a study; None where there is none."""
    text = connection.execute(_SELECT, {"study": study_id, "named": key}).scalar()
    return None if text is None else json.loads(text)


def write_system_attribute(connection: Connection, study_id: int, key: str, text: str) -> None:
    """Write an attribute of Optuna's, in place of what stands there."""
    connection.execute(
        STUDY_SYSTEM_ATTRIBUTES.delete().where(
            STUDY_SYSTEM_ATTRIBUTES.c.study_id == study_id, STUDY_SYSTEM_ATTRIBUTES.c.key == key
        )
    )
    connection.execute(
        STUDY_SYSTEM_ATTRIBUTES.insert(), {"study_id": study_id, "key": key, "value_json": text}
    )
