"""What the page says to single questions, a section each: bad priors, what was learned elsewhere, folds, workers, decisions."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from simulation.figures import ALL_FOLDS, OURS, Figures, bootstrap, geometric, make_figures

CHANCE = "random+asha"
"""Halving with uniform draws, which a search should not fall behind where its prior is wrong."""


def bad_prior(entries: Sequence[Mapping[str, Any]], cost: float) -> Iterator[str]:
    """Yield what a bad prior costs, against halving with uniform draws and no prior."""
    one_worker = [e for e in entries if (e["clock"], e["workers"]) == ("epochs", 1) and e["space"]]
    bad = make_figures(one_worker, lambda entry: entry["prior"] == "bad")
    without = make_figures(one_worker, lambda entry: entry["prior"] == "none")
    if bad is None or without is None or CHANCE not in without.entries:
        return
    tables = sorted(set(bad.tables) & set(without.tables))
    yield "## What a bad prior costs"
    yield ""
    yield f"Cost until the regret that `{CHANCE}` has at {cost:g} without a prior, divided by what that takes itself."
    yield ""
    yield "| search+scheduler, bad prior | cost ratio |"
    yield "| --- | ---: |"
    goals = {table: without.at(CHANCE, table, cost) for table in tables}
    own = [without.cost_until(CHANCE, table, goals[table]) for table in tables]
    for method in bad.entries:
        taken = [bad.cost_until(method, table, goals[table]) for table in tables]
        _, text = geometric([one / other for one, other in zip(taken, own, strict=True)])
        yield f"| {method} | {text} |"
    yield ""


def learned(entries: Sequence[Mapping[str, Any]], cost: float) -> Iterator[str]:
    """Yield what a search costs that has learned from another study, against itself without."""
    one_worker = [e for e in entries if (e["clock"], e["workers"]) == ("epochs", 1) and e["space"]]
    rows = []
    for prior in ("learned", "misled"):
        for method in dict.fromkeys(entry["method"] for entry in one_worker):
            told = {e["table"]: e for e in one_worker if (e["method"], e["prior"]) == (method, prior)}
            alone = {e["table"]: e for e in one_worker if (e["method"], e["prior"]) == (method, "file")}
            own = alone | {
                table: {**e, "chosen": e["without"]} for table, e in told.items() if "without" in e
            }
            tables = sorted(set(own) & set(told))
            if tables:
                rows.append(_learned_row(prior, Figures({"own": own, "told": told}), tables, cost))
    if rows:
        yield "## What was learned elsewhere"
        yield ""
        yield (
            f"Cost until the regret that the same search has at {cost:g} with the spaces' own recommended values, divided by what "
            "that takes itself. It learns from a study of `knowhow` on the next table of the family, at the same cost. Where the seeds "
            "without it are others, much of a ratio is their luck."
        )
        yield ""
        yield (
            f"| search+scheduler | learned | tables | seeds, without | cost ratio | dearer | never | regret at {cost:g}, without |"
        )
        yield "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |"
        yield from rows
        yield ""


def _learned_row(prior: str, figures: Figures, tables: Sequence[str], cost: float) -> str:
    goals = {table: figures.at("own", table, cost) for table in tables}
    taken, own = (
        np.array([figures.cost_until(who, table, goals[table]) for table in tables])
        for who in ("told", "own")
    )
    logs = np.log(taken / own)
    low, high = np.exp(bootstrap(logs.tolist()))
    kind = {"learned": "as it is", "misled": "the other way round"}[prior]
    told, without = (figures.mean(who, tables, cost) for who in ("told", "own"))
    method = next(iter(figures.entries["own"].values()))["method"]
    seeds = (
        "–".join(map(str, sorted({figures.entries[who][table]["seeds"] for table in tables})))
        for who in ("told", "own")
    )
    return (
        f"| {method} | {kind} | {len(tables)} | {', '.join(seeds)} | {float(np.exp(logs.mean())):.2f} ({low:.2f}–{high:.2f}) "
        f"| {int((taken > own).sum())} | {int((taken > cost).sum())} | {told:.2f}, {without:.2f} |"
    )


def folds(entries: Sequence[Mapping[str, Any]], cost: float) -> Iterator[str]:
    """Yield what it saves to train few folds at first, against the same search with all folds at every rung."""
    alone = [
        e for e in entries if (e["clock"], e["workers"], e["prior"]) == ("epochs", 1, "none") and e["space"]
    ]
    every = {entry["table"]: entry for entry in alone if entry["method"] == ALL_FOLDS}
    few = {entry["table"]: entry for entry in alone if entry["method"] == f"{OURS}+{OURS}"}
    tables = sorted(set(every) & set(few))
    if not tables:
        return
    figures = Figures({"few": few, "every": every})
    yield "## Few folds first"
    yield ""
    yield f"Cost until the regret that `{ALL_FOLDS}`, which trains all folds at every rung, has at {cost:g}, to within the standard error"
    yield "of the difference, and when that came to it first; both without a prior, as some of these tables are won by the recommended"
    yield f"values alone. In brackets the standard error of the regret at {cost:g}, over seeds."
    yield ""
    yield f"| table | folds | cost | with all folds | regret at {cost:g} | with all folds |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: |"
    ratios = []
    for table in tables:
        error = math.hypot(*(ones[table]["error"] for ones in figures.entries.values()))
        goal = figures.at("every", table, cost) + error
        taken, own = (figures.cost_until(who, table, goal) for who in ("few", "every"))
        ratios.append(taken / own)
        ends = [
            f"{figures.at(who, table, cost):.3f} ({ones[table]['error']:.3f})"
            for who, ones in figures.entries.items()
        ]
        reached = f"{taken:g}" if taken <= cost else "never"
        yield f"| {table} | {few[table]['folds']} | {reached} | {own:g} | {ends[0]} | {ends[1]} |"
    yield ""
    yield f"Ratio of the costs, geometric mean with its bootstrap interval: {geometric(ratios)[1]}."
    yield ""


def recommended(entries: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield where the recommended configuration stands among the rows of each table."""
    found = {entry["table"]: entry["recommended"] for entry in entries if "recommended" in entry}
    if not found:
        return
    yield "## The recommended configuration among all"
    yield ""
    yield "Of tables of rows: the place of the row nearest to the recommended configuration, were all trained whole."
    yield ""
    yield "| table | place | of | regret |"
    yield "| --- | ---: | ---: | ---: |"
    for table, place in sorted(found.items()):
        yield f"| {table} | {place['rank']} | {place['of']} | {place['regret']:.3f} |"
    yield ""


def workers(entries: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield how much sooner several workers find what one has found in the end."""
    several = sorted({entry["workers"] for entry in entries} - {1})
    rows = []
    for workers in several:
        alone = make_figures([e for e in entries if e["workers"] == 1], _plain)
        many = make_figures([e for e in entries if e["workers"] == workers], _plain)
        if alone is None or many is None:
            continue
        for method in sorted(set(alone.entries) & set(many.entries)):
            tables = sorted(set(alone.entries[method]) & set(many.entries[method]))
            one, more = _mean_curve(alone, method, tables), _mean_curve(many, method, tables)
            goal = min(value for _, value in one)
            first = next(time for time, value in one if value <= goal)
            soon = next((time for time, value in more if value <= goal), None)
            rows.append(
                f"| {method} | {workers} | {'not reached' if soon is None else f'{first / soon:.1f}'} |"
            )
    if rows:
        yield "## Several workers"
        yield ""
        yield "How many times sooner the mean regret of all tables is down to what one worker ends with, on the virtual clock."
        yield ""
        yield "| search+scheduler | workers | times sooner |"
        yield "| --- | ---: | ---: |"
        yield from rows
        yield ""


def _plain(entry: Mapping[str, Any]) -> bool:
    return bool(entry["space"] and entry["prior"] == "file" and entry["clock"] == "epochs")


def _mean_curve(figures: Figures, method: str, tables: Sequence[str]) -> list[tuple[float, float]]:
    curves = [figures.entries[method][table]["chosen"] for table in tables]
    times = figures.entries[method][tables[0]]["times"]
    return [
        (time, statistics.fmean(column))
        for time, column in zip(times, zip(*curves, strict=True), strict=True)
    ]


def decisions(entries: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield what a decision takes in a long sweep."""
    found = [entry for entry in entries if entry["kind"] == "decision"]
    if not found:
        return
    yield "## Time of a decision"
    yield ""
    yield "Median of the last decisions of a sweep of so many trials: from an event to what a worker does next, what is written"
    yield "included."
    yield ""
    yield "| search+scheduler | trials | ms |"
    yield "| --- | ---: | ---: |"
    for entry in found:
        yield f"| {entry['method']} | {entry['trials']} | {entry['milliseconds']} |"
    yield ""
