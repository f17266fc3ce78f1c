"""The work by Kerasweep, with as many workers as the first argument says."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

import kerasweep as ks
from work import BATCH, CONFIGURATIONS, EPOCHS, FOLDS, UNITS

if __name__ == "__main__":
    workers = int(sys.argv[1])
    rates, dropouts = (sorted({pair[place] for pair in CONFIGURATIONS}) for place in (0, 1))
    started: list[float] = []
    from kerasweep.search.launch import find_place, run_plan

    plan = ks.plan_sweep(
        "digits",
        "dnn",
        search="grid",
        folds=FOLDS,
        epochs=EPOCHS,
        patience=None,
        workers=workers,
        set={"learning_rate": rates, "dropout": dropouts},
        fix={"optimizer": "adam", "batch_size": BATCH, "units": UNITS, "hidden_layers": 2},
    )
    url = f"sqlite:///{Path(tempfile.mkdtemp()) / 'kerasweep.db'}"
    plan, _ = find_place(plan, url, named=False)

    def listen(_: object) -> None:
        """Start the clock when workers are ready, as the others' starts after their imports."""
        if not started:
            started.append(time.perf_counter())

    run_plan(plan, None, url, listen)
    print(json.dumps({"seconds_per_trial": (time.perf_counter() - started[0]) / len(CONFIGURATIONS)}))
