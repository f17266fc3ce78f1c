"""Processes that a worker's training has started and set apart from it, which no signal to its group reaches.

They are known by the temporary folder that a worker has for its own, which stands in the environment of all that it starts.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

_PROCESSES = Path("/proc")
_ROUNDS = 5
"""How often they are looked for: one may have started another meanwhile."""


def kill_strays(folder: str | os.PathLike[str]) -> None:
    """Kill all processes but this one whose temporary folder is a worker's own; nothing is done where the system has no ``/proc``."""
    for _ in range(_ROUNDS):
        found = list(_strays(os.fsencode(folder)))
        if not found:
            return
        for process in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(process, signal.SIGKILL)


def _strays(folder: bytes) -> Iterator[int]:
    mark = b"\0TMPDIR=" + folder + b"\0"
    for entry in _PROCESSES.glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended, or is another user's
            if int(entry.name) != os.getpid() and mark in b"\0" + (entry / "environ").read_bytes():
                yield int(entry.name)
