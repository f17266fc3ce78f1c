"""Ctrl-C once: stop at the next epoch, or soon, with everything written. Twice: stop now."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

ENDING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
"""Signals that ask a process to end; one that is ignored, as ``nohup`` has it, stays so."""


def interrupt_on_all() -> None:
    """Have each of the signals raise ``KeyboardInterrupt``, so that whatever runs ends in order, with its children."""
    for number in ENDING:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler)


@contextmanager
def graceful_interrupt(stop: Callable[[], None]) -> Iterator[None]:
    """Call ``stop`` at the first SIGINT, SIGTERM or SIGHUP; a second one raises ``KeyboardInterrupt``.

    Outside the main thread signals cannot be caught, and nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def on_signal(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the interpreter's contract
        for caught in previous:
            signal.signal(caught, signal.default_int_handler)
        stop()

    previous = {
        number: signal.getsignal(number) for number in ENDING if signal.getsignal(number) != signal.SIG_IGN
    }
    for number in previous:
        signal.signal(number, on_signal)
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
