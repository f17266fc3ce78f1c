"""A table of contestants: a row each, a column a figure, or its ratio to another contestant's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from figures import Figures, Value, ratio


@dataclass(frozen=True)
class Column:
    """One column: a figure, or its ratio to another contestant's."""

    heading: str
    value: str | Value
    unit: str = ""
    against: str | None = None
    """A contestant; the cell is this row's figure divided by its own ``base``."""
    base: str | Value | None = None
    """The figure of ``against``, where it is another one than ``value``."""


def table(figures: Figures, work: str, labels: dict[str, str], columns: Sequence[Column]) -> list[str]:
    """Return a table with a row a contestant; one that was not measured says why."""
    lines = [
        f"| | {' | '.join(column.heading for column in columns)} |",
        f"| --- |{' ---: |' * len(columns)}",
    ]
    for name, label in labels.items():
        problem = figures.problem(work, name)
        cells = [problem] if problem else []
        if not problem:
            cells = [_cell(figures, work, name, column) for column in columns]
        cells += [""] * (len(columns) - len(cells))
        lines.append(f"| {label} | {' | '.join(cells)} |")
    return [*lines, ""]


def _cell(figures: Figures, work: str, name: str, column: Column) -> str:
    found = figures.range(work, name, column.value)
    if column.against is not None:
        found = ratio(found, figures.range(work, column.against, column.base or column.value))
    return "–" if found is None else found.text(column.unit)


PROCESS = Column("whole process", "process_seconds", " s")
TRIALS = Column("trials", "trials")
