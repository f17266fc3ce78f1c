"""Takes the pictures of the web app in ``app/``: two small sweeps of digits, and the pages that show them.

Needs Chromium; run it as ``python docs/screenshots.py``.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
from pathlib import Path
from typing import Any, Literal

import kerasweep
from kerasweep.app.links import study_link
from kerasweep.app.server import listen
from PIL import Image
from playwright.sync_api import Page, sync_playwright

Scheme = Literal["light", "dark"]
PICTURES: tuple[tuple[str, str, int, Scheme], ...] = (
    ("study", study_link("digits"), 1280, "light"),
    ("trials", study_link("digits", "trials"), 1280, "dark"),
    ("phone", study_link("digits"), 390, "dark"),
)
FOLDER = Path(__file__).parent / "app"
STUDY, OTHER = "digits", "digits-random"
COLOURS = 128
"""Of a picture, so that it is small."""


def main() -> None:
    """Train, and take all pictures."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'kerasweep.db'}"
        common: Any = {"model": "dnn", "storage": url, "epochs": 15, "folds": 3, "verbose": 0}
        kerasweep.launch("digits", search="bayes", trials=14, study=STUDY, **common).refit()
        kerasweep.launch("digits", search="random", trials=6, study=OTHER, **common)
        served = listen(url, "127.0.0.1", 0)
        thread = threading.Thread(target=served.run)
        thread.start()
        try:
            take_all(served.url.rstrip("/"))
        finally:
            served.server.shutdown()
            thread.join()


def take_all(address: str) -> None:
    """Take the pictures of a server's pages."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for name, path, width, scheme in PICTURES:
            page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
            page.goto(address + path)
            take(page, name)
        page = browser.new_page(viewport={"width": 1280, "height": 1500})
        page.goto(f"{address}/launch")
        page.fill("#launch-source", "digits")
        page.keyboard.press("Escape")
        page.click("#look")
        page.wait_for_selector(".pictures")
        page.wait_for_selector(".sliders")
        take(page, "launch")
        browser.close()


def take(page: Page, name: str) -> None:
    """Take a picture once a page is whole, in few colours."""
    page.wait_for_selector("h1")
    page.wait_for_function("() => !document.querySelector('[aria-busy=true], .ag-overlay-loading-center')")
    page.wait_for_timeout(1500)
    file = FOLDER / f"{name}.png"
    page.screenshot(path=file)
    with Image.open(file) as picture:
        picture.convert("RGB").quantize(COLOURS).save(file, optimize=True)


if __name__ == "__main__":
    main()
