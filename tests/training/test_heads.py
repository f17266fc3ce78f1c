"""An uncompiled model is compiled with the loss that its last layer asks for; what fits none is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from kerasweep.errors import TrainingError
from kerasweep.training.models.signature import Signature
from real_training import train, workload_of

pytestmark = pytest.mark.trains
FORMS = ("activation", "layer", "Softmax", "functional", "operation", "nested", "subclassed", "Lambda", "raw")
"""How a last layer may say what it puts out."""


def model_of(units: int, activation: str, form: str = "activation") -> Any:
    """Return a model of four inputs, uncompiled."""
    import keras
    import tensorflow as tf
    from keras import layers, ops

    apply = getattr(ops, activation, lambda x: x)
    last = {
        "activation": [layers.Dense(units, activation)],
        "layer": [layers.Dense(units), layers.Activation(activation)],
        "Softmax": [layers.Dense(units), layers.Softmax()],
        "Lambda": [layers.Dense(units), layers.Lambda(apply)],
        "nested": [keras.Sequential([layers.Dense(units, activation)])],
    }
    if form in last:
        return keras.Sequential([keras.Input((4,)), *last[form]])
    if form in ("functional", "operation"):
        inputs = keras.Input((4,))
        outputs = (
            layers.Dense(units, activation)(inputs)
            if form == "functional"
            else apply(layers.Dense(units)(inputs))
        )
        return keras.Model(inputs, outputs)

    class Own(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.last = layers.Dense(units)

        def call(self, inputs: Any, training: bool = False) -> Any:
            outputs = self.last(inputs)
            return (
                apply(outputs) if form == "subclassed" else getattr(tf.nn, activation, tf.identity)(outputs)
            )

    return Own()


def compiled(model: Any, classes: int, task: Any = "classification") -> Any:
    from kerasweep.training.models.building import compile_model
    from kerasweep.training.models.heads import build_weights

    signature = Signature((4,), classes, task, 80, 1)
    build_weights(model, (4,))
    compile_model(model, {}, signature)
    return model


def loss_in_words(model: Any) -> str:
    loss = model.loss
    if isinstance(loss, str):
        return loss
    return f"{type(loss).__name__}{' of logits' if loss.get_config().get('from_logits') else ''}"


@pytest.mark.parametrize(
    ("form", "units", "activation", "classes", "loss"),
    [
        (form, *case)
        for form in FORMS
        for case in (
            (3, "softmax", 3, "sparse_categorical_crossentropy"),
            (3, "linear", 3, "SparseCategoricalCrossentropy of logits"),
            (3, "sigmoid", 3, "BinaryCrossentropy"),
            (1, "sigmoid", 2, "BinaryCrossentropy"),
            (1, "linear", 2, "BinaryCrossentropy of logits"),
        )
        if form != "Softmax" or case[1] == "softmax"
    ],
)
def test_the_last_layer_says_which_loss_fits(form, units, activation, classes, loss) -> None:
    assert loss_in_words(compiled(model_of(units, activation, form), classes)) == loss


@pytest.mark.parametrize(
    ("units", "activation", "classes", "task", "message"),
    [
        (
            1,
            "sigmoid",
            10,
            "classification",
            "its last layer has 1 unit and there are 10 classes; give it 10 with softmax",
        ),
        (
            3,
            "softmax",
            10,
            "classification",
            "its last layer has 3 units and there are 10 classes; give it 10 with",
        ),
        (12, "softmax", 10, "classification", "its last layer has 12 units and there are 10 classes"),
        (
            1,
            "softmax",
            2,
            "classification",
            "its last layer has 1 unit with softmax; give it sigmoid for two classes",
        ),
        (1, "tanh", 2, "classification", "its last layer has 1 unit with tanh; give it sigmoid"),
        (3, "relu", 3, "classification", "its last layer ends with relu, and no loss for classes reads that"),
        (1, "softmax", 1, "regression", "its last layer ends with softmax, which is for classes"),
        (10, "linear", 1, "regression", "its last layer has 10 units and a row has 1 target; give it 1"),
        (1, "linear", 2, "regression", "its last layer has 1 unit and a row has 2 targets; give it 2"),
    ],
)
def test_what_no_loss_fits_is_refused_in_one_line(units, activation, classes, task, message) -> None:
    for form in ("activation", "functional") if activation in ("tanh", "relu") or units == 1 else FORMS[-1:]:
        with pytest.raises(TrainingError, match=message) as caught:
            compiled(model_of(units, activation, form), classes, task)
    assert (caught.value.kind, "\n" in str(caught.value)) == ("model", False)


def test_outputs_a_position_are_refused_where_a_row_has_one_label() -> None:
    import keras

    model = keras.Sequential([keras.Input((4, 2)), keras.layers.LSTM(3, return_sequences=True)])
    from kerasweep.training.models.building import compile_model

    with pytest.raises(
        TrainingError, match=r"its outputs have shape \(None, 4, 3\) and a row has one target"
    ):
        compile_model(model, {}, Signature((4, 2), 3, "classification"))


RNG = np.random.default_rng(0)
X = RNG.normal(size=(240, 4)).astype(np.float32)
TWO = (X[:, 0] + X[:, 1] > 0).astype(np.int64)
THREE = TWO + (X[:, 0] > 1)


@pytest.mark.parametrize("trainer", ["fit", "fused"])
@pytest.mark.parametrize(
    ("units", "activation", "form", "y"),
    [
        (3, "linear", "activation", THREE),
        (1, "sigmoid", "activation", TWO),
        (1, "linear", "functional", TWO),
        (3, "linear", "subclassed", THREE),
        (3, "softmax", "raw", THREE),
    ],
)
def test_uncompiled_models_learn(units, activation, form, y, trainer) -> None:
    workload = workload_of(
        (X, y), lambda config, signature: model_of(units, activation, form), epochs=12, trainer=trainer
    )
    outcome = train(workload, {"batch_size": 16, "optimizer": "adam", "learning_rate": 0.1})
    assert outcome.value > 0.9
    assert outcome.trainer == trainer
