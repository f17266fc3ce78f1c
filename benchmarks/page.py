"""Makes ``docs/benchmarks.md`` from the figures that ``run.py`` keeps; no number on it comes from elsewhere.

python benchmarks/page.py docs/benchmarks.json     print the page
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from figures import Figures
from sections import SECTIONS
from targets import make_targets


def make_page(record: dict[str, Any]) -> str:
    """Return the page."""
    figures = Figures(record)
    machine, versions = record["machine"], record["versions"]
    names = ", ".join(f"{name} {number}" for name, number in versions.items())
    targets = [
        f"| {' | '.join(target.cells(judge=not record['quick']))} |" for target in make_targets(figures)
    ]
    lines = [
        "# Benchmarks",
        "",
        "Written by `make bench`; all figures are in `benchmarks.json`. Machines differ and are noisy: read the ratios,",
        "which come from one run on one machine, contestants taking turns. Cells are medians, with the lowest and the",
        "highest in brackets where there were several rounds; the range of a ratio is the widest that any two rounds give.",
        "Contestants train with their own defaults, as their documentation tells.",
        "",
        f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gib']} GiB, {machine['system']}; {names}.",
        "",
        *(["**Sizes of a quick look: these figures say only that everything runs.**", ""] * record["quick"]),
        "## Targets",
        "",
        "| work | measure | target | reached | met |",
        "| --- | --- | --- | ---: | --- |",
        *targets,
        "",
    ]
    for section in SECTIONS:
        lines += section(figures)
    return "\n".join(lines)


def write_page(record: dict[str, Any], path: Path) -> str:
    """Write the page and return it."""
    page = make_page(record)
    path.write_text(page, encoding="utf-8")
    return page


if __name__ == "__main__":
    print(make_page(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))))
