"""Batch normalization as one operation: Keras's outputs, gradients and moving averages, for every kind that there is."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest
from special_models import make_workload, outcome_of

pytestmark = pytest.mark.trains

SHAPES = ((6, 6, 4), (5, 7, 12), (4, 4, 32))
"""Of pictures."""
OTHERS = ((8,), (5, 8), (3, 4, 4, 8), (6, 6, 6), (6, 6, 24))
"""Of rows, sequences and films, and of pictures with a number of channels for which the operation is slow."""
FUSED: dict[str, dict[str, Any]] = {
    "plain": {},
    "neither scale nor offset": {"scale": False, "center": False},
    "of a published net": {"epsilon": 1.001e-5, "momentum": 0.9},
    "frozen": {"trainable": False},
    "the last axis by its number": {"axis": "last"},
    "half precision": {"dtype": "mixed_bfloat16"},
}
AS_IN_KERAS: dict[str, dict[str, Any]] = {
    "another epsilon": {"epsilon": 0.02},
    "another axis": {"axis": 1},
    "renormalized": {"renorm": True},
    "double precision": {"dtype": "float64"},
}


def called(shape: tuple[int, ...], arguments: dict[str, Any], *, fused: bool, masked: bool = False) -> Any:
    """Return what two steps and a validation give, with gradients and averages; and the graph's operations."""
    import keras
    import tensorflow as tf
    from kerasweep.training.trainers.fused.normalization import fused_normalization

    axis = {"axis": len(shape)} if arguments.get("axis") == "last" else {}
    layer = keras.layers.BatchNormalization(**{**arguments, **axis})
    model = keras.Sequential([keras.Input(shape), layer])
    draw = np.random.default_rng(0)
    for weight in layer.weights:
        weight.assign(draw.uniform(0.5, 2, weight.shape))
    rows, slopes = (tf.constant(draw.normal(mean, 2, (8, *shape)), "float32") for mean in (3, 0))
    mask = {"mask": tf.constant(draw.random((8, *shape[:-1])) < 0.7)} if masked else {}

    @tf.function(autograph=False)
    def run() -> list[Any]:
        with tf.GradientTape() as tape:
            tape.watch(rows)
            for step in range(2):
                outputs = layer(rows + float(step), training=True, **mask)
            loss = tf.reduce_sum(tf.cast(outputs, tf.float32) * slopes)
        sources = [rows, *(weight.value for weight in layer.trainable_weights)]
        return [outputs, layer(rows, training=False, **mask), *tape.gradient(loss, sources)]

    with fused_normalization(model) if fused else nullcontext():
        graph = run.get_concrete_function()
    found = [*graph(), *(weight.value for weight in layer.weights)]
    kinds = [operation.type for operation in graph.graph.get_operations()]
    return [tf.cast(value, tf.float64).numpy() for value in found], kinds.count("FusedBatchNormV3")


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("arguments", FUSED.values(), ids=FUSED)
def test_one_operation_gives_what_keras_gives(shape: tuple[int, ...], arguments: dict[str, Any]) -> None:
    expected, none = called(shape, arguments, fused=False)
    values, operations = called(shape, arguments, fused=True)
    assert (none, operations) == (0, 3)
    tolerance = 0.02 if "dtype" in arguments else 1e-5
    for value, right in zip(values, expected, strict=True):
        np.testing.assert_allclose(value, right, rtol=tolerance, atol=tolerance * np.abs(right).max())


@pytest.mark.parametrize("arguments", AS_IN_KERAS.values(), ids=AS_IN_KERAS)
def test_what_the_operation_cannot_do_is_done_as_in_keras(arguments: dict[str, Any]) -> None:
    expected, _ = called((6, 8, 8), arguments, fused=False)
    values, operations = called((6, 8, 8), arguments, fused=True)
    assert operations == 0
    for value, right in zip(values, expected, strict=True):
        np.testing.assert_array_equal(value, right)


@pytest.mark.parametrize("shape", OTHERS, ids=str)
def test_where_the_operation_gains_nothing_it_is_done_as_in_keras(shape: tuple[int, ...]) -> None:
    expected, _ = called(shape, {}, fused=False)
    values, operations = called(shape, {}, fused=True)
    assert operations == 0
    for value, right in zip(values, expected, strict=True):
        np.testing.assert_array_equal(value, right)


def test_masked_steps_do_not_count() -> None:
    expected, _ = called((5, 7, 8), {}, fused=False, masked=True)
    values, operations = called((5, 7, 8), {}, fused=True, masked=True)
    assert operations == 0
    for value, right in zip(values, expected, strict=True):
        np.testing.assert_array_equal(value, right)


def test_a_layer_of_ones_own_is_left_alone() -> None:
    import keras
    from kerasweep.training.trainers.fused.normalization import fused_normalization

    class Own(keras.layers.BatchNormalization):
        pass

    own, plain = Own(), keras.layers.BatchNormalization()
    model = keras.Sequential([keras.Input((5, 5, 8)), keras.Sequential([plain]), own])
    with fused_normalization(model):
        assert "call" in vars(plain)
        assert "call" not in vars(own)
    assert "call" not in vars(plain)


def normalized(keras: Any, value: float) -> dict[str, Any]:
    layers = keras.layers
    pixels = layers.BatchNormalization(epsilon=value)
    return {"layers": [layers.Dense(8), layers.Reshape((1, 1, 8)), pixels, layers.Flatten()]}


def test_a_search_over_epsilons_traces_two_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    from kerasweep.training.trainers.fused import programs
    from kerasweep.training.trainers.runtime import make_trainer

    traced: list[Any] = []
    trace = programs.trace
    monkeypatch.setattr(programs, "trace", lambda *of, **how: traced.append(of) or trace(*of, **how))
    trainer = make_trainer(make_workload(normalized), 1)
    for value in (0.001, 0.01, 0.02, 0.03, 0.001):
        assert outcome_of(trainer, {"value": value}).trainer == "fused"
    assert len(traced) == 2
