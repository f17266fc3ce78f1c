"""Studies that go elsewhere: copies in other storages, and backups of a database while it is written."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from .errors import OutputError
from .export.files import check_file, new_file
from .studies import DamagedStudy, damaged, read_study, storage_url, whole
from .studies.snapshots import check_snapshot, refuse_server, take_snapshot
from .study import Storage, Study, records_of


def copy(
    *studies: Study | str | Sequence[Study | str],
    to: str | os.PathLike[str],
    name: str | None = None,
    storage: Storage = None,
) -> list[Study]:
    """Copy studies into another storage, all or none, and return the copies, which are read back and compared.

    Args:
        *studies: Names or ``Study`` objects, one by one or in a list.
        to: The other storage's URL or path.
        name: What the copy of a single study is called; as the study where None.
        storage: Where those are that are named.

    Raises:
        SpecError: Studies of several storages are given, or a name for several studies.
        StudyError: There is a study of that name.
        StorageError: A storage does not answer, or cannot hold what is to be written.
        OutputError: The database file cannot be written.
    """
    from .studies.copying import copy_studies

    url = storage_url(to)
    copied = copy_studies(records_of(list(studies), storage, "copy"), url, name)
    return [Study(read_study(one.name, url)) for one in copied]


@dataclass(frozen=True)
class Backup:
    """What a backup holds."""

    path: Path
    studies: int
    trials: int
    damaged: tuple[DamagedStudy, ...] = ()
    """Those of the studies that cannot be read; they are in it as they stand, and their trials are not counted."""


def backup(
    path: str | os.PathLike[str] | None = None, *, storage: Storage = None, overwrite: bool = False
) -> Backup:
    """Write a whole SQLite database into another file, as it stands at one moment, while sweeps go on writing it.

    The file is checked by SQLite and read as a database of studies before it has its name; states of paused trials, which lie
    beside the database, are not in it.

    Args:
        path: The file; the database's name with the date and time, in this folder, where None.
        storage: The database's URL or path; ``kerasweep.db`` where None.
        overwrite: Whether an earlier file of that name is replaced.

    Raises:
        UsageError: The storage is a server, which has a program of its own for that.
        OutputError: The file exists, or cannot be written.
        StorageError: The database is damaged, or locked for long.
    """
    url = storage_url(storage)
    source = refuse_server(url)
    target = check_file(f"{source.stem}-{datetime.now():%Y%m%d-%H%M%S}.db" if path is None else path)
    if target.exists() and (not overwrite or (source.exists() and target.samefile(source))):
        raise OutputError(_taken(source, target))
    with new_file(target) as fresh:
        take_snapshot(url, fresh)
        studies = check_snapshot(fresh, source)
    trials = sum(sum(study.counts.values()) for study in whole(studies))
    return Backup(target, len(studies), trials, tuple(damaged(studies)))


def _taken(source: Path, target: Path) -> str:
    if source.exists() and target.samefile(source):
        return f"{target} is the database itself; name another file."
    return f"{target} exists; name another file, or give --overwrite."
