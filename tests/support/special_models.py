"""Trains one model of two layers and something special, on a few rows, by one trainer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from kerasweep.search.planning import make_plan
from kerasweep.search.spec import make_spec
from kerasweep.spaces import Float, Space
from kerasweep.training.events import Answer, Outcome, Task
from kerasweep.training.workload import Training, Workload


def build_with(special: Callable[..., Any]) -> Callable[..., Any]:
    """Return a model function of two layers and what is special."""

    def build(configuration, signature):
        import keras

        made = special(keras, configuration.get("value", 0.1))
        if isinstance(made, keras.Model):
            return made
        model = keras.Sequential(
            [
                keras.Input(signature.input_shape),
                keras.layers.Dense(6, activation="tanh"),
                *made.get("layers", ()),
                keras.layers.Dense(signature.outputs, activation="softmax"),
            ]
        )
        model.compile(
            made.get("optimizer") or keras.optimizers.Adam(configuration.get("learning_rate", 0.01)),
            made.get("loss", "sparse_categorical_crossentropy"),
            metrics=made.get("metrics", ["accuracy"]),
        )
        return model

    build.space = Space((Float("value", 0, 10),))
    return build


def make_workload(
    special: Callable[..., Any], trainer: str = "auto", *, folds: int = 2, **training: Any
) -> Workload:
    """Return a workload of 61 rows and 2 folds, whose last batches are smaller, and of different sizes.

    One fold is enough, and takes half as long, for what is the same in all of them.
    """
    generator = np.random.default_rng(5)
    x = generator.normal(size=(61, 5))
    y = np.digitize(x[:, 0] + 0.3 * generator.normal(size=61), (-0.5, 0.5))
    spec = make_spec(
        {
            "data": {"source": "python:data", "test_size": 0.2},
            "model": "python:build",
            "cv": {"folds": folds} if folds > 1 else {"method": "holdout", "holdout": 0.5},
            "training": {"epochs": 3, "patience": None, "metric": "loss", **training},
            "execution": {"trainer": trainer},
        }
    )
    return make_plan(spec, data=(x, y), model=build_with(special)).workload


def outcome_of(trainer: Any, configuration: dict[str, Any], seed: int = 11) -> Outcome:
    return ended(trainer.train(Task(0, {"batch_size": 10, **configuration}, seed)))


def ended(training: Training) -> Outcome:
    """Train to the end, and return what came out."""
    try:
        next(training)
        while True:
            training.send(Answer.GO_ON)
    except StopIteration as end:
        return end.value
