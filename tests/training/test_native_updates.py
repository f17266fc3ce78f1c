"""Updates by TensorFlow's own operations: what Keras's update of every weight gives, by one operation a weight."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.trains

OPTIMIZERS: dict[str, Callable[[Any], Any]] = {
    "sgd": lambda optimizers: optimizers.SGD(0.05),
    "momentum": lambda optimizers: optimizers.SGD(0.05, momentum=0.9),
    "nesterov": lambda optimizers: optimizers.SGD(0.05, momentum=0.9, nesterov=True),
    "adam": lambda optimizers: optimizers.Adam(0.01, beta_1=0.8, beta_2=0.99, epsilon=1e-4),
    "adamw": lambda optimizers: optimizers.AdamW(0.01, weight_decay=0.1),
}
OPTIONS: dict[str, dict[str, Any]] = {
    "clipped": {"weight_decay": 0.01, "clipvalue": 0.1},
    "clipped by norm": {"clipnorm": 0.01},
    "clipped by the norm of all": {"global_clipnorm": 0.01},
    "averaged": {"use_ema": True, "ema_momentum": 0.5, "ema_overwrite_frequency": 3},
    "accumulated": {"gradient_accumulation_steps": 2},
}
CASES = {
    **OPTIMIZERS,
    **{
        f"{kind}, {name}": lambda optimizers, kind=kind, options=options: getattr(optimizers, kind)(
            0.02, **options
        )
        for kind in ("SGD", "Adam")
        for name, options in OPTIONS.items()
    },
    "a schedule": lambda optimizers: optimizers.AdamW(
        optimizers.schedules.CosineDecay(0.05, 5), weight_decay=0.1
    ),
}
"""All with which Keras itself surrounds an update."""
NATIVE = ("ResourceApplyAdam", "ResourceApplyGradientDescent", "ResourceApplyKerasMomentum")


def model_of(optimizer: Any, dtype: str = "float32") -> Any:
    import keras

    keras.utils.set_random_seed(4)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((5,), dtype=dtype),
            layers.Dense(7, activation="tanh", kernel_constraint="unit_norm", dtype=dtype),
            layers.Dense(3, activation="softmax", dtype=dtype),
        ]
    )
    model.compile(optimizer, "sparse_categorical_crossentropy")
    return model


def trained(make: Callable[[Any], Any], *, native: bool, dtype: str = "float32") -> tuple[list[Any], int]:
    """Return a model's weights after six steps, and how many operations of TensorFlow's own the program has."""
    import keras
    import tensorflow as tf
    from kerasweep.training.models.building import build_optimizer
    from kerasweep.training.trainers.fused.native_updates import native_updates

    model = model_of(make(keras.optimizers), dtype)
    build_optimizer(model)
    draw = np.random.default_rng(0)
    x, y = tf.constant(draw.normal(size=(12, 5)), dtype), tf.constant(draw.integers(0, 3, 12))
    with native_updates(model) if native else nullcontext():
        step = tf.function(model.train_step, autograph=False).get_concrete_function((x, y))
    for _ in range(6):
        step((x, y))
    graphs = [step.graph, *(function.graph for function in step.graph._functions.values())]
    kinds = [operation.type for graph in graphs for operation in graph.get_operations()]
    return [weight.numpy() for weight in model.weights], sum(kinds.count(kind) for kind in NATIVE)


@pytest.mark.parametrize("case", CASES)
def test_an_operation_updates_as_keras_does(case: str) -> None:
    expected, none = trained(CASES[case], native=False)
    weights, operations = trained(CASES[case], native=True)
    assert (none, operations) == (0, 4), "one a weight"
    for weight, right in zip(weights, expected, strict=True):
        np.testing.assert_allclose(weight, right, rtol=1e-5, atol=1e-6)


def test_double_precision_stays_double() -> None:
    expected, _ = trained(OPTIMIZERS["adam"], native=False, dtype="float64")
    weights, operations = trained(OPTIMIZERS["adam"], native=True, dtype="float64")
    assert operations == 4
    for weight, right in zip(weights, expected, strict=True):
        np.testing.assert_allclose(weight, right, rtol=1e-12)


def test_optimizers_without_an_operation_are_left_alone() -> None:
    for make in (
        lambda optimizers: optimizers.Adam(amsgrad=True),
        lambda optimizers: optimizers.Nadam(),
        lambda optimizers: type("Own", (optimizers.SGD,), {})(),
    ):
        expected, _ = trained(make, native=False)
        weights, operations = trained(make, native=True)
        assert operations == 0
        assert all(map(np.array_equal, weights, expected))


def test_sparse_gradients_are_keras_own() -> None:
    import keras
    import tensorflow as tf
    from kerasweep.training.models.building import build_optimizer
    from kerasweep.training.trainers.fused.native_updates import native_updates

    found = []
    for native in (False, True):
        keras.utils.set_random_seed(4)
        model = keras.Sequential(
            [
                keras.Input((5,)),
                keras.layers.Embedding(4, 3),
                keras.layers.Flatten(),
                keras.layers.Dense(3, activation="softmax"),
            ]
        )
        model.compile("adam", "sparse_categorical_crossentropy")
        build_optimizer(model)
        batch = (tf.constant([[0, 1, 1, 2, 0]] * 3), tf.constant([0, 1, 2]))
        with native_updates(model) if native else nullcontext():
            step = tf.function(model.train_step, autograph=False).get_concrete_function(batch)
        for _ in range(4):
            step(batch)
        found.append([weight.numpy() for weight in model.weights])
        assert [operation.type for operation in step.graph.get_operations()].count(NATIVE[0]) == 2 * native
    for weight, right in zip(*found, strict=True):
        np.testing.assert_allclose(weight, right, rtol=1e-5, atol=1e-7)
