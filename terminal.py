"""Shows a running sweep: a live bar on a terminal, an output that changes in a notebook, plain lines elsewhere.

``verbose`` means what it means in Keras: 0 is silent, 2 writes a line a trial, 1 shows each epoch as well.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from .notebook import in_notebook, show_in_notebook
from .printing import make_console
from .search.progress import Progress, TrialLine
from .spaces import Configuration, short_text
from .studies.comparison import MAX_SHOWN
from .studies.control import State
from .studies.storage import PATIENCE_SECONDS
from .texts import count_text, duration_text, number_text, quantity_text

Listener = Callable[[Progress], None]
HANDFUL = 6
"""Hyperparameters of a large configuration in a trial's line."""
STATES: dict[State, str] = {
    "running": "Goes on.",
    "pausing": "Pausing at the next epoch.",
    "paused": "Paused; kerasweep resume goes on.",
    "waiting": f"The storage does not answer; it is waited for, up to {duration_text(PATIENCE_SECONDS)}.",
    "stopping": "Stopping at the next epoch; Ctrl-C again stops at once.",
}
"""What is said where a sweep's state changes."""


@contextmanager
def show_progress(
    verbose: int, console: Console | None = None, order: Sequence[str] = ()
) -> Iterator[Listener]:
    """Show a sweep while the context lasts; call what it yields after every event.

    Args:
        verbose: As in Keras.
        console: Where it is shown.
        order: Names of hyperparameters; where there are too many for a line, the first are shown.
    """
    console = console or make_console()
    if verbose == 0:
        yield lambda _: None
    elif in_notebook():
        with show_in_notebook(partial(_line, order=order), STATES, epochs=verbose == 1) as listen:
            yield listen
    elif console.is_terminal:
        with _live(console, order, epochs=verbose == 1) as listen:
            yield listen
    else:
        announced: list[State] = ["running"]

        def print_line(progress: Progress) -> None:
            if progress.state != announced[-1]:
                console.print(STATES[progress.state])
                announced.append(progress.state)
            _print_line(console, progress, order, epochs=verbose == 1)

        yield print_line


@contextmanager
def _live(console: Console, order: Sequence[str], *, epochs: bool) -> Iterator[Listener]:
    with Live(console=console, refresh_per_second=8, transient=True) as live:

        def listen(progress: Progress) -> None:
            if progress.ended is not None:
                live.console.print(_trial_text(progress.ended, progress, order, console.width))
                _print_notes(live.console, progress.ended)
            live.update(_bar(progress, epochs=epochs))

        yield listen


def _print_line(console: Console, progress: Progress, order: Sequence[str], *, epochs: bool) -> None:
    if progress.ended is not None:
        console.print(_trial_text(progress.ended, progress, order), soft_wrap=True)
        _print_notes(console, progress.ended)
    elif epochs and progress.epoch is not None:
        number, epoch, mean = progress.epoch
        console.print(f"trial {number}  epoch {epoch}  {number_text(mean)}", highlight=False)


def _print_notes(console: Console, line: TrialLine) -> None:
    """Print what a trial is the first to say."""
    for note in line.notes:
        console.print(Text(f"note: {note} (trial {line.number})", style="dim"), soft_wrap=True)


def _line(progress: Progress, order: Sequence[str]) -> str:
    return "" if progress.ended is None else _trial_text(progress.ended, progress, order).plain


def _trial_text(
    line: TrialLine, progress: Progress, order: Sequence[str] = (), width: int | None = None
) -> Text:
    """Return one line: how far the sweep is, how the trial ended, its configuration or as much of it as fits."""
    total = f"/{int(progress.total)}" if math.isfinite(progress.total) else ""
    which = "" if line.continues is None else f" (trial {line.continues}, trained on)"
    text = Text(f"[{progress.begun}{total}] trial {line.number}{which}  ")
    if line.state == "failed":
        text.append(f"failed: {line.message}", style="red")
    elif line.state == "paused":
        folds = count_text(line.folds, "fold")
        text.append(f"paused at {number_text(line.value)}, epoch {line.epochs} of {folds}", style="dim")
    elif line.state == "pruned" and line.message:
        text.append(f"pruned, infeasible: {line.message}", style="yellow")
    elif line.state == "pruned" and line.broken:
        text.append(f"pruned, not trained: {'; '.join(line.broken)}", style="yellow")
    elif line.state == "pruned":
        text.append(f"pruned at {number_text(line.value)}, epoch {line.epochs}", style="dim")
    else:
        is_best = progress.best is not None and progress.best.number == line.number
        text.append(number_text(line.value), style="bold green" if is_best else "bold")
        for name, value in line.further_values.items():
            text.append(f"  {name} {quantity_text(value)}", style="bold")
        text.append(" best so far" if is_best else "", style="green")
        if line.broken:
            text.append(f"  infeasible: {'; '.join(line.broken)}", style="yellow")
        text.append(f"  epochs {line.epochs}  {duration_text(line.seconds)}")
    room = None if width is None else width - text.cell_len - 2
    text.append("  " + configuration_text(line.configuration, order, room), style="dim")
    return text


def configuration_text(
    configuration: Configuration, order: Sequence[str] = (), room: int | None = None
) -> str:
    """Return a configuration as ``name=value`` words; of a large one a handful, and how many more there are.

    Args:
        configuration: The configuration.
        order: Names, those to be shown first; a name that it lacks comes last.
        room: Cells that the words of a large configuration may take; unbounded where None.
    """
    words = {name: f"{name}={short_text(value)}" for name, value in configuration.items()}
    if len(words) <= MAX_SHOWN:
        return " ".join(words.values())
    places = {name: place for place, name in enumerate(order)}
    chosen = sorted(words, key=lambda name: places.get(name, len(places)))[:HANDFUL]
    text = _with_rest(words, chosen)
    while room is not None and chosen and cell_len(text) > room:
        chosen.pop()
        text = _with_rest(words, chosen)
    return text


def _with_rest(words: dict[str, str], chosen: Sequence[str]) -> str:
    rest = len(words) - len(chosen)
    shown = " ".join(word for name, word in words.items() if name in chosen)
    return f"{shown} and {rest} more" if shown else count_text(rest, "hyperparameter")


def _bar(progress: Progress, *, epochs: bool) -> RenderableType:
    total = progress.total if math.isfinite(progress.total) else None
    grid = Table.grid(padding=(0, 1))
    best = (
        ""
        if progress.best is None
        else f"best {number_text(progress.best.value)} (trial {progress.best.number})"
    )
    left = progress.seconds_left
    words = [
        f"{progress.begun}/{int(total)} trials" if total else f"{progress.begun} trials",
        *progress.unlike_complete,
        best,
        count_text(progress.epochs, "epoch"),
        duration_text(progress.seconds),
        "" if left is None else f"about {duration_text(left)} left",
    ]
    if progress.state != "running":
        words = [STATES[progress.state]]
    grid.add_row(
        ProgressBar(total=total or 1, completed=progress.begun, width=20, pulse=total is None),
        Text(" · ".join(word for word in words if word)),
    )
    if not epochs or not progress.running:
        return grid
    lines = [
        Text(f"  trial {number}: epoch {epoch}", style="dim") for number, epoch in progress.running.items()
    ]
    return Group(*lines, grid)
