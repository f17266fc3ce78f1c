"""The report as Markdown, for a pull request: tables and readings, no figures."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..studies import StudyRecord
from .cards import Card, Table
from .sections import Section, sections_of

_SPECIAL = re.compile(r"[\\`*\[\]|~$]|(?<!\w)_|_(?!\w)")
"""What Markdown may read as markup; an underscore within a word is none."""
_AT_START = re.compile(r"(?:[#+>=-]|\d+(?=[.)]))")
_REFERENCES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "@": "&#64;"}
"""HTML, and people who would be notified."""


def render_markdown(studies: Sequence[StudyRecord]) -> str:
    """Return the report of studies in the Markdown of GitHub.

    Cards that have nothing to show are left out, and what others would open on demand.
    """
    return "\n\n".join(block for section in sections_of(studies) for block in _section(section)) + "\n"


def _section(section: Section) -> list[str]:
    blocks = [f"# {plain(section.title)}", plain(section.subtitle)]
    if section.tiles:
        facts = (
            f"- {plain(tile.label)}: **{plain(tile.value)}**"
            + (f" ({plain(tile.hint)})" if tile.hint else "")
            for tile in section.tiles
        )
        blocks.append("\n".join(facts))
    for group, cards in section.groups:
        shown = [card for card in cards if card.content.ready]
        if shown:
            blocks.append(f"## {group}")
        for card in shown:
            blocks += _card(card)
    return [block for block in blocks if block]


def _card(card: Card) -> list[str]:
    content = card.content
    blocks = [f"### {plain(card.title)}", paragraph(content.reading)]
    if content.table is not None:
        blocks.append(_table(content.table))
    if content.text:
        fence = "`" * max(3, 1 + max(map(len, re.findall("`+", content.text)), default=0))
        blocks.append(f"{fence}text\n{content.text.rstrip()}\n{fence}")
    # What is said of a figure is not said where there is none.
    return [*blocks, "" if content.figures else paragraph(content.note)]


def _table(table: Table) -> str:
    lines = [
        "| " + " | ".join(plain(column.name) for column in table.columns) + " |",
        "| " + " | ".join("---:" if column.numeric else "---" for column in table.columns) + " |",
    ]
    for row in table.rows:
        cells = (f"**{cell}**" if row.highlighted and cell else cell for cell in map(plain, row.cells))
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def plain(text: str) -> str:
    """Return a text in one line that Markdown shows as it is."""
    text = " ".join(text.split())
    for character, reference in _REFERENCES.items():
        text = text.replace(character, reference)
    return _SPECIAL.sub(lambda found: "\\" + found.group(), text)


def paragraph(text: str) -> str:
    """Return a text as a paragraph, which its first characters do not make a heading or a list."""
    shown = plain(text)
    found = _AT_START.match(shown)
    if found is None:
        return shown
    mark = found.group()
    return f"{mark}\\{shown[len(mark) :]}" if mark.isdigit() else f"\\{shown}"
