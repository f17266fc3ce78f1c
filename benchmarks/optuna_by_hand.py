"""The work by Optuna, with an objective of ``model.fit`` on each fold, as its documentation shows for Keras."""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path

import optuna
from work import CONFIGURATIONS, cross_validate

if __name__ == "__main__":
    import keras  # noqa: F401 - imported before the clock starts

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    grid = {
        "learning_rate": sorted({c[0] for c in CONFIGURATIONS}),
        "dropout": sorted({c[1] for c in CONFIGURATIONS}),
    }

    def objective(trial: optuna.Trial) -> float:
        """Score one configuration."""
        return cross_validate(
            trial.suggest_float("learning_rate", 1e-4, 1), trial.suggest_float("dropout", 0, 1)
        )

    storage = f"sqlite:///{Path(tempfile.mkdtemp()) / 'optuna.db'}"
    study = optuna.create_study(
        storage=storage, direction="maximize", sampler=optuna.samplers.GridSampler(grid, seed=0)
    )
    started = time.perf_counter()
    study.optimize(objective, n_trials=len(CONFIGURATIONS))
    print(json.dumps({"seconds_per_trial": (time.perf_counter() - started) / len(CONFIGURATIONS)}))
