"""Every soak runs, at a tiny size, and the page says what they found; what they find at full size is ``make soak``'s."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from database_servers import is_installed
from requiring import required

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"

sys.path.insert(0, str(BENCHMARKS))
try:
    from soaks import SOAKS
    from soaks.contract import Soak
    from soaks.page import make_page
finally:
    sys.path.remove(str(BENCHMARKS))


def needs(soak: Soak) -> None:
    if soak.name.endswith("-postgresql"):
        required(is_installed("PostgreSQL"), "PostgreSQL")


@pytest.mark.trains
@pytest.mark.parametrize("soak", SOAKS, ids=lambda soak: soak.name)
def test_every_soak_runs(python: Any, soak: Soak, tmp_path: Path) -> None:
    needs(soak)
    words = (BENCHMARKS / "soak.py", soak.name, "--tiny", "--folder", tmp_path / "docs")
    (tmp_path / "tmp").mkdir()
    done = python(*words, cwd=tmp_path, TMPDIR=str(tmp_path / "tmp"), timeout=400)
    record = json.loads((tmp_path / "docs" / "reliability.json").read_text(encoding="utf-8"))
    assert (done.returncode, done.stderr, record["soaks"][soak.name]["faults"]) == (0, "", [])
    assert f"| `{soak.name}`: " in (tmp_path / "docs" / "reliability.md").read_text(encoding="utf-8")
    assert list((tmp_path / "tmp").iterdir()) == []


def test_the_page_says_what_did_not_hold() -> None:
    entry = {"done": "7 kills", "minutes": 1.25, "commit": "0123456789", "date": "2026-11-25"}
    machine = {"processor": "Some CPU", "cores": 2, "memory_gib": 7.8, "system": "Linux x86_64"}
    first, second, *_ = SOAKS
    found = {first.name: {**entry, "faults": []}, second.name: {**entry, "faults": ["trial 3 is lost"]}}
    page = make_page({"machine": machine, "versions": {"python": "3.11.7"}, "soaks": found})
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    assert [row.split(" | ")[2:] for row in rows] == [
        ["7 kills, 1.2 minutes", "yes", "commit `0123456789`, 2026-11-25 |"],
        ["7 kills, 1.2 minutes", "**no**", "commit `0123456789`, 2026-11-25 |"],
    ]
    assert page.endswith(f"## What did not hold of `{second.name}`\n\n- trial 3 is lost\n")


def test_an_unknown_soak_is_refused(python: Any, tmp_path: Path) -> None:
    done = python(BENCHMARKS / "soak.py", "nothing", "--folder", tmp_path, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("There is no nothing; there are driver-sqlite, ")
    assert not list(tmp_path.glob("*.md"))
