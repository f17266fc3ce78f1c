"""The generated documents are what is generated, and their links lead somewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from kerasweep.spaces.catalogue import CATALOGUE

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "know-how.md").read_text(encoding="utf-8")
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def test_generated_documents_are_what_is_generated() -> None:
    done = subprocess.run(
        [sys.executable, "docs/write.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_page_has_every_hyperparameter_once_and_in_order() -> None:
    headings = re.findall(r"^### `(\w+)`$", PAGE, flags=re.M)
    assert headings == list(CATALOGUE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"```.*?```", "", text, flags=re.S)):
        address, _, anchor = target.partition("#")
        if address.startswith("https://"):
            continue
        file = page.parent / address if address else page
        assert file.exists(), target
        if anchor:
            assert anchor in anchors(file.read_text(encoding="utf-8")), target


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.name != "CHANGELOG.md"], ids=lambda page: page.name
)
def test_files_that_a_page_names_are_there(page: Path) -> None:
    named = re.findall(r"`([\w.]+/[\w./]*\.(?:py|md|yaml|json))`", page.read_text(encoding="utf-8"))
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("page", ["architecture.md", "where.md", "decisions.md"])
def test_files_and_folders_that_are_named_without_their_path_are_there(page: str) -> None:
    """After the first one in a line of a table, files of its folder are named alone."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    folders = [ROOT, *(found for found in ROOT.rglob("*") if found.is_dir() and ".git" not in found.parts)]
    named = re.findall(r"`([\w/.]+(?:\.py|/))`", re.sub(r"```.*?```", "", text, flags=re.S))
    missing = {name for name in named if not any((folder / name).exists() for folder in folders)}
    assert missing <= {"predict.py"}  # of exports


def test_no_anchor_of_the_page_stands_twice() -> None:
    found = anchors(PAGE)
    assert len(found) == len(set(found))


def anchors(text: str) -> list[str]:
    """Return the anchors that headings get on GitHub."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", text, flags=re.S), flags=re.M)
    return [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings]
