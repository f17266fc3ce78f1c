"""The page: whole, offline, escaped, and written atomically."""

from __future__ import annotations

import base64
import gzip
import json
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from fresh_process import modules_after
from kerasweep.errors import OutputError, StudyError
from kerasweep.reports import render_report, write_report
from kerasweep.reports.cards import GROUPS
from kerasweep.reports.html import script_safe
from kerasweep.studies import read_studies
from plotly.offline import get_plotlyjs

pytestmark = pytest.mark.costly

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Shelf

SECTIONS = "summary leaderboard recommended history parallel importances slices curves folds pruning cost failures model"
VOID = {"meta", "img", "br", "link", "input", "hr"}


class Page(HTMLParser):
    """Collects what a browser would: elements with their attributes, scripts, and text."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "script":
            self.scripts.append((dict(attrs), ""))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes another element"

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            attributes, text = self.scripts[-1]
            self.scripts[-1] = (attributes, text + data)
        elif self.open and self.open[-1] != "style":
            self.text += data

    def ids(self) -> list[str]:
        return [str(attributes["id"]) for _, attributes in self.elements if "id" in attributes]


@pytest.fixture(scope="session")
def everything(shelf: Shelf) -> Page:
    return Page(render_report(read_studies(shelf.url)))


@pytest.fixture(scope="session")
def ordinary(shelf: Shelf) -> Page:
    return Page(render_report([shelf.study("ordinary")]))


def test_the_page_is_whole(ordinary: Page) -> None:
    assert ordinary.open == []
    assert len(set(ordinary.ids())) == len(ordinary.ids())
    for section in SECTIONS.split():
        assert f"study-1-{section}" in ordinary.ids()
    links = [str(a["href"]) for tag, a in ordinary.elements if tag == "a"]
    assert links
    assert all(link.startswith("#") and link[1:] in ordinary.ids() for link in links)
    assert "Not yet" not in ordinary.text
    assert "could not be made" not in ordinary.text


def test_cards_are_grouped_and_the_contents_lead_to_each(ordinary: Page, everything: Page) -> None:
    ids = ordinary.ids()
    places = [ids.index(f"study-1-{group.lower()}") for group in GROUPS if f"study-1-{group.lower()}" in ids]
    assert len(places) > 2
    assert places == sorted(places)
    for page in (ordinary, everything):
        links = [str(a["href"])[1:] for tag, a in page.elements if tag == "a"]
        cards = [str(a["id"]) for tag, a in page.elements if tag == "article"]
        assert [link for link in links if link in cards] == cards


def test_plotly_is_there_once_and_nothing_is_loaded(everything: Page) -> None:
    large = [(attributes, text) for attributes, text in everything.scripts if len(text) > 1_000_000]
    (attributes, packed), *others = large
    assert attributes == {"type": "text/plain", "id": "plotly"}
    assert not others
    assert gzip.decompress(base64.b64decode(packed)).decode() == get_plotlyjs()
    for tag, attributes in everything.elements:
        assert tag not in ("link", "iframe", "object", "embed", "base")
        assert tag == "img" or "src" not in attributes
        assert not str(attributes.get("href", "")).startswith(("http", "//"))
        assert not any(name.startswith("on") for name in attributes)
    policy = next(str(a["content"]) for tag, a in everything.elements if a.get("http-equiv"))
    assert policy.startswith("default-src 'none'")


def test_every_figure_has_its_data(everything: Page) -> None:
    data = {str(a["id"]): text for a, text in everything.scripts if a.get("type") == "application/json"}
    places = [str(a["id"]) for tag, a in everything.elements if a.get("class") == "plot"]
    assert len(places) > 100
    assert {f"{place}-data" for place in places} == set(data)
    for text in data.values():
        assert set(json.loads(text)) == {"data", "layout"}
        assert "<" not in text


def test_hostile_names_are_shown_and_do_nothing(everything: Page) -> None:
    assert (
        "<script>alert(1)</script> \"'&amp; <b>한국어</b> </script><img src=x onerror=alert(2)>"
        in everything.text
    )
    assert not any("alert(1)" in text for a, text in everything.scripts if not a and len(text) < 1_000_000)
    assert "x" * 300 in everything.text
    assert not any(tag == "b" for tag, _ in everything.elements)
    pictures = [attributes for tag, attributes in everything.elements if tag == "img"]
    assert len(pictures) > 20
    for attributes in pictures:
        assert attributes.keys() == {"alt", "src"}
        assert re.fullmatch(r"data:image/png;base64,[A-Za-z0-9+/]+=*", str(attributes["src"]))


def test_plotly_cannot_take_names_for_markup(everything: Page) -> None:
    def strings(value: object) -> list[str]:
        if isinstance(value, dict):
            return [text for item in value.values() for text in strings(item)]
        if isinstance(value, list):
            return [text for item in value for text in strings(item)]
        return [value] if isinstance(value, str) else []

    for attributes, text in everything.scripts:
        if attributes.get("type") == "application/json":
            for shown in strings(json.loads(text)):
                # What is left are Plotly's own line breaks and the end of its hover boxes.
                tags = set(re.findall("<[^\u200b>][^>]*>", shown))
                assert tags <= {"<br>", "<extra>", "</extra>"}, shown


def test_several_studies_are_compared_first(shelf: Shelf) -> None:
    page = Page(render_report([shelf.study("ordinary"), shelf.study("second")]))
    ids = page.ids()
    assert (
        ids.index("comparison-studies") < ids.index("study-1-leaderboard") < ids.index("study-2-leaderboard")
    )


def test_tables_are_accessible(ordinary: Page) -> None:
    tags = [tag for tag, _ in ordinary.elements]
    assert tags.count("table") == tags.count("caption") > 3
    assert all("scope" in attributes for tag, attributes in ordinary.elements if tag == "th")
    assert tags.count("h1") == 1
    assert {"nav", "main", "header", "section", "article", "figure", "figcaption"} <= set(tags)


def test_the_best_are_shown(shelf: Shelf) -> None:
    assert "The best 10 of" in Page(render_report([shelf.study("large")])).text


def test_script_safe_keeps_the_meaning() -> None:
    value = {"a": "</script><!-- & \u2028 한국어"}
    text = script_safe(json.dumps(value, ensure_ascii=False))
    assert json.loads(text) == value
    assert not set("<>&\u2028") & set(text)


def test_writing_replaces_the_file_and_leaves_nothing_else(shelf: Shelf, tmp_path: Path) -> None:
    output = tmp_path / "한국어 report.html"
    output.write_text("old")
    assert write_report([shelf.study("one trial")], output) == output
    assert output.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert list(tmp_path.iterdir()) == [output]


def test_what_cannot_be_written_is_said_in_one_line(shelf: Shelf, tmp_path: Path) -> None:
    study = shelf.study("foreign empty")
    for output, words in ((tmp_path, "is a folder"), (tmp_path / "no" / "report.html", "does not exist")):
        with pytest.raises(OutputError, match=words) as caught:
            write_report([study], output)
        assert "\n" not in str(caught.value)
    with pytest.raises(StudyError, match="no study"):
        write_report([], tmp_path / "report.html")


def test_a_failed_move_leaves_the_old_file(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / "report.html"
    output.write_text("old")

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.replace", refuse)
    with pytest.raises(OutputError, match="Permission denied"):
        write_report([shelf.study("foreign empty")], output)
    assert output.read_text() == "old"
    assert list(tmp_path.iterdir()) == [output]


def test_reports_do_not_import_tensorflow_or_the_search() -> None:
    loaded = modules_after("import kerasweep.reports.html, kerasweep.reports.optuna_plots")
    assert not [
        name
        for name in loaded
        if name.split(".")[0] in ("tensorflow", "keras") or name.startswith("kerasweep.search")
    ]
