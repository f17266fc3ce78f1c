"""Rows that a user's model gets as they were given: scripts and folders prepare them alike."""

from __future__ import annotations

import runpy
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from kerasweep.export.bundle import write_keras
from kerasweep.export.script import make_script

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = [
    pytest.mark.costly,
    # Keras's own, where it saves a TensorFlow variable with NumPy 2.
    pytest.mark.filterwarnings(
        "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"
    ),
]

MODELS = """
import keras
from keras import layers


def words(config, signature):
    inputs = keras.Input(signature.input_shape, dtype="int32")
    x = layers.Flatten()(layers.Embedding(40, 4)(inputs))
    return keras.Model(inputs, layers.Dense(signature.outputs, activation="softmax")(x))


def words_beside_numbers(config, signature):
    inputs = keras.Input(signature.input_shape)
    x = layers.Flatten()(layers.Embedding(40, 4)(inputs[:, 1:3]))
    x = layers.Concatenate()([x, inputs[:, :1], inputs[:, 3:]])
    return keras.Model(inputs, layers.Dense(signature.outputs, activation="softmax")(x))


def windows(config, signature):
    inputs = keras.Input(signature.input_shape)
    x = layers.Flatten()(inputs)
    return keras.Model(inputs, layers.Dense(signature.outputs, activation="softmax")(x))
"""
RNG = np.random.default_rng(0)
WORDS = RNG.integers(1, 40, (60, 6))
GAPS = np.where(RNG.random((60, 6)) < 0.1, np.nan, WORDS) * np.array([1, 1, 1, 1, 0.5, 0.5])
GAPS[:, 1:3] = WORDS[:, 1:3]
Y = np.arange(60) % 2
KINDS: dict[str, tuple[str, Any]] = {
    "words": ("words", WORDS),
    "words as decimals": ("words", WORDS.astype("float32")),
    "words in a table": ("words", pd.DataFrame(WORDS, columns=list("abcdef"))),
    "words beside numbers": ("words_beside_numbers", WORDS * np.array([1.5, 1, 1, 0.1, 0.2, 0.3])),
    "words beside numbers with gaps": ("words_beside_numbers", GAPS),
    "words beside numbers in a table": ("words_beside_numbers", pd.DataFrame(GAPS, columns=list("abcdef"))),
    "windows": ("windows", RNG.uniform(0, 1, (60, 12, 12))),
    "windows of bytes": ("windows", RNG.integers(0, 256, (60, 8, 9)).astype("uint8")),
    "channels first": ("windows", RNG.normal(size=(60, 3, 8, 8))),
}


@pytest.mark.parametrize("kind", KINDS)
def test_scripts_and_folders_give_a_model_what_it_was_trained_on(
    kind: str, place: Any, refit_of: Callable[..., Any], tmp_path: Path
) -> None:
    (place.folder / "as_given.py").write_text(MODELS)
    name, x = KINDS[kind]
    path = place.folder / f"{kind.replace(' ', '_')}{'.csv' if hasattr(x, 'columns') else '.npz'}"
    target = {}
    if hasattr(x, "columns"):
        x.assign(y=Y).to_csv(path, index=False)
        target = {"target": "y"}
    else:
        np.savez(path, x=x, y=Y)
    refit = refit_of({"data": {"source": path.name, **target}, "model": f"as_given:{name}"})
    given = refit.preparation.transform(refit.dataset.x_test)
    assert given.dtype == (np.int32 if name == "words" else np.float32)
    assert make_script(refit).notes == ()
    write_keras(refit, tmp_path / "out")
    predictor = runpy.run_path(str(tmp_path / "out" / "predict.py"))["load"](tmp_path / "out")
    prepared = predictor.prepare(refit.dataset.x_test)
    assert prepared.dtype == given.dtype
    np.testing.assert_array_equal(prepared, given)
