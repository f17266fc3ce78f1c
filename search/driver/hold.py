"""A sweep that is held: trials wait at the end of their epochs, and the time of the budget with them."""

from __future__ import annotations

from ..executors.contract import Executor
from .stopwatch import Stopwatch


class Hold:
    """Holds workers and the clock together."""

    def __init__(self, executor: Executor, watch: Stopwatch) -> None:
        self._executor = executor
        self._watch = watch
        self.on = False

    def hold(self) -> None:
        """Have all trials wait at the end of their epochs."""
        self.on = True
        self._watch.hold()
        self._executor.hold()

    def release(self) -> None:
        """Have them train on, if they were held."""
        if self.on:
            self.on = False
            self._watch.release()
            self._executor.release()

    @property
    def is_held(self) -> bool:
        """Whether all trials have come to where they are held."""
        return self.on and self._executor.is_held
