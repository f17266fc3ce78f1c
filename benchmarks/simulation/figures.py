"""Mean regrets by method and table, and the means and intervals that the page gives of them."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

OURS = "knowhow"
"""The search whose figures are held against the best of the others."""
ALL_FOLDS = "knowhow+all-folds"
"""The same with rungs of all folds, which is measured for what fewer folds are worth and stands in no ranking."""
RESAMPLES = 2_000


@dataclass(frozen=True)
class Figures:
    """All mean regrets of one prior, number of workers and clock: by method, then by table."""

    entries: Mapping[str, Mapping[str, Mapping[str, Any]]]
    left_out: tuple[str, ...] = ()
    """Methods that were not measured on all tables."""

    @property
    def tables(self) -> list[str]:
        """Those that every method has figures of."""
        shared = set.intersection(*(set(one) for one in self.entries.values()))
        return sorted(shared)

    def at(self, method: str, table: str, cost: float, kind: str = "chosen") -> float:
        """Return a mean regret."""
        entry = self.entries[method][table]
        return float(entry[kind][entry["times"].index(cost)])

    def mean(self, method: str, tables: Sequence[str], cost: float, kind: str = "chosen") -> float:
        """Return the mean over tables."""
        return statistics.fmean(self.at(method, table, cost, kind) for table in tables)

    def best_other(self, tables: Sequence[str], cost: float) -> str:
        """Return the method with the lowest mean that is not ours."""
        others = [method for method in self.entries if not method.startswith(OURS)]
        return min(others or list(self.entries), key=lambda method: self.mean(method, tables, cost))

    def cost_until(self, method: str, table: str, regret: float) -> float:
        """Return the first cost at which a method is as good; twice the last where it never is."""
        entry = self.entries[method][table]
        found = (time for time, value in zip(entry["times"], entry["chosen"], strict=True) if value <= regret)
        return float(next(found, 2 * entry["times"][-1]))


def make_figures(
    entries: Iterable[Mapping[str, Any]], keep: Callable[[Mapping[str, Any]], bool]
) -> Figures | None:
    """Return figures by method and table; None where there are none.

    The tables are those on which at least half of the methods were measured; methods that lack one of them are left out.
    """
    found: dict[str, dict[str, Mapping[str, Any]]] = {}
    for entry in entries:
        if keep(entry):
            found.setdefault(entry["method"], {})[entry["table"]] = entry
    counts = Counter(table for tables in found.values() for table in tables)
    shared = {table for table, count in counts.items() if 2 * count >= len(found)}
    kept = {method: tables for method, tables in found.items() if shared <= tables.keys()}
    figures = Figures(kept, tuple(sorted(set(found) - set(kept))))
    return figures if kept and figures.tables else None


def interval(values: Sequence[float]) -> str:
    """Return a mean with its bootstrap interval."""
    low, high = bootstrap(values)
    return f"{statistics.fmean(values):.2f} ({low:.2f}–{high:.2f})"


def bootstrap(values: Sequence[float]) -> tuple[float, float]:
    """Return the interval that holds 95 % of the means of resampled values."""
    drawn = np.random.default_rng(0).choice(np.array(values), (RESAMPLES, len(values)))
    low, high = np.quantile(drawn.mean(axis=1), (0.025, 0.975))
    return float(low), float(high)


def geometric(ratios: Sequence[float]) -> tuple[float, str]:
    """Return a geometric mean, and the same with its bootstrap interval."""
    logs = np.log(np.array(ratios))
    low, high = np.exp(bootstrap(logs.tolist()))
    mean = float(np.exp(logs.mean()))
    return mean, f"{mean:.2f} ({low:.2f}–{high:.2f})"
