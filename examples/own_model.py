"""Your own model: a function that builds, and the space that it reads.

kerasweep launch wine own_model:build --trials 10        (in this folder)
python own_model.py
"""

from __future__ import annotations

from typing import Any

import kerasweep as ks

SPACE = ks.Space(
    (
        ks.Categorical("optimizer", ("adam", "sgd")),
        ks.Float("learning_rate", 0.001, 0.1, log=True, recommended=0.01, confidence="high"),
        ks.Int("width", 8, 64, log=True, recommended=32),
        ks.Categorical("batch_size", (16, 32)),
    )
)


def build(config: dict[str, Any], signature: ks.Signature) -> object:
    """Return an uncompiled model; Kerasweep compiles it with the configuration's optimizer and learning rate."""
    import keras

    return keras.Sequential(
        [
            keras.Input(signature.input_shape),
            keras.layers.Dense(config["width"], activation="relu"),
            keras.layers.Dense(signature.outputs, activation=signature.output_activation),
        ]
    )


if __name__ == "__main__":
    study = ks.launch("wine", build, space=SPACE, trials=3, epochs=10, folds=3, study="own-model")
    print(study.best)
    study.report("own-model.html")
