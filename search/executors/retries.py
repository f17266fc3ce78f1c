"""What becomes of a trial whose worker died: it is trained again, or given up, by how its workers died."""

from __future__ import annotations

import signal
from collections import Counter
from dataclasses import dataclass

from ...training.events import TrialFailed

OWN_DEATHS = 2
"""With so many deaths of workers that a trial may have caused itself it is given up."""
OUTSIDE_DEATHS = 3
"""With so many deaths of workers that were ended from outside it is: they may be its fault after all."""


@dataclass(frozen=True)
class Death:
    """How a worker died that trained a trial."""

    cause: str
    """Goes on "its worker died twice, ..."."""
    from_outside: bool = False
    """Whether it is known that somebody ended the worker, or its machine, for no reason of the trial's."""
    log: str = ""
    """The last that the worker wrote."""

    @classmethod
    def of_process(cls, code: int, log: str = "") -> Death:
        """Return the death of a process with an exit code, as ``subprocess`` tells it."""
        if code == -getattr(signal, "SIGKILL", 9):
            return cls("killed by the system, most likely for want of memory", log=log)
        if code < 0:
            return cls(f"by signal {-code}", log=log)
        return cls(f"with exit code {code}", log=log)


class Retries:
    """Counts the deaths of trials' workers, whoever carries them, and says which trials are trained again."""

    def __init__(self) -> None:
        self._own: Counter[int] = Counter()
        self._outside: Counter[int] = Counter()

    def after(self, number: int, death: Death) -> TrialFailed | None:
        """Take note that a trial's worker died; return how it failed, or None if it is trained again."""
        deaths, most = (self._outside, OUTSIDE_DEATHS) if death.from_outside else (self._own, OWN_DEATHS)
        deaths[number] += 1
        if deaths[number] < most:
            return None
        times = self._own[number] + self._outside[number]
        self.forget(number)
        return TrialFailed(number, "crash", f"its worker died {times} times, {death.cause}", death.log)

    def forget(self, number: int) -> None:
        """Forget the deaths of a trial that has ended, or was paused: it may be trained on under its number."""
        self._own.pop(number, None)
        self._outside.pop(number, None)
