"""The search by SciKeras: a ``KerasClassifier`` in scikit-learn's ``GridSearchCV``.

SciKeras 0.13 trains and scores under scikit-learn 1.9 without changes. It does not bring the tags by which
scikit-learn knows a classifier today, so that ``cv=5`` would not be stratified; here the folds are given.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from common import Split
from keras import layers
from scikeras.wrappers import KerasClassifier
from sklearn.model_selection import GridSearchCV


def build(meta: dict[str, Any], hidden_layers: int, units: int, dropout: float) -> keras.Model:
    """Return the network; SciKeras compiles it."""
    model = keras.Sequential([keras.Input((meta["n_features_in_"],))])
    for _ in range(hidden_layers):
        model.add(layers.Dense(units, activation="relu"))
        model.add(layers.Dropout(dropout))
    model.add(layers.Dense(meta["n_classes_"], activation="softmax"))
    return model


def search(
    configurations: Sequence[dict[str, Any]], splits: Sequence[Split], *, epochs: int, n_jobs: int
) -> float:
    """Return the seconds of ``GridSearchCV.fit`` over the configurations, without its refit.

    With several jobs, joblib's processes import TensorFlow when they get their first task: a search of one epoch
    comes before the clock starts, and the processes stay.
    """
    first = configurations[0]
    estimator = KerasClassifier(
        model=build,
        hidden_layers=first["hidden_layers"],
        units=first["units"],
        dropout=first["dropout"],
        optimizer="adam",
        optimizer__learning_rate=first["learning_rate"],
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
        batch_size=first["batch_size"],
        epochs=epochs,
        verbose=0,
    )
    if n_jobs > 1:
        fit(estimator.set_params(epochs=1), configurations[:1], splits, n_jobs)
        estimator.set_params(epochs=epochs)
    return fit(estimator, configurations, splits, n_jobs)


def fit(
    estimator: KerasClassifier, configurations: Sequence[dict[str, Any]], splits: Sequence[Split], n_jobs: int
) -> float:
    """Return the seconds that all configurations take on all folds."""
    x, y, pairs = joined(splits)
    grid = [
        {"optimizer__learning_rate": [chosen["learning_rate"]], "dropout": [chosen["dropout"]]}
        for chosen in configurations
    ]
    searcher = GridSearchCV(estimator, grid, cv=pairs, n_jobs=n_jobs, refit=False, error_score="raise")
    started = time.perf_counter()
    searcher.fit(x, y)
    return time.perf_counter() - started


def joined(splits: Sequence[Split]) -> tuple[np.ndarray, np.ndarray, list[tuple[np.ndarray, np.ndarray]]]:
    """Return rows, labels and the folds' positions in them, as scikit-learn wants folds."""
    x = np.concatenate([split.x_validation for split in splits])
    y = np.concatenate([split.y_validation for split in splits])
    fold_of = np.repeat(np.arange(len(splits)), [len(split.y_validation) for split in splits])
    pairs = [
        (np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold)) for fold in range(len(splits))
    ]
    return x, y, pairs
