"""A pipe to the driver, for all threads of a process."""

from __future__ import annotations

import pickle
import threading
from typing import IO, Any


class Outgoing:
    """Sends messages whole, whichever thread of a user's code prints meanwhile."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self._lock = threading.RLock()  # a collected object may warn in the middle of a message

    def send(self, message: Any) -> None:
        """Send a message."""
        with self._lock:
            pickle.dump(message, self._pipe)
            self._pipe.flush()
