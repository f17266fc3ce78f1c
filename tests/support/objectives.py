"""Functions written for Optuna that define a model, as its examples do, and some that do not."""

from __future__ import annotations

import keras
import optuna
from keras import layers


def define_model(trial):
    """Of Optuna's Keras example: layers and units in a loop."""
    model = keras.Sequential([layers.Flatten()])
    for i in range(trial.suggest_int("n_layers", 1, 3)):
        units = trial.suggest_int(f"n_units_l{i}", 4, 64, log=True)
        model.add(layers.Dense(units, activation="relu"))
        model.add(layers.Dropout(rate=trial.suggest_float(f"dropout_l{i}", 0.0, 0.4, step=0.2)))
    model.add(layers.Dense(10, activation="softmax"))
    rate = trial.suggest_float("learning_rate", 1e-4, 1e-1, log=True)
    kind = trial.suggest_categorical("optimizer", ["RMSprop", "Adam", "SGD"])
    options = {"momentum": trial.suggest_float("momentum", 0.1, 0.9)} if kind == "SGD" else {}
    trial.set_user_attr("kind", kind)
    model.compile(
        getattr(keras.optimizers, kind)(learning_rate=rate, **options),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    assert trial.params["optimizer"] == kind
    return model


def annotated(given: optuna.Trial) -> keras.Model:
    return keras.Sequential([layers.Flatten(), layers.Dense(10, "softmax", use_bias=given.suggest_categorical("bias", [True, False]))])  # fmt: skip


def returns_a_score(trial):
    return trial.suggest_float("x", 0.0, 1.0) ** 2


def trains(trial):
    import numpy as np

    model = keras.Sequential([layers.Dense(trial.suggest_int("units", 1, 2))])
    model.compile("sgd", "mse")
    history = model.fit(np.ones((4, 2)), np.ones((4, 1)), verbose=0)
    return history.history["loss"][-1]


def reports(trial):
    trial.suggest_float("x", 0.0, 1.0)
    trial.report(1.0, 0)
    return 1.0


def deprecated(trial):
    return keras.Sequential([layers.Dense(int(trial.suggest_loguniform("units", 1, 10)))])
