"""The report in a real browser: every figure is drawn, and no script complains."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from kerasweep.reports import optuna_plots, write_report
from kerasweep.studies import read_studies, read_study
from playwright.sync_api import sync_playwright
from requiring import required
from synthetic import make_study

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Shelf

pytestmark = pytest.mark.browser
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--enable-logging=stderr",
    "--virtual-time-budget=60000",
    "--window-size=1200,900",
    "--dump-dom",
]
LINES = """cell => {
  const range = document.createRange();
  range.selectNodeContents(cell);
  return range.getBoundingClientRect().height / parseFloat(getComputedStyle(cell).lineHeight);
}"""


@pytest.fixture(scope="module")
def browser() -> str:
    found = next((path for path in map(shutil.which, NAMES) if path), None)
    required(found, "Chromium or Chrome")
    return str(found)


def opened(browser: str, page: Path, profile: Path) -> tuple[str, str]:
    """Return the document after its scripts ran, and what the browser logged."""
    command = [browser, *FLAGS, f"--user-data-dir={profile}", page.as_uri()]
    done = subprocess.run(command, capture_output=True, timeout=300, check=True)
    return done.stdout.decode(), done.stderr.decode(errors="replace")


def check(document: str, log: str) -> None:
    body = re.sub(r"<script\b.*?</script>", "", document, flags=re.S)
    places = len(re.findall(r'id="plot-\d+"', body))
    assert places > 0
    assert 'data-figures="drawn"' in document
    assert 'class="scripted"' in body
    assert body.count('class="search"') == body.count('class="searchable"') > 0
    assert "could not be drawn" not in body
    drawn = re.findall(r'<div class="plot js-plotly-plot" id="plot-\d+".*?class="main-svg"', body, flags=re.S)
    assert len(drawn) == places
    complaints = [line for line in log.splitlines() if "CONSOLE" in line or "Uncaught" in line]
    assert complaints == []


def test_a_report_is_drawn(shelf: Shelf, browser: str, tmp_path: Path) -> None:
    page = write_report([shelf.study("ordinary")], tmp_path / "report.html")
    document, log = opened(browser, page, tmp_path / "profile")
    check(document, log)
    assert "Not yet" not in re.sub(r"<script\b.*?</script>", "", document, flags=re.S)


def test_awkward_studies_are_drawn_and_hostile_names_do_nothing(
    shelf: Shelf, browser: str, tmp_path: Path
) -> None:
    studies = [study for study in read_studies(shelf.url) if study.name != "large"]
    page = write_report(studies, tmp_path / "report.html")
    document, log = opened(browser, page, tmp_path / "profile")
    check(document, log)
    body = re.sub(r'alt="[^"]*"', "", re.sub(r"<script\b.*?</script>", "", document, flags=re.S))
    images = re.findall(r"<img\b[^>]{,40}", body)
    assert images
    assert all(re.match(r'<img\s+src="data:image/png;base64,', image) for image in images)


@pytest.mark.parametrize("width", [340, 1000])
def test_every_axis_of_parallel_coordinates_has_its_name(
    shelf: Shelf, browser: str, tmp_path: Path, width: int
) -> None:
    figure = optuna_plots.parallel_coordinates(shelf.view("ordinary").plots, "val_accuracy")
    page = tmp_path / "figure.html"
    figure.write_html(page, include_plotlyjs=True)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        tab = opened.new_page(viewport={"width": width, "height": 480})
        tab.goto(page.as_uri())
        names = tab.locator(".xtick text")
        names.last.wait_for(state="attached")
        shown = [name.text_content() for name in names.all() if name.bounding_box()]
        opened.close()
    assert shown == list(figure.layout.xaxis.ticktext)


@pytest.mark.parametrize("width", [390, 1000])
def test_names_do_not_break_at_their_hyphens(browser: str, tmp_path: Path, width: int) -> None:
    names, url = ("my-flowers-linear-knowhow", "my-flowers-dnn"), f"sqlite:///{tmp_path / 'studies.db'}"
    for name in names:
        make_study(url, name, trials=3, data="my-flowers.csv")
    report = write_report([read_study(name, url) for name in names], tmp_path / "report.html")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        page = opened.new_page(viewport={"width": width, "height": 900})
        page.goto(report.as_uri())
        table = page.get_by_role("table", name="Studies, in the order given")
        for cell in (*table.locator("tbody th").all(), *table.get_by_text("my-flowers.csv").all()):
            assert cell.evaluate(LINES) < 1.5
        opened.close()


def test_studies_side_by_side_are_whole_on_a_phone(browser: str, tmp_path: Path) -> None:
    """Side by side, a row would be as tall as its configuration, which is out of sight."""
    url = f"sqlite:///{tmp_path / 'studies.db'}"
    studies = [make_study(url, name, trials=3) for name in ("first", "second")]
    report = write_report(studies, tmp_path / "report.html")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        page = opened.new_page(viewport={"width": 390, "height": 900})
        page.goto(report.as_uri())
        cells = page.locator("table.blocks td").all()
        boxes = [cell.bounding_box() for cell in cells]
        labels = [cell.get_attribute("data-label") for cell in cells]
        opened.close()
    assert labels[: len(labels) // 2] == labels[len(labels) // 2 :]
    assert {"Best ± SE", "Best configuration"} <= set(labels)
    assert all(box and box["x"] >= 0 and box["x"] + box["width"] <= 390 for box in boxes)
