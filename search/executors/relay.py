"""What a user's code prints in a worker, on its way to whoever launched: line by line, and bounded for each task."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from typing import Literal

from .messages import Printed

MAX_BYTES = 64 * 1024
"""Characters that a task may print; the rest is dropped, since nobody reads it and it would fill pipes and memory."""


class Relay:
    """Takes the place of ``sys.stdout`` and ``sys.stderr``."""

    def __init__(self, send: Callable[[Printed], None]) -> None:
        self._send = send
        self._left = MAX_BYTES
        self._lock = threading.RLock()
        self.stdout = _Stream(self, "stdout")
        self.stderr = _Stream(self, "stderr")

    def begin(self) -> None:
        """Let another task print."""
        self._left = MAX_BYTES

    def flush(self) -> None:
        """Send the line that a task has begun and not ended."""
        self.stdout.flush()
        self.stderr.flush()

    def pass_on(self, name: Literal["stdout", "stderr"], text: str) -> None:
        """Send a text, or as much of it as the task may still print."""
        with self._lock:
            if self._left <= 0 or not text:
                return
            self._left -= len(text)
            more = "" if self._left > 0 else "\n(what this trial prints further is not shown)\n"
            self._send(Printed(name, text[: self._left + len(text)] + more))


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
