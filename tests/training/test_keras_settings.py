"""Keras's settings of a process: a model function's are its own model's, and its module's are those of all models."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import keras
import pytest
from keras import layers
from kerasweep.search.planning import make_plan
from kerasweep.search.spec import make_spec
from kerasweep.spaces import Categorical, Space
from kerasweep.training.models.keras_settings import settings_kept
from kerasweep.training.trainers.runtime import make_trainer
from special_models import outcome_of


def change_all() -> None:
    keras.config.set_dtype_policy("float32")
    keras.config.set_floatx("float64")
    keras.config.set_image_data_format("channels_first")
    keras.config.set_epsilon(0.5)


CHANGES: dict[str, Callable[[], None]] = {
    "none": lambda: None,
    "all": change_all,
    "session": keras.utils.clear_session,
}
SEEN: list[tuple[str, str, str, str, float]] = []


def build(config: Any, signature: Any) -> keras.Model:
    SEEN.append(
        (
            config["change"],
            layers.Dense(4).compute_dtype,
            keras.config.floatx(),
            keras.config.image_data_format(),
            keras.config.epsilon(),
        )
    )
    CHANGES[config["change"]]()
    parts = [keras.Input(signature.input_shape), layers.Dense(4, "relu"), layers.Dense(8, "relu")]
    return keras.Sequential([*parts, layers.Dense(signature.outputs, "softmax", dtype="float32")])


build.space = Space((Categorical("change", tuple(CHANGES)),))  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def kept() -> Iterator[None]:
    with settings_kept():
        yield


@pytest.fixture(scope="module")
def workload() -> Any:
    spec = make_spec(
        {
            "data": {"source": "iris", "limit": 40},
            "model": "python:build",
            "cv": {"folds": 2},
            "training": {"epochs": 1, "patience": None},
        }
    )
    return make_plan(spec, model=build).workload


@pytest.mark.parametrize("trainer", ["fit", "fused"])
def test_a_model_is_built_with_the_settings_that_were_there_first(workload: Any, trainer: str) -> None:
    keras.config.set_dtype_policy("mixed_bfloat16")  # as a model's module may, once
    first = make_trainer(replace(workload, trainer=trainer), 1)
    SEEN.clear()
    scores = {change: outcome_of(first, {"change": change}).fold_scores for change in (*CHANGES, "none")}
    assert {kind for kind, *_ in SEEN} == set(CHANGES)
    assert {tuple(one) for _, *one in SEEN} == {("bfloat16", "float32", "channels_last", 1e-7)}
    keras.config.set_dtype_policy("mixed_bfloat16")
    alone = make_trainer(replace(workload, trainer=trainer), 1)
    assert outcome_of(alone, {"change": "none"}).fold_scores == scores["none"]
