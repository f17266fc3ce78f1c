"""Shows a running sweep in a notebook: one output that changes, however many trials there are."""

from __future__ import annotations

import importlib
import math
import sys
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from html import escape
from typing import Any

from .search.progress import Progress
from .texts import count_text, duration_text, number_text

LATEST = 5
"""Trials that are shown of those that have ended."""
REDRAW_SECONDS = 0.5
"""Between two changes of the output."""


def in_notebook() -> bool:
    """Tell whether a Jupyter kernel runs this code, in Jupyter, Colab or an editor."""
    module = sys.modules.get("IPython")
    shell = None if module is None else module.get_ipython()
    return getattr(shell, "kernel", None) is not None


def prepare_notebook() -> None:
    """Import in a notebook what Optuna does, without its word about widgets that are not installed: none of them is used."""
    if not in_notebook():
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        importlib.import_module("tqdm.auto")


@contextmanager
def show_in_notebook(
    trial_text: Callable[[Progress], str], states: dict[Any, str], *, epochs: bool
) -> Iterator[Callable[[Progress], None]]:
    """Show a sweep while the context lasts; call what it yields after every event.

    Args:
        trial_text: Returns the line of the trial that has just ended.
        states: What is said in which state of the sweep.
        epochs: Whether running trials are shown.
    """
    from IPython.display import HTML, display

    handle = display(HTML("<p>Starting ...</p>"), display_id=True)
    widget = _Widget(trial_text, states, epochs=epochs)
    last = [-math.inf]

    def listen(progress: Progress) -> None:
        widget.take(progress)
        if time.monotonic() - last[0] >= REDRAW_SECONDS:
            last[0] = time.monotonic()
            handle.update(HTML(widget.html()))

    try:
        yield listen
    finally:
        handle.update(HTML(widget.html()))


class _Widget:
    """What the output shows."""

    def __init__(
        self, trial_text: Callable[[Progress], str], states: dict[Any, str], *, epochs: bool
    ) -> None:
        self._trial_text = trial_text
        self._states = states
        self._epochs = epochs
        self._latest: deque[str] = deque(maxlen=LATEST)
        self._notes: list[str] = []
        self._means: dict[int, float] = {}
        self._progress: Progress | None = None

    def take(self, progress: Progress) -> None:
        self._progress = progress
        if progress.epoch is not None:
            self._means[progress.epoch[0]] = progress.epoch[2]
        if progress.ended is not None:
            self._latest.append(self._trial_text(progress))
            self._notes += [f"note: {note} (trial {progress.ended.number})" for note in progress.ended.notes]

    def html(self) -> str:
        progress = self._progress
        if progress is None:
            return "<p>Nothing was trained.</p>"
        bounded = math.isfinite(progress.total)
        bar = (
            f'<progress value="{progress.begun}" max="{int(progress.total)}"></progress> ' if bounded else ""
        )
        lines = [*self._latest, *(self._running(progress) if self._epochs else ()), *self._notes]
        return (
            f"<div>{bar}{escape(' · '.join(self._words(progress)))}</div>"
            f'<pre style="margin: 0.4em 0; white-space: pre-wrap">{escape(chr(10).join(lines))}</pre>'
        )

    def _words(self, progress: Progress) -> Sequence[str]:
        if progress.state != "running":
            return [self._states[progress.state]]
        best, left = progress.best, progress.seconds_left
        over = not progress.running
        words = [
            f"{progress.begun}/{int(progress.total)} trials"
            if math.isfinite(progress.total)
            else count_text(progress.begun, "trial"),
            *progress.unlike_complete,
            "" if best is None else f"best {number_text(best.value)} (trial {best.number})",
            duration_text(progress.seconds),
            "" if left is None or over else f"about {duration_text(left)} left",
        ]
        return [word for word in words if word]

    def _running(self, progress: Progress) -> Iterator[str]:
        for number, epoch in progress.running.items():
            mean = f", {number_text(self._means[number])}" if number in self._means else ""
            yield f"trial {number}: epoch {epoch}{mean}"
