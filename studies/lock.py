"""One driver a study, wherever it runs: the study itself says who drives it, and this tells whether that one still lives.

A driver's record lies in the study (``lease.py`` writes it), so that it is one for all machines and for every way to
spell a database's address. It says on which machine the driver runs. On this one, the system tells whether its process
lives; of another one, that it has written lately.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import socket
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from shlex import quote
from typing import Any

from ..errors import StudyLocked
from .records import StudyRecord
from .storage import sqlite_path

BEAT_SECONDS = 15.0
"""How often a driver writes that it lives."""
STALE_SECONDS = 120.0
"""How long after its last sign a driver on another machine is taken for dead."""
BEAT = "beat"
"""Seconds since 1970 by the database's clock; a record without it is of a driver that has ended."""
SHARES = "shares"
"""Key of the record of a driver that looks what others have changed, so that others may join it."""
_FIRST_PROCESSES = "pid:[4026531836]"
"""What Linux calls the processes of a machine that are in no container."""
held: set[str] = set()
"""Tokens of the drivers of this process."""


def new_driver(url: str) -> dict[str, Any]:
    """Return the record of this process as a driver: for people, and for ``is_driven``."""
    since = datetime.now(UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    return {
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "since": since,
        "machine": _machine(),
        "system": _system(),
        "born": _born(os.getpid()),
        "file": file_key(sqlite_path(url)),
        "token": secrets.token_hex(8),
    }


def is_driven(driver: Mapping[str, Any], url: str, now: float | None = None) -> bool:
    """Tell whether a driver still runs the study that has its record.

    Args:
        driver: The record.
        url: The storage that it was read from.
        now: Seconds since 1970 by the database's clock; by this machine's where None.
    """
    if BEAT not in driver:
        return False
    fresh = _is_fresh(driver, now)
    if driver.get("machine") != _machine():
        return fresh and not _was_rebooted(driver)
    if driver.get("file") != file_key(sqlite_path(url)):
        return False  # the record came along with a copy of the file
    if driver["pid"] == os.getpid():
        return str(driver["token"]) in held
    born = _born(driver["pid"])
    if born is not None or driver.get("born") is not None:
        return bool(born == driver.get("born"))
    return fresh and _exists(driver["pid"])


def is_silent(driver: Mapping[str, Any], now: float) -> bool:
    """Tell whether nothing but the age of its last beat says that a driver has died."""
    elsewhere = BEAT in driver and driver.get("machine") != _machine()
    return elsewhere and not _was_rebooted(driver) and not _is_fresh(driver, now)


def _is_fresh(driver: Mapping[str, Any], now: float | None) -> bool:
    return bool(abs((time.time() if now is None else now) - driver[BEAT]) < STALE_SECONDS)


def _was_rebooted(driver: Mapping[str, Any]) -> bool:
    """Tell whether a driver that is not of this machine's boot is of an earlier one, with which it has ended."""
    return bool(_system()) and driver.get("system") == _system()


def refusal(study: str, driver: Mapping[str, Any]) -> StudyLocked:
    """Return the error that names the driver of a study."""
    who = f"process {driver['pid']} on {driver['host']} since {driver['since']}"
    elsewhere = driver.get("machine") != _machine()
    free = (
        f" If it has died, the study is free {STALE_SECONDS:.0f} s after its last sign." if elsewhere else ""
    )
    share = " Or share the study with it: --join." if SHARES in driver else ""
    return StudyLocked(
        f"The study '{study}' is being run by {who}. Wait for it, or stop it: kerasweep stop {quote(study)}.{share}{free}"
    )


def refuse_driven(record: StudyRecord) -> None:
    """Refuse a study that another driver runs, as far as its record, which may be old by now, says.

    Raises:
        StudyLocked: It does.
    """
    if is_driven(record.driver, record.storage):
        raise refusal(record.name, record.driver)


@cache
def _machine() -> str:
    """Return what tells machines, their boots and their containers apart, which have processes of their own."""
    parts = [socket.gethostname()]
    try:
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip())
        parts.append(str(Path("/proc/self/ns/pid").readlink()))
    except OSError:
        pass
    return " ".join(parts)


@cache
def _system() -> str:
    """Return what this machine is called in all its boots; nothing where that is unknown.

    It is unknown in a container, whose image may say the same on several machines.
    """
    try:
        if str(Path("/proc/self/ns/pid").readlink()) != _FIRST_PROCESSES:
            return ""
        name = Path("/etc/machine-id").read_bytes().strip()
    except OSError:
        return ""
    # A machine's id is nothing for others to know.
    hidden = hashlib.blake2b(name, key=b"kerasweep", digest_size=8).hexdigest()
    return f"{socket.gethostname()} {hidden}" if name else ""


def _born(pid: int) -> str | None:
    """Return when a process was started, in the system's ticks; None where it is dead, or the system does not say."""
    try:
        fields = (
            Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        )
    except OSError:
        return None
    return None if fields[0] in "ZX" else fields[19]


def _exists(pid: int) -> bool:
    """Tell whether there is such a process, where that can be asked without harm."""
    if os.name != "posix":
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def file_key(path: Path | None) -> str:
    """Return which file an SQLite database is, whatever it is called; nothing for a server, or where there is none."""
    try:
        about = path.stat() if path is not None else None
    except OSError:
        about = None
    return "" if about is None else f"{about.st_dev}:{about.st_ino}"
