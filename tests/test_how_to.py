"""Whatever the how-to pages tell people to do can be done: each page is followed from its beginning to its end, at a tiny size."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import page_running
import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "docs" / "how-to").glob("*.md"))


@pytest.mark.trains
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_can_be_followed(page: Path, python: Any, tmp_path: Path) -> None:
    done = python(page_running.__file__, page, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
