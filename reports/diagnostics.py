"""What helps to find a fault: trials that failed, by reason, and the winner's model."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from ..errors import one_line
from ..texts import count_text, numbers_text
from .cards import Content, Row, Table, card, columns_of, not_yet

if TYPE_CHECKING:
    from .view import StudyView


@card("failures", "Failures", "Diagnostics")
def failures(view: StudyView) -> Content:
    """Group failed trials by reason."""
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for trial in view.trials:
        if trial.failed:
            reason = (
                str(trial.failure.get("kind", "unknown")),
                str(trial.failure.get("message", "no reason was kept")),
            )
            groups[reason].append(trial.number)
    ended = view.study.trained
    if not groups:
        return Content("No trial failed." if ended else "No trial has ended yet.")
    failed = sum(len(numbers) for numbers in groups.values())
    rows = tuple(
        Row((kind, one_line(message), f"{len(numbers):,}", numbers_text(numbers, most=12)))
        for (kind, message), numbers in sorted(groups.items(), key=lambda group: -len(group[1]))
    )
    columns = columns_of("Kind", "Reason", ">Trials", "Numbers")
    kinds = ", ".join(dict.fromkeys(row.cells[0] for row in rows))
    reading = f"{failed:,} of {count_text(ended, 'trial')} failed: {kinds}."
    return Content(reading, Table("Failed trials by reason", columns, rows))


@card("model", "The winner's model", "Diagnostics")
def model(view: StudyView) -> Content:
    """Show the winner's ``summary()``."""
    winner = view.winner
    if winner is None:
        return not_yet("no trial is complete.")
    details = view.details.get(winner.number)
    if details is None or not details.summary:
        return Content(f"Trial {winner.number} keeps no summary of its model.", ready=False)
    size = f" has {winner.parameters:,} parameters" if winner.parameters else ""
    epochs = (
        f"{' and' if size else ''} is trained for {count_text(winner.epochs, 'epoch')}"
        if winner.epochs
        else ""
    )
    reading = f"The model of trial {winner.number}{size}{epochs}."
    return Content(reading, text=details.summary, note=" ".join(details.notes))
