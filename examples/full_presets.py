"""Searches everything that acts: 50 random configurations of the full presets, and what became of each.

    python examples/full_presets.py
    python examples/full_presets.py --tiny     print the document of 2 configurations: does it run?

Sweeps the embedded digits with the convolutional family and a made-up CSV (numbers, categories in two scripts, gaps)
with dense ones, and writes docs/full-presets.md. A trial may diverge: learning rates go up to 1. Nothing else may fail.
"""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
import time
from pathlib import Path
from typing import Any

import kerasweep as ks
import numpy as np
import pandas as pd
from kerasweep.studies import best_trials, read_trials
from kerasweep.texts import number_text

SIZE = {"trials": 50, "epochs": 6, "workers": 2}
DOCUMENT = Path(__file__).parent.parent / "docs" / "full-presets.md"


def write_clients(folder: Path) -> None:
    """Write clients.csv (whether they bought) and spent.csv (how much), of 1,200 rows."""
    draw, rows = np.random.default_rng(1), 1200
    frame = pd.DataFrame(
        {
            "age": draw.integers(18, 90, rows).astype(float),
            "income": draw.lognormal(10, 1, rows),
            "score": draw.normal(size=rows),
            "hours": draw.uniform(0, 80, rows),
            "city": draw.choice(["Seoul", "Busan", "Daegu", "인천"], rows, p=[0.5, 0.3, 0.15, 0.05]),
            "job": draw.choice(list("abcdefgh"), rows),
        }
    )
    frame.loc[::9, "income"] = np.nan
    frame.loc[::13, "city"] = None
    wish = (frame.age - 50) / 20 + frame.score + (frame.city == "Seoul")
    wish -= np.log(frame.income.fillna(20000) / 20000) - draw.normal(size=rows) / 2
    frame.assign(bought=np.where(wish > 0.8, "yes", "no")).to_csv(folder / "clients.csv", index=False)
    frame.assign(spent=(wish * 100 + 300).round(2)).to_csv(folder / "spent.csv", index=False)


def sweep(data: str, model: str, storage: Path, size: dict[str, Any], **options: Any) -> str:
    """Run a sweep and return its row of the table."""
    started = time.perf_counter()
    study = ks.launch(
        data,
        model,
        preset="full",
        search="random",
        scheduler="none",
        folds=2,
        storage=storage,
        **size,
        **options,
    )
    minutes = (time.perf_counter() - started) / 60
    record = study.record
    failed = [trial for trial in read_trials(record) if trial.failure]
    kinds = ", ".join(f"{trial.number}: {trial.failure['message']}" for trial in failed) or "–"
    best = best_trials(record, size["trials"])
    first = next(trial for trial in best if trial.number == 0)
    cells = [
        f"`{model}` on {Path(data).name}",
        str(len(record.spec["space"]["define"])),
        ", ".join(f"{count} {state}" for state, count in record.counts.items()),
        kinds,
        f"{record.metric} {number_text(first.value, first.standard_error)}",
        f"{number_text(best[0].value, best[0].standard_error)} (trial {best[0].number})",
        f"{minutes:.1f} min",
    ]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Run the sweeps and write the document."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--tiny", action="store_true", help="2 configurations each; print the document")
    tiny = parser.parse_args().tiny
    size = {"trials": 2, "epochs": 1, "workers": 1} if tiny else SIZE
    folder = Path(tempfile.mkdtemp(prefix="kerasweep-full-"))
    write_clients(folder)
    storage = folder / "kerasweep.db"
    rows = [
        sweep("digits", "cnn", storage, size, limit=600),
        sweep(str(folder / "clients.csv"), "dnn", storage, size, target="bought"),
        sweep(str(folder / "spent.csv"), "mlp_residual", storage, size, target="spent"),
    ]
    head = f"""# Full presets

What became of {size["trials"]} random configurations of a full preset, each with more than a hundred hyperparameters, on small
data: the embedded digits (600 rows) and a made-up table of 1,200 rows with categories and gaps. Written by
`examples/full_presets.py` on {platform.system()} {platform.machine()} with {os.cpu_count()} cores; {size["epochs"]} epochs, 2 folds, {size["workers"]} workers, seed 0.
Trial 0 is the recommended configuration. Every trial trains to its end, however poor it is.

| sweep | hyperparameters | trials | failed | recommended | best | time |
| --- | ---: | --- | --- | --- | --- | ---: |
"""
    document = head + "\n".join(rows) + "\n"
    print(document) if tiny else DOCUMENT.write_text(document, encoding="utf-8")


if __name__ == "__main__":
    main()
