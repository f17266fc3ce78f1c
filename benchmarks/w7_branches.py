"""W7: a model written for KerasTuner, ``build_model(hp)``, functional with two branches; digits, 5 folds.

One branch is deep and narrow, the other one wide; both are concatenated. 20 epochs, batch 100, Adam. Kerasweep gets the
function as it is, and so do the others. Where architectures vary, depth, widths and activation do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from common import Split, load_splits
from versus import Work, measure

RATES = "0.001..0.02:log"


def build_model(hp: Any) -> Any:
    """Return a compiled model, as KerasTuner's guides write such functions."""
    import keras
    from keras import layers

    inputs = keras.Input((8, 8, 1))
    rows = layers.Flatten()(inputs)
    deep = rows
    activation = hp.Choice("activation", ["relu", "tanh"])
    for _ in range(hp.Int("depth", 1, 4, default=2)):
        deep = layers.Dense(hp.Int("narrow", 16, 64, step=16, default=32), activation=activation)(deep)
    wide = layers.Dense(hp.Int("wide", 64, 160, step=32, default=128), activation=activation)(rows)
    both = layers.Concatenate()([deep, layers.Dropout(hp.Float("dropout", 0.0, 0.5, default=0.25))(wide)])
    model = keras.Model(inputs, layers.Dense(10, activation="softmax")(both))
    model.compile(
        keras.optimizers.Adam(hp.Float("learning_rate", 0.001, 0.02, sampling="log")),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


def build(_splits: Sequence[Split], configuration: dict[str, Any]) -> Any:
    """Return the function's model of a configuration."""
    import keras_tuner

    hp = keras_tuner.HyperParameters()
    for name, value in configuration.items():
        hp.Fixed(name, value)
    return build_model(hp)


WORK = Work(
    given=lambda rows: {"data": "digits", "model": build_model, "limit": rows},
    splits=lambda given, folds: load_splits(given["data"], folds, limit=given["limit"]),
    build=build,
    one={"fix": {"batch_size": 100, "depth": 2, "narrow": 32, "wide": 128, "activation": "relu"}},
    mixed={"fix": {"batch_size": 100, "dropout": 0.25}},
    rows=1_348,
    folds=5,
    epochs=20,
)

if __name__ == "__main__":
    measure(WORK, __doc__)
