"""W4: all 60,000 training images of Fashion-MNIST, two convolutional blocks of 32 and 64 filters, one hold-out.

Two epochs of 48,000 rows, batch 100, each followed by a validation on 12,000; against one ``model.fit`` on the same
rows. The second epoch is the measure; the first has tracing and, for Kerasweep, the preparation of rows in it.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from common import given, load_splits, run_sweep, tell

FIXED = {
    "optimizer": "adam",
    "learning_rate": 0.001,
    "batch_size": 100,
    "blocks": 2,
    "filters": 32,
    "kernel_size": 3,
    "units": 128,
    "activation": "relu",
    "dropout": 0.25,
    "normalization": "none",
}


def measure_kerasweep(arguments: argparse.Namespace) -> None:
    """Tell the seconds of each epoch in a sweep of one trial."""
    clock, study = run_sweep(
        "fashion_mnist",
        "cnn",
        search="grid",
        fix=FIXED,
        trials=1,
        cv="holdout",
        limit=arguments.limit,
        epochs=arguments.epochs,
        workers=1,
        **given(precision=arguments.precision, trainer=arguments.trainer, threads=arguments.threads),
    )
    tell_epochs(clock.epochs, study.best.value)


def measure_fit(arguments: argparse.Namespace) -> None:
    """Tell the seconds of each epoch of ``model.fit``."""
    import keras
    from networks import build_convolutional, compiled

    (split,) = load_splits("fashion_mnist", 1, limit=arguments.limit)
    model = build_convolutional(FIXED, split.x.shape[1:])
    if arguments.no_jit:
        compiled(model, FIXED, jit_compile=False)
    ends: list[float] = []
    started = time.perf_counter()
    history = model.fit(
        split.x,
        split.y,
        batch_size=FIXED["batch_size"],
        epochs=arguments.epochs,
        validation_data=(split.x_validation, split.y_validation),
        callbacks=[
            keras.callbacks.LambdaCallback(
                on_epoch_end=lambda _epoch, _logs: ends.append(time.perf_counter() - started)
            )
        ],
        verbose=0,
    )
    tell_epochs(ends, max(history.history["val_accuracy"]))


def tell_epochs(ends: list[float], accuracy: float | None) -> None:
    """Tell the seconds of the first epoch and the median of those after it."""
    epochs = np.diff([0.0, *ends])
    tell(first=epochs[0], later=float(np.median(epochs[1:])), epochs=len(epochs), best=accuracy)


def main() -> None:
    """Measure one contestant."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("contestant", choices=("kerasweep", "fit"))
    parser.add_argument("--limit", type=int, help="training rows; all where it is not given")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--precision", help="Kerasweep: float32, bfloat16 or auto")
    parser.add_argument("--trainer", help="Kerasweep: auto, fused or fit")
    parser.add_argument("--threads", type=int, help="Kerasweep: cores")
    parser.add_argument("--no-jit", action="store_true", help="model.fit: compile with jit_compile=False")
    arguments = parser.parse_args()
    (measure_kerasweep if arguments.contestant == "kerasweep" else measure_fit)(arguments)


if __name__ == "__main__":
    main()
