"""What becomes of a trial whose worker died: it is trained again, or given up, by how its workers died."""

from __future__ import annotations

import signal
from collections import Counter
from dataclasses import dataclass

from ...training.events import OUT_OF_MEMORY, TrialFailed

RETRIES = 1
"""How often a trial is trained again after it ended its worker, where nothing else is asked for."""
OUTSIDE_DEATHS = 3
"""With so many deaths of workers that were ended from outside it is given up at the earliest: they may be its fault after all."""
_FROM_OUTSIDE = ("SIGKILL", "SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT", "SIGXCPU")
"""Signals that no fault in a program raises: somebody sends them, or the system does by a limit."""


@dataclass(frozen=True)
class Death:
    """How a worker died that trained a trial."""

    cause: str
    """Goes on "its worker died twice, ..."."""
    from_outside: bool = False
    """Whether it is known that somebody ended the worker, or its machine, for no reason of the trial's."""
    log: str = ""
    """The last that the worker wrote."""
    kind: str = "crash"
    """Of the failure, where it is one: ``crash``, or ``memory``."""
    final: bool = False
    """Whether the trial would end its next worker, too: it alone was in this one."""

    @classmethod
    def of_process(cls, code: int, log: str = "", *, memory: bool = False) -> Death:
        """Return the death of a process.

        Args:
            code: Its exit code, as ``subprocess`` tells it: a signal's number below zero.
            log: The last that it wrote.
            memory: Whether the kernel says that it ended a process for want of memory meanwhile.
        """
        if code >= 0:
            return cls(f"by its own exit, with code {code}", log=log)
        name = _name_of(-code)
        if name == "SIGKILL" and memory:
            return cls("killed by the system for want of memory", log=log, kind=OUT_OF_MEMORY)
        if name in _FROM_OUTSIDE:
            return cls(f"ended from outside by {name}", from_outside=True, log=log)
        return cls(f"by {name} ({(signal.strsignal(-code) or 'unknown').lower()})", log=log)


class Retries:
    """Counts the deaths of trials' workers, whoever carries them, and says which trials are trained again."""

    def __init__(self, retries: int = RETRIES) -> None:
        """Prepare to count.

        Args:
            retries: How often a trial is trained again after it ended its worker.
        """
        self._most_own, self._most_outside = retries + 1, max(retries + 1, OUTSIDE_DEATHS)
        self._own: Counter[int] = Counter()
        self._outside: Counter[int] = Counter()

    def after(self, number: int, death: Death) -> TrialFailed | None:
        """Take note that a trial's worker died; return how it failed, or None if it is trained again."""
        deaths, most = (
            (self._outside, self._most_outside) if death.from_outside else (self._own, self._most_own)
        )
        deaths[number] += 1
        if deaths[number] < most and not death.final:
            return None
        times = self._own[number] + self._outside[number]
        self.forget(number)
        often = "" if times == 1 else f" {times} times"
        what = "out of memory: " if death.kind == OUT_OF_MEMORY else ""
        return TrialFailed(
            number,
            death.kind,
            f"{what}its worker died{often}, {death.cause}",
            death.log,
            origin=f"its worker died, {death.cause}",
        )

    def forget(self, number: int) -> None:
        """Forget the deaths of a trial that has ended, or was paused: it may be trained on under its number."""
        self._own.pop(number, None)
        self._outside.pop(number, None)


def _name_of(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
