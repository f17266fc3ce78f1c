"""The work by KerasTuner: a tuner whose ``run_trial`` cross-validates, as its guide on custom loops shows."""

from __future__ import annotations

import json
import tempfile
import time

import keras_tuner
from work import CONFIGURATIONS, cross_validate


class CrossValidated(keras_tuner.GridSearch):
    """A grid search that scores a trial by the mean over the folds."""

    def run_trial(self, trial, *args, **kwargs):
        """Score one configuration."""
        values = trial.hyperparameters
        rate = values.Choice("learning_rate", sorted({c[0] for c in CONFIGURATIONS}))
        dropout = values.Choice("dropout", sorted({c[1] for c in CONFIGURATIONS}))
        return {"val_accuracy": cross_validate(rate, dropout)}


if __name__ == "__main__":
    tuner = CrossValidated(
        max_trials=len(CONFIGURATIONS),
        objective=keras_tuner.Objective("val_accuracy", "max"),
        directory=tempfile.mkdtemp(),
        overwrite=True,
    )
    started = time.perf_counter()
    tuner.search(verbose=0)
    ran = len(tuner.oracle.trials)
    print(json.dumps({"seconds_per_trial": (time.perf_counter() - started) / ran}))
