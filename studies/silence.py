"""How long a driver elsewhere gives no sign, by the clock of whoever takes it for dead.

A beat says when it was by the database's clock. Where that is set, by hours, all beats are old or yet to come until their
drivers beat again. So nobody is taken for dead by what a beat says alone.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from .lock import BEAT, BEAT_SECONDS

WATCH_SECONDS = 2 * BEAT_SECONDS
"""For which a beat must not have changed."""


class Silences:
    """What one process has seen of other drivers' beats."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[float, float]] = {}
        """Token of a driver -> its last beat, and when that was seen first."""

    def is_long(self, driver: Mapping[str, Any]) -> bool:
        """Note a driver's last beat; tell whether it has been the same for long."""
        now, beat = time.monotonic(), driver[BEAT]
        known, since = self._seen.get(driver["token"], (None, now))
        if known != beat:
            since = now
            self._seen[driver["token"]] = (beat, now)
        return now - since >= WATCH_SECONDS
