"""Measures searches without training: Kerasweep's driver on a virtual clock, over tables of how trainings went.

    python benchmarks/search.py --tables FOLDER --seeds 30                  all of it, into docs/search.json and docs/search.md
    python benchmarks/search.py --methods random+asha bayes --priors bad    these again; the other figures stay
    python benchmarks/search.py --methods knowhow --priors learned misled   after a study of another table of the family
    python benchmarks/search.py --page                                      the page again, from the figures

``make bench-search TABLES=...`` runs it. A method is a search with a scheduler, ``bayes+asha``; a search alone has the
scheduler that Kerasweep gives it. Without ``--tables`` it takes those that the repository has recorded.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from machine import describe_commit, describe_machine, describe_versions
from simulation.clock import Clock
from simulation.figures import ALL_FOLDS, OURS
from simulation.layouts import OWN, read_tables
from simulation.learned import KINDS as LEARNED
from simulation.learned import learned_from
from simulation.priors import PRIORS
from simulation.report import make_page
from simulation.simulate import Method, regret, simulate
from simulation.table import Table

ROOT = Path(__file__).parents[1]
SEARCHES = ("random", "qmc", "bayes", "tpe")
SCHEDULERS = ("none", "median", "hyperband", "asha")
METHODS = (OURS, *(f"{search}+{scheduler}" for search in SEARCHES for scheduler in SCHEDULERS))
STEP = 0.5
"""Between the costs at which regrets are kept, in whole trainings."""
SPARE = 2
"""Several workers have as much time as they would need were they so many times slower than hoped for."""
DECISIONS, LAST = 1_000, 0.95
"""Trials of a sweep whose decisions are timed, and the share of them after which they are."""


def main() -> None:
    """Measure what the arguments say; write figures and page."""
    given = parse(sys.argv[1:])
    folder: Path = given.folder
    folder.mkdir(parents=True, exist_ok=True)
    figures = folder / "search.json"
    record = start_record(figures, given)
    if not given.page:
        for entry in measure(given):
            key = entry_key(entry)
            record["entries"] = [one for one in record["entries"] if entry_key(one) != key] + [entry]
            write_record(figures, record)
    page = make_page(record)
    (folder / "search.md").write_text(page, encoding="utf-8")
    print(page)


def parse(words: Sequence[str]) -> argparse.Namespace:
    """Return what the command line says."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tables", type=Path, nargs="+", default=[OWN], help="folders of tables")
    parser.add_argument("--only", default="", help="tables with this in their name")
    parser.add_argument("--seeds", type=int, default=30, help="sweeps of each method on each table")
    parser.add_argument("--methods", nargs="+", default=METHODS, help="search+scheduler, or search")
    parser.add_argument("--priors", nargs="+", default=["file"], choices=(*PRIORS, *LEARNED))
    parser.add_argument(
        "--costs", type=costs, default="4,8,12", help="that the page shows, in whole trainings"
    )
    parser.add_argument("--clock", default="epochs", choices=("epochs", "seconds"), help="what is a cost")
    parser.add_argument("--workers", type=int, nargs="+", default=[1])
    parser.add_argument("--decisions", action="store_true", help="measure the time of decisions only")
    parser.add_argument("--folder", type=Path, default=ROOT / "docs", help="where figures and page go")
    parser.add_argument("--page", action="store_true", help="measure nothing")
    given = parser.parse_args(words)
    missing = [str(folder) for folder in given.tables if not folder.is_dir()]
    if missing:
        parser.error(f"there is no folder {', '.join(missing)}")
    given.methods = [Method.named(name) for name in given.methods]
    searches, schedulers = (*SEARCHES, OURS), (*SCHEDULERS, OURS)
    unknown = [
        str(one)
        for one in given.methods
        if str(one) != ALL_FOLDS and (one.search not in searches or one.scheduler not in schedulers)
    ]
    if unknown:
        known = f"searches: {', '.join(searches)}; schedulers: {', '.join(schedulers)}"
        parser.error(f"there is no {', '.join(unknown)}; {known}")
    return given


def costs(text: str) -> list[float]:
    """Read costs, of which regrets are kept."""
    found = sorted(float(cost) for cost in text.split(","))
    if any(cost <= 0 or cost % STEP for cost in found):
        raise argparse.ArgumentTypeError(f"costs are multiples of {STEP}, got {text}")
    return found


def start_record(path: Path, given: argparse.Namespace) -> dict[str, Any]:
    """Return the record to fill: what a file holds of the same costs."""
    fresh = {
        "machine": describe_machine(),
        "versions": describe_versions(),
        "costs": given.costs,
        "step": STEP,
        "entries": [],
    }
    if not path.exists():
        return fresh
    record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if record["costs"] != given.costs and not given.page:
        sys.exit(f"{path} has figures at other costs, {record['costs']}; give those, or another --folder.")
    return record


def entry_key(entry: dict[str, Any]) -> tuple[Any, ...]:
    """Return what an entry is of."""
    return tuple(entry[name] for name in ("kind", "table", "method", "prior", "workers", "clock"))


def measure(given: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Yield the figures of each method on each table, with the commit and the date."""
    here = {"commit": describe_commit(ROOT), "date": datetime.now(UTC).date().isoformat()}
    tables = choose_tables(given)
    teachers = all_tables(given) if set(LEARNED) & set(given.priors) else []
    for table, method in product(tables, given.methods):
        if given.decisions:
            entry = decisions(table, method)
            say(f"{table.name} {method}: {entry['milliseconds']} ms")
            yield {**entry, **here}
        elif measurable(table, method):
            for prior, workers in product(given.priors if table.common_space else ["file"], given.workers):
                started = time.perf_counter()
                if prior in LEARNED and learned_from(table, teachers, prior, 0) is None:
                    say(f"{table.name} is alone in its family: there is nothing to learn from")
                    continue
                entry = sweeps(table, method, prior, workers, given, teachers)
                seconds = time.perf_counter() - started
                say(f"{table.name} {method} {prior} {workers}: {entry['chosen'][-1]} in {seconds:.1f} s")
                yield {**entry, **here}


def choose_tables(given: argparse.Namespace) -> list[Table]:
    """Return the tables to measure on: for decisions the first of those with most configurations."""
    tables = all_tables(given, given.only)
    if given.decisions:
        tables = sorted(tables, key=configurations_of, reverse=True)[:1]
    if given.clock == "seconds":
        untimed = [table.name for table in tables if not math.isfinite(table.draws.seconds)]
        tables = [table for table in tables if table.name not in untimed]
        if untimed:
            say(f"Left out, because nobody took the time: {', '.join(untimed)}.")
    if not tables:
        sys.exit(f"There are no tables for this in {', '.join(map(str, given.tables))}.")
    return tables


def all_tables(given: argparse.Namespace, only: str = "") -> list[Table]:
    """Return the tables of all folders, or those with a part of a name."""
    return [table for folder in given.tables for table in read_tables(folder, only)]


def configurations_of(table: Table) -> float:
    """Return how many configurations there are to try."""
    return len(table.rows) or math.inf


def say(text: str) -> None:
    """Say how far it is; the page alone goes to the standard output."""
    print(text, file=sys.stderr, flush=True)


def measurable(table: Table, method: Method) -> bool:
    """Tell whether a method has anything to show: where hyperparameters say nothing, or there is one fold, some have not."""
    if str(method) == ALL_FOLDS:
        return table.common_space and table.folds > 1
    return table.common_space or method.search not in ("qmc", "bayes", "tpe")


def sweeps(
    table: Table,
    method: Method,
    prior: str,
    workers: int,
    given: argparse.Namespace,
    teachers: Sequence[Table] = (),
) -> dict[str, Any]:
    """Return the mean regrets of a method on a table over all seeds, at rising costs; with several workers, times."""
    until = max(given.costs)
    at = [STEP * number for number in range(1, round(until / STEP) + 1)]
    times = at if workers == 1 else [moment * SPARE / workers for moment in at]
    runs, without = [], []
    for seed in range(given.seeds):
        told = learned_from(table, teachers, prior, seed) if prior in LEARNED else prior
        runs.append(
            simulate(table, method, told or prior, seed, until=times[-1], workers=workers, clock=given.clock)
        )
        if prior in LEARNED:
            without.append(untold(table, method, seed, tuple(times), workers, given.clock))
    return {
        "kind": "regret",
        "table": table.name,
        **(
            {"recommended": recommended(table)}
            if prior == "file" and table.rows and table.common_space
            else {}
        ),
        "family": table.family,
        "space": table.common_space,
        "method": str(method),
        "prior": prior,
        "workers": workers,
        "clock": given.clock,
        "seeds": given.seeds,
        "times": times,
        "folds": table.folds,
        "chosen": means(chosen := [run.chosen(times) for run in runs]),
        **({"without": means(without)} if without else {}),
        "error": round(standard_error([one[-1] for one in chosen]), 4),
        "observed": means([run.observed(times) for run in runs]),
        "trials": statistics.fmean(run.trials for run in runs),
    }


@cache
def untold(
    table: Table, method: Method, seed: int, times: Sequence[float], workers: int, clock: Clock
) -> list[float]:
    """Return the regrets of a search with the space's own recommended values: what the same seed that has learned is held against."""
    trace = simulate(table, method, "file", seed, until=times[-1], workers=workers, clock=clock)
    return trace.chosen(times)


def recommended(table: Table) -> dict[str, float]:
    """Return where the row that is nearest to the recommended configuration stands among all rows of a table."""
    own = table.nearest_row(table.space.recommended())
    worths = [table.worth(table.curves_of(row).scores) for row in (own, *table.rows)]
    goods = np.nan_to_num(
        table.sign * np.array(worths), nan=-np.inf
    )  # what diverged is worse than everything
    better = int((goods > goods[0]).sum())
    return {"rank": 1 + better, "of": len(table.rows), "regret": round(regret(table, worths[0]), 4)}


def standard_error(values: Sequence[float]) -> float:
    """Return that of a mean; 0 for a single value."""
    return statistics.stdev(values) / math.sqrt(len(values)) if len(values) > 1 else 0.0


def means(rows: Sequence[Sequence[float]]) -> list[float]:
    """Return the mean of each column to four digits."""
    return [round(statistics.fmean(column), 4) for column in zip(*rows, strict=True)]


def decisions(table: Table, method: Method) -> dict[str, Any]:
    """Return the median time of the last decisions of a long sweep, writing included."""
    count = min(DECISIONS, configurations_of(table))
    trace = simulate(table, method, "file", 0, until=10 * count, trials=count)
    last = [seconds for trials, seconds in trace.decisions if trials > LAST * count]
    return {
        "kind": "decision",
        "table": table.name,
        "method": str(method),
        "prior": "file",
        "workers": 1,
        "clock": "epochs",
        "trials": trace.trials,
        "milliseconds": round(1000 * statistics.median(last), 2),
    }


def write_record(path: Path, record: dict[str, Any]) -> None:
    """Write the record, after every entry, so that an interruption loses one; an entry is a line."""
    head = {name: value for name, value in record.items() if name != "entries"}
    lines = ",\n".join(json.dumps(entry) for entry in record["entries"])
    path.write_text(f'{json.dumps(head)[:-1]}, "entries": [\n{lines}\n]}}\n', encoding="utf-8")


if __name__ == "__main__":
    main()
