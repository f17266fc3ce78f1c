"""Where an exception comes from, so that trials that fail in the same way are known to."""

from __future__ import annotations

import traceback
from pathlib import PurePath

_GENERATED = "__autograph_generated_file"
"""Begins the names of files that TensorFlow writes from Python's functions, each time another one."""


def origin_of(error: BaseException) -> str:
    """Return an exception's type and the line that raised it: ``ValueError at model.py:12``.

    Of one that was raised from another, it is the first one's.
    """
    first = _first(error)
    frames = [
        frame
        for frame in traceback.extract_tb(first.__traceback__)
        if not PurePath(frame.filename).name.startswith(_GENERATED)
    ]
    name = type(first).__name__
    return f"{name} at {PurePath(frames[-1].filename).name}:{frames[-1].lineno}" if frames else name


def _first(error: BaseException) -> BaseException:
    seen = set()
    while id(error) not in seen:  # a ring of causes can be made
        seen.add(id(error))
        before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        if before is None:
            return error
        error = before
    return error
