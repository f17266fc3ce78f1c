"""W1 with mixed architectures: digits, 5 folds x 20 epochs, configurations drawn from the ``dnn`` basic preset.

The list follows from a seed. Depth, width, activation, normalization, optimizer, batch size, dropout and learning
rate all vary, so that hardly two configurations share a program. Kerasweep trains 20; the others may train the first
few, and are compared on these.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

from common import check_same, draw, load_splits, plan, run, tell

SEED = 0


def make_plan(arguments: argparse.Namespace) -> Any:
    """Return the plan of Kerasweep's sweep, whose configurations all train."""
    return plan(
        "digits",
        "dnn",
        search="random",
        seed=SEED,
        trials=arguments.configurations,
        folds=arguments.folds,
        epochs=arguments.epochs,
        workers=1,
    )


def measure_kerasweep(arguments: argparse.Namespace) -> None:
    """Tell the seconds of the sweep, and when each of its trials ended."""
    planned = make_plan(arguments)
    clock, study = run(planned)
    trained = study.optuna.trials
    from networks import build_dense

    check_same(study, draw(planned, len(trained)), lambda chosen: build_dense(chosen, inputs=64))
    scores = [trial.value for trial in trained]
    tell(trials=len(trained), seconds=clock.trials[-1], ends=clock.trials, scores=scores)


def measure_peer(arguments: argparse.Namespace) -> None:
    """Tell the seconds of the search, and when each of its trials ended."""
    from networks import build_dense
    from peers import SEARCHES, cross_validate

    splits = load_splits("digits", arguments.folds, flat=True)
    ends: list[float] = []
    scores: list[float] = []

    def score(configuration: dict[str, Any]) -> float:
        scores.append(
            cross_validate(
                lambda: build_dense(configuration, inputs=64),
                splits,
                epochs=arguments.epochs,
                batch_size=configuration["batch_size"],
            )
        )
        ends.append(time.perf_counter() - started)
        return scores[-1]

    chosen = draw(make_plan(arguments), arguments.configurations)
    started = time.perf_counter()
    seconds = SEARCHES[arguments.contestant](chosen, score)
    tell(trials=len(chosen), seconds=seconds, ends=ends, scores=scores)


def main() -> None:
    """Measure one contestant."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("contestant", choices=("kerasweep", "keras_tuner", "optuna"))
    parser.add_argument("--configurations", type=int, help="20 for Kerasweep, 6 for the others")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=20)
    arguments = parser.parse_args()
    own = arguments.contestant == "kerasweep"
    arguments.configurations = arguments.configurations or (20 if own else 6)
    (measure_kerasweep if own else measure_peer)(arguments)


if __name__ == "__main__":
    main()
