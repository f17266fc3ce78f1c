"""The work that all contestants do: digits, two hidden layers with dropout, five folds."""

from __future__ import annotations

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import StratifiedKFold, train_test_split

EPOCHS = 20
FOLDS = 5
BATCH = 100
UNITS = 128
CONFIGURATIONS = [(rate, dropout) for rate in (0.003, 0.01) for dropout in (0.25, 0.4)]


def folds() -> list[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
    """Return the five splits: x and y to train on, x and y to validate on."""
    x, y = load_digits(return_X_y=True)
    x, _, y, _ = train_test_split(x, y, test_size=0.25, stratify=y, random_state=0)
    x = (x / 16).astype("float32")
    splits = StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(x, y)
    return [(x[train], y[train], x[validation], y[validation]) for train, validation in splits]


def build(learning_rate: float, dropout: float):
    """Return the compiled model, as Keras's own guides write it."""
    import keras
    from keras import layers

    model = keras.Sequential(
        [
            keras.Input((64,)),
            layers.Dense(UNITS, activation="relu"),
            layers.Dropout(dropout),
            layers.Dense(UNITS, activation="relu"),
            layers.Dropout(dropout),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(
        keras.optimizers.Adam(learning_rate), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    return model


def cross_validate(learning_rate: float, dropout: float) -> float:
    """Return the mean accuracy over the folds after the last epoch."""
    import keras

    scores = []
    for x, y, x_validation, y_validation in folds():
        keras.utils.clear_session()
        model = build(learning_rate, dropout)
        history = model.fit(
            x, y, batch_size=BATCH, epochs=EPOCHS, validation_data=(x_validation, y_validation), verbose=0
        )
        scores.append(history.history["val_accuracy"][-1])
    return float(np.mean(scores))
