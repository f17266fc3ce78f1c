"""The HTML report: one file that needs nothing else, not even a network."""

from __future__ import annotations

import base64
import gzip
import json
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .all_trials import all_trials
from .sections import sections_of, title_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..studies import StudyRecord

_LEVEL = 5
"""Of gzip: a higher one takes twice as long for a hundredth of the size."""
TEMPLATES = Path(__file__).parent / "templates"


@dataclass
class FigureCollector:
    """Collects the figures of a page, each as JSON in a script that cannot be broken out of."""

    figures: list[str] = field(default_factory=list)

    def add(self, plot: Any) -> int:
        """Keep a figure and return its number on the page."""
        self.figures.append(script_safe(plot.to_json()))
        return len(self.figures) - 1


def render_report(studies: Sequence[StudyRecord]) -> str:
    """Return the report of studies as one HTML page."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    sections = [
        section
        if section.view is None
        else replace(section, cards=(*section.cards, all_trials(section.view)))
        for section in sections_of(studies)
    ]
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    collected = FigureCollector()
    return environment.get_template("report.html.j2").render(
        title=title_of(studies),
        sections=sections,
        collected=collected,
        style=Markup((TEMPLATES / "report.css").read_text(encoding="utf-8")),  # noqa: S704 - our own files
        script=Markup((TEMPLATES / "report.js").read_text(encoding="utf-8")),  # noqa: S704
        plotly=packed_plotly(),
        markup=Markup,
    )


@cache
def packed_plotly() -> str:
    """Return Plotly's own script as gzip in base64, 2 MB of text in place of 5; the report's script unpacks it."""
    from plotly.offline import get_plotlyjs

    return base64.b64encode(gzip.compress(get_plotlyjs().encode(), _LEVEL, mtime=0)).decode()


def script_safe(text: str) -> str:
    r"""Return JSON that may stand in a script element: no ``<``, so that no ``</script>`` in a name can end it."""
    replacements = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
    for character, escape in replacements.items():
        text = text.replace(character, escape)
    json.loads(text)
    return text
