"""Writes reports: one HTML file, Markdown for a pull request, or a folder of pictures."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from ..errors import OutputError, SpecError, did_you_mean, one_line
from ..studies import StudyRecord
from .html import render_report
from .markdown import render_markdown
from .pictures import write_pictures

DEFAULT_NAMES = {"html": "report.html", "md": "report.md", "png": "report-figures"}
"""What each form is written to where nothing is said: two files and a folder."""

_ENDINGS = {".html": "html", ".htm": "html", ".md": "md", ".markdown": "md", ".png": "png"}
_OF_OTHERS = (".pdf", ".docx", ".doc", ".svg", ".jpg", ".jpeg", ".csv", ".json", ".xlsx", ".zip")
"""Endings of files that no report is."""


def form_of(form: str | None, output: Path | None) -> str:
    """Return the form of a report: as asked, or by the name of its file; HTML where neither says.

    Raises:
        SpecError: There is no such form, or none is asked for and the file is named as something else.
    """
    ending = "" if output is None else output.suffix.lower()
    if form is None:
        if ending in _OF_OTHERS:
            raise SpecError(
                f"{output}: a report is .html, .md or a folder of .png; a browser prints HTML as PDF."
            )
        return _ENDINGS.get(ending, "html")
    if not isinstance(form, str) or form not in DEFAULT_NAMES:
        shown = one_line(str(form), 60)
        raise SpecError(f"There is no report format '{shown}'.{did_you_mean(shown, list(DEFAULT_NAMES))}")
    return form


def write_report(studies: Sequence[StudyRecord], output: Path | None = None, form: str | None = None) -> Path:
    """Write the report of one study or of several side by side.

    A file appears whole or not at all: it is written beside its place and moved there.

    Args:
        studies: The studies, in order.
        output: The file, whose folder must exist; of pictures the folder, which is made.
        form: ``html``, ``md`` or ``png``; by the output's name where None.

    Returns:
        The path.

    Raises:
        OutputError: It cannot be written.
        StudyError: There are no studies.
        SpecError: There is no such form.
    """
    form = form_of(form, output)
    output = Path(DEFAULT_NAMES[form] if output is None else output)
    if form == "png":
        return write_pictures(studies, output)
    if output.is_dir():
        raise OutputError(
            f"{output} is a folder; name a file in it, for example {output / DEFAULT_NAMES[form]}."
        )
    if not output.absolute().parent.is_dir():
        raise OutputError(
            f"The folder {output.absolute().parent} does not exist; make it or choose another --output."
        )
    page = render_report(studies) if form == "html" else render_markdown(studies)
    temporary = output.with_name(f".{output.name}.{os.getpid()}.tmp")
    try:
        temporary.write_text(page, encoding="utf-8", errors="xmlcharrefreplace")
        temporary.replace(output)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise OutputError(f"{output} cannot be written: {one_line(error.strerror or error)}.") from error
    return output
