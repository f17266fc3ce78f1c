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


def search(
    contestant: str, configurations: Sequence[Configuration], score: Score
) -> tuple[list[float], list[float]]:
    """Train all configurations in one search; return when each ended, in seconds from the search's start, and its score.

    Raises:
        RuntimeError: The search did less than it was asked to.
    """
    make_search = {"keras_tuner": search_with_keras_tuner, "optuna": search_with_optuna}[contestant]
    ends: list[float] = []
    scores: list[float] = []

    def noted(number: int) -> float:
        scores.append(score(configurations[number]))
        ends.append(time.perf_counter() - started)
        return scores[-1]

    begin = make_search(len(configurations), noted)
    started = time.perf_counter()
    begin()
    ends[-1] = time.perf_counter() - started  # with what the search does after its last trial
    if len(ends) != len(configurations):
        raise RuntimeError(f"{len(ends)} trials were run, not {len(configurations)}")
    return ends, scores


def search_with_keras_tuner(count: int, score: Callable[[int], float]) -> Callable[[], object]:
    """Return what starts a search whose ``run_trial`` cross-validates.

    Overriding ``run_trial`` is what KerasTuner's guide "Tune hyperparameters in your custom training loop" shows.
    """
    import keras_tuner

    class CrossValidated(keras_tuner.GridSearch):  # type: ignore[misc]  # a class without types
        def run_trial(self, trial: Any, *args: Any, **kwargs: Any) -> dict[str, float]:
            """Score the configuration of the trial's number."""
            return {"val_accuracy": score(trial.hyperparameters.Choice("configuration", list(range(count))))}

    tuner = CrossValidated(
        max_trials=count,
        objective=keras_tuner.Objective("val_accuracy", "max"),
        directory=tempfile.mkdtemp(prefix="kerasweep-bench-"),
        overwrite=True,
    )
    return lambda: tuner.search(verbose=0)


def search_with_optuna(count: int, score: Callable[[int], float]) -> Callable[[], object]:
    """Return what starts ``study.optimize``, with a study in SQLite as Kerasweep's is.

    Given configurations are trained by a ``GridSampler`` over their numbers.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    numbers = list(range(count))
    sampler = optuna.samplers.GridSampler({"configuration": numbers}, seed=0)
    study = optuna.create_study(storage=new_storage(), direction="maximize", sampler=sampler)
    return lambda: study.optimize(
        lambda trial: score(trial.suggest_categorical("configuration", numbers)), n_trials=count
    )
