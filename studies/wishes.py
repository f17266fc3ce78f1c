"""What is wished of a running driver is written; ``control.py`` says what there is to wish, and reads it."""

from __future__ import annotations

import contextlib

from sqlalchemy.exc import IntegrityError

from .connections import connected, writing_errors
from .control import Wish, wish_record
from .records import CONTROL, StudyRecord
from .study_attributes import write_attribute
from .study_records import read_study


def ask(record: StudyRecord, wish: Wish) -> None:
    """Tell the driver of a study what is wished of it; it looks every second, or at the end of an epoch.

    Of two that wish at one moment, one is heard.

    Raises:
        StudyError: Nobody runs the study.
        StorageError: The storage does not answer.
    """
    record = read_study(record.name, record.storage)
    text = wish_record(record, wish)
    with (
        connected(record.storage) as storage,
        writing_errors(record.storage),
        contextlib.suppress(IntegrityError),  # somebody's wish of this moment stands
        storage.engine.begin() as connection,
    ):
        write_attribute(connection, record.study_id, CONTROL, text)
