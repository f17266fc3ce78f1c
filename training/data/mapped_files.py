"""Files mapped into memory, of which a process holds few pages at a time.

A mapped file may be larger than memory. What is read of it lies in the system's cache of files, which gives way where memory
is wanted, but counts as the process's own for as long as it is mapped: limits of containers and people who look at ``top``
take it for a process that grows. So a thread lets go of the pages now and then; the next read finds them in the cache.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import threading
import time
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np

from ..machine import mapped_memory

MOST_MAPPED = 1024 * 2**20
"""Bytes of mapped files that a process holds, its libraries among them, beside what it reads within ``SECONDS``."""
SECONDS = 0.25
_UNRESERVED = 0x4000
"""Linux's ``MAP_NORESERVE``: a mapping larger than all memory is refused without."""

_mappings: weakref.WeakSet[mmap.mmap] = weakref.WeakSet()
_guard = threading.Lock()
_watching: set[int] = set()
"""The process whose thread lets go of pages; one that was forked has none."""


def map_file(path: Path) -> np.ndarray:
    """Return the bytes of a file, mapped, and locked against its removal from a cache for as long as they are held.

    The mapping is private, so that TensorFlow may take it for memory that it could write to.

    Raises:
        OSError: It cannot be opened.
    """
    with path.open("rb") as file:
        lock(file)  # the mapping keeps the file open, and with it the lock
        if not os.fstat(file.fileno()).st_size:
            return np.zeros(0, np.uint8)
        if hasattr(mmap, "MAP_PRIVATE"):
            flags = mmap.MAP_PRIVATE | (_UNRESERVED if os.uname().sysname == "Linux" else 0)
            mapping = mmap.mmap(file.fileno(), 0, flags=flags, prot=mmap.PROT_READ | mmap.PROT_WRITE)
        else:
            mapping = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    with _guard:
        _mappings.add(mapping)
        if len(mapping) > MOST_MAPPED and os.getpid() not in _watching:
            _watching.clear()
            _watching.add(os.getpid())
            threading.Thread(target=_watch, name="mapped files", daemon=True).start()
    return np.frombuffer(mapping, np.uint8)


def release_pages() -> None:
    """Let go of what this process has read of mapped files: it stays in the system's cache."""
    with _guard:
        held = list(_mappings)
    for mapping in held:
        if hasattr(mapping, "madvise"):
            mapping.madvise(mmap.MADV_DONTNEED)


def _watch() -> None:
    """Let go of pages whenever there are many."""
    while True:
        time.sleep(SECONDS)
        if (mapped_memory() or 0) > MOST_MAPPED:
            release_pages()


def lock(file: IO[Any], *, alone: bool = False, wait: bool = True) -> bool:
    """Lock an open file, with others or alone, until it is closed; return whether that was done.

    Windows has no such locks, and does not remove files that are mapped.
    """
    if os.name == "nt":
        return True
    import fcntl

    try:
        fcntl.flock(file, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    return True


@contextlib.contextmanager
def locked(path: Path, *, wait: bool = True) -> Iterator[bool]:
    """Hold a file's lock alone, of this process and all others; yield whether that is so, if it may not wait.

    Raises:
        OSError: The file cannot be written.
    """
    while True:
        with path.open("w") as file:
            if not lock(file, alone=True, wait=wait):
                yield False
                return
            if _is_at(path, file):
                yield True
                return  # else the file was removed meanwhile


def _is_at(path: Path, file: IO[Any]) -> bool:
    """Tell whether an open file is the one that has a name now."""
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except OSError:
        return False
