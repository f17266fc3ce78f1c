"""Makes ``docs/benchmarks.md`` from the figures that ``run.py`` keeps; no number on it comes from elsewhere.

python benchmarks/page.py docs/benchmarks.json     print the page
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
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
        f"| {' | '.join(target.cells(judge=not record['tiny']))} |" for target in make_targets(figures)
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
        *(["**Tiny sizes: these figures say only that everything runs.**", ""] * record["tiny"]),
        "## Targets",
        "",
        *measured_at(figures, SECTIONS),
        "| work | measure | target | reached | met |",
        "| --- | --- | --- | ---: | --- |",
        *targets,
        "",
    ]
    for work, section in SECTIONS.items():
        heading, *rest = section(figures)
        lines += [heading, "", *measured_at(figures, [work]), *rest[1:]]
    return "\n".join(lines)


def measured_at(figures: Figures, works: Iterable[str]) -> list[str]:
    """Return a line that says at which commits works were measured, and which of them where there are several."""
    found: dict[tuple[str, str], list[str]] = {}
    works = list(works)
    for work in works:
        for when, names in figures.measured(work).items():
            found.setdefault(when, []).extend([work] if len(works) > 1 else names)
    parts = [
        f"{when}{where}" + (f" ({', '.join(names)})" if len(found) > 1 else "")
        for (when, where), names in found.items()
    ]
    return [f"Measured at {'; '.join(parts)}.", ""] if parts else []


def write_page(record: dict[str, Any], path: Path) -> str:
    """Write the page and return it."""
    page = make_page(record)
    path.write_text(page, encoding="utf-8")
    return page


if __name__ == "__main__":
    print(make_page(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))))
