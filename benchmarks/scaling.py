"""What a warm trial of Kerasweep costs as folds, workers and rows grow: the network of W1, one architecture.

On digits, or on generated rows of 20 numbers in 10 classes.
"""

from __future__ import annotations

import argparse
from typing import Any

from common import given, run_sweep, tell
from w1_digits import FIXED


def data_of(rows: int | None) -> Any:
    """Return digits, or generated arrays that leave so many rows for training."""
    if rows is None:
        return "digits"
    from sklearn.datasets import make_classification

    x, y = make_classification(
        rows + rows // 3, 20, n_informative=10, n_classes=10, n_clusters_per_class=1, random_state=0
    )
    return x.astype("float32"), y


def main() -> None:
    """Tell the seconds of a warm trial, and of the first."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--rows", type=int, help="generated rows; digits where it is not given")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--trials", type=int, default=6)
    arguments = parser.parse_args()
    clock, _ = run_sweep(
        data_of(arguments.rows),
        "dnn",
        search="grid",
        set={"learning_rate": [0.001 * number for number in range(1, arguments.trials + 1)]},
        fix={**FIXED, "dropout": 0.25},
        folds=arguments.folds,
        epochs=arguments.epochs,
        workers=arguments.workers,
        **given(threads=arguments.threads),
    )
    tell(trials=len(clock.trials), first=clock.trials[0], warm=clock.warm(arguments.workers))


if __name__ == "__main__":
    main()
