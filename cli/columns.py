"""Tables of configurations: as many hyperparameters as can be read, and how many are left out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from rich.cells import cell_len
from rich.table import Table

from ..printing import make_console
from ..spaces import Configuration, Value, short_text
from ..studies.comparison import MAX_SHOWN, informative_names, names_of
from ..texts import ABSENT
from .tables import NONE, WIDE, print_table, table

_GAP = 3
"""Cells between two columns."""


@dataclass(frozen=True)
class Rows:
    """Configurations, one a row, with what stands to their left and right: heading -> a text for each row."""

    configurations: Sequence[Configuration]
    left: Mapping[str, Sequence[str]]
    right: Mapping[str, Sequence[str]] = field(default_factory=dict)
    text: Callable[[Value], str] = short_text

    def that_fit(self, width: int | None, first: Collection[str] = ()) -> list[str]:
        """Return the hyperparameters that are shown, in the space's order: all where there is room for all.

        Else those that differ between the rows, the most informative first, as long as there is room.

        Args:
            width: Cells of the terminal; None where there is none, and at most ``MAX_SHOWN`` are shown.
            first: Names that are shown before others.
        """
        names = names_of(self.configurations)
        most = MAX_SHOWN if width is None else len(names)
        room = (WIDE if width is None else width) - self._taken()
        widths = {name: self._width(name) for name in names}
        if len(names) <= most and sum(widths.values()) <= room:
            return names
        chosen: set[str] = set()
        for name in informative_names(self.configurations, first):
            if len(chosen) < most and widths[name] <= room:
                chosen.add(name)
                room -= widths[name]
        return [name for name in names if name in chosen]

    def _taken(self) -> int:
        columns = [*self.left.items(), *self.right.items()]
        return sum(
            _GAP + max(cell_len(text) for text in (heading.lstrip(">"), *texts)) for heading, texts in columns
        )

    def _width(self, name: str) -> int:
        texts = (self.text(one[name]) if name in one else ABSENT for one in self.configurations)
        return _GAP + max(cell_len(name), *map(cell_len, texts))

    def as_table(self, title: str, names: Sequence[str], *, winner: bool = False) -> Table:
        """Return the table with these hyperparameters; the first row stands out where it is the winner's."""
        made = table(title, *self.left, *names, *self.right)
        for position, configuration in enumerate(self.configurations):
            values = [self.text(configuration[name]) if name in configuration else None for name in names]
            left, right = ([texts[position] for texts in side.values()] for side in (self.left, self.right))
            cells = [NONE if cell in (None, ABSENT) else cell for cell in (*left, *values, *right)]
            made.add_row(*cells, style="bold" if winner and position == 0 else "")
        return made


def print_rows(
    title: str, rows: Rows, first: Collection[str], how_to_see_all: str, *, winner: bool = False
) -> None:
    """Print a table of configurations, and below it what was left out and which command shows it.

    Args:
        title: What the table shows.
        rows: The configurations.
        first: Hyperparameters that are shown before others.
        how_to_see_all: The end of a sentence.
        winner: Whether the first row is the winner's.
    """
    console = make_console()
    names = rows.that_fit(console.width if console.is_terminal else None, first)
    print_table(rows.as_table(title, names, winner=winner))
    every = len(names_of(rows.configurations))
    if len(names) < every:
        console.print(
            f"{every - len(names)} of {every} hyperparameters are not shown; {how_to_see_all}",
            style="dim",
            soft_wrap=True,
        )
