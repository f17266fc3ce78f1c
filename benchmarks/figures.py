"""Reading the record that ``run.py`` keeps: medians, ranges, ratios. What was not measured is None."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Value = Callable[[dict[str, Any]], float | None]
"""What is read from the figures of one run."""


@dataclass(frozen=True)
class Range:
    """A median with its lowest and highest value, over the rounds."""

    median: float
    low: float
    high: float
    count: int

    def over(self, other: Range) -> Range:
        """Return a ratio: of the medians, and the lowest and highest that any two runs could give."""
        return Range(
            self.median / other.median,
            self.low / other.high,
            self.high / other.low,
            min(self.count, other.count),
        )

    def text(self, unit: str = "") -> str:
        """Return the median, and the range where there is one."""
        spread = f" ({number(self.low)}–{number(self.high)})" if self.low < self.high else ""
        return f"{number(self.median)}{unit}{spread}"


class Figures:
    """The record of all works."""

    def __init__(self, record: dict[str, Any]) -> None:
        self._works = record["figures"]

    def runs(self, work: str, name: str) -> list[dict[str, Any]]:
        """Return the figures of all runs of one measurement that came to an end."""
        runs = self._works.get(work, {}).get(name, {}).get("runs", [])
        return [run for run in runs if "error" not in run and "skipped" not in run]

    def problem(self, work: str, name: str) -> str | None:
        """Return why there is no figure, or None where there is one."""
        if self.runs(work, name):
            return None
        runs = self._works.get(work, {}).get(name, {}).get("runs", [])
        reasons = [run.get("skipped") or f"failed: {run['error']}" for run in runs]
        return reasons[0] if reasons else "not measured"

    def command(self, work: str, name: str) -> str:
        """Return the command that was run."""
        return str(self._works.get(work, {}).get(name, {}).get("command", ""))

    def measured(self, work: str) -> dict[tuple[str, str], list[str]]:
        """Return when and where a work was measured, each with the measurements' names.

        When is a commit and a date, and where is empty for what was measured where the page says.
        """
        found: dict[tuple[str, str], list[str]] = {}
        for name, entry in self._works.get(work, {}).items():
            when = f"commit `{entry['commit']}`, {entry['date']}"
            found.setdefault((when, _elsewhere(entry)), []).append(name)
        return found

    def range(self, work: str, name: str, value: str | Value) -> Range | None:
        """Return median and range over the rounds."""
        read = (lambda run: run.get(value)) if isinstance(value, str) else value
        values = [found for run in self.runs(work, name) if (found := read(run)) is not None]
        return Range(statistics.median(values), min(values), max(values), len(values)) if values else None


def _elsewhere(entry: dict[str, Any]) -> str:
    """Return the machine and the versions of an entry that was not measured where the page says."""
    if "on" not in entry:
        return ""
    machine, versions = entry["on"]["machine"], entry["on"]["versions"]
    return f", on {machine['processor']}, {machine['cores']} cores, with TensorFlow {versions['tensorflow']}"


def ratio(upper: Range | None, lower: Range | None) -> Range | None:
    """Return one range over another, where both were measured."""
    return None if upper is None or lower is None else upper.over(lower)


def number(value: float) -> str:
    """Return a number with three digits that say something."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
