"""What is kept on disk of data, so that it is read once and mapped from then on: decoded pictures, unpacked arrays.

An entry is a folder: its rows in one file, and a manifest that is written last. It is made beside its place and renamed,
so that there is a whole entry or none. Its name is a hash of all that it was made of; what changed has another name.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from ...errors import DataError, one_line
from .mapped_files import lock, locked
from .mapped_rows import MappedRows, gigabytes

FOLDER_VARIABLE = "KERASWEEP_CACHE"
UNUSED_DAYS = 30
"""After which an entry goes, when the next one is made."""
_ROWS, _ABOUT, _MANIFEST = "rows", "about.json", "manifest.json"
_SPARE = 256 * 2**20
"""Bytes that are left free on the disk."""


@dataclass(frozen=True)
class Entry:
    """What an entry holds."""

    source: str
    """Of what it was made, for people: a path."""
    identity: str
    """A hash of all that it follows from: names, sizes and times of files, and the version of what read them."""
    dtype: str
    shape: tuple[int, ...]

    @property
    def bytes(self) -> int:
        """Size of its rows."""
        return math.prod(self.shape) * np.dtype(self.dtype).itemsize

    @property
    def name(self) -> str:
        """The name of its folder."""
        return _name(self.source, self.identity)


def _name(source: str, identity: str) -> str:
    return hashlib.blake2b(f"{source!a} {identity}".encode(), digest_size=16).hexdigest()


def cache_folder() -> Path:
    """Return the folder of all entries: ``$KERASWEEP_CACHE``, else ``kerasweep`` in the user's folder for such files."""
    if given := os.environ.get(FOLDER_VARIABLE):
        return Path(given).expanduser().absolute()
    if sys.platform == "win32":
        home = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        home = Path.home() / "Library" / "Caches"
    else:
        home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return home / "kerasweep"


def kept_rows(entry: Entry, write: Callable[[IO[bytes]], Any]) -> MappedRows:
    """Return the rows of an entry, which is made where there is none.

    Args:
        entry: What it holds.
        write: Writes the bytes of all rows, and returns what else is to be kept of them (``known_about``), or None.

    Raises:
        DataError: There is no room, or the folder cannot be written; nothing is left behind.
    """
    folder = cache_folder() / entry.name
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with locked(_lock_of(folder)):
            if read_entry(folder) is None:
                _make(entry, folder, write)
            return _in_use(folder, entry)
    except OSError as error:
        if read_entry(folder) is not None:  # in a folder that can only be read, where nobody removes it
            return _mapped(folder, entry)
        raise DataError(
            f"{folder.parent} cannot hold what is read of {entry.source} ({one_line(error)}): make room, or name another "
            f"folder by {FOLDER_VARIABLE}"
        ) from error


def known_rows(source: str, identity: str) -> MappedRows | None:
    """Return the rows of an entry that was made before; None where there is none."""
    folder = cache_folder() / _name(source, identity)
    entry = read_entry(folder)
    if entry is None:
        return None
    try:
        with locked(_lock_of(folder)):
            entry = read_entry(folder)
            return None if entry is None else _in_use(folder, entry)
    except OSError:  # as in ``kept_rows``
        return _mapped(folder, entry) if entry is not None and os.access(folder / _ROWS, os.R_OK) else None


def known_about(rows: MappedRows) -> Any:
    """Return what is kept of an entry beside its rows; None where there is nothing, or nothing that can be read."""
    try:
        return json.loads((rows.path.parent / _ABOUT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _in_use(folder: Path, entry: Entry) -> MappedRows:
    """Return the rows of a whole entry, which is in use from now on, and stays."""
    rows = _mapped(folder, entry)
    os.utime(folder)
    return rows


def _mapped(folder: Path, entry: Entry) -> MappedRows:
    rows = MappedRows(folder / _ROWS, entry.dtype, entry.shape)
    _ = rows.values
    return rows


def read_entry(folder: Path) -> Entry | None:
    """Return what a folder holds; None where it is no entry with all of its rows."""
    try:
        about = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
        shape = tuple(int(size) for size in about["shape"])
        entry = Entry(about["source"], about["identity"], str(np.dtype(about["dtype"])), shape)
        is_whole = entry.name == folder.name and (folder / _ROWS).stat().st_size == entry.bytes
        if "about_bytes" in about:
            is_whole = is_whole and (folder / _ABOUT).stat().st_size == about["about_bytes"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return entry if is_whole else None


def entries() -> list[tuple[Path, Entry]]:
    """Return the folders of whole entries, the one that was used longest ago first."""
    found = [(folder, read_entry(folder)) for folder in cache_folder().glob("*")]
    whole = [(folder.stat().st_mtime, folder, entry) for folder, entry in found if entry is not None]
    return [(folder, entry) for _, folder, entry in sorted(whole, key=lambda one: one[:2])]


def remove(folder: Path) -> bool:
    """Remove an entry, or what is left of one; not one that a process makes or has mapped, of which False tells."""
    with contextlib.suppress(OSError), locked(_lock_of(folder), wait=False) as alone:
        rows = folder / _ROWS
        if not alone or (rows.exists() and _is_mapped(rows)):
            return False
        for left in (folder, _making(folder)):
            shutil.rmtree(left, ignore_errors=True)
        _lock_of(folder).unlink(missing_ok=True)
    return not folder.exists()


def _is_mapped(rows: Path) -> bool:
    with rows.open("rb") as file:
        return not lock(file, alone=True, wait=False)


def _making(folder: Path) -> Path:
    return folder.with_name(folder.name + ".making")


def _lock_of(folder: Path) -> Path:
    return folder.with_name(folder.name + ".lock")


def _make(entry: Entry, folder: Path, write: Callable[[IO[bytes]], Any]) -> None:
    """Write an entry beside its place, and put it there."""
    making = _making(folder)
    shutil.rmtree(making, ignore_errors=True)  # of one who was killed
    shutil.rmtree(folder, ignore_errors=True)  # not whole
    _make_room(entry)
    try:
        making.mkdir()
        with (making / _ROWS).open("wb") as file:
            about = write(file)
            file.flush()
            os.fsync(file.fileno())
        manifest = asdict(entry)
        if about is not None:
            manifest["about_bytes"] = _write_json(making / _ABOUT, about)
        _write_json(making / _MANIFEST, manifest)
        making.rename(folder)
    finally:
        shutil.rmtree(making, ignore_errors=True)


def _write_json(path: Path, content: Any) -> int:
    """Write a file, which is on the disk from then on, and return its size."""
    data = json.dumps(content, ensure_ascii=True).encode()
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return len(data)


def _make_room(entry: Entry) -> None:
    """Remove what was left half made, what was not used for long, and more of it while there is no room.

    Raises:
        DataError: There is none without what is in use.
    """
    root = cache_folder()
    for left in (*root.glob("*.making"), *root.glob("*.lock")):
        if not (folder := left.with_suffix("")).exists():
            remove(folder)
    for folder, other in entries():
        if other.source == entry.source or time.time() - folder.stat().st_mtime > UNUSED_DAYS * 86400:
            remove(folder)
    for folder, _ in entries():
        if shutil.disk_usage(root).free >= entry.bytes + _SPARE:
            break
        remove(folder)
    free = shutil.disk_usage(root).free
    if free < entry.bytes + _SPARE:
        raise DataError(
            f"{entry.source} takes {gigabytes(entry.bytes)} on disk once it is read, and {root} has room for "
            f"{gigabytes(max(0, free - _SPARE))}: make room, or name another folder by {FOLDER_VARIABLE}"
        )
