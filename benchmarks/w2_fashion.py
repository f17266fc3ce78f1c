"""W2: 3,000 images of Fashion-MNIST, two convolutional blocks, 3 folds x 9 epochs, for a fixed time.

Both draw learning rate, dropout, filters (16, 32) and kernel size (3, 5) at random, the same configurations in the
same order, without pruning. What counts is how many epochs of single folds were trained and validated a second.
Optuna finishes the trial that its time-out meets, so that its own seconds are counted, not the budget's. KerasTuner
has no budget of time and takes no part; it would train with the same ``model.fit``.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

from common import check_same, draw, load_splits, new_storage, plan, run, tell

SEED = 0
VARIED = {"filters": [16, 32], "kernel_size": [3, 5]}
FIXED = {
    "optimizer": "adam",
    "batch_size": 100,
    "blocks": 2,
    "units": 128,
    "activation": "relu",
    "normalization": "none",
}


def make_plan(arguments: argparse.Namespace) -> Any:
    """Return the plan of Kerasweep's sweep."""
    return plan(
        "fashion_mnist",
        "cnn",
        search="random",
        seed=SEED,
        set=VARIED,
        fix=FIXED,
        limit=arguments.limit,
        folds=arguments.folds,
        epochs=arguments.epochs,
        trials=arguments.configurations,
        time=arguments.seconds,
        workers=arguments.workers,
        precision=arguments.precision,
    )


def measure_kerasweep(arguments: argparse.Namespace) -> None:
    """Tell how many epochs of single folds a sweep trains in its time."""
    planned = make_plan(arguments)
    clock, study = run(planned)
    from networks import build_convolutional

    trials = study.optuna.trials
    check_same(study, draw(planned, len(trials)), lambda chosen: build_convolutional(chosen, (28, 28, 1)))
    values = [trial.value for trial in trials if trial.value is not None]
    tell_rate(clock.fold_epochs, clock.epochs[-1], len(clock.trials), max(values, default=None))


def measure_optuna(arguments: argparse.Namespace) -> None:
    """Tell how many epochs of single folds ``model.fit`` trains in Optuna's ``timeout``."""
    import optuna
    from networks import build_convolutional
    from peers import cross_validate

    splits = load_splits("fashion_mnist", arguments.folds, limit=arguments.limit)
    drawn = draw(make_plan(arguments), arguments.configurations)

    def objective(trial: optuna.Trial) -> float:
        configuration = drawn[trial.number]
        return cross_validate(
            lambda: build_convolutional(configuration, splits[0].x.shape[1:]),
            splits,
            epochs=arguments.epochs,
            batch_size=configuration["batch_size"],
        )

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(storage=new_storage(), direction="maximize")
    started = time.perf_counter()
    study.optimize(objective, n_trials=arguments.configurations, timeout=arguments.seconds)
    seconds = time.perf_counter() - started
    trials = len(study.trials)
    tell_rate(trials * arguments.folds * arguments.epochs, seconds, trials, study.best_value)


def tell_rate(fold_epochs: int, seconds: float, trials: int, best: float | None) -> None:
    """Tell what was trained, and how fast."""
    tell(
        fold_epochs=fold_epochs,
        seconds=seconds,
        trials=trials,
        fold_epochs_per_second=fold_epochs / seconds,
        best=best,
    )


def main() -> None:
    """Measure one contestant."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("contestant", choices=("kerasweep", "optuna"))
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--configurations", type=int, default=200, help="more than are trained in the time")
    parser.add_argument("--limit", type=int, default=3000)
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=9)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--precision", default="float32", help="Kerasweep: float32, bfloat16 or auto")
    arguments = parser.parse_args()
    (measure_kerasweep if arguments.contestant == "kerasweep" else measure_optuna)(arguments)


if __name__ == "__main__":
    main()
