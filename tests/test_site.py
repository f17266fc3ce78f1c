"""The documentation site is built, strictly: a link or an anchor that leads nowhere fails, and nothing is loaded from elsewhere."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import kerasweep
import pytest
from kerasweep.cli.app import app
from kerasweep.export import FORMATS
from kerasweep.spaces.catalogue import CATALOGUE
from typer.main import get_command

ROOT = Path(kerasweep.__file__).parent


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site") / "site"
    # not --quiet, with which MkDocs does not count the warnings that --strict makes errors of
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_every_page_and_both_references_are_there(site: Path) -> None:
    pages = {page.stem for page in (ROOT / "docs").rglob("*.md")}
    others = {"index", "changelog", "contributing", "examples", "reference", "commands"}
    assert pages | others <= {page.stem for page in site.rglob("*.html")}
    reference = (site / "reference.html").read_text(encoding="utf-8")
    for name in set(kerasweep.__all__) - {"__version__"}:
        assert re.search(rf'id="kerasweep\.[\w.]*\b{name}"', reference), name
    commands = (site / "commands.html").read_text(encoding="utf-8")
    for name in get_command(app).commands:
        assert f'id="kerasweep-{name}"' in commands
    assert all(
        form.meaning in (site / "exports.html").read_text(encoding="utf-8") for form in FORMATS.values()
    )


def test_the_catalogue_can_be_searched(site: Path) -> None:
    index = json.loads((site / "search" / "search_index.json").read_text(encoding="utf-8"))
    found = {entry["location"] for entry in index["docs"]}
    assert {f"know-how.html#{name}" for name in CATALOGUE} <= found


def test_pages_load_nothing_from_elsewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        loaded = re.findall(r'<(?:script|img|iframe)[^>]*\bsrc="([^"]*)"', text)
        loaded += re.findall(r'<link[^>]*rel="(?:stylesheet|preconnect|icon)"[^>]*href="([^"]*)"', text)
        assert [address for address in loaded if re.match(r"(?:https?:)?//", address)] == [], page.name
