"""W1: digits, two hidden layers of 128 with dropout, Adam, 5 folds x 20 epochs, batch 100; one architecture.

Twenty configurations of learning rate and dropout. Kerasweep trains all of them; the others, whose trials all take
the same time, may train the first few. Every clock starts after imports, loading of data and start of workers.
"""

from __future__ import annotations

import argparse
from itertools import product
from typing import Any

from common import count_or_auto, given, load_splits, run_sweep, tell

RATES = (0.001, 0.003, 0.005, 0.01, 0.02)
DROPOUTS = (0.1, 0.25, 0.4, 0.5)
FIXED: dict[str, Any] = {
    "optimizer": "adam",
    "batch_size": 100,
    "hidden_layers": 2,
    "units": 128,
    "activation": "relu",
    "normalization": "none",
}
CONFIGURATIONS = [
    {**FIXED, "learning_rate": rate, "dropout": drop} for rate, drop in product(RATES, DROPOUTS)
]
CONTESTANTS = ("kerasweep", "keras_tuner", "optuna", "scikeras", "numpy")


def measure_kerasweep(arguments: argparse.Namespace) -> None:
    """Tell the whole sweep's seconds a trial, and those of trials after the first, by the ends of trials."""
    clock, _ = run_sweep(
        "digits",
        "dnn",
        search="grid",
        set={"learning_rate": list(RATES), "dropout": list(DROPOUTS)},
        fix=FIXED,
        trials=arguments.configurations,
        folds=arguments.folds,
        epochs=arguments.epochs,
        workers=arguments.workers,
        **given(threads=arguments.threads),
    )
    trials, workers = len(clock.trials), arguments.workers if isinstance(arguments.workers, int) else 1
    tell(
        trials=trials,
        seconds_per_trial=clock.trials[-1] / trials,
        first=clock.trials[0],
        warm=clock.warm(workers),
        ends=clock.trials,
    )


def measure_peer(arguments: argparse.Namespace) -> None:
    """Tell the seconds a trial by one of the others."""
    splits = load_splits("digits", arguments.folds, flat=True)
    chosen = CONFIGURATIONS[: arguments.configurations]
    epochs = arguments.epochs
    if arguments.contestant == "numpy":
        from products import products_of_trial

        widths = (64, FIXED["units"], FIXED["units"], 10)
        products_of_trial(splits, widths, epochs=1, batch_size=FIXED["batch_size"])  # wakes the library up
        seconds = products_of_trial(splits, widths, epochs=epochs, batch_size=FIXED["batch_size"])
        tell(trials=1, seconds_per_trial=seconds)
        return
    if arguments.contestant == "scikeras":
        from scikeras_search import search

        seconds = search(chosen, splits, epochs=epochs, n_jobs=arguments.workers)
    else:
        from networks import build_dense
        from peers import cross_validate
        from peers import search as search_with_peer

        def score(configuration: dict[str, Any]) -> float:
            return cross_validate(
                lambda: build_dense(configuration, inputs=64),
                splits,
                epochs=epochs,
                batch_size=configuration["batch_size"],
            )

        seconds = search_with_peer(arguments.contestant, chosen, score)[0][-1]
    tell(trials=len(chosen), seconds_per_trial=seconds / len(chosen))


def main() -> None:
    """Measure one contestant."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("contestant", choices=CONTESTANTS)
    parser.add_argument("--configurations", type=int, help="20 for Kerasweep, 4 for the others")
    parser.add_argument("--workers", type=count_or_auto, default=1, help="SciKeras: n_jobs")
    parser.add_argument("--threads", type=int, help="Kerasweep: cores a worker")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=20)
    arguments = parser.parse_args()
    own = arguments.contestant == "kerasweep"
    if arguments.configurations is None:
        arguments.configurations = len(CONFIGURATIONS) if own else 4
    (measure_kerasweep if own else measure_peer)(arguments)


if __name__ == "__main__":
    main()
