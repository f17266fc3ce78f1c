"""The report's figures as pictures, a folder of PNG files, drawn by Kaleido in a Chrome or Chromium."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import OutputError, one_line
from ..studies import StudyRecord
from .cards import logger
from .sections import Section, sections_of

if TYPE_CHECKING:
    import plotly.graph_objects as go

WIDTH = 900
"""Pixels that a figure is laid out for; a picture has twice as many."""


def write_pictures(studies: Sequence[StudyRecord], folder: Path) -> Path:
    """Write every figure of a report into a folder, under the name of its card.

    Args:
        studies: The studies, in order.
        folder: It is made where it does not exist; other files in it stay.

    Returns:
        The folder.

    Raises:
        OutputError: Kaleido or a browser is missing, or the folder cannot be written.
        StudyError: There are no studies.
    """
    sections = sections_of(studies)
    try:
        importlib.import_module("kaleido")  # Plotly's own message says less
    except ImportError as error:
        raise OutputError(
            'Pictures need Kaleido and a Chrome or Chromium: pip install "kerasweep[images]", or --format html.'
        ) from error
    import plotly.io

    named = dict(_named(sections))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if named:
            plotly.io.write_images(
                list(named.values()), [folder / f"{name}.png" for name in named], width=WIDTH, scale=2
            )
    except OSError as error:
        raise OutputError(f"{folder} cannot be written: {one_line(error.strerror or error)}.") from error
    except Exception as error:  # whatever a browser that does not start raises
        logger.exception("Kaleido could not draw.")
        raise OutputError(
            f"The pictures could not be drawn ({one_line(error)}). Kaleido needs a Chrome or Chromium."
        ) from error
    return folder


def _named(sections: Sequence[Section]) -> Iterator[tuple[str, go.Figure]]:
    """Yield figures under the name of their card, after that of their section where there are several."""
    for section in sections:
        start = f"{section.anchor}-" if len(sections) > 1 else ""
        for card in section.cards:
            shown = card.content.figures
            for place, figure in enumerate(shown, start=1):
                end = f"-{place}" if len(shown) > 1 else ""
                yield f"{start}{card.key}{end}", figure.plot.update_layout(paper_bgcolor="white")
