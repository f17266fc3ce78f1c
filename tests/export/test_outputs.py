"""What an exported classifier says its outputs are: probabilities only where that was looked at."""

from __future__ import annotations

import runpy
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from kerasweep.errors import OutputError
from kerasweep.export.bundle import write_keras

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from kerasweep.export.winner import Winner

pytestmark = [
    pytest.mark.costly,
    # Keras's own, where it saves a TensorFlow variable with NumPy 2.
    pytest.mark.filterwarnings(
        "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"
    ),
]


def own_loss(y: Any, outputs: Any) -> Any:
    """Cross-entropy of logits, which nothing but this code says."""
    import tensorflow as tf

    if outputs.shape[-1] == 1:
        y = tf.reshape(tf.cast(y, outputs.dtype), (-1, 1))
        return tf.nn.sigmoid_cross_entropy_with_logits(y, outputs)
    return tf.nn.sparse_softmax_cross_entropy_with_logits(tf.cast(tf.reshape(y, (-1,)), tf.int32), outputs)


def distance_loss(y: Any, outputs: Any) -> Any:
    """Contrastive: small where two things belong together, which is the second class."""
    import tensorflow as tf

    y = tf.reshape(tf.cast(y, outputs.dtype), (-1, 1))
    return y * outputs**2 + (1 - y) * tf.maximum(1.0 - outputs, 0.0) ** 2


KINDS = {
    "softmax": (3, "softmax", "sparse_categorical_crossentropy", "probabilities"),
    "softmax under an own loss": (3, "softmax", own_loss, "probabilities"),
    "sigmoid of each class": (3, "sigmoid", "mse", "scores"),
    "logits under an own loss": (3, None, own_loss, "scores"),
    "more outputs than classes": (5, "softmax", "sparse_categorical_crossentropy", "probabilities"),
    "one sigmoid": (1, "sigmoid", "binary_crossentropy", "probabilities"),
    "one logit under an own loss": (1, None, own_loss, "scores"),
    "one tanh": (1, "tanh", "hinge", "scores"),
}


@pytest.fixture(scope="module")
def of_iris(place: Any, refit_of: Callable[..., Any]) -> Winner:
    return refit_of({"data": "iris", "model": "ann"})


@pytest.fixture(scope="module")
def of_two(place: Any, refit_of: Callable[..., Any]) -> Winner:
    """A refit of data of two classes."""
    return refit_of({"data": {"source": "people.csv", "target": "bought"}, "model": "ann"})


def trained(refit: Winner, width: int, activation: str | None, loss: Any, y: np.ndarray) -> Any:
    """Return a model of one layer, trained on a refit's rows."""
    import keras

    model = keras.Sequential(
        [keras.Input(refit.signature.input_shape), keras.layers.Dense(width, activation=activation)]
    )
    model.compile(keras.optimizers.Adam(0.05), loss, jit_compile=False)
    model.optimizer.build(model.trainable_variables)  # else everything is traced twice
    x = refit.preparation.transform(refit.dataset.x)
    model.fit(x, y, epochs=20, verbose=0)
    return model


@pytest.mark.parametrize("kind", KINDS)
def test_outputs_are_called_what_they_are(kind: str, of_iris: Winner, of_two: Winner, tmp_path: Path) -> None:
    width, activation, loss, gives = KINDS[kind]
    refit = of_two if width == 1 else of_iris
    y = refit.dataset.y
    given = y[:, None].astype("float32") if width == 1 else np.eye(3)[y] if loss == "mse" else y
    model = trained(refit, width, activation, loss, given)
    labels = "column" if width == 1 else "codes"
    write_keras(type(refit)(**{**vars(refit), "model": model, "labels": labels}), tmp_path / "out")
    made = runpy.run_path(str(tmp_path / "out" / "predict.py"))
    predictor = made["load"](tmp_path / "out")
    assert predictor.about["gives"] == gives
    rows = refit.dataset.x
    codes = np.array([refit.dataset.classes.index(name) for name in predictor.predict(rows)])
    assert (codes == y).mean() > 0.7
    if gives == "scores":
        with pytest.raises(made["InputError"], match="no probabilities"):
            predictor.probabilities(rows)
    else:
        chances = predictor.probabilities(rows)
        assert chances.shape == (len(y), len(refit.dataset.classes))
        assert 0 <= chances.min() <= chances.max() <= 1
    rows.head(3).to_csv(tmp_path / "rows.csv", index=False)
    header, _ = made["predict_file"](tmp_path / "rows.csv", predictor)
    assert header == ["class", "score" if gives == "scores" else "probability"]


@pytest.mark.parametrize("activation", [None, "sigmoid"])
def test_a_distance_is_no_class(activation: str | None, of_two: Winner, tmp_path: Path) -> None:
    refit = of_two
    x, y = refit.preparation.transform(refit.dataset.x), refit.dataset.y
    model = trained(refit, 1, activation, distance_loss, y[:, None].astype("float32"))
    write_keras(type(refit)(**{**vars(refit), "model": model, "labels": "column"}), tmp_path / "out")
    made = runpy.run_path(str(tmp_path / "out" / "predict.py"))
    predictor = made["load"](tmp_path / "out")
    assert predictor.about["gives"] == "numbers"
    np.testing.assert_allclose(
        predictor.predict(refit.dataset.x), model.predict(x, verbose=0)[:, 0], rtol=1e-5
    )
    with pytest.raises(made["InputError"], match="a number a row that tells no class"):
        predictor.probabilities(refit.dataset.x)
    refit.dataset.x.head(3).to_csv(tmp_path / "rows.csv", index=False)
    header, rows = made["predict_file"](tmp_path / "rows.csv", predictor)
    assert (header, len(rows)) == (["value"], 3)


def test_fewer_outputs_than_classes_are_refused(of_iris: Winner, tmp_path: Path) -> None:
    import keras

    refit = of_iris
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    model.compile("sgd", own_loss)
    with pytest.raises(OutputError, match="puts out 2 numbers a row for 3 classes"):
        write_keras(type(refit)(**{**vars(refit), "model": model}), tmp_path / "out")
