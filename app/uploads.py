"""Files that a page hands over: data, kept beside the database under names that are safe, never code."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from pathlib import Path

from ..errors import DataError, OutputError, one_line
from ..studies.storage import sqlite_path
from ..texts import bytes_text

SUFFIXES = (".csv", ".csv.gz", ".tsv", ".txt", ".data", ".parquet", ".pq", ".npz")
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


def save_upload(folder: Path, name: str, contents: str) -> Path:
    """Keep a file and return its path; the same file handed over again is kept once.

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
        if not target.exists():
            part = target.with_name(f".{safe}.part")
            part.write_bytes(data)
            part.replace(target)
    except OSError as error:
        raise OutputError(f"{target} cannot be written: {one_line(error.strerror or error)}.") from error
    return target


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
