"""A clock that stands still while a sweep is paused, so that a pause costs no budget of time."""

from __future__ import annotations

from collections.abc import Callable


class Stopwatch:
    """Seconds of another clock, without those in which it was held; only differences count."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._away = 0.0
        """Seconds in which it was held."""
        self._since: float | None = None

    def __call__(self) -> float:
        """Return the time."""
        return (self._now() if self._since is None else self._since) - self._away

    def hold(self) -> None:
        """Stand still."""
        if self._since is None:
            self._since = self._now()

    def release(self) -> None:
        """Go on from where it stood still."""
        if self._since is not None:
            self._away += self._now() - self._since
            self._since = None

    def _now(self) -> float:
        return self._clock()
