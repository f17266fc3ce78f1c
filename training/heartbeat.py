"""Heartbeats: what builds or trains reports that it is alive, so that whoever waits for it can tell work from a hang."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SECONDS = 1.0
"""Between two signs at least."""
BUILD_SECONDS = 10.0
"""In which a model may be built at least."""


class _Heartbeat:
    """Where signs of this process go: nowhere, unless somebody listens."""

    def __init__(self) -> None:
        self.listener: Callable[[], object] | None = None
        self.last = 0.0
        self.limit: float | None = None
        """Seconds of silence after which this process gives up."""


class TimeUp(BaseException):
    """Not an ``Exception``, which a user's code may catch and go on."""


_heartbeat = _Heartbeat()


def listen(callback: Callable[[], object] | None) -> None:
    """Have a function called for the signs of this process, or nothing any more."""
    _heartbeat.listener = callback


def beat() -> None:
    """Say that something was built or trained, however little."""
    if _heartbeat.listener is None or time.monotonic() - _heartbeat.last < SECONDS:
        return
    _heartbeat.last = time.monotonic()
    _heartbeat.listener()


def building_seconds(trial: float | None, sweep: float | None) -> float | None:
    """Return how long a model may take to be built, by the limits of a trial and of a sweep; None for ever.

    However short a sweep may be, what runs for the first time in a process takes its time.
    """
    limits = (trial, None if sweep is None else max(sweep, BUILD_SECONDS))
    return min((limit for limit in limits if limit is not None), default=None)


@contextmanager
def pause_limit() -> Iterator[None]:
    """Let a time pass that is no silence of a user's code, such as an import."""
    if _heartbeat.limit is None:
        yield
        return
    signal.setitimer(signal.ITIMER_REAL, 0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, _heartbeat.limit, _heartbeat.limit)


@contextmanager
def limit_silence(seconds: float | None, error: Exception) -> Iterator[None]:
    """Raise an error once there was no sign of life for so many seconds; None waits for ever.

    Python's code is interrupted wherever it is, if this is the main thread of a system with timers. What hangs in a
    library's native code is not.
    """
    if (
        seconds is None
        or not hasattr(signal, "setitimer")
        or threading.current_thread() is not threading.main_thread()
    ):
        yield
        return

    def give_up(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the interpreter's contract
        raise TimeUp

    handler = signal.signal(signal.SIGALRM, give_up)
    # It rings again and again: a function may catch what it is interrupted by.
    timer = signal.setitimer(signal.ITIMER_REAL, seconds, seconds)
    _heartbeat.limit = seconds
    listen(lambda: signal.setitimer(signal.ITIMER_REAL, seconds, seconds))
    try:
        yield
    except TimeUp:
        raise error from None
    finally:
        listen(None)
        _heartbeat.limit = None
        signal.setitimer(signal.ITIMER_REAL, *timer)
        signal.signal(signal.SIGALRM, handler)
