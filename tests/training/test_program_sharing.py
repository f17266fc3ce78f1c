"""A second trial of an architecture traces nothing, whatever builds it; and where it must, the trial says why."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from catalogue_cases import SMALL
from kerasweep.search.executors.contract import run_task
from kerasweep.search.planning import make_plan
from kerasweep.search.spec import make_spec
from kerasweep.spaces import Float, Space
from kerasweep.training.events import Outcome, Task, TrialEnded
from kerasweep.training.trainers.runtime import make_trainer

pytestmark = pytest.mark.trains
SUPPORT = Path(__file__).parent.parent / "support"
SEQUENCES = ("rnn", "cnn1d", "tcn")
FAMILIES = ("linear", "nn", "ann", "dnn", "mlp_residual", "cnn", "resnet", *SEQUENCES)
FUNCTIONS = (
    "small",
    "many_kinds",
    "loop",
    "WithAttributes",
    "made",
    "convolutions",
    "model_type",
    "nested_scopes",
    "named_scopes",
    "uncompiled",
    "fixed",
    "own_batches",
    "both",
    "regression",
)


@pytest.fixture
def traced(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the functions that are traced, as they are."""
    from kerasweep.training.trainers.fused import fold_program

    functions: list[str] = []
    original = fold_program.trace_function

    def noting(function: Callable[..., Any], inputs: Any) -> Any:
        functions.append(function.__name__)
        return original(function, inputs)

    monkeypatch.setattr(fold_program, "trace_function", noting)
    return functions


def plan_of(model: Any, source: str = "digits", **options: Any) -> Any:
    named = model if isinstance(model, str) else "python:build"
    data = {"source": source, "limit": 60} if source == "digits" else {"source": source}
    spec = make_spec(
        {
            "data": data,
            "model": named,
            "cv": {"folds": 2},
            "training": {"epochs": 1, "patience": None, **({} if model in FAMILIES else {"metric": "loss"})},
        }
    )
    return make_plan(spec, **({} if isinstance(model, str) else {"model": model}), **options)


def train(trainer: Any, configuration: dict[str, Any]) -> Outcome:
    *_, last = run_task(trainer, Task(0, configuration, seed=11))
    assert isinstance(last, TrialEnded), last
    return last.outcome


def numbers() -> dict[str, Any]:
    generator = np.random.default_rng(3)
    x = generator.normal(size=(60, 10)).astype("float32")
    return {"data": (x, x @ np.arange(10).astype("float32"))}


def sequences() -> dict[str, Any]:
    x = np.random.default_rng(3).normal(size=(60, 8, 2)).cumsum(axis=1).astype("float32")
    return {"data": (x, x[:, -1].sum(axis=1))}


@pytest.mark.parametrize("name", [*FAMILIES, *(f"hypermodels:{name}" for name in FUNCTIONS)])
def test_a_second_trial_of_an_architecture_traces_nothing(
    name: str, traced: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(SUPPORT))
    if name in SEQUENCES:
        plan = plan_of(name, "python:data", **sequences())
    elif name in ("nn", "hypermodels:regression"):
        plan = plan_of(name, "python:data", **numbers())
    else:
        plan = plan_of(name)
    trainer = make_trainer(plan.workload, 1)
    usual = plan.space.recommended()
    small = {**SMALL, "dropout": 0.2} if name in FAMILIES else {}
    configuration = {key: small.get(key, value) for key, value in usual.items()}
    first = train(trainer, configuration)
    assert (first.trainer, first.notes) == ("fused", ())
    assert traced == ["train", "finish"], "once for both folds"
    rates = {"learning_rate": 0.005, "lr": 0.005, "rate": 0.1, "dropout": 0.3}
    other = {
        key: rates.get(key, value) if isinstance(value, float) else value
        for key, value in configuration.items()
    }
    second = train(trainer, other)
    assert traced == ["train", "finish"]
    assert (second.curves != first.curves) == (other != configuration)


def test_a_model_inside_a_model_is_shared(traced: list[str]) -> None:
    def build(configuration, signature):
        import keras

        base = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Conv2D(4, 3, activation="relu")])
        inputs = keras.Input((8, 8, 1))
        tensor = keras.layers.Flatten()(base(inputs) * 0.5)
        tensor = keras.layers.Dropout(configuration["value"])(tensor)
        inner = keras.Model(inputs, tensor)
        outputs = keras.layers.Dense(10, "softmax")(inner(inputs))
        model = keras.Model(inputs, outputs)
        model.compile("adam", "sparse_categorical_crossentropy")
        return model

    build.space = Space((Float("value", 0, 1),))
    trainer = make_trainer(plan_of(build).workload, 1)
    first, second = (train(trainer, {"value": value}) for value in (0.2, 0.5))
    assert first.notes == second.notes == ()
    assert first.curves != second.curves
    assert len(traced) == 2


def layer_of_ones_own(keras: Any) -> Any:
    class Doubled(keras.layers.Layer):
        def call(self, rows):
            return 2 * rows

    return keras.layers.Flatten(), Doubled(), "sparse_categorical_crossentropy"


def lambda_layer(keras: Any) -> Any:
    return (
        keras.layers.Flatten(),
        keras.layers.Lambda(lambda rows: 2 * rows),
        "sparse_categorical_crossentropy",
    )


def loss_of_ones_own(keras: Any) -> Any:
    def sparse_of_ones_own(y, p):
        return keras.losses.sparse_categorical_crossentropy(y, p)

    return keras.layers.Flatten(), keras.layers.ReLU(), sparse_of_ones_own


def loss_that_poses_as_kerass(keras: Any) -> Any:
    @functools.wraps(keras.losses.sparse_categorical_crossentropy)
    def loss(y, p):
        return 2 * keras.losses.sparse_categorical_crossentropy(y, p)

    return keras.layers.Flatten(), keras.layers.ReLU(), loss


@pytest.mark.parametrize(
    ("special", "code"),
    [
        (loss_that_poses_as_kerass, "the function sparse_categorical_crossentropy"),
        (layer_of_ones_own, "the class Doubled"),
        (lambda_layer, "a lambda"),
        (loss_of_ones_own, "the function sparse_of_ones_own"),
    ],
)
def test_what_cannot_share_says_why(special: Callable[[Any], Any], code: str, traced: list[str]) -> None:
    def build(configuration, signature):
        import keras

        *layers, loss = special(keras)
        model = keras.Sequential([keras.Input((8, 8, 1)), *layers, keras.layers.Dense(10, "softmax")])
        model.compile("adam", loss)
        return model

    build.space = Space((Float("value", 0, 1),))
    trainer = make_trainer(plan_of(build).workload, 1)
    outcomes = [train(trainer, {"value": 0.5}) for _ in range(2)]
    assert outcomes[0].curves == outcomes[1].curves
    expected = f"traced for this trial and each of its folds: {code} is not Keras's, and may read anything"
    assert [outcome.notes for outcome in outcomes] == [(expected,)] * 2
    assert len(traced) == 2 * 2 * 2
