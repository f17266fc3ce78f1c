"""Resident memory over trials of which hardly two share an architecture: full presets, an LSTM, ``model.fit``.

What counts is the memory after the last trial over that after the 30th. Driver and worker, in one process or two, are
counted together, so that a worker that is started anew is in the figure with what it holds.
"""

from __future__ import annotations

import argparse
from typing import Any

from common import run_sweep, tell
from memory import Watcher, check_readable

LEVELS = (30, 100, 200, 300)
FIRST = LEVELS[0]


def build_lstm(hp: Any) -> Any:
    """Return a compiled model that reads a picture's rows one after the other; written for KerasTuner."""
    import keras
    from keras import layers

    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Reshape((8, 8)),
            layers.LSTM(hp.Int("units", 4, 64)),
            layers.Dense(hp.Int("width", 4, 64), activation=hp.Choice("activation", ["relu", "tanh"])),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


KINDS: dict[str, dict[str, Any]] = {
    "dnn": {"data": "digits", "model": "dnn", "preset": "full"},
    "cnn": {"data": "digits", "model": "cnn", "preset": "full"},
    "mlp_residual": {"data": "wine", "model": "mlp_residual", "preset": "full"},
    "lstm": {"data": "digits", "model": build_lstm},
    "fit": {"data": "digits", "model": "dnn", "trainer": "fit"},
}


def main() -> None:
    """Run a sweep and tell the memory at a few levels, and its growth after the first of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--trials", type=int, default=LEVELS[-1])
    arguments = parser.parse_args()
    check_readable()
    watcher = Watcher()
    run_sweep(
        **KINDS[arguments.kind],
        clock=watcher,
        search="random",
        trials=arguments.trials,
        limit=100,
        folds=2,
        epochs=1,
        workers=1,
    )
    seen = watcher.mebibytes
    first = min(FIRST, len(seen) // 2)
    tell(
        trials=len(seen),
        mebibytes={str(level): seen[level - 1] for level in (*LEVELS, len(seen)) if level <= len(seen)},
        growth=seen[-1] / seen[first - 1],
        seconds_per_trial=watcher.trials[-1] / len(seen),
    )


if __name__ == "__main__":
    main()
