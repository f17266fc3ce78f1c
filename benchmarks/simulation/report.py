"""Makes ``docs/search.md`` from the figures that ``search.py`` keeps; no number on it comes from elsewhere."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from simulation import questions
from simulation.figures import ALL_FOLDS, OURS, Figures, geometric, interval, make_figures

TUNED_ON: frozenset[str] = frozenset(
    (
        *(
            f"lcbench-{task}"
            for task in (
                126025, 126029, 167083, 167104, 167149, 167161, 167168, 167181, 167184, 167185, 167200, 167201,
            )
        ),
        "taskset-patch128-lstm128-avg-bs64",
        "taskset-patch32-gru64-avg-bs128",
        "taskset-patch32-irnn64-relu-avg-bs128",
    )
)  # fmt: skip
"""Tables whose figures were looked at while the constants of our search were chosen."""
OWN_FAMILY = "recorded"
"""Tables of our own trainings: on their data sets the recommended values were looked at before."""
LOST = 0.02
"""Regret by which a method is behind the best of the others on a table where that is called a loss."""

INTRODUCTION = """\
# Searches, measured without training

Written by `make bench-search TABLES=folder`; all figures are in `search.json`, each with its commit. What is measured is
Kerasweep's own driver with its proposers, samplers, schedulers and a study on SQLite (`benchmarks/simulation/`); only the
executor is another: it has a virtual clock, and reads from a table how a training went.

*Cost* is counted in whole trainings (all folds, all epochs) of one configuration; going on with a paused trial costs its
further epochs alone. *Regret* is 0 for the best configuration of a table and 1 for the median of configurations that are
drawn at random and trained whole; a configuration is worth its best mean over the folds, as in any study. What diverges is
worse than everything; a regret ends at {worst}. Of a surrogate, whose configurations are without number, the best is what
climbing from the best of 10,000 draws comes to. *Chosen* is the regret of what the search would choose at that cost: the best
trial that was trained whole, or while there is none the best of those that came farthest. *Observed* is the regret of the
best score seen so far. Cells are means over tables, each the mean of its seeds; in brackets the 95 % bootstrap interval
with the table as the unit. A table of finite rows is searched over these, each once: `knowhow` is told that there are no others,
what another search proposes means the nearest row that is left, and the study holds that row.

`tpe` is Optuna's sampler alone, with uniform draws first; `bayes` is the same after the recommended values, which all searches
but `tpe` begin with.
"""
FAMILIES = {
    "algoperf": "41 to 55 settings of optimizers, five repeats of each as folds, curves over seconds; github.com/mlcommons/submissions_algorithms, Apache-2.0",
    "lcbench": "a surrogate of LCBench, 7 hyperparameters, 51 epochs; github.com/slds-lmu/yahpo_data, Apache-2.0",
    "mnist": "MNIST, 256 configurations of 4 hyperparameters, 16 epochs; github.com/pedrogbmendes/HyperJump, MIT",
    "recorded": "trained by Kerasweep itself, of the repository: 120 to 400 configurations of 6 to 8 hyperparameters, 5 folds, 27 "
    "epochs; `python benchmarks/simulation/record.py wine --configurations 250`, `breast_cancer --configurations 400`, `diabetes "
    "--configurations 400`, `digits --limit 500 --configurations 120`, `digits --model cnn --limit 300 --configurations 150`, "
    "`fashion-mnist --limit 500 --configurations 250`, `mnist --limit 500 --configurations 250`",
    "taskset": "a recurrent net on text, 1,000 configurations of 8 hyperparameters of Adam, 50 evaluations; "
    "github.com/machinelearningnuremberg/DyHPO, Apache-2.0, from Google's TaskSet",
}
"""What tables of a family are, and where they come from."""
PRIORS = {
    "file": "Recommended values as the spaces have them",
    "none": "No prior: a draw at random is recommended, with low confidence",
    "near-optimum": "A prior near the optimum",
    "good": "A good prior: the best configuration, with noise of a fifth of every range",
    "bad": "A bad prior: the worst of all draws is recommended",
    "learned": "Learned from a study of another table of the family, as `--learn-from` does",
    "misled": "Learned from such a study with every comparison the other way round: its worst taken for its best",
}


def make_page(record: Mapping[str, Any]) -> str:
    """Return the page."""
    from simulation.simulate import WORST

    regrets = [entry for entry in record["entries"] if entry["kind"] == "regret"]
    ranked = [entry for entry in regrets if entry["method"] != ALL_FOLDS]
    machine, versions = record["machine"], record["versions"]
    names = ", ".join(f"{name} {number}" for name, number in versions.items())
    lines = [
        INTRODUCTION.format(worst=WORST),
        *_measured(record["entries"]),
        f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gib']} GiB, {machine['system']}; {names}.",
        "",
        *_tuned(),
        *_tables(regrets),
    ]
    costs = record["costs"]
    for prior, title in PRIORS.items():
        for clock in ("epochs", "seconds"):
            chosen = [e for e in ranked if (e["prior"], e["clock"], e["workers"]) == (prior, clock, 1)]
            spaces = make_figures(chosen, lambda entry: entry["space"])
            arms = make_figures(chosen, lambda entry: not entry["space"])
            if spaces is not None:
                lines += [f"## {title}" + ("" if clock == "epochs" else ", by seconds"), ""]
                lines += [*_regrets(spaces, costs), *_families(spaces, costs[-1]), *_costs(spaces, costs[-1])]
                lines += _losses(spaces, costs[-1])
                lines += _parts(spaces, costs)
            if arms is not None:
                lines += ["### Arms without a common space: how far each is trained", ""]
                lines += _regrets(arms, costs)
    lines += [
        *questions.bad_prior(regrets, costs[-1]),
        *questions.learned(regrets, costs[-1]),
        *questions.recommended(regrets),
        *questions.folds(regrets, costs[-1]),
        *questions.workers(regrets),
        *questions.decisions(record["entries"]),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _measured(entries: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    found: dict[tuple[str, str], set[str]] = {}
    for entry in entries:
        what = entry["family"] if entry["kind"] == "regret" else "decisions"
        found.setdefault((entry["commit"], entry["date"]), set()).add(what)
    parts = [
        f"commit `{commit}`, {date}" + (f" ({', '.join(sorted(what))})" if len(found) > 1 else "")
        for (commit, date), what in found.items()
    ]
    yield f"Measured at {'; '.join(parts)}."
    yield ""


def _tuned() -> Iterator[str]:
    yield f"Constants of `{OURS}` were chosen by looking at {len(TUNED_ON)} tables: {', '.join(sorted(TUNED_ON))}."
    yield (
        "Two predecessors with other constants were looked at once on all public tables: one with rungs from an eighth on, one that "
        "did not know yet that a table's rows are all there is. What acts only by seconds was chosen by looking at seven of "
        "them, lcbench-167104 to lcbench-167185."
    )
    yield ""


def _tables(entries: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield what the tables are, how many there are of a family, and the seeds of each."""
    families: dict[str, list[Mapping[str, Any]]] = {}
    for entry in entries:
        families.setdefault(entry["family"], []).append(entry)
    yield "| family | tables | seeds | what |"
    yield "| --- | ---: | ---: | --- |"
    for family, found in sorted(families.items()):
        tables = len({entry["table"] for entry in found})
        seeds = ", ".join(map(str, sorted({entry["seeds"] for entry in found})))
        yield f"| {family} | {tables} | {seeds} | {FAMILIES.get(family, '')} |"
    yield ""


def _parts(figures: Figures, costs: Sequence[float]) -> Iterator[str]:
    """Yield the regrets on the tables that others recorded, and on those that no constant was chosen on."""
    parts: dict[str, Callable[[str, Mapping[str, Any]], bool]] = {
        "Tables that others recorded": lambda _, entry: entry["family"] != OWN_FAMILY,
        "Of these, tables that no constant was chosen on": lambda table, entry: (
            entry["family"] != OWN_FAMILY and table not in TUNED_ON
        ),
    }
    for title, keep in parts.items():
        held = {
            method: {table: entry for table, entry in tables.items() if keep(table, entry)}
            for method, tables in figures.entries.items()
        }
        if any(held.values()):
            yield f"### {title}"
            yield ""
            yield from _regrets(Figures(held, ()), costs)


def _regrets(figures: Figures, costs: Sequence[float]) -> Iterator[str]:
    """Yield the regrets of all methods, the best at the last cost first."""
    tables = figures.tables
    yield (
        "| search+scheduler | "
        + " | ".join(f"chosen at {cost:g}" for cost in costs)
        + f" | observed at {costs[-1]:g} | trials |"
    )
    yield "| --- |" + " ---: |" * (len(costs) + 2)
    for method in sorted(figures.entries, key=lambda one: figures.mean(one, tables, costs[-1])):
        cells = [interval([figures.at(method, table, cost) for table in tables]) for cost in costs]
        observed = figures.mean(method, tables, costs[-1], "observed")
        trials = statistics.fmean(figures.entries[method][table]["trials"] for table in tables)
        yield f"| {method} | {' | '.join(cells)} | {observed:.2f} | {trials:.0f} |"
    yield ""
    if figures.left_out:
        yield f"Left out, because they were not measured on all of these tables: {', '.join(figures.left_out)}."
        yield ""


def _families(figures: Figures, cost: float) -> Iterator[str]:
    """Yield the regrets at the last cost by family of tables."""
    families: dict[str, list[str]] = {}
    for table in figures.tables:
        family = next(iter(figures.entries.values()))[table]["family"]
        families.setdefault(family, []).append(table)
    if len(families) < 2:
        return
    yield f"Chosen at {cost:g}, by family:"
    yield ""
    yield (
        "| search+scheduler | "
        + " | ".join(f"{name} ({len(tables)})" for name, tables in families.items())
        + " |"
    )
    yield "| --- |" + " ---: |" * len(families)
    for method in sorted(figures.entries, key=lambda one: figures.mean(one, figures.tables, cost)):
        cells = [f"{figures.mean(method, tables, cost):.2f}" for tables in families.values()]
        yield f"| {method} | {' | '.join(cells)} |"
    yield ""


def _costs(figures: Figures, cost: float) -> Iterator[str]:
    """Yield what each method costs until it is as good as the best other one is in the end."""
    tables = figures.tables
    peer = figures.best_other(tables, cost)
    yield f"Cost until the regret that `{peer}` has at {cost:g}: as a share of {cost:g}, and divided by the cost at which that came to"
    yield "it first, which may have been early. Geometric means over tables with the 95 % bootstrap interval. Where a method never"
    yield f"comes to it, {2 * cost:g} is counted."
    yield ""
    yield f"| search+scheduler | tables | share of {cost:g} | by its own | never |"
    yield "| --- | --- | ---: | ---: | ---: |"
    goals = {table: figures.at(peer, table, cost) for table in tables}
    own = {table: figures.cost_until(peer, table, goals[table]) for table in tables}
    families: dict[str, list[str]] = {}
    for table in tables:
        families.setdefault(next(iter(figures.entries.values()))[table]["family"], []).append(table)
    rows = []
    for method in figures.entries:
        taken = {table: figures.cost_until(method, table, goals[table]) for table in tables}
        ours = families if method.startswith(OURS) and len(families) > 1 else {}
        for place, (name, some) in enumerate([("all", tables), *ours.items()]):
            share, text = geometric([taken[table] / cost for table in some])
            _, by_own = geometric([taken[table] / own[table] for table in some])
            never = sum(taken[table] > cost for table in some)
            row = f"| {method} | {name} | {text} | {by_own} | {never} of {len(some)} |"
            rows.append((not method.startswith(OURS), place, share, row))
    yield from (row for *_, row in sorted(rows))
    yield ""


def _losses(figures: Figures, cost: float) -> Iterator[str]:
    """Yield the tables on which our search is behind the best of the others."""
    for method in (one for one in figures.entries if one.startswith(OURS)):
        lost = []
        for table in figures.tables:
            peer = figures.best_other([table], cost)
            behind = figures.at(method, table, cost) - figures.at(peer, table, cost)
            if behind > LOST:
                lost.append((behind, f"{table} by {behind:.2f} (`{peer}`)"))
        said = "; ".join(text for _, text in sorted(lost, reverse=True)) or "none"
        yield f"Where `{method}` is more than {LOST} behind the best other method of each table, at {cost:g}: {said}."
        yield ""
