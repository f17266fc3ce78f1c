"""Ctrl-C once: stop at the next epoch, or soon, with everything written. Twice: stop now."""

from __future__ import annotations

import _thread
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

ENDING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
"""Signals that ask a process to end; one that is ignored, as ``nohup`` has it, stays so."""
_AGAIN = 0.05
"""Seconds after which an interrupt that was lost comes again."""


def interrupt_on_all() -> None:
    """Have each of the signals raise ``KeyboardInterrupt``, so that whatever runs ends in order, with its children.

    One that arrives in a callback of the garbage collector, which Python would print and forget, comes again.
    """
    for number in ENDING:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler)
    if not isinstance(sys.unraisablehook, _Again):
        sys.unraisablehook = _Again(sys.unraisablehook)


class _Again:
    """Has an interrupt that was lost come again, and leaves all else to the hook that was there."""

    def __init__(self, otherwise: Callable[[UnraisableHookArgs], object]) -> None:
        self._otherwise = otherwise

    def __call__(self, lost: UnraisableHookArgs) -> None:
        if not issubclass(lost.exc_type, KeyboardInterrupt):
            self._otherwise(lost)
            return
        # From a thread, and later: at once it would be raised in here, where it is lost, too.
        timer = threading.Timer(_AGAIN, _send_again)
        timer.daemon = True
        timer.start()


def _send_again() -> None:
    """Send the main thread one of the signals that is not ignored; it ends what the thread waits for, too."""
    main = threading.main_thread().ident
    for number in ENDING:
        if main is not None and signal.getsignal(number) != signal.SIG_IGN:
            if hasattr(signal, "pthread_kill"):
                signal.pthread_kill(main, number)
            else:  # Windows
                _thread.interrupt_main(number)
            return


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
