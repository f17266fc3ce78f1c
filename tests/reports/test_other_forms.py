"""The report as Markdown and as pictures."""

from __future__ import annotations

import importlib.util
import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import plotly.io
import pytest
from kerasweep.errors import OutputError, SpecError
from kerasweep.reports import render_markdown, write_report
from kerasweep.reports.markdown import paragraph, plain
from kerasweep.reports.pictures import WIDTH
from kerasweep.studies import read_studies
from PIL import Image
from requiring import required

pytestmark = pytest.mark.costly

if TYPE_CHECKING:
    from conftest import Shelf


def test_markdown_holds_readings_and_tables_and_no_figures(shelf: Shelf) -> None:
    text = render_markdown([shelf.study("ordinary"), shelf.study("second")])
    assert text.startswith("# Comparison\n")
    for words in (
        "# ordinary",
        "## Results",
        "### Leaderboard",
        "## Health",
        "- best val_accuracy: **",
        "\n```text\nModel:",
    ):
        assert words in text
    assert "Not yet" not in text
    assert "double-click" not in text


def test_markdown_of_every_study_is_whole_and_nothing_is_injected(shelf: Shelf) -> None:
    text = render_markdown(read_studies(shelf.url))
    assert "한국어" in text
    outside = re.sub(r"^(`{3,})text\n.*?^\1$", "", text, flags=re.M | re.S)
    assert not re.search(r"<|(?<!\\)\[|@", outside)
    width = 0
    for line in outside.splitlines():
        bars = len(re.findall(r"(?<!\\)\|", line)) if line.startswith("|") else 0
        assert bars == width or not (bars and width), line
        width = bars
    for name in ("malformed", "spoiled"):
        outside = outside.replace(_section_of(outside, name), "")
    assert "could not be made" not in outside


def _section_of(text: str, name: str) -> str:
    start = text.index(f"\n# {name}\n")
    return text[start : text.find("\n# ", start + 2)]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("val_accuracy ± 2", "val_accuracy ± 2"),
        ("a|b\nc", "a\\|b c"),
        ("_x_ *y* `z`", "\\_x\\_ \\*y\\* \\`z\\`"),
        ("<img> @all [a](b) $x$", "&lt;img&gt; &#64;all \\[a\\](b) \\$x\\$"),
        ("\\", "\\\\"),
    ],
)
def test_text_stays_text(text: str, shown: str) -> None:
    assert plain(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"), [("# a", "\\# a"), ("- a", "\\- a"), ("1. a", "1\\. a"), ("1 a", "1 a")]
)
def test_a_paragraph_is_no_heading_and_no_list(text: str, shown: str) -> None:
    assert paragraph(text) == shown


def test_the_form_is_asked_for_or_that_of_the_name(shelf: Shelf, tmp_path: Path) -> None:
    study = shelf.study("one trial")
    for name, form, start in (
        ("a.md", None, "# one trial"),
        ("b.html", None, "<!doctype"),
        ("c", "md", "# one"),
        ("d.md", "html", "<!doctype"),
    ):
        assert write_report([study], tmp_path / name, form=form).read_text(encoding="utf-8").startswith(start)
    with pytest.raises(SpecError, match=r"^There is no report format 'pdf'\. Known: html, md, png\.$"):
        write_report([study], form="pdf")


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Stand in for the browser that Kaleido draws in; the files hold their figures as JSON."""
    required(importlib.util.find_spec("kaleido"), "Kaleido")
    kept: list[Any] = []

    def write(figures: list[Any], files: list[Path], **options: Any) -> None:
        kept.extend(figures)
        for figure, file in zip(figures, files, strict=True):
            file.write_text(figure.to_json())

    monkeypatch.setattr(plotly.io, "write_images", write)
    return kept


def test_pictures_have_the_names_of_their_cards(shelf: Shelf, tmp_path: Path, drawn: list[Any]) -> None:
    folder = write_report([shelf.study("ordinary")], tmp_path / "new" / "figures", form="png")
    names = {file.name for file in folder.iterdir()}
    assert {"history.png", "parallel.png", "curves-1.png", "slices-1.png"} <= names
    assert len(names) == len(drawn)
    assert all(figure.layout.paper_bgcolor == "white" for figure in drawn)
    several = write_report([shelf.study("ordinary"), shelf.study("second")], tmp_path, form="png")
    assert (several / "comparison-races.png").is_file()
    assert (several / "study-2-history.png").is_file()


def test_pictures_are_drawn_in_a_browser(shelf: Shelf, tmp_path: Path) -> None:
    required(shutil.which("chromium") or shutil.which("google-chrome"), "Chromium")
    required(importlib.util.find_spec("kaleido"), "Kaleido")
    folder = write_report([shelf.study("ordinary")], tmp_path, form="png")
    for name in ("history", "parallel", "predictions"):
        picture = Image.open(folder / f"{name}.png").convert("RGB")
        assert picture.width == 2 * WIDTH
        assert picture.getpixel((0, 0)) == (255, 255, 255)
        assert len(picture.getcolors(2**24) or ()) > 50, "there are lines and words"


def test_a_study_without_figures_gives_an_empty_folder(
    shelf: Shelf, tmp_path: Path, drawn: list[Any]
) -> None:
    assert list(write_report([shelf.study("empty")], tmp_path / "x", form="png").iterdir()) == []
    assert drawn == []


def test_what_keeps_pictures_from_being_drawn_is_said_in_one_line(
    shelf: Shelf, tmp_path: Path, drawn: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("no browser\nat all")

    monkeypatch.setattr(plotly.io, "write_images", fail)
    with pytest.raises(OutputError, match=r"could not be drawn \(no browser at all\)"):
        write_report([shelf.study("ordinary")], tmp_path / "x", form="png")
    monkeypatch.setitem(sys.modules, "kaleido", None)
    with pytest.raises(OutputError, match=r"pip install \"kerasweep\[images\]\""):
        write_report([shelf.study("ordinary")], tmp_path / "x", form="png")


@pytest.mark.parametrize("path", ["report.pdf", "a.docx", "trials.CSV"])
def test_a_file_that_is_named_as_something_else_is_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(
        SpecError, match=f"{path}: a report is .html, .md or a folder of .png; a browser prints"
    ):
        write_report([], tmp_path / path)
