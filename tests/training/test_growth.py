"""Memory does not grow with the number of trials: what was traced for one is gone when another is trained."""

from __future__ import annotations

import gc
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from kerasweep.search.executors.contract import run_task
from kerasweep.search.planning import make_plan
from kerasweep.search.spec import make_spec
from kerasweep.training.events import Task, TrialEnded
from kerasweep.training.trainers.runtime import make_trainer
from real_training import train, workload_of

pytestmark = pytest.mark.trains


def dense(configuration: Any, signature: Any) -> Any:
    import keras

    layers = [keras.layers.Dense(configuration["units"], activation="silu"), keras.layers.Dense(2, "softmax")]
    return keras.Sequential([keras.Input(signature.input_shape), *layers])


def recurrent(configuration: Any, signature: Any) -> Any:
    import keras

    layers = [
        keras.layers.Reshape((4, 2)),
        keras.layers.LSTM(configuration["units"]),
        keras.layers.Dense(2, "softmax"),
    ]
    return keras.Sequential([keras.Input(signature.input_shape), *layers])


def trainer_of(build: Any, name: str) -> Any:
    x = np.random.default_rng(0).normal(size=(40, 8)).astype(np.float32)
    spec = make_spec(
        {
            "data": {"source": "python:data"},
            "model": "python:build",
            "cv": {"folds": 2},
            "training": {"epochs": 1, "patience": None, "metric": "val_loss"},
            "execution": {"trainer": name},
        }
    )
    return make_trainer(make_plan(spec, data=(x, (x[:, 0] > 0).astype(int)), model=build).workload, 1)


def kept() -> dict[str, int]:
    """Count what TensorFlow and Keras keep: graphs, functions of the eager context, gradients, models."""
    import keras
    from tensorflow.python.eager import context
    from tensorflow.python.framework.func_graph import FuncGraph
    from tensorflow.python.framework.ops import gradient_registry

    gc.collect()
    objects = gc.get_objects()
    functions = map(str, context.context().list_function_names())
    return {
        "graphs": sum(isinstance(one, FuncGraph) for one in objects),
        "models": sum(isinstance(one, keras.Model) for one in objects),
        "functions": sum("__wrapped__" not in name for name in functions),
        "gradients": len(gradient_registry.list()),
    }


@pytest.mark.parametrize("build", [dense, recurrent])
@pytest.mark.parametrize("name", ["fused", "fit"])
def test_nothing_of_an_architecture_is_kept_when_others_were_trained(name: str, build: Any) -> None:
    trainer = trainer_of(build, name)
    if name == "fused":
        trainer._programs.cache._most_programs = 1
    counts = []
    for number in range(4):
        configuration = {"units": 2 + number, "batch_size": 20}
        (*_, last) = run_task(trainer, Task(number, configuration, seed=1))
        assert isinstance(last, TrialEnded), last
        assert last.outcome.trainer == name
        counts.append(kept())
    assert counts[1:3] == counts[2:4], "the first one is all that takes memory for good"


def test_programs_are_kept_within_memory_graphs_counted() -> None:
    trainer = trainer_of(dense, "fused")
    for number in range(3):
        list(run_task(trainer, Task(number, {"units": 2 + number, "batch_size": 20}, seed=1)))
    first, *_ = programs = list(trainer._programs.cache._programs.values())
    weights = sum(variable.numpy().nbytes for state in first.states for variable in state)
    assert len(programs) == 3
    assert first.bytes > 100 * weights, "a small model's graph takes more than its weights"
    trainer._programs.cache._most_bytes = 2 * first.bytes
    list(run_task(trainer, Task(3, {"units": 9, "batch_size": 20}, seed=1)))
    assert first not in trainer._programs.cache._programs.values()
    assert (
        sum(program.bytes for program in trainer._programs.cache._programs.values())
        <= 2 * first.bytes + first.bytes // 10
    )


def test_a_validation_step_takes_fewer_rows_of_large_models() -> None:
    from kerasweep.training.trainers.feeding import VALIDATION_BYTES, Stored, validation_batch

    assert validation_batch(100) == 1000
    pictures = 96 * 96 * 32 * 4
    assert 1 < validation_batch(pictures) < 100
    assert validation_batch(pictures) * pictures * 4 <= VALIDATION_BYTES
    assert validation_batch(10**12) == 1
    # a first layer that passes on little reads all of a row
    wide, narrow = np.empty((5, 512, 512, 4), np.uint8), np.empty((5, 3), np.float32)
    stored = Stored(wide, (), tf.zeros(0), {})
    given = [wide, stored, {"picture": wide, "age": narrow}, narrow]
    assert [validation_batch(4, read) for read in given] == [64, 64, 63, 1000]


@pytest.mark.parametrize("name", ["fused", "fit"])
def test_the_rows_of_a_validation_step_change_no_score(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from kerasweep.training.trainers import feeding

    scores = []
    for rows in (1000, 3):
        monkeypatch.setattr(feeding, "VALIDATION_BATCH", rows)
        *_, last = run_task(trainer_of(dense, name), Task(0, {"units": 3, "batch_size": 20}, seed=1))
        assert isinstance(last, TrialEnded), last
        scores.append(last.outcome.curves["val_loss"])
    np.testing.assert_allclose(*scores, rtol=1e-5)


def test_rows_may_be_gathered_at_once_or_batch_by_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a table, with weights, in batches of which the last one is smaller."""
    from kerasweep.training.trainers import feeding

    x = np.random.default_rng(2).normal(size=(50, 3))
    workload = workload_of((x, np.arange(50) % 2), "ann", epochs=2, trainer="fit")
    configuration = {"class_weight": "balanced", "batch_size": 8, "learning_rate": 0.1, "units": 4}
    found = []
    for most in (feeding.SMALL_BYTES, 0):
        monkeypatch.setattr(feeding, "SMALL_BYTES", most)
        found.append(train(workload, configuration).curves)
    assert found[0] == found[1]


def registered_gradients() -> set[str]:
    from tensorflow.python.framework.ops import gradient_registry

    return {name for name in gradient_registry.list() if name.startswith("CustomGradient-")}


def register_a_gradient() -> set[str]:
    """Trace what registers one, and return the names of all."""
    import tensorflow as tf

    @tf.custom_gradient
    def doubled(x: Any) -> Any:
        return 2 * x, lambda dy: 2 * dy

    tf.function(doubled).get_concrete_function(tf.TensorSpec((), tf.float32))
    return registered_gradients()


def test_gradients_that_others_registered_are_left() -> None:
    from kerasweep.training.trainers.garbage import gradients_forgotten

    before = register_a_gradient()
    assert before
    with gradients_forgotten():
        assert len(register_a_gradient() - before) == 1
    assert registered_gradients() == before


_of_earlier_turns: set[str] = set()


@pytest.mark.parametrize("turn", [1, 2])
def test_no_test_leaves_its_gradients_to_the_next(turn: int) -> None:
    """They hold every step that a test traces: a process that runs all tests grew to eleven gigabytes."""
    assert not registered_gradients() & _of_earlier_turns
    _of_earlier_turns.update(register_a_gradient())
