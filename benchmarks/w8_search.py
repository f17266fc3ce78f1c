"""W8: whole searches in equal time; Fashion-MNIST, 3,000 images, 3 folds, 9 epochs, ``build_model(hp)`` of two convolutions.

Everybody searches the same space in the same seconds: Kerasweep's ``knowhow`` and ``bayes``, KerasTuner's
``BayesianOptimization`` and Optuna's TPE, the last two with ``model.fit`` on each fold. A search is as good as the best
configuration that it has trained whole: its validation accuracy after the last epoch, mean of the folds, for all alike.

    python benchmarks/w8_search.py knowhow --seconds 240 --seeds 5
"""

from __future__ import annotations

import argparse
import contextlib
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from common import Split, load_splits, new_storage, tell

CHECKPOINTS = (0.1, 0.25, 0.5, 1.0)
"""Shares of the time after which the best so far is noted."""


def build_model(hp: Any) -> Any:
    """Return a compiled model, as KerasTuner's guides write such functions."""
    import keras
    from keras import layers

    kernel = hp.Choice("kernel_size", [3, 5])
    filters = hp.Choice("filters", [8, 16, 32])
    hp.Choice("batch_size", [32, 50, 100, 200])  # read by whoever trains
    rate = hp.Float("learning_rate", 1e-4, 1e-1, sampling="log")
    if hp.Choice("optimizer", ["adam", "sgd"]) == "sgd":
        momentum = hp.Float("momentum", 0.0, 0.95, parent_name="optimizer", parent_values=["sgd"])
        optimizer = keras.optimizers.SGD(rate, momentum=momentum)
    else:
        optimizer = keras.optimizers.Adam(rate)
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(filters, kernel, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(2 * filters, kernel, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(hp.Choice("units", [32, 64, 128]), activation="relu"),
            layers.Dropout(hp.Float("dropout", 0.0, 0.6)),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


Found = list[tuple[float, float]]
"""Seconds from the search's start, and the score of a trial that ended whole then."""


def search_here(method: str, given: argparse.Namespace) -> Found:
    """Search with Kerasweep, one worker on all cores."""
    import kerasweep as ks
    from kerasweep.search.launch import resolve_study, run_plan
    from kerasweep.studies import read_details

    planned = ks.plan_sweep(
        "fashion-mnist",
        build_model,
        search=method,
        limit=given.rows,
        folds=given.folds,
        epochs=given.epochs,
        patience=None,
        trials=given.trials,
        time=f"{given.seconds:g}s",
        seed=given.seed,
        workers=1,
    )
    planned, _ = resolve_study(planned, new_storage(), named=False)
    ends: dict[int, float] = {}
    begun: list[float] = []

    def listen(progress: Any) -> None:
        now = time.perf_counter()
        if not begun:
            begun.append(now)
        if progress.ended is not None and progress.ended.state == "complete":
            ends.setdefault(progress.ended.number, now - begun[0])

    url = new_storage()
    study = run_plan(planned, None, url, listen).study
    details = read_details(study, ends)
    return [(ends[number], _last_mean(details[number].curves["val_accuracy"])) for number in sorted(ends)]


def _last_mean(curves: Sequence[Sequence[float]]) -> float:
    return float(np.mean([curve[-1] for curve in curves]))


def search_with_keras_tuner(given: argparse.Namespace, score: Callable[[Any], float]) -> None:
    """Search with KerasTuner's Bayesian oracle; ``run_trial`` cross-validates, as its guides show, until the time is up."""
    import keras_tuner

    ends = time.perf_counter() + given.seconds

    class CrossValidated(keras_tuner.BayesianOptimization):  # type: ignore[misc]  # a class without types
        def run_trial(self, trial: Any, *args: Any, **kwargs: Any) -> dict[str, float]:
            """Score the trial's configuration."""
            if time.perf_counter() > ends:
                raise keras_tuner.errors.FatalError("the time is up")  # it has no limit of time of its own
            return {"val_accuracy": score(trial.hyperparameters)}

    tuner = CrossValidated(
        build_model,
        objective=keras_tuner.Objective("val_accuracy", "max"),
        max_trials=given.trials,
        seed=given.seed,
        directory=tempfile.mkdtemp(prefix="kerasweep-bench-"),
        overwrite=True,
    )
    with contextlib.suppress(keras_tuner.errors.FatalError):
        tuner.search(verbose=0)


def search_with_optuna(given: argparse.Namespace, score: Callable[[Any], float]) -> None:
    """Search with Optuna's TPE at its defaults, until the time is up."""
    import keras_tuner
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        storage=new_storage(), direction="maximize", sampler=optuna.samplers.TPESampler(seed=given.seed)
    )

    def objective(trial: Any) -> float:
        values = {
            "kernel_size": trial.suggest_categorical("kernel_size", [3, 5]),
            "filters": trial.suggest_categorical("filters", [8, 16, 32]),
            "batch_size": trial.suggest_categorical("batch_size", [32, 50, 100, 200]),
            "learning_rate": trial.suggest_float("learning_rate", 1e-4, 1e-1, log=True),
            "optimizer": trial.suggest_categorical("optimizer", ["adam", "sgd"]),
            "units": trial.suggest_categorical("units", [32, 64, 128]),
            "dropout": trial.suggest_float("dropout", 0.0, 0.6),
        }
        if values["optimizer"] == "sgd":
            values["momentum"] = trial.suggest_float("momentum", 0.0, 0.95)
        hp = keras_tuner.HyperParameters()
        for name, value in values.items():
            hp.Fixed(name, value)
        return score(hp)

    study.optimize(objective, n_trials=given.trials, timeout=given.seconds)


def search_elsewhere(contestant: str, given: argparse.Namespace) -> Found:
    """Search with KerasTuner or Optuna; every trial trains all folds to the last epoch."""
    from peers import cross_validate

    splits: list[Split] = load_splits("fashion-mnist", given.folds, limit=given.rows)
    found: Found = []

    def score(hp: Any) -> float:
        value = cross_validate(
            partial(build_model, hp), splits, epochs=given.epochs, batch_size=hp.get("batch_size")
        )
        now = time.perf_counter() - started
        if now <= given.seconds or not found:
            found.append((now, value))
        return value

    make_search = {"keras_tuner": search_with_keras_tuner, "optuna": search_with_optuna}[contestant]
    started = time.perf_counter()
    make_search(given, score)
    return found


def main() -> None:
    """Measure what the arguments say and print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("contestant", choices=("knowhow", "bayes", "keras_tuner", "optuna"))
    parser.add_argument("--seconds", type=float, default=240.0)
    parser.add_argument(
        "--seeds", type=int, default=1, help="searches, one after the other, with seeds from 0 on"
    )
    parser.add_argument("--trials", type=int, default=10_000, help="at most")
    parser.add_argument("--rows", type=int, default=3_000)
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=9)
    given = parser.parse_args()
    search = search_here if given.contestant in ("knowhow", "bayes") else search_elsewhere
    searches = []
    for seed in range(given.seeds):
        given.seed = seed
        searches.append(search(given.contestant, given))
    best = {
        f"{share:g}": [
            max((score for end, score in found if end <= share * given.seconds), default=None)
            for found in searches
        ]
        for share in CHECKPOINTS
    }
    tell(seconds=given.seconds, trials=[len(found) for found in searches], best=best)


if __name__ == "__main__":
    main()
