"""Keeps the log of a driver that nobody looks at within bounds: a full one takes the place of the older one, and begins anew."""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .studies.storage import older_log

MOST_BYTES = 10 * 2**20
"""Of the log; the older one has hardly more."""
LOOK_SECONDS = 1.0
"""Between two looks how large it is."""


def rotate(descriptor: int, log: Path, most: int) -> bool:
    """Begin a log anew if it holds more than ``most`` bytes, and tell whether it did.

    The file stays the same one, since native code and other processes write to it, too, and know it by its descriptor.

    Args:
        descriptor: Of the open log, to the end of which everything is written.
        log: The same file. If it is gone, or another one by now, there is nothing to keep.
        most: Bytes.
    """
    if os.fstat(descriptor).st_size <= most:
        return False
    with contextlib.suppress(OSError):  # no room for the older one
        if os.path.samestat(os.fstat(descriptor), log.stat()):
            shutil.copyfile(log, older_log(log))
    os.ftruncate(descriptor, 0)
    return True


@contextmanager
def bounded_log(descriptor: int, log: Path) -> Iterator[None]:
    """Look after a log as long as this lasts."""
    done = threading.Event()

    def look_after() -> None:
        while not done.wait(LOOK_SECONDS):
            with contextlib.suppress(OSError):
                rotate(descriptor, log, MOST_BYTES)

    thread = threading.Thread(target=look_after, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
