"""How long the web app's pages of a large study take in a browser: ``kerasweep ui`` as a process, and headless Chromium.

Each page is opened in a window of its own, whose cache is empty; the server has answered once before. What a filter takes
begins with its last letter and ends with the number of trials that are left.

python benchmarks/app.py --trials 5000
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from common import tell
from kerasweep.app.links import study_link
from playwright.sync_api import Browser, Page, sync_playwright

SUPPORT = Path(__file__).parents[1] / "tests" / "support"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PAINT = "performance.getEntriesByName('first-contentful-paint').map(one => one.startTime / 1000)"
FOUND = "#trials-found"
MOST_MILLISECONDS = 120_000


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve the studies of a folder, and yield the address."""
    words = ["-m", "kerasweep", "ui", "--no-browser", "--port", "0"]
    with subprocess.Popen([sys.executable, *words], cwd=folder, stdout=subprocess.PIPE, text=True) as server:
        try:
            found = re.search(r"http://\S+", server.stdout.readline() if server.stdout else "")
            if found is None:
                sys.exit("the app does not say where it is")
            yield found[0].rstrip("/")
        finally:
            server.terminate()


@contextmanager
def window(browser: Browser) -> Iterator[Page]:
    """Open a window whose cache is empty."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(MOST_MILLISECONDS)
    try:
        yield context.new_page()
    finally:
        context.close()


def time_study(browser: Browser, address: str) -> dict[str, float]:
    """Return the seconds until the page of a study paints first, and until its cards are there."""
    with window(browser) as page:
        started = time.perf_counter()
        page.goto(address + study_link("large"))
        page.locator("h1").wait_for()
        page.wait_for_function("document.querySelectorAll('[aria-busy=true]').length === 0")
        whole = time.perf_counter() - started
        return {"study_paint": page.evaluate(PAINT)[0], "study": whole}


def time_table(browser: Browser, address: str) -> dict[str, float]:
    """Return the seconds until the table of trials paints first, until it shows trials, and that a filter takes."""
    with window(browser) as page:
        started = time.perf_counter()
        page.goto(address + study_link("large", "trials"))
        page.locator(".ag-row[row-index='0'] [col-id='value']").wait_for()
        shown = time.perf_counter() - started
        paint = page.evaluate(PAINT)[0]
        page.locator(FOUND, has_text="trials").wait_for()
        page.locator(".ag-header-cell[col-id='state'] .ag-header-cell-filter-button").click()
        word = page.locator(".ag-filter-body input[type=text]").first
        started = time.perf_counter()
        word.fill("failed")
        page.locator(FOUND, has_text=" of ").wait_for()
        return {"table_paint": paint, "table": shown, "filter": time.perf_counter() - started}


def main() -> None:
    """Tell the seconds of each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--trials", type=int, default=5000)
    arguments = parser.parse_args()
    sys.path.insert(0, str(SUPPORT))
    from synthetic import make_study  # type: ignore[import-not-found]  # in the path since the line above

    executable = next((path for path in map(shutil.which, BROWSERS) if path), None)
    with tempfile.TemporaryDirectory(prefix="kerasweep-bench-") as name:
        folder = Path(name)
        make_study(f"sqlite:///{folder / 'kerasweep.db'}", "large", trials=arguments.trials)
        with serving(folder) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
            with window(browser) as page:
                page.goto(address)
                page.locator("h1").wait_for()
            figures = {**time_study(browser, address), **time_table(browser, address)}
            browser.close()
    tell(**figures)


if __name__ == "__main__":
    main()
