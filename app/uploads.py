"""Files that a page hands over: data, kept beside the database under names that are safe, never code."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from ..errors import DataError, OutputError, one_line
from ..studies.storage import sqlite_path
from ..texts import bytes_text
from . import unpacking

SUFFIXES = (".csv", ".csv.gz", ".tsv", ".txt", ".data", ".parquet", ".pq", ".npz", unpacking.SUFFIX)
"""Kinds of files that are taken."""
LARGEST = 64_000_000
"""Bytes of a file; a larger one is named by its path on this machine."""


def uploads_folder(storage: str) -> Path:
    """Return where uploads of a storage lie: beside an SQLite file; for a server, in this folder."""
    path = sqlite_path(storage)
    return (
        Path("kerasweep.uploads").absolute()
        if path is None
        else path.absolute().with_name(f"{path.name}.uploads")
    )


@dataclass(frozen=True)
class Upload:
    """What was kept of a file."""

    path: Path
    """The file; of a ``.zip`` the folder that it holds."""
    passed_over: int = 0
    """Files of a ``.zip`` that hold no data, and are not kept."""


def save_upload(folder: Path, name: str, contents: str) -> Upload:
    """Keep a file; the same file handed over again is kept once.

    Args:
        folder: Where uploads lie.
        name: As the browser calls the file.
        contents: ``data:...;base64,...``.

    Raises:
        DataError: It is of no kind that is taken, too large, or broken on its way.
        OutputError: It cannot be written.
    """
    safe = safe_name(name)
    encoded = contents.partition(",")[2]
    if len(encoded) > LARGEST * 4 // 3 + 4:
        raise DataError(
            f"'{safe}' is larger than {bytes_text(LARGEST)}; name its path on this machine instead."
        )
    try:
        data = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise DataError(f"'{safe}' did not arrive whole; choose it again.") from error
    if not data:
        raise DataError(f"'{safe}' is empty.")
    target = folder / hashlib.sha256(data).hexdigest()[:16] / safe
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        target.parent.mkdir(mode=0o700, exist_ok=True)
        return _kept_folder(target, data) if target.suffix == unpacking.SUFFIX else _kept_file(target, data)
    except OSError as error:
        raise OutputError(f"{target} cannot be written: {one_line(error.strerror or error)}.") from error


def _kept_file(target: Path, data: bytes) -> Upload:
    if not target.exists():
        part = target.with_name(f".{target.name}.part")
        part.write_bytes(data)
        part.replace(target)
    return Upload(target)


def _kept_folder(target: Path, data: bytes) -> Upload:
    """Keep the folder that an archive holds; the archive itself goes."""
    folder = target.with_suffix("")
    target.write_bytes(data)
    try:
        passed_over = unpacking.unpack(target, folder)
    finally:
        target.unlink(missing_ok=True)
    return Upload(unpacking.content_of(folder), passed_over)


def safe_name(name: str) -> str:
    """Return a file's name without what leads elsewhere, its ending as it was.

    Raises:
        DataError: Its ending is none of those that are taken.
    """
    base = re.split(r"[/\\]", name)[-1]
    suffix = next(
        (one for one in sorted(SUFFIXES, key=len, reverse=True) if base.lower().endswith(one)), None
    )
    if suffix is None:
        raise DataError(f"Only data are taken: {', '.join(SUFFIXES)}; got '{base[-40:]}'.")
    stem = re.sub(r"[^\w]+", "-", base[: -len(suffix)]).strip("-_")[:60] or "data"
    return f"{stem}{suffix}"
