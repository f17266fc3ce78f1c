"""How long a driver waits for a storage that does not answer, as a server that is restarted, before it gives the sweep up."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import SQLAlchemyError

from .faults import is_passing
from .storage import PATIENCE_SECONDS

FIRST_SECONDS, LONGEST_SECONDS = 0.25, 15.0
"""Between two attempts, at first and at most; each time it is twice as long."""
LOOK_SECONDS = 0.1
"""How soon one who waits finds out that nobody wants it any more."""
T = TypeVar("T")


def _silent() -> None:
    pass


class Patience:
    """Of one driver. What it waited for has passed only when something is written again: a locked file can be read."""

    def __init__(self) -> None:
        self.on_absence: Callable[[], None] = _silent
        """Called when a storage begins not to answer."""
        self.on_return: Callable[[], None] = _silent
        """Called once something is written again."""
        self._since: float | None = None
        self._pause = FIRST_SECONDS
        self._lost = False

    def run(self, work: Callable[[], T]) -> T:
        """Do what may be done anew after it failed, until it succeeds or the time is up."""
        while True:
            try:
                return work()
            except SQLAlchemyError as error:
                self.endure(error)

    def endure(self, error: SQLAlchemyError) -> None:
        """Wait until it is time for another attempt; raise the error again where that is of no use."""
        if not is_passing(error) or self._lost:
            raise error
        now = time.monotonic()
        if self._since is None:
            self._since, self._pause = now, FIRST_SECONDS
            self.on_absence()
        if now - self._since > PATIENCE_SECONDS:
            self._lost = True
        try:
            self._sleep(now + self._pause)
        except BaseException:
            self._lost = True  # whoever cannot wait now does not want to when all is tidied up
            raise
        self._pause = min(2 * self._pause, LONGEST_SECONDS)

    def calm(self) -> None:
        """Note that something was written."""
        if self._since is not None:
            self._since = None
            self.on_return()

    def give_up(self) -> None:
        """Wait no longer for a storage that does not answer at this moment. Called in a signal's handler, too."""
        if self._since is not None:
            self._lost = True

    def _sleep(self, until: float) -> None:
        while not self._lost and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, LOOK_SECONDS))
