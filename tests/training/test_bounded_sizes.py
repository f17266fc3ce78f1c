"""A model that is larger than it may be is refused before it is trained, whatever it is and whoever would train it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import keras
import keras_tuner
import numpy as np
import pytest
import tensorflow as tf
from kerasweep.errors import InfeasibleError, TrainingError
from kerasweep.training.goals import Goals, parse_constraint
from kerasweep.training.model_size import ModelSize, told_size
from kerasweep.training.workload import Workload
from real_training import train, workload_of

pytestmark = pytest.mark.trains
PARAMETERS = 4 * 8 + 8 + 8 * 2 + 2


class Subclassed(keras.Model):
    """Layers in a ``call`` of its own."""

    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.hidden, self.out = keras.layers.Dense(8), keras.layers.Dense(outputs, activation="softmax")

    def call(self, x: Any) -> Any:
        return self.out(self.hidden(x))


def sequential(config: Any, signature: Any) -> keras.Model:
    if config.get("raises"):
        raise config["raises"]
    return keras.Sequential(
        [keras.layers.Dense(8), keras.layers.Dense(signature.outputs, activation="softmax")]
    )


def functional(config: Any, signature: Any) -> keras.Model:
    x = keras.Input(signature.input_shape)
    return keras.Model(
        x, keras.layers.Dense(signature.outputs, activation="softmax")(keras.layers.Dense(8)(x))
    )


def subclassed(config: Any, signature: Any) -> keras.Model:
    return Subclassed(signature.outputs)


class Own(keras_tuner.HyperModel):
    """Has a ``fit`` of its own."""

    fits = 0

    def build(self, hp: Any) -> keras.Model:
        model = keras.Sequential(
            [keras.Input((4,)), keras.layers.Dense(8), keras.layers.Dense(2, activation="softmax")]
        )
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        return model

    def fit(self, hp: Any, model: keras.Model, *rows: Any, **options: Any) -> Any:
        Own.fits += 1
        return model.fit(*rows, **options)


def bounded(workload: Workload, *constraints: str) -> Workload:
    return replace(workload, goals=Goals(constraints=tuple(map(parse_constraint, constraints))))


@pytest.mark.parametrize(
    ("build", "trainer"),
    [(sequential, "fused"), (functional, "fit"), (subclassed, "fused"), (Own, "hypermodel")],
)
def test_what_is_too_large_is_not_trained_and_what_just_fits_is(
    build: Callable[..., Any], trainer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    generator = np.random.default_rng(3)
    rows = generator.normal(size=(40, 4)).astype("float32"), np.tile([0, 1], 20)
    workload = workload_of(rows, build, epochs=1, trainer="auto" if build is Own else trainer)
    trained = train(bounded(workload, f"params<={PARAMETERS}", "memory<=1GB"), {})
    assert trained.trainer == trainer
    assert trained.measured["params"] == trained.parameters == PARAMETERS
    memory = trained.measured["memory"]
    assert memory >= 5 * 4 * 2 * PARAMETERS, "two folds of weights, gradients and slots"
    assert told_size() == ModelSize(PARAMETERS, int(memory)), "whoever trains says how large its model is"
    Own.fits = 0
    monkeypatch.setattr(keras.Model, "fit", None)
    for constraint, measured in ((f"params<{PARAMETERS}", {"params"}), (f"memory<{memory:.0f}", {"memory"})):
        with pytest.raises(
            InfeasibleError, match=r"^(params is 58, not <58|memory is .* kB, not <.* kB)$"
        ) as refused:
            train(bounded(workload, constraint), {})
        assert refused.value.measured.keys() == measured
        assert refused.value.parameters == PARAMETERS
    assert Own.fits == 0


def test_out_of_memory_is_one_kind_whoever_raises_it(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = np.random.default_rng(3).normal(size=(40, 4)).astype("float32"), np.tile([0, 1], 20)
    exhausted = tf.errors.ResourceExhaustedError(None, None, "no room")
    workload = workload_of(rows, sequential, epochs=1, trainer="fit")
    for error in (MemoryError("no room"), exhausted):
        with pytest.raises(TrainingError, match=r"^out of memory: no room$") as raised:
            train(workload, {"raises": error})
        assert raised.value.kind == "memory"

        def fit(*_: Any, error: Exception = error, **__: Any) -> Any:
            raise error

        for trained in (workload, workload_of(rows, Own, epochs=1)):
            with monkeypatch.context() as patch:
                patch.setattr(keras.Model, "fit", fit)
                with pytest.raises(TrainingError, match=r"^out of memory: no room$") as raised:
                    train(trained, {})
            assert raised.value.kind == "memory"
            assert told_size().parameters == PARAMETERS
