"""A user's own code that is called in the process that launches: it may raise whatever it likes, and must not end this process."""

from __future__ import annotations

import contextlib
import faulthandler
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .heartbeat import TimeUp

NOT_ITS_OWN = (KeyboardInterrupt, TimeUp)
"""What is raised in the middle of a user's code by others. All else that comes out of it is its own, ``GeneratorExit`` and
``SystemExit`` too."""


@contextmanager
def process_kept() -> Iterator[None]:
    """Have ``os._exit`` raise ``SystemExit`` inside, in this process, and a native crash say which lines were executed."""
    exit_at_once, own = os._exit, os.getpid()

    def refuse(status: int) -> None:
        if os.getpid() != own:  # of a child that was forked: it is to end so
            exit_at_once(status)
        raise SystemExit(f"os._exit({status})")

    os._exit = refuse  # type: ignore[assignment]
    stop_telling = _tell_crashes()
    try:
        yield
    finally:
        os._exit = exit_at_once
        stop_telling()


def _tell_crashes() -> Callable[[], object]:
    """Have crashes told, unless somebody has that by now; return what ends it."""
    if not faulthandler.is_enabled():
        with contextlib.suppress(
            AttributeError, OSError, ValueError, RuntimeError
        ):  # a stream without a file
            faulthandler.enable(sys.stderr, all_threads=False)
            return faulthandler.disable
    return lambda: None
