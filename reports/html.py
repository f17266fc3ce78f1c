"""The HTML report: one file that needs nothing else, not even a network."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import OutputError, StudyError, one_line
from .all_trials import all_trials
from .cards import Card, Group, grouped
from .overview import comparison_cards, study_cards
from .results import Tile, tiles
from .view import StudyView, load_view

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..studies import StudyRecord

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Section:
    """One study's part of the page, or the comparison's."""

    anchor: str
    title: str
    subtitle: str
    tiles: tuple[Tile, ...]
    cards: tuple[Card, ...]

    @property
    def groups(self) -> list[tuple[Group, list[Card]]]:
        """Its cards by group."""
        return grouped(self.cards)


@dataclass
class FigureCollector:
    """Collects the figures of a page, each as JSON in a script that cannot be broken out of."""

    figures: list[str] = field(default_factory=list)

    def add(self, plot: Any) -> int:
        """Keep a figure and return its number on the page."""
        self.figures.append(script_safe(plot.to_json()))
        return len(self.figures) - 1


def write_report(studies: Sequence[StudyRecord], output: Path, top: int = 10) -> Path:
    """Write the report of one study or of several side by side.

    The file appears whole or not at all: it is written beside its place and moved there.

    Args:
        studies: The studies, in order.
        output: The HTML file; its folder must exist.
        top: How many of the best trials are shown.

    Returns:
        The path as given.

    Raises:
        OutputError: The file cannot be written.
        StudyError: There are no studies.
    """
    output = Path(output)
    if output.is_dir():
        raise OutputError(f"{output} is a folder; name a file in it, for example {output / 'report.html'}.")
    if not output.absolute().parent.is_dir():
        raise OutputError(
            f"The folder {output.absolute().parent} does not exist; make it or choose another --output."
        )
    page = render_report(studies, top)
    temporary = output.with_name(f".{output.name}.{os.getpid()}.tmp")
    try:
        temporary.write_text(page, encoding="utf-8", errors="xmlcharrefreplace")
        temporary.replace(output)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise OutputError(f"{output} cannot be written: {one_line(error.strerror or error)}.") from error
    return output


def render_report(studies: Sequence[StudyRecord], top: int = 10) -> str:
    """Return the report as one HTML page; the arguments are those of ``write_report``."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup
    from plotly.offline import get_plotlyjs

    if not studies:
        raise StudyError("There is no study to report on.")
    views = [load_view(study, top) for study in studies]
    sections = _sections(views)
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    collected = FigureCollector()
    return environment.get_template("report.html.j2").render(
        title=" · ".join(study.name for study in studies[:3]) + (" …" if len(studies) > 3 else ""),
        sections=sections,
        collected=collected,
        style=Markup((TEMPLATES / "report.css").read_text(encoding="utf-8")),  # noqa: S704 - our own files
        script=Markup((TEMPLATES / "report.js").read_text(encoding="utf-8")),  # noqa: S704
        plotly=Markup(get_plotlyjs()),  # noqa: S704 - Plotly's own file
        markup=Markup,
    )


def script_safe(text: str) -> str:
    r"""Return JSON that may stand in a script element: no ``<``, so that no ``</script>`` in a name can end it."""
    replacements = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
    for character, escape in replacements.items():
        text = text.replace(character, escape)
    json.loads(text)
    return text


def _sections(views: Sequence[StudyView]) -> list[Section]:
    sections = []
    if len(views) > 1:
        subtitle = f"{len(views)} studies side by side, then each by itself"
        sections.append(Section("comparison", "Comparison", subtitle, (), tuple(comparison_cards(views))))
    for position, view in enumerate(views, start=1):
        study = view.study
        metrics = ", ".join(one.metric for one in study.objectives)
        subtitle = " · ".join(part for part in (study.model, study.source, metrics) if part)
        cards = (*study_cards(view), all_trials(view))
        sections.append(Section(f"study-{position}", study.name, subtitle, _tiles(view), cards))
    return sections


def _tiles(view: StudyView) -> tuple[Tile, ...]:
    from .cards import EXPECTED, logger

    try:
        return tiles(view)
    except EXPECTED:
        logger.exception("The header of the study could not be made.")
        return ()
