"""Training in float16, of which GPUs of compute capability 7 are made: Keras scales the loss, whoever compiles the model, and
both trainers come to the same."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers
from kerasweep.errors import TrainingError
from kerasweep.export.code import compile_code, names_without_weight_decay
from kerasweep.search.plan import Plan
from kerasweep.search.planning import make_plan
from kerasweep.search.spec import make_spec
from kerasweep.training.models import Signature
from kerasweep.training.models.building import build_model
from kerasweep.training.trainers.averaging import uses_average
from kerasweep.training.trainers.runtime import make_trainer
from special_models import outcome_of

SIGNATURE = Signature((4,), 2, "classification", rows=20, epochs=2)
TINY = 1e-7
"""A gradient of so little is none in float16, whose least number is 6e-8."""


def of_layers() -> keras.Model:
    return keras.Sequential([keras.Input((4,)), layers.Dense(8, "relu"), layers.Dense(2, "softmax")])


def left_open(config: Any, signature: Any) -> keras.Model:
    return of_layers()


def compiled(config: Any, signature: Any) -> keras.Model:
    model = of_layers()
    optimizer = keras.optimizers.AdamW(0.01, use_ema=True)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


class Subclassed(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.last = layers.Dense(2, "softmax")

    def call(self, inputs: Any) -> Any:
        return self.last(inputs)


@pytest.mark.parametrize("build", [left_open, compiled, lambda config, signature: Subclassed()])
def test_the_loss_is_scaled_whoever_compiles(build: Any) -> None:
    configuration = {"learning_rate": 0.25, "optimizer": "sgd"}
    model = build_model(build, configuration, SIGNATURE, 0, "float16")
    assert isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer)
    assert float(model.optimizer.inner_optimizer.learning_rate) == 0.25
    dense = model.layers[-1]
    assert (dense.compute_dtype, dense.kernel.dtype) == ("float16", "float32")
    assert keras.config.dtype_policy().name == "float32"
    assert "LossScaleOptimizer(" in compile_code(model)


def test_what_an_optimizer_does_beside_is_found_within() -> None:
    model = build_model(compiled, {}, SIGNATURE, 0, "float16")
    assert uses_average(model)
    assert names_without_weight_decay(model) == ["bias"]


def test_a_schedule_within_is_not_replaced() -> None:
    def scheduled(config: Any, signature: Any) -> keras.Model:
        model = of_layers()
        rate = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)
        model.compile(keras.optimizers.SGD(rate), "sparse_categorical_crossentropy")
        return model

    with pytest.raises(TrainingError, match=r"follows a schedule of its own \(ExponentialDecay\)"):
        build_model(scheduled, {"learning_rate": 0.1}, SIGNATURE, 0, "float16")


def plan_of(build: Any) -> Plan:
    x = np.random.default_rng(0).normal(size=(40, 4)).astype("float32")
    spec = {
        "data": {"source": "python:tuple"},
        "model": "tests:build",
        "cv": {"folds": 2},
        "search": {"trials": 1},
        "training": {"epochs": 2, "precision": "float16", "objective": "val_loss"},
    }
    return make_plan(make_spec(spec), data=(x, (x[:, 0] > 0).astype(int)), model=build)


def test_small_gradients_count_in_both_trainers_alike() -> None:
    def small(config: Any, signature: Any) -> keras.Model:
        model = of_layers()
        rate = 0.5 / TINY
        model.compile(keras.optimizers.SGD(rate), "sparse_categorical_crossentropy", loss_weights=[TINY])
        return model

    workload = plan_of(small).workload
    curves = {}
    for trainer in ("fused", "fit"):
        outcome = outcome_of(make_trainer(replace(workload, trainer=trainer), 1), {"batch_size": 5})
        assert outcome.trainer == trainer
        curves[trainer] = np.array(outcome.curves["val_loss"]) / TINY
    np.testing.assert_allclose(curves["fused"], curves["fit"], rtol=0.01)
    assert (curves["fit"][:, 1] < 0.95 * curves["fit"][:, 0]).all()  # it learns
