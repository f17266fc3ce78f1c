"""The web app in a real browser: the whole story of a sweep, and pages that everyone can use."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from app_shelf import HOSTILE, HYPHENS
from axe_playwright_python.sync_playwright import Axe
from kerasweep.app.links import joined, link, study_link
from kerasweep.app.server import listen
from kerasweep.app.study_view import LIVE
from kerasweep.app.uploads import LARGEST
from kerasweep.export.formats import FORMATS, FromStudy
from kerasweep.studies import best_trials, read_study
from kerasweep.studies.control import status_of
from kerasweep.studies.lifecycle import create_study
from playwright.sync_api import expect, sync_playwright
from requiring import required

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app_shelf import Shelf
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SLOW = 240_000
"""Milliseconds that a page is given, which other processes hold up, and a process which trains."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = next((path for path in map(shutil.which, NAMES) if path), None)
    required(found, "Chromium or Chrome")
    expect.set_options(timeout=SLOW)  # other tests keep the processors busy
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield opened
        opened.close()


@contextmanager
def serving(storage: str) -> Iterator[str]:
    """Serve a storage and return the address of its first page."""
    served = listen(storage, "127.0.0.1", 0)
    thread = threading.Thread(target=served.run)
    thread.start()
    try:
        yield served.url.rstrip("/")
    finally:
        served.server.shutdown()
        thread.join()


@contextmanager
def opened(browser: Browser, width: int = 1280, scheme: str = "light") -> Iterator[tuple[Page, list[str]]]:
    """Open a page and collect what its scripts complain of."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, accept_downloads=True
    )
    context.set_default_timeout(SLOW)
    page, complaints = context.new_page(), []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: (complaints.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    try:
        yield page, complaints
    finally:
        context.close()


def whole(page: Page) -> None:
    """Wait until a page is whole."""
    expect(page.locator("h1")).to_be_visible()
    expect(page.locator("[aria-busy=true]")).to_have_count(0)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    rows = [
        f"{number % 11},{number % 7},{'red' if number % 3 else 'blue'},{'ab'[number % 2]}"
        for number in range(60)
    ]
    path = tmp_path / "my flowers.csv"
    path.write_text("length,width,colour,kind\n" + "\n".join(rows), encoding="utf-8")
    return path


@pytest.mark.trains
@pytest.mark.timeout(1200)
def test_the_whole_story(browser: Browser, table: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'studies.db'}"
    with serving(url) as address, opened(browser) as (page, complaints):
        name = launched(page, address, table)
        paused_and_resumed(page, url, name)
        best = best_trials(read_study(name, url), 1)[0]
        looked_at(page, address, best.number)
        exported(page, address, url, name, tmp_path)
        assert complaints == []


def launched(page: Page, address: str, table: Path) -> str:
    """Upload a table, look at it, and launch a sweep on it; return its study."""
    page.goto(f"{address}/")
    page.locator("main").get_by_role("link", name="Launch a sweep").click()
    page.set_input_files("input[type=file]", table)
    expect(page.get_by_text("Next: the target")).to_be_visible()
    page.click("#launch-target")
    page.get_by_role("option", name="kind").click()
    page.keyboard.press("Escape")
    expect(page.get_by_text("one-hot encoded")).to_be_visible()
    # A page that has just come has pressed nothing.
    expect(page.get_by_text("This cannot be done")).to_have_count(0)
    page.click("#launch-model")
    page.get_by_role("option", name="linear:").click()
    for field, value in {
        "time": "20s",
        "epochs": "30",
        "folds": "2",
        "more": "optimizer=adam",
    }.items():
        page.fill(f"#launch-{field}", value)
    page.click("#launch")
    page.wait_for_url("**/study/**")
    expect(page.locator("h1")).to_have_text("my-flowers-linear-knowhow")
    return "my-flowers-linear-knowhow"


def paused_and_resumed(page: Page, url: str, name: str) -> None:
    """Pause the sweep from its page, have it go on from the command line, and watch it finish."""
    page.click("#pause")
    expect(page.locator(".page-head .badge")).to_have_text("paused")
    expect(page.locator("#control-said")).to_have_text("")
    assert status_of(read_study(name, url)).state == "paused"
    before = read_study(name, url).trained
    expect(page.locator("#running-text")).to_contain_text("so far")
    command = [sys.executable, "-m", "kerasweep", "resume", name, "--storage", url]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    expect(page.locator(".page-head .badge")).to_have_text("not running")
    assert read_study(name, url).trained > before
    expect(page.get_by_text("Leaderboard")).to_be_visible()


def looked_at(page: Page, address: str, best: int) -> None:
    """Open the best trial from the list of studies, go back, and compare two trials of the table."""
    page.goto(f"{address}/")
    page.locator(".studies tbody td a").first.click()
    expect(page.locator("h1")).to_have_text(f"Trial {best}")
    assert page.url.endswith(f"/trial/{best}")
    page.go_back()
    expect(page.locator("h1")).to_have_text("Studies")
    page.locator(".studies tbody th a").first.click()
    page.get_by_role("link", name="Trials", exact=True).click()
    boxes = page.locator(".ag-row input[type=checkbox]")
    expect(boxes.first).to_be_visible()
    boxes.nth(0).check()
    boxes.nth(1).check()
    page.get_by_role("link", name="Compare 2 trials").click()
    expect(page.locator("h1")).to_have_text("Compare trials")
    assert "trials=0,1" in page.url


def exported(page: Page, address: str, url: str, name: str, folder: Path) -> None:
    """Download each format, and run the script."""
    study = read_study(name, url)
    for form in FORMATS.values():
        if not isinstance(form, FromStudy):
            continue
        page.goto(address + study_link(name, "export", format=form.name))
        with page.expect_download() as download:
            page.click("#download")
        content = form.content(study, None)
        kept = download.value.path().read_bytes()
        assert kept[:20] == (content.encode() if isinstance(content, str) else content)[:20]
        assert download.value.suggested_filename.startswith(name)
    page.goto(address + study_link(name, "export", format="python"))
    page.click("#refit")
    with page.expect_download() as download:
        page.click("#download")
    script = folder / "winner.py"
    download.value.save_as(script)
    done = subprocess.run(
        [sys.executable, script], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "accuracy" in done.stdout


NARROW = ((), ("study", "ordinary"), ("study", "ordinary", "trials"), ("launch",))
WIDE = (
    ("study", "ordinary", "trial", "5"),
    ("study", "ordinary", "export"),
    ("study", HOSTILE),
    ("compare",),
    ("launch",),
)
LARGE = (("study", "second"), ("study", "ordinary", "trials"), ("study", "ordinary", "trial", "5"))
NOT_FIGURES = {"exclude": [[".main-svg"]]}
"""What is drawn has its caption and card for those who do not see it, and takes axe many seconds to walk through."""


def serious_faults(page: Page) -> list[Any]:
    found = Axe().run(page, context=NOT_FIGURES).response["violations"]
    return [fault for fault in found if fault["impact"] in ("serious", "critical")]


@pytest.mark.parametrize(
    ("width", "scheme", "pages"),
    [(390, "dark", NARROW), (1280, "light", WIDE), (1920, "dark", LARGE)],
    ids=["narrow", "wide", "large"],
)
def test_pages_have_no_serious_fault_and_fit_their_screen(
    shelf: Shelf, browser: Browser, width: int, scheme: str, pages: tuple[tuple[str, ...], ...]
) -> None:
    with serving(shelf.site.storage) as address, opened(browser, width, scheme) as (page, complaints):
        for parts in pages:
            page.goto(address + link(*parts))
            whole(page)
            if parts == ("launch",):
                page.click("#launch-model")
                page.get_by_role("option", name="linear:").click()
                expect(page.locator(".sliders")).to_be_visible()
            assert serious_faults(page) == [], parts
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), parts
            assert page.evaluate("document.documentElement.dataset.mantineColorScheme") == scheme
        assert complaints == []


def test_figures_are_drawn_and_names_do_nothing(shelf: Shelf, browser: Browser) -> None:
    with serving(shelf.site.storage) as address, opened(browser) as (page, complaints):
        for name in ("ordinary", HOSTILE):
            page.goto(address + study_link(name))
            whole(page)
            expect(page.locator("h1")).to_have_text(name)
            graphs = page.locator(".dash-graph")
            expect(page.locator(".plot .main-svg").first).to_be_attached()
            assert graphs.count() > 5
            assert page.locator("img[src='x']").count() == 0
        assert complaints == []


def test_the_best_of_every_study_is_seen_on_a_phone(shelf: Shelf, browser: Browser) -> None:
    with serving(shelf.site.storage) as address, opened(browser, 390) as (page, _):
        page.goto(f"{address}/")
        whole(page)
        for label in ("Best ± SE", "Trials"):
            cells = page.locator(f".studies td[data-label='{label}']:visible").all()
            boxes = [cell.bounding_box() for cell in cells]
            assert len(boxes) > 5
            assert all(box and box["x"] >= 0 and box["x"] + box["width"] <= 390 for box in boxes), label


def test_studies_side_by_side_are_whole_on_a_phone(shelf: Shelf, browser: Browser) -> None:
    with serving(shelf.site.storage) as address, opened(browser, 390) as (page, _):
        page.goto(f"{address}/compare?studies=ordinary,several")
        whole(page)
        boxes = [cell.bounding_box() for cell in page.locator(".blocks td").all()]
        assert len(boxes) > 10
        assert all(box and box["x"] >= 0 and box["x"] + box["width"] <= 390 for box in boxes)


LINES = """cell => {
  const range = document.createRange();
  range.selectNodeContents(cell);
  return range.getBoundingClientRect().height / parseFloat(getComputedStyle(cell).lineHeight);
}"""


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize(
    "path", [link(), link("compare", studies=joined([HYPHENS, "ordinary"]))], ids=("list", "compare")
)
def test_names_do_not_break_at_their_hyphens(shelf: Shelf, browser: Browser, width: int, path: str) -> None:
    with serving(shelf.site.storage) as address, opened(browser, width) as (page, _):
        page.goto(address + path)
        whole(page)
        for cell in (
            page.locator("tbody th", has_text=HYPHENS),
            page.locator("td", has_text="my-flowers.csv"),
        ):
            assert cell.evaluate(LINES) < 1.5


def test_buttons_of_a_figure_cover_nothing_where_no_pointer_hovers(shelf: Shelf, browser: Browser) -> None:
    with serving(shelf.site.storage) as address:
        page = browser.new_page(has_touch=True, is_mobile=True)
        try:
            page.goto(address + study_link("ordinary"))
            expect(page.locator(".plot .modebar").first).to_have_css("display", "none")
        finally:
            page.close()


def test_the_page_of_a_trial_follows_it_and_then_asks_no_more(browser: Browser, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'studies.db'}"
    about = {"metric": "val_loss", "folds": 2, "epochs": 3}
    with create_study(url, "s", "minimize", {}, about) as writer, serving(url) as address:
        trial = writer.new_trial()
        trial.suggest_categorical("optimizer", ["adam"])
        writer.tell({"state": "running", "running": [[0, 1, [[1, 0.5]]]]})
        with opened(browser, 390) as (page, complaints):
            page.set_viewport_size({"width": 390, "height": 400})
            page.goto(address + study_link("s", "trial", 0))
            expect(page.locator(".page-head .badge")).to_have_text("running")
            expect(page.locator("#trial-curve .main-svg").first).to_be_visible()
            page.evaluate("window.scrollTo(0, 300)")
            writer.tell({"state": "running", "running": [[0, 2, [[1, 0.5], [2, 0.25]]]]})
            expect(page.locator("#trial-curve .point")).to_have_count(2)
            assert page.evaluate("window.scrollY") == 300
            writer.finish(trial, 0.25, {"fold_scores": [0.2, 0.3]}, {})
            expect(page.locator(".page-head .badge")).to_have_text("complete")
            expect(page.locator("#trial-running")).to_be_hidden()
            asked: list[str] = []
            page.on("request", lambda request: asked.append(request.url))
            page.wait_for_timeout(2.5 * LIVE)
            assert asked == []
            assert complaints == []


def test_the_table_sorts_and_filters_on_the_server(shelf: Shelf, browser: Browser) -> None:
    with serving(shelf.site.storage) as address, opened(browser) as (page, complaints):
        page.goto(address + study_link("large", "trials"))
        expect(page.locator("#trials-found")).to_have_text("300 trials")
        page.get_by_role("columnheader", name="val_accuracy").click()
        page.get_by_role("columnheader", name="val_accuracy").click()
        study = read_study("large", shelf.site.storage)
        best = max((trial for trial in best_trials(study, 300)), key=lambda trial: trial.value or 0.0)
        first = page.locator(".ag-row[row-index='0'] [col-id='value']")
        expect(first).to_contain_text(f"{best.value:.3f}"[:5])
        page.locator(".ag-header-cell[col-id='state'] .ag-header-cell-filter-button").click()
        page.locator(".ag-filter-body input[type=text]").first.fill("failed")
        expect(page.locator("#trials-found")).to_have_text("6 of 300 trials")
        assert complaints == []


def test_the_scheme_is_chosen_and_kept_and_the_navigation_opens(shelf: Shelf, browser: Browser) -> None:
    with serving(shelf.site.storage) as address, opened(browser, 390, "light") as (page, _):
        page.goto(f"{address}/")
        whole(page)
        page.get_by_label("Light or dark").click()
        assert page.evaluate("document.documentElement.dataset.mantineColorScheme") == "dark"
        page.reload()
        whole(page)
        assert page.evaluate("document.documentElement.dataset.mantineColorScheme") == "dark"
        page.get_by_label("Navigation", exact=True).click()
        page.get_by_role("navigation").get_by_role("link", name="second").click()
        expect(page.locator("h1")).to_have_text("second")
        expect(page.get_by_role("navigation").get_by_role("link", name="second")).not_to_be_in_viewport()


def test_a_large_space_unfolds_by_groups(shelf: Shelf, browser: Browser) -> None:
    with serving(shelf.site.storage) as address, opened(browser) as (page, complaints):
        page.goto(f"{address}/launch")
        page.click("#launch-model")
        page.get_by_role("option", name="cnn:").click()
        page.click("#launch-preset")
        page.get_by_role("option", name="full").click()
        page.locator("summary", has_text="Mixing").click()
        expect(page.get_by_text("mixing_alpha", exact=True)).to_be_visible()
        assert serious_faults(page) == []
        page.locator("summary", has_text="explained").click()
        expect(page.get_by_role("cell", name="mixing_alpha", exact=True)).to_be_visible()
        assert complaints == []


def test_a_file_that_is_too_large_is_not_taken(shelf: Shelf, browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "large.csv"
    with file.open("wb") as written:
        written.truncate(LARGEST + 1)
    with serving(shelf.site.storage) as address, opened(browser) as (page, _):
        page.goto(address + link("launch"))
        page.set_input_files("input[type=file]", file)
        expect(page.get_by_text("is larger than 64 MB")).to_be_visible()
        expect(page.locator("#launch-source")).to_have_value("")
