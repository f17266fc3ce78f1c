"""How the same work is done without Kerasweep: KerasTuner, Optuna and SciKeras, as their own documentation tells.

All of them train with ``model.fit`` at its defaults (``jit_compile``, threads), from a fixed list of configurations,
so that they do the same trials as Kerasweep.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from common import Split, new_storage

Configuration = dict[str, Any]
Score = Callable[[Configuration], float]


def cross_validate(
    build: Callable[[], keras.Model], splits: Sequence[Split], *, epochs: int, batch_size: int
) -> float:
    """Return the mean validation accuracy over the folds after the last epoch: ``model.fit`` on each in turn."""
    scores = []
    for split in splits:
        keras.utils.clear_session()  # as Keras advises where models are made in a loop
        history = build().fit(
            split.x,
            split.y,
            batch_size=batch_size,
            epochs=epochs,
            validation_data=(split.x_validation, split.y_validation),
            verbose=0,
        )
        scores.append(history.history["val_accuracy"][-1])
    return float(np.mean(scores))


def search_with_keras_tuner(configurations: Sequence[Configuration], score: Score) -> float:
    """Return the seconds of a search whose ``run_trial`` cross-validates.

    Overriding ``run_trial`` is what KerasTuner's guide "Tune hyperparameters in your custom training loop" shows.
    """
    import keras_tuner

    class CrossValidated(keras_tuner.GridSearch):  # type: ignore[misc]  # a class without types
        def run_trial(self, trial: Any, *args: Any, **kwargs: Any) -> dict[str, float]:
            """Score the configuration of the trial's number."""
            number = trial.hyperparameters.Choice("configuration", list(range(len(configurations))))
            return {"val_accuracy": score(configurations[number])}

    tuner = CrossValidated(
        max_trials=len(configurations),
        objective=keras_tuner.Objective("val_accuracy", "max"),
        directory=tempfile.mkdtemp(prefix="kerasweep-bench-"),
        overwrite=True,
    )
    started = time.perf_counter()
    tuner.search(verbose=0)
    seconds = time.perf_counter() - started
    check_count(len(tuner.oracle.trials), configurations)
    return seconds


def search_with_optuna(configurations: Sequence[Configuration], score: Score) -> float:
    """Return the seconds of ``study.optimize``, with a study in SQLite as Kerasweep's is.

    Given configurations are trained by a ``GridSampler`` over their numbers.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    numbers = list(range(len(configurations)))
    sampler = optuna.samplers.GridSampler({"configuration": numbers}, seed=0)
    study = optuna.create_study(storage=new_storage(), direction="maximize", sampler=sampler)
    started = time.perf_counter()
    study.optimize(
        lambda trial: score(configurations[trial.suggest_categorical("configuration", numbers)]),
        n_trials=len(configurations),
    )
    seconds = time.perf_counter() - started
    check_count(len(study.trials), configurations)
    return seconds


def check_count(trials: int, configurations: Sequence[Configuration]) -> None:
    """Refuse to measure a search that did less than it was asked to."""
    if trials != len(configurations):
        raise RuntimeError(f"{trials} trials were run, not {len(configurations)}")


SEARCHES: dict[str, Callable[[Sequence[Configuration], Score], float]] = {
    "keras_tuner": search_with_keras_tuner,
    "optuna": search_with_optuna,
}
