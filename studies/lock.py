"""One driver a study: a lock that the operating system gives back when its holder dies, however it dies."""

from __future__ import annotations

import hashlib
import os
import re
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..errors import StudyLocked
from .storage import sqlite_path

WAIT = 0.3
"""Longer than a look at a lock takes, which holds it for a moment; a driver holds it much longer."""


@contextmanager
def driving(url: str, study: str, holder: dict[str, Any], wait: float = WAIT) -> Iterator[None]:
    """Hold a study's lock.

    Args:
        url: The storage.
        study: The study's name.
        holder: The driver that the study names, to be shown if the lock is taken.
        wait: Seconds until the lock is taken to be a driver's.

    Raises:
        StudyLocked: Another process holds it.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(lock_path(url, study))
    try:
        lock.acquire(timeout=wait)
    except Timeout as error:
        who = f"process {holder['pid']} on {holder['host']}" if holder else "another process"
        since = f" since {holder['since']}" if holder.get("since") else ""
        raise StudyLocked(
            f"The study '{study}' is being run by {who}{since}. Wait for it, or stop it with Ctrl-C there."
        ) from error
    try:
        yield
    finally:
        lock.release()


def is_driven(url: str, study: str) -> bool:
    """Tell whether a driver is running the study now."""
    path = lock_path(url, study)
    if not path.exists():
        return False
    try:
        with driving(url, study, {}, wait=0):
            return False
    except StudyLocked:
        return True
    except OSError:  # someone else's folder, which may be read only
        return False


def this_driver() -> dict[str, Any]:
    """Return host, process and time of this process, as a study stores them."""
    since = datetime.now(UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    return {"host": socket.gethostname(), "pid": os.getpid(), "since": since}


def lock_path(url: str, study: str) -> Path:
    """Return the lock's file: hidden, beside an SQLite database; for a server, in this host's temporary folder."""
    digest = hashlib.blake2b(f"{study}".encode(), digest_size=4).hexdigest()
    slug = re.sub(r"[^A-Za-z0-9-]+", "-", study)[:40].strip("-")
    path = sqlite_path(url)
    if path is not None:
        path = path.resolve()  # one lock, by whatever path or link the file is named
        return path.with_name(f".{path.name}.{slug}-{digest}.lock")
    server = hashlib.blake2b(url.encode(), digest_size=8).hexdigest()
    return Path(tempfile.gettempdir()) / f"kerasweep-{server}-{digest}.lock"
