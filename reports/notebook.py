"""The cards of a report in a notebook, one below the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import overload

from ..errors import StudyError, did_you_mean
from ..studies import StudyRecord
from .cards import Card, Table
from .overview import study_cards
from .view import load_view

_NUMERIC = ' style="text-align: right"'


class Cards(Sequence[Card]):
    """The cards of a study's report; a notebook shows them, with their figures."""

    def __init__(self, cards: Sequence[Card]) -> None:
        self._cards = tuple(cards)

    @overload
    def __getitem__(self, which: int | str) -> Card: ...
    @overload
    def __getitem__(self, which: slice) -> Cards: ...
    def __getitem__(self, which: int | str | slice) -> Card | Cards:
        """Return a card by its place or its key, or some of them.

        Raises:
            StudyError: There is none of that key.
        """
        if isinstance(which, slice):
            return Cards(self._cards[which])
        if isinstance(which, int):
            return self._cards[which]
        found = {card.key: card for card in self._cards}
        if which not in found:
            raise StudyError(f"There is no card '{which}'.{did_you_mean(which, found)}")
        return found[which]

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._cards)

    def __iter__(self) -> Iterator[Card]:
        """Yield them in the order of a report."""
        return iter(self._cards)

    def __repr__(self) -> str:
        return "\n".join(f"{card.title}: {card.content.reading}" for card in self._cards)

    def _ipython_display_(self) -> None:
        from IPython.display import HTML, display

        for card in self._cards:
            display(HTML(card_html(card)))
            for figure in card.content.figures:
                display(figure.plot)


def cards_of(study: StudyRecord) -> Cards:
    """Return the cards of a study as it is now."""
    return Cards(study_cards(load_view(study)))


def card_html(card: Card) -> str:
    """Return a card without its figures: its title, what it says, its table."""
    content = card.content
    parts = [f"<h4>{escape(card.title)}</h4>", f"<p>{escape(content.reading)}</p>"]
    parts += [_table(content.table)] if content.table else []
    parts += [f"<pre>{escape(content.text)}</pre>"] if content.text else []
    parts += [f"<p><small>{escape(content.note)}</small></p>"] if content.note else []
    return "\n".join(parts)


def _table(table: Table) -> str:
    numeric = [_NUMERIC if column.numeric else "" for column in table.columns]
    head = "".join(f"<th>{escape(column.name)}</th>" for column in table.columns)
    rows = (
        "".join(f"<td{style}>{escape(cell)}</td>" for cell, style in zip(row.cells, numeric, strict=True))
        for row in table.rows
    )
    return f"<table><tr>{head}</tr>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"
