"""Paths as callers give them, held against what a path can be before anything is done with one."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from .errors import UsageError, one_line

_SHOWN = 60


def given_path(path: object, what: str) -> Path:
    """Return a path that a caller gave, ``~`` as their home, whether there is something or not.

    Args:
        path: What was given.
        what: What it is of, for the message: ``a YAML file``.

    Raises:
        UsageError: It is no path, or one that the system can have no file of: it is too long, or holds a null character.
    """
    if not isinstance(path, str | os.PathLike) or isinstance(os.fspath(path), bytes):
        raise UsageError(f"{what} must be given by a path, got {_short(repr(path))}.")
    try:
        found = Path(path).expanduser()
        os.lstat(found)
    except RuntimeError:  # nobody's home
        return Path(path)
    except OSError as fault:
        if fault.errno == errno.ENAMETOOLONG:
            raise UsageError(
                f"The path '{_short(os.fspath(path))}' of {what} is too long for this system."
            ) from fault
    except ValueError as fault:
        raise UsageError(
            f"{_short(os.fspath(path))!r} cannot be the path of {what}: {one_line(fault)}."
        ) from fault
    return found


def _short(text: str) -> str:
    return one_line(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")
