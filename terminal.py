"""Shows a running sweep: a live bar on a terminal, plain lines elsewhere.

``verbose`` means what it means in Keras: 0 is silent, 2 writes a line a trial, 1 shows each epoch as well.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from .search.progress import Progress, TrialLine
from .spaces import short_text
from .texts import count_text, duration_text, number_text

Listener = Callable[[Progress], None]
STOPPING = "Stopping at the next epoch; Ctrl-C again stops at once."


@contextmanager
def show_progress(verbose: int, console: Console | None = None) -> Iterator[Listener]:
    """Show a sweep while the context lasts; call what it yields after every event."""
    console = console or Console()
    if verbose == 0:
        yield lambda _: None
    elif console.is_terminal:
        with _live(console, epochs=verbose == 1) as listen:
            yield listen
    else:
        told: list[bool] = []

        def print_line(progress: Progress) -> None:
            if progress.stopping and not told:
                console.print(STOPPING)
                told.append(True)
            _print_line(console, progress, epochs=verbose == 1)

        yield print_line


@contextmanager
def _live(console: Console, *, epochs: bool) -> Iterator[Listener]:
    with Live(console=console, refresh_per_second=8, transient=True) as live:

        def listen(progress: Progress) -> None:
            if progress.ended is not None:
                live.console.print(_trial_text(progress.ended, progress))
            live.update(_bar(progress, epochs=epochs))

        yield listen


def _print_line(console: Console, progress: Progress, *, epochs: bool) -> None:
    if progress.ended is not None:
        console.print(_trial_text(progress.ended, progress), soft_wrap=True)
    elif epochs and progress.epoch is not None:
        number, epoch, mean = progress.epoch
        console.print(f"trial {number}  epoch {epoch}  {number_text(mean)}", highlight=False)


def _trial_text(line: TrialLine, progress: Progress) -> Text:
    """Return one line: how far the sweep is, how the trial ended, its configuration."""
    total = f"/{int(progress.total)}" if math.isfinite(progress.total) else ""
    text = Text(f"[{progress.done}{total}] trial {line.number}  ")
    if line.state == "failed":
        text.append(f"failed: {line.message}", style="red")
    elif line.state == "pruned":
        text.append(f"pruned at {number_text(line.value)}, epoch {line.epochs}", style="dim")
    else:
        is_best = progress.best is not None and progress.best.number == line.number
        text.append(number_text(line.value), style="bold green" if is_best else "bold")
        text.append(" best so far" if is_best else "", style="green")
        text.append(f"  epochs {line.epochs}  {duration_text(line.seconds)}")
    text.append("  " + configuration_text(line), style="dim")
    return text


def configuration_text(line: TrialLine) -> str:
    """Return a configuration as ``name=value`` words."""
    return " ".join(f"{name}={short_text(value)}" for name, value in line.configuration.items())


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
        f"{progress.done}/{int(total)} trials" if total else f"{progress.done} trials",
        f"{progress.pruned} pruned",
        f"{progress.failed} failed",
        best,
        count_text(progress.epochs, "epoch"),
        duration_text(progress.seconds),
        "" if left is None else f"about {duration_text(left)} left",
    ]
    if progress.stopping:
        words = [STOPPING]
    grid.add_row(
        ProgressBar(total=total or 1, completed=progress.done, width=20, pulse=total is None),
        Text(" · ".join(word for word in words if word)),
    )
    if not epochs or not progress.running:
        return grid
    lines = [
        Text(f"  trial {number}: epoch {epoch}", style="dim") for number, epoch in progress.running.items()
    ]
    return Group(*lines, grid)
