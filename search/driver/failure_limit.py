"""When a sweep is given up because its trials fail: something is wrong that no other configuration would mend."""

from __future__ import annotations

from dataclasses import dataclass

from ...errors import SweepError
from ...texts import count_text
from ...training.events import OUT_OF_MEMORY, TrialFailed, TrialInfeasible

MOST_FAILURES = 10
"""Trials that fail in a row, in one way, until the sweep is given up, where nothing else is asked for."""
MOST_FIRST_FAILURES = 3
"""As many suffice, in whatever ways, where no trial of the study has been scored yet."""
UNSCORED = 5
"""Where none has been, and trials end for their configurations' sake as well, it takes so many times as many."""
OF_CONFIGURATIONS = ("diverged", OUT_OF_MEMORY)
"""Kinds of failures that the search learns from: others of its configurations may do."""


@dataclass(frozen=True)
class _Cause:
    """How a trial failed; two that are equal failed in the same way."""

    kind: str
    origin: str

    def __str__(self) -> str:
        return self.origin or self.kind


class FailureLimit:
    """Counts the trials of this run that fail one after the other, in the order in which they end."""

    def __init__(self, most: int | None = MOST_FAILURES) -> None:
        """Begin with none.

        Args:
            most: In a row, in one way; None to go on whatever fails.
        """
        self._most = most
        self._cause: _Cause | None = None
        self._alike = 0
        """In this way, in a row."""
        self._failed = 0
        """In any way that is not a configuration's, since one was scored."""
        self._unscored = 0
        """Trials that ended, whatever the reason, since one was scored."""

    def succeed(self) -> None:
        """Note that a trial was scored, or paused with a score."""
        self._cause, self._alike, self._failed, self._unscored = None, 0, 0, 0

    def fail(self, event: TrialFailed | TrialInfeasible, *, scored: bool) -> None:
        """Note that a trial was not scored.

        One that ends for its configuration's sake says nothing of those before and after it. It counts only where none has
        been scored.

        Args:
            event: How it ended.
            scored: Whether any trial of the study has been scored.

        Raises:
            SweepError: These are enough; with the traceback of the last one as a note.
        """
        self._unscored += 1
        if isinstance(event, TrialFailed) and event.kind not in OF_CONFIGURATIONS:
            cause = _Cause(event.kind, event.origin)
            self._alike = self._alike + 1 if cause == self._cause else 1
            self._cause = cause
            self._failed += 1
        text = self._why_give_up(event, scored=scored)
        if text:
            raise _with_traceback(SweepError(text), event)

    def _why_give_up(self, event: TrialFailed | TrialInfeasible, *, scored: bool) -> str:
        if self._most is None:
            return ""
        last = f"Trial {event.number}: {event.message}."
        if not scored and self._failed >= min(self._most, MOST_FIRST_FAILURES):
            if self._failed == 1:
                return f"The first trial failed: {event.message}."
            return f"The first {self._failed} trials all failed; the last: {event.message}."
        if self._alike >= self._most:
            return f"{count_text(self._alike, 'trial')} in a row failed in the same way ({self._cause}). {last} {_ADVICE}"
        if not scored and self._unscored >= UNSCORED * self._most:
            return f"None of the first {self._unscored} trials could be scored. {last} {_ADVICE}"
        return ""


_ADVICE = "Once that is mended, kerasweep resume goes on; --max-failures none goes on whatever fails."


def _with_traceback(error: SweepError, event: TrialFailed | TrialInfeasible) -> SweepError:
    if isinstance(event, TrialFailed) and event.traceback.strip():
        error.add_note(event.traceback.rstrip())
    return error
