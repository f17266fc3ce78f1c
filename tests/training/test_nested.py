"""Subclassed models, and a base model inside a model, train alike in both trainers and in the refit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from real_training import train, workload_of

pytestmark = pytest.mark.trains
RNG = np.random.default_rng(0)
X = RNG.normal(size=(120, 6)).astype(np.float32)
Y = (X[:, 0] > 0).astype(np.int64)


def model_of(kind: str) -> Any:
    """Return a compiled model with batch normalization inside a base model, or in a class of its own."""
    import keras
    from keras import layers

    class Own(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.inner, self.normalized = layers.Dense(8, "relu"), layers.BatchNormalization()
            self.last = layers.Dense(2, "softmax")

        def call(self, inputs: Any, training: bool = False) -> Any:
            return self.last(self.normalized(self.inner(inputs), training=training))

    if kind == "subclassed":
        model = Own()
    else:
        base = keras.Sequential([keras.Input((6,)), layers.Dense(8, "relu"), layers.BatchNormalization()])
        base.trainable = kind != "frozen"
        inputs = keras.Input((6,))
        called = base(inputs, training=False) if kind == "frozen" else base(inputs)
        model = keras.Model(inputs, layers.Dense(2, "softmax")(called))
    model.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


@pytest.mark.parametrize("kind", ["frozen", "trained", "subclassed"])
def test_both_trainers_agree_and_the_model_is_refit(kind: str) -> None:
    curves = {}
    for trainer in ("fit", "fused"):
        workload = workload_of((X, Y), lambda config, signature: model_of(kind), epochs=2, trainer=trainer)
        outcome = train(workload, {"batch_size": 16})
        assert outcome.trainer == trainer
        curves[trainer] = np.array(outcome.curves["val_loss"])
    assert curves["fused"] == pytest.approx(curves["fit"], abs=1e-5)

    from kerasweep.training.trainers.refit_run import start_refit

    run = start_refit(workload, {"batch_size": 16}, 1)
    inner = run.model.layers[1] if kind != "subclassed" else run.model
    before = [variable.numpy() for variable in inner.variables]
    list(run.train(1))
    changed = [not np.array_equal(old, new.numpy()) for old, new in zip(before, inner.variables, strict=True)]
    assert any(changed) == (kind != "frozen"), "a frozen base stays as it is, its moving averages, too"
    assert np.isfinite(run.evaluate()["loss"])
