"""What a user's code prints in a worker, on its way to whoever launched: line by line, and bounded for each task.

What a task prints beyond the bound is shown nowhere. The end of it goes to the trial's log all the same, since it tells
how the trial ended: whatever there is at most once a second, so that a process that dies takes little with it.
"""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable
from typing import Literal

from .messages import Logged, Printed
from .trial_logs import MOST_RAW

MAX_BYTES = 64 * 1024
"""Characters that a task may print; the rest is not shown, since nobody reads it and it would fill pipes and memory."""
LOG_SECONDS = 1.0
"""How often what is not shown goes to the log."""
NOT_SHOWN = "(what this trial prints further is not shown; its log keeps the end)"


class Relay:
    """Takes the place of ``sys.stdout`` and ``sys.stderr``."""

    def __init__(self, send: Callable[[Printed | Logged], None]) -> None:
        self._send = send
        self._left = MAX_BYTES
        self._unsent = ""
        self._sent = 0.0
        self._lock = threading.RLock()
        self.stdout = _Stream(self, "stdout")
        self.stderr = _Stream(self, "stderr")

    def begin(self) -> None:
        """Let another task print."""
        with self._lock:
            self._left, self._unsent = MAX_BYTES, ""

    def flush(self) -> None:
        """Send the line that a task has begun and not ended, and what is left for its log."""
        self.stdout.flush()
        self.stderr.flush()
        with self._lock:
            self._send_unsent()

    def pass_on(self, name: Literal["stdout", "stderr"], text: str) -> None:
        """Send a text, or as much of it as the task may still print, and keep the end of the rest."""
        with self._lock:
            shown, rest = text[: self._left], text[self._left :]
            self._left -= len(shown)
            if shown:
                more = "" if self._left else f"\n{NOT_SHOWN}\n"
                self._send(Printed(name, shown, more))
            if rest:
                self._unsent = (self._unsent + rest)[-MOST_RAW:]
                if time.monotonic() - self._sent > LOG_SECONDS:
                    self._send_unsent()

    def _send_unsent(self) -> None:
        if self._unsent:
            self._send(Logged(self._unsent))
            self._unsent, self._sent = "", time.monotonic()


class _Stream(io.TextIOBase):
    def __init__(self, relay: Relay, name: Literal["stdout", "stderr"]) -> None:
        super().__init__()
        self._relay = relay
        self._name: Literal["stdout", "stderr"] = name
        self._line = ""

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return "utf-8"

    def writable(self) -> bool:
        return True

    def write(self, text: str, /) -> int:
        whole, newline, rest = (self._line + text).rpartition("\n")
        self._line = rest
        if newline or len(rest) > MAX_BYTES:
            self._relay.pass_on(self._name, whole + newline)
        if len(rest) > MAX_BYTES:
            self.flush()
        return len(text)

    def flush(self) -> None:
        line, self._line = self._line, ""
        self._relay.pass_on(self._name, line)
