"""A report's parts, whatever it is written as: the comparison of several studies, then each study with its cards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import StudyError
from ..studies import StudyRecord
from .cards import EXPECTED, Card, Group, grouped, logger
from .overview import comparison_cards, study_cards
from .summary import Tile, tiles
from .view import StudyView, load_view


@dataclass(frozen=True)
class Section:
    """One study's part of a report, or the comparison's."""

    anchor: str
    title: str
    subtitle: str
    tiles: tuple[Tile, ...]
    cards: tuple[Card, ...]
    view: StudyView | None = None
    """The study as its cards see it; None for the comparison."""

    @property
    def groups(self) -> list[tuple[Group, list[Card]]]:
        """Its cards by group."""
        return grouped(self.cards)


def sections_of(studies: Sequence[StudyRecord]) -> list[Section]:
    """Return the parts of a report.

    Args:
        studies: The studies, in order.

    Raises:
        StudyError: There are no studies.
    """
    if not studies:
        raise StudyError("There is no study to report on.")
    views = [load_view(study) for study in studies]
    sections = []
    if len(views) > 1:
        subtitle = f"{len(views)} studies side by side, then each by itself"
        sections.append(Section("comparison", "Comparison", subtitle, (), tuple(comparison_cards(views))))
    for position, view in enumerate(views, start=1):
        study = view.study
        metrics = ", ".join(one.metric for one in study.objectives)
        subtitle = " · ".join(part for part in (study.model, study.source, metrics) if part)
        cards = tuple(study_cards(view))
        sections.append(Section(f"study-{position}", study.name, subtitle, _tiles(view), cards, view))
    return sections


def title_of(studies: Sequence[StudyRecord]) -> str:
    """Return the title of a report on some studies."""
    return " · ".join(study.name for study in studies[:3]) + (" …" if len(studies) > 3 else "")


def _tiles(view: StudyView) -> tuple[Tile, ...]:
    try:
        return tiles(view)
    except EXPECTED:
        logger.exception("The header of the study could not be made.")
        return ()
