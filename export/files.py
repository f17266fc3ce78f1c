"""Writes a file or a folder whole or not at all."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import OutputError
from ..paths import given_path

MARK = "bundle.json"
"""The file by which a folder is known as an earlier export."""


def write_file(path: str | os.PathLike[str], content: str | bytes) -> Path:
    """Write a file, text as UTF-8; a reader sees the old content or the new one, never a part.

    Raises:
        OutputError: It cannot be written.
    """
    with new_file(path) as fresh:
        fresh.write_bytes(as_bytes(content))
    return given_path(path, "a file")


def as_bytes(content: str | bytes) -> bytes:
    """Return what a file holds, text as UTF-8."""
    return content.encode() if isinstance(content, str) else content


@contextmanager
def new_file(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield an empty file to fill, which takes its place under ``path`` when the block ends well.

    Raises:
        OutputError: There is a folder, or nothing can be written there.
    """
    target = check_file(path)
    with _faults_of(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}-")
    os.close(handle)
    fresh = Path(name)
    try:
        with _faults_of(target):
            yield fresh
            fresh.chmod(0o666 & ~_umask())
            fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)


@contextmanager
def _faults_of(target: Path) -> Iterator[None]:
    """Tell what the system refuses in the block as a fault of writing a target."""
    try:
        yield
    except OutputError:
        raise
    except OSError as error:
        raise OutputError(f"{target} cannot be written: {error.strerror or error}.") from error


def check_file(path: str | os.PathLike[str]) -> Path:
    """Return the path of a file that may be written; public so that a fault is known before a model trains.

    Raises:
        OutputError: There is a folder.
    """
    target = given_path(path, "a file")
    if target.is_dir():
        raise OutputError(f"{target} is a folder; name a file.")
    return target


@contextmanager
def new_folder(path: str | os.PathLike[str], *, overwrite: bool = False) -> Iterator[Path]:
    """Yield an empty folder to fill, which takes its place under ``path`` when the block ends well.

    An earlier export is replaced; files in it that no export writes stay. After an error nothing has changed.

    Args:
        path: Where the folder shall be.
        overwrite: Whether any other folder with content may be written into as well.

    Raises:
        OutputError: There is a file, or a folder of something else, or nothing can be written there.
    """
    target = given_path(path, "a folder")
    check_folder(target, overwrite=overwrite)
    with _faults_of(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}-"))
    try:
        with _faults_of(target):
            yield fresh
            fresh.chmod(0o777 & ~_umask())
            _take_place(fresh, target)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def check_folder(target: Path, *, overwrite: bool) -> None:
    """Refuse a place that holds something else; public so that a fault is known before a model trains.

    Raises:
        OutputError: There is a file, or a folder of something else.
    """
    if target.exists() and not target.is_dir():
        raise OutputError(f"{target} is a file; name a folder.")
    if overwrite or not target.is_dir() or (target / MARK).is_file():
        return
    if any(target.iterdir()):
        raise OutputError(f"{target} is not empty and no earlier export; name another folder.")


def _take_place(fresh: Path, target: Path) -> None:
    """Rename a filled folder to its place, with what else lay there."""
    if not target.exists():
        fresh.rename(target)
        return
    old = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}-old-"))
    old.rmdir()  # only its name was wanted: Windows renames onto nothing that exists
    target.rename(old)
    try:
        fresh.rename(target)
    except OSError:
        old.rename(target)
        raise
    for other in old.iterdir():
        if other.name != "__pycache__" and not (target / other.name).exists():
            with contextlib.suppress(OSError):
                other.rename(target / other.name)
    shutil.rmtree(old, ignore_errors=True)


def _umask() -> int:
    current = os.umask(0o022)
    os.umask(current)
    return current
