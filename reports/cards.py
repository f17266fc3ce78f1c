"""A report is a list of cards: a title, a one-line reading of it, a table, figures.

A card never raises: where there is nothing to show it says what is missing, and where a study is malformed it says
that, and the log has the traceback.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Literal, TypeVar

from ..errors import KerasweepError, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import plotly.graph_objects as go

logger = logging.getLogger("kerasweep.reports")

_Subject = TypeVar("_Subject")

Group = Literal["Results", "Insights", "Diagnostics", "Health"]
GROUPS: tuple[Group, ...] = ("Results", "Insights", "Diagnostics", "Health")
"""What was found; why; whether what was done to find it is sound, in figures and in words. In the order of a report."""

EXPECTED = (KerasweepError, ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)
"""What a study of unknown origin, with attributes of any shape, can make a card stumble over."""


@dataclass(frozen=True)
class Column:
    """A column of a table."""

    name: str
    numeric: bool = False


def columns_of(*names: str) -> tuple[Column, ...]:
    """Return columns of these names; before that of a column of numbers stands a ``>``."""
    return tuple(Column(name.removeprefix(">"), name.startswith(">")) for name in names)


@dataclass(frozen=True)
class Row:
    """A row of a table, one text a column."""

    cells: tuple[str, ...]
    highlighted: bool = False


@dataclass(frozen=True)
class Table:
    """A table with a caption that says what it shows."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    searchable: bool = False
    """Whether it is long: a page lets it be sorted and searched."""
    in_blocks: bool = False
    """Whether its rows, of many columns, stand below each other on a phone, a line a cell, rather than out of sight."""


@dataclass(frozen=True)
class Figure:
    """A Plotly figure and what it is called."""

    label: str
    plot: go.Figure


@dataclass(frozen=True)
class Picture:
    """A small picture with what is said of it."""

    png: str
    """A PNG file in base64."""
    caption: str


@dataclass(frozen=True)
class Content:
    """What a card says, without its title."""

    reading: str
    table: Table | None = None
    figures: tuple[Figure, ...] = ()
    more: tuple[Table, ...] = ()
    """Tables that are opened on demand, under their captions."""
    text: str = ""
    """Preformatted text, such as a model's summary."""
    note: str = ""
    """Smaller print: how to read the figure, where a rule comes from."""
    small: bool = False
    """Whether the figures stand side by side where there is room."""
    ready: bool = True
    tone: Literal["", "warning", "hint", "good"] = ""
    """How a finding is meant; a border has its colour."""
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True)
class Card:
    """One card of a report."""

    key: str
    title: str
    content: Content
    group: Group


def grouped(cards: Iterable[Card]) -> list[tuple[Group, list[Card]]]:
    """Return cards by group, in the order of a report; groups without cards are left out."""
    found: dict[Group, list[Card]] = {group: [] for group in GROUPS}
    for one in cards:
        found[one.group].append(one)
    return [(group, members) for group, members in found.items() if members]


def not_yet(reason: str) -> Content:
    """Return the content of a card that has nothing to show."""
    return Content(f"Not yet: {reason}", ready=False)


def card(
    key: str, title: str, group: Group = "Results"
) -> Callable[[Callable[[_Subject], Content]], Callable[[_Subject], Card]]:
    """Make a card of a function that returns its content; the card does not raise.

    Args:
        key: Name of the card in links.
        title: Its heading.
        group: Where it stands in a report.
    """

    def decorate(build: Callable[[_Subject], Content]) -> Callable[[_Subject], Card]:
        @wraps(build)
        def guarded(subject: _Subject) -> Card:
            try:
                return Card(key, title, build(subject), group)
            except EXPECTED as error:
                logger.exception("The card '%s' could not be made.", key)
                return Card(key, title, Content(_failure_text(error), ready=False), group)

        return guarded

    return decorate


def _failure_text(error: Exception) -> str:
    if isinstance(error, KerasweepError):
        return f"This could not be made: {one_line(error)}"
    return f"This could not be made: what the study keeps has an unexpected form ({one_line(error)})."
