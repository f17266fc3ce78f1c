"""The drivers of one study: a single one, or, on a server, those that have joined it as well.

Each has a record among the study's attributes, which it alone renews (``lease.py``). The first one's lies where a single
driver's does, under ``DRIVER``; those that join have keys of their own, which begin so. A record stays when its driver
ends, so that the others see that there was one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy
from sqlalchemy import Connection, Engine, bindparam

from .lock import BEAT
from .optuna_tables import STUDIES, STUDY_ATTRIBUTES
from .records import DRIVER

_LOCK_STUDY = (
    sqlalchemy.select(STUDIES.c.study_id)
    .where(STUDIES.c.study_id == bindparam("study"))
    .with_for_update(key_share=True)
)
"""It does not keep others from writing attributes of the study, such as a beat or a wish, where the server can tell these apart."""
_OF_STUDY = STUDY_ATTRIBUTES.c.study_id == bindparam("study")
_JOINED = STUDY_ATTRIBUTES.c.key.startswith(f"{DRIVER}:", autoescape=True)
_RECORDS = sqlalchemy.select(STUDY_ATTRIBUTES.c.key, STUDY_ATTRIBUTES.c.value_json).where(
    _OF_STUDY, sqlalchemy.or_(STUDY_ATTRIBUTES.c.key == DRIVER, _JOINED)
)
_DELETE = STUDY_ATTRIBUTES.delete().where(
    STUDY_ATTRIBUTES.c.study_id == bindparam("study"), STUDY_ATTRIBUTES.c.key == bindparam("named")
)


def may_be_several(storage: Connection | Engine) -> bool:
    """Tell whether a storage can have several drivers of a study: an SQLite file has one writer."""
    return storage.dialect.name != "sqlite"


def lock_study(connection: Connection, study_id: int) -> None:
    """Have other drivers of a study wait until this transaction has ended.

    It comes first in a transaction: what is read after it is as the last one has left it, on MySQL as well, and no two wait
    for each other.
    """
    if may_be_several(connection):
        connection.execute(_LOCK_STUDY, {"study": study_id})


def key_of(token: str) -> str:
    """Return the key of a driver that joins."""
    return f"{DRIVER}:{token}"


def read_records(connection: Connection, study_id: int) -> dict[str, str]:
    """Return the records of all drivers, as they stand there, by key; some of them may have ended."""
    return {row[0]: row[1] for row in connection.execute(_RECORDS, {"study": study_id})}


def has_ended(record: Mapping[str, Any]) -> bool:
    """Tell whether a record is of a driver that has given its study up."""
    return BEAT not in record


def ended(record: Mapping[str, Any]) -> str:
    """Return the record of a driver that has ended, for people."""
    return json.dumps({key: record[key] for key in ("host", "pid", "since")})


def forget_ended(connection: Connection, study_id: int, records: Mapping[str, str]) -> None:
    """Remove the records of drivers that had joined and have ended."""
    for key, text in records.items():
        if key != DRIVER and has_ended(json.loads(text)):
            connection.execute(_DELETE, {"study": study_id, "named": key})
