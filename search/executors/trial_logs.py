"""What trials print, kept until they end: bounded, and as a terminal would have left it."""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import replace
from typing import Any, TextIO

from ...texts import end_of
from ...training.events import EpochEnded, Event

MOST = 8_000
"""Characters that are kept of what a trial prints: its last ones, since they tell how it ended."""
MOST_RAW = 8 * MOST
"""The same before progress bars, which a terminal would have written over, are taken out."""
_CONTROLS = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_REWRITTEN = re.compile(r"[^\n]*\r(?=[^\n])")


class TrialLogs:
    """By trial, as long as it is trained."""

    def __init__(self) -> None:
        self._texts: dict[int, str] = {}
        self._lock = threading.RLock()

    def add(self, number: int, text: str) -> None:
        """Take what a trial prints."""
        with self._lock:  # a model function may have threads
            self._texts[number] = (self._texts.get(number, "") + text)[-MOST_RAW:]

    def with_log(self, event: Event) -> Event:
        """Return an event with what its trial has printed, if it is trained no further."""
        if isinstance(event, EpochEnded):
            return event
        with self._lock:
            text = self._texts.pop(event.number, "")
        return replace(event, printed=bounded(text)) if text else event

    @contextmanager
    def taken_from_here(self, number: int) -> Iterator[None]:
        """Take what is printed in this process, and have it printed all the same."""
        out, err = _Tee(self, number, sys.stdout), _Tee(self, number, sys.stderr)
        with redirect_stdout(out), redirect_stderr(err):
            yield


class _Tee:
    """Takes the place of a stream, and is like it in all that is not said here."""

    def __init__(self, logs: TrialLogs, number: int, stream: TextIO) -> None:
        self._logs = logs
        self._number = number
        self._stream = stream

    def write(self, text: str, /) -> int:
        self._logs.add(self._number, text)
        return self._stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def bounded(text: str) -> str:
    """Return the end of what was printed, without what moves a cursor or colours a terminal."""
    text = _CONTROLS.sub("", _REWRITTEN.sub("", text.replace("\r\n", "\n"))).replace("\r", "")
    return end_of(text, MOST)
