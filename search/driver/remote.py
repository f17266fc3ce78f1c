"""What others wish of a driver, and what it says to them while it runs (``studies/control.py``)."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ...studies.control import State, Wish
from ...studies.records import ENDED
from ..progress import Progress

if TYPE_CHECKING:
    from ...studies.study_writer import StudyWriter

LOOK_SECONDS = 1.0
"""Between two looks for a wish."""
TELL_SECONDS = 2.0
"""Between two words of the driver, unless its state has changed."""


class Remote:
    """The driver's end of the channel."""

    def __init__(
        self,
        writer: StudyWriter,
        inherited: Wish | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin to listen.

        Args:
            writer: Of the study.
            inherited: What was wished of the driver that this one goes on for.
            clock: Seconds, of which only differences count.
        """
        self._writer = writer
        self._inherited = inherited
        self._clock = clock
        self._looked = self._told = -math.inf
        self._state = ""
        self._progress: Progress | None = None
        self._curves: dict[int, dict[int, float]] = {}
        """Trial that runs or is paused -> epoch -> the objective's mean over the folds that had begun."""

    def wish(self) -> Wish | None:
        """Return what somebody wishes by now; None where nobody does, or where it was looked a moment ago."""
        if self._clock() - self._looked < LOOK_SECONDS:
            return None
        self._looked = self._clock()
        inherited, self._inherited = self._inherited, None
        return self._writer.wish() or inherited

    def listen(self, progress: Progress) -> None:
        """Take the news; nothing is written, since Ctrl-C may bring it in the middle of another write."""
        if progress.epoch is not None:
            number, epoch, mean = progress.epoch
            self._curves.setdefault(number, {})[epoch] = mean
        if progress.ended is not None and progress.ended.state != "paused":
            self._curves.pop(progress.ended.number, None)
        self._progress = progress

    def speak(self) -> None:
        """Say how far the sweep is, if its state has changed, or the last word was long enough ago."""
        progress = self._progress
        if progress is None:
            return
        if progress.state != self._state or self._clock() - self._told >= TELL_SECONDS:
            self._state, self._told = progress.state, self._clock()
            self._writer.tell(self._status(progress))

    def _status(self, progress: Progress) -> dict[str, Any]:
        left = progress.seconds_left
        return {
            "state": progress.state,
            "told": round(time.time(), 1),
            "trials": int(progress.total) if math.isfinite(progress.total) else None,
            "begun": progress.begun,
            "ended": {state: getattr(progress, state) for state in (*ENDED, "paused")},
            "seconds": round(progress.seconds, 1),
            "seconds_left": None if left is None else round(left, 1),
            "running": [
                [
                    number,
                    epoch,
                    [[step, _digits(mean)] for step, mean in sorted(self._curves.get(number, {}).items())],
                ]
                for number, epoch in progress.running.items()
            ],
        }


def show_absence(writer: StudyWriter, state: Callable[[], State], change_to: Callable[[State], None]) -> None:
    """Have a sweep be ``waiting`` while its storage does not answer, and what it was before from then on."""
    before: list[State] = []

    def on_absence() -> None:
        before.append(state())
        change_to("waiting")

    def on_return() -> None:
        if state() == "waiting":  # else it has been stopped meanwhile
            change_to(before[-1])

    writer.watch_storage(on_absence, on_return)


def _digits(value: float) -> float:
    return float(f"{value:.6g}")
