"""Studies into another storage: row by row, all of them or none, and read back before they count.

``optuna.copy_study`` commits every trial and every attribute by itself, so that what ends it leaves a part of a study that
looks like a whole one; it takes the record of a driver along, and reads nothing back.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from ..errors import DamagedError, OutputError, SpecError, StorageError, StudyError
from ..texts import is_unicode
from .connections import check_writable, connected, writing_errors
from .copied_rows import CopiedRows, Source
from .lock import is_driven
from .records import StudyRecord
from .snapshots import snapshot_url, take_snapshot
from .storage import shown_storage, sqlite_path, states_folder
from .study_records import read_all, study_named

MOST_LETTERS = 512
"""Of a study's name, as Optuna's tables hold it."""


@dataclass(frozen=True)
class Copied:
    """A study that lies in another storage as well."""

    name: str
    trials: int
    driven: bool
    """Whether a driver ran it, so that the copy is of one moment of it."""
    states_left: bool
    """Whether states of its trials were there and stayed behind."""

    @property
    def notes(self) -> list[str]:
        """What else is to be known of it, in sentences."""
        found = []
        if self.driven:
            found.append("It is being run: what it finds from now on is not in the copy.")
        if self.states_left:
            found.append(
                "States of paused trials stayed behind; in the copy they are trained from their start, with the same outcome."
            )
        return found


def copy_studies(studies: Sequence[StudyRecord], to: str, name: str | None = None) -> list[Copied]:
    """Copy studies of one storage into another one, or into the same under another name.

    What is there of them is copied, as it stands at one moment, for all of them the same one: a study may be run meanwhile. The
    records of drivers stay behind, so that nobody runs the copy. It is read back and compared with what was to be written in the
    one transaction that makes it.

    Args:
        studies: The studies, of one storage.
        to: The URL of the other one.
        name: What the copy of a single study is called; as the study where None.

    Raises:
        SpecError: There is no study, there are several for one name or of several storages, or the name is none.
        StudyError: There is a study of that name, or the study is gone.
        StorageError: A storage does not answer, cannot hold what is to be written, or holds something else after it.
        OutputError: The database file cannot be written.
    """
    studies = _one_of_each(studies, name)
    names = [study.name if name is None else name for study in studies]
    _refuse_taken(names, to)
    check_writable(to, "--to")
    with _source(studies[0].storage) as source, _target(to) as target, _states(to) as states:
        copied = []
        for study, new in zip(studies, names, strict=True):
            with _taken_meanwhile(new, to):
                rows = CopiedRows(source, target, study, new)
            trials = rows.copy(to)
            driven = is_driven(study.driver, study.storage)
            left = states.left(study, rows.study_id, driven=driven)
            copied.append(Copied(new, trials, driven, left))
    return copied


def _one_of_each(studies: Sequence[StudyRecord], name: str | None) -> list[StudyRecord]:
    """Return each study once, if all can be copied at once, and the name can be one's."""
    once = list({(study.storage, study.name): study for study in studies}.values())
    if not once:
        raise SpecError("Name the studies to copy.")
    if len({study.storage for study in once}) > 1:
        raise SpecError("Studies of several storages are copied one after the other.")
    if name is None:
        return once
    if len(once) > 1:
        raise SpecError(f"A name is for the copy of one study; these are {len(once)}.")
    if not name.strip() or len(name) > MOST_LETTERS or not is_unicode(name):
        raise SpecError(f"A study's name has 1 to {MOST_LETTERS} letters, got {len(name):,}: {name[:40]!a}.")
    return once


def _refuse_taken(names: Sequence[str], to: str) -> None:
    for name in names:
        try:
            found = study_named(name, to)
        except DamagedError:
            raise _taken(name, to) from None
        except StudyError:
            return  # no database yet, or an empty one
        if found is not None:
            raise _taken(name, to)


def _taken(name: str, to: str) -> StudyError:
    return StudyError(
        f"There is a study '{name}' in {shown_storage(to)} already; give the copy another --name."
    )


@contextmanager
def _taken_meanwhile(name: str, to: str) -> Iterator[None]:
    """Tell of a name that was taken at this moment, or that the storage cannot tell from another one, as MySQL letters of two cases."""
    try:
        yield
    except IntegrityError as error:
        raise _taken(name, to) from error


@contextmanager
def _source(url: str) -> Iterator[Source]:
    """Open a storage to be read as it stands at one moment.

    That of an SQLite file is copied first: whoever writes the file would else wait until all is read.
    """
    if sqlite_path(url) is None:
        with connected(url) as storage, storage.engine.connect() as connection:
            yield Source(connection.execution_options(isolation_level="REPEATABLE READ"), url)
        return
    with tempfile.TemporaryDirectory(prefix="kerasweep-copy-") as folder:
        file = Path(folder) / "studies.db"
        take_snapshot(url, file)
        with connected(snapshot_url(file)) as storage, storage.engine.connect() as connection:
            yield Source(connection, url)


@contextmanager
def _target(url: str) -> Iterator[Connection]:
    """Open a storage for one transaction; a file that was made for it goes when that fails."""
    path = sqlite_path(url)
    new = path is not None and not path.exists()
    try:
        with connected(url) as storage, writing_errors(url), storage.engine.begin() as connection:
            yield connection
    except BaseException:
        if new and path is not None and _is_empty(url):
            path.unlink(missing_ok=True)
        raise


def _is_empty(url: str) -> bool:
    """Tell whether nobody has put a study into a database meanwhile."""
    try:
        return not read_all(url)
    except StudyError:
        return True
    except StorageError:
        return False


class _States:
    """The files of trials' states beside an SQLite file, which go along where they can."""

    def __init__(self, to: str) -> None:
        self._to = to
        self.made: list[Path] = []

    def left(self, study: StudyRecord, new_id: int, *, driven: bool) -> bool:
        """Copy the states of a study's trials, unless a driver changes them; tell whether there were some that stay behind."""
        source, target = states_folder(study.storage, study.study_id), states_folder(self._to, new_id)
        if source is None or not source.is_dir():
            return False
        if driven or target is None:
            return True
        self.made.append(target)
        try:
            shutil.rmtree(target, ignore_errors=True)  # of a study that had this number once
            shutil.copytree(source, target, ignore=shutil.ignore_patterns(".*"))
        except (OSError, shutil.Error) as error:
            raise OutputError(
                f"{target} cannot be written: {getattr(error, 'strerror', None) or error}."
            ) from error
        return False


@contextmanager
def _states(to: str) -> Iterator[_States]:
    """Yield what copies states, and remove what it has copied when the block fails."""
    states = _States(to)
    try:
        yield states
    except BaseException:
        for folder in states.made:
            shutil.rmtree(folder, ignore_errors=True)
            with contextlib.suppress(OSError):
                folder.parent.rmdir()  # unless another study has states there
        raise
