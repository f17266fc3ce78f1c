"""Studies are made, driven again, and deleted, by one driver at a time or several that share them.

The only way in which a study is opened for writing: as a ``StudyWriter``, by the driver of a sweep, and by ``refit`` for
its test score.
"""

from __future__ import annotations

import contextlib
import shutil
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

import optuna
import sqlalchemy
from optuna.trial import FrozenTrial
from sqlalchemy import Connection, Engine

from ..errors import StudyError
from . import formats
from .connections import check_writable, connected, opened, writing_errors
from .lease import Lease, Sharing, create_leased, hold_lease
from .ledger import Ledger
from .lock import refuse_driven
from .optuna_tables import ALL, STUDIES, TRIALS
from .records import ABOUT, FORMAT, PROFILE, SPEC, Direction, StudyObjective, StudyRecord
from .storage import log_path, remove_log, states_folder
from .study_records import DamagedStudy, is_leftover, study_named
from .study_writer import StudyWriter


@contextmanager
def create_study(
    url: str,
    name: str,
    direction: Direction,
    spec: Mapping[str, Any],
    about: Mapping[str, Any],
    further: Sequence[StudyObjective] = (),
    profile: Mapping[str, Any] | None = None,
    sharing: Sharing = "alone",
) -> Iterator[StudyWriter]:
    """Make a study and drive it; ``further`` are objectives beside the first, whose metric ``about`` has.

    ``profile`` is what it keeps of its data to show; ``sharing`` says whether other drivers may join.

    Its specification is written last: what a crash leaves before is taken for no study, and replaced.

    Raises:
        StudyLocked: Another process is making or running a study of this name.
        StudyError: There is a study of this name by now.
        StorageError: The storage does not answer.
        OutputError: The database file cannot be written.
    """
    with _new_study(url, name, direction, about, further, sharing) as writer:
        if profile is not None:
            writer.ledger.write_study_attribute(PROFILE, dict(profile))
        writer.ledger.write_study_attribute(SPEC, dict(spec))
        yield writer


def add_study(
    url: str,
    name: str,
    direction: Direction,
    spec: Mapping[str, Any],
    about: Mapping[str, Any],
    trials: Sequence[FrozenTrial],
) -> None:
    """Make a study with all of its trials, which come with its specification in one transaction.

    Raises:
        StudyError, StudyLocked, StorageError, OutputError: As ``create_study``.
    """
    with _new_study(url, name, direction, about) as writer, writer.transaction():
        for trial in trials:
            writer.optuna.add_trial(trial)
        writer.ledger.write_study_attribute(SPEC, dict(spec))


@contextmanager
def _new_study(
    url: str,
    name: str,
    direction: Direction,
    about: Mapping[str, Any],
    further: Sequence[StudyObjective] = (),
    sharing: Sharing = "alone",
) -> Iterator[StudyWriter]:
    """Make a study that lacks its specification, in place of what a crash left of one."""
    check_writable(url)
    with connected(url) as storage, writing_errors(url):
        leftover = study_named(name, url)
        if leftover is not None:
            refuse_driven(leftover)
            if not is_leftover(leftover):
                raise StudyError(
                    f"The study '{name}' was made in the meantime; resume it, or choose another --study."
                )
            optuna.delete_study(study_name=name, storage=storage)
        objectives = (StudyObjective(str(about["metric"]), direction), *further)
        ways = [optuna.study.StudyDirection[one.direction.upper()] for one in objectives]
        with create_leased(storage.engine, url, name, ways, sharing) as lease:
            study = optuna.load_study(study_name=name, storage=storage)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
                study.set_metric_names([one.metric for one in objectives])
            with _open_writer(study, lease) as writer:
                with writer.transaction():
                    writer.ledger.write_study_attribute(FORMAT, formats.STUDY)
                    writer.ledger.write_study_attribute(ABOUT, dict(about))
                yield writer


@contextmanager
def drive_study(
    record: StudyRecord, spec: Mapping[str, Any] | None = None, sharing: Sharing = "alone"
) -> Iterator[StudyWriter]:
    """Open an existing study for writing.

    Args:
        record: The study.
        spec: Its specification with another budget, where that has changed.
        sharing: Whether other drivers may join this one, or it joins others.

    Raises:
        StudyLocked: Another driver is running it; the message names its host and process.
    """
    check_writable(record.storage)
    with (
        opened(record) as study,
        writing_errors(record.storage),
        _lease(study, record, sharing) as lease,
        _open_writer(study, lease) as writer,
    ):
        if spec is not None and spec != record.spec:
            writer.ledger.write_study_attribute(SPEC, dict(spec))
        yield writer


def _lease(
    study: optuna.Study, record: StudyRecord, sharing: Sharing = "alone"
) -> AbstractContextManager[Lease]:
    engine = study._storage._backend.engine  # type: ignore[attr-defined]  # Optuna's cache stands before it
    return hold_lease(engine, record.storage, study._study_id, record.name, sharing)


@contextmanager
def _open_writer(study: optuna.Study, lease: Lease) -> Iterator[StudyWriter]:
    ledger = Ledger(study, lease)
    writer = StudyWriter(optuna.load_study(study_name=study.study_name, storage=ledger), ledger, lease)
    yield writer
    writer.flush()


def delete_study(record: StudyRecord | DamagedStudy) -> None:
    """Remove a study and all its trials, whatever they hold.

    Raises:
        StudyError: It is gone.
        StudyLocked: It is being run.
    """
    check_writable(record.storage)
    with connected(record.storage) as storage, writing_errors(record.storage), ExitStack() as stack:
        if not _is_there(storage.engine, record):
            raise StudyError(f"There is no study '{record.name}' any more.")
        with contextlib.suppress(
            ValueError, KeyError, TypeError
        ):  # a driver whose record is damaged writes no more
            stack.enter_context(hold_lease(storage.engine, record.storage, record.study_id, record.name))
        with storage.engine.begin() as connection:
            _delete_rows(connection, record.study_id)
    folder = states_folder(record.storage, record.study_id)
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)
        with contextlib.suppress(OSError):
            folder.parent.rmdir()  # unless another study has states there
    remove_log(log_path(record.storage, record.name))


def _is_there(engine: Engine, record: StudyRecord | DamagedStudy) -> bool:
    with engine.connect() as connection:
        name = connection.execute(
            sqlalchemy.select(STUDIES.c.study_name).where(STUDIES.c.study_id == record.study_id)
        )
        return name.scalar_one_or_none() == record.name


def _delete_rows(connection: Connection, study_id: int) -> None:
    """Delete a study's rows from all of Optuna's tables, without reading what they hold, which may be damaged."""
    of_study = sqlalchemy.select(TRIALS.c.trial_id).where(TRIALS.c.study_id == study_id)
    for table in reversed(ALL):
        if "study_id" in table.c:
            connection.execute(table.delete().where(table.c.study_id == study_id))
        elif "trial_id" in table.c:
            connection.execute(table.delete().where(table.c.trial_id.in_(of_study)))
