"""Models of one's own that do not fit the data are refused in the plan; targets out of reach are told there."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers
from kerasweep.arguments import plan_sweep
from kerasweep.errors import ModelError
from kerasweep.search.plan import Plan

pytestmark = pytest.mark.trains

X = np.random.default_rng(0).normal(size=(60, 6)).astype("float32")
NUMBERS = X[:, 0] * 3
THREE = np.digitize(X[:, 0], (-0.5, 0.5))


def dense(units: int = 1, activation: str | None = None, shape: int = 6, **given: Any) -> keras.Model:
    model = keras.Sequential([keras.Input((shape,)), layers.Dense(units, activation)])
    if given:
        model.compile("adam", **given)
    return model


class Subclassed(keras.Model):
    def __init__(self, units: int, activation: str | None = None, given: int | None = None) -> None:
        super().__init__()
        self.shaped = layers.Reshape((given or 6,))
        self.dense = layers.Dense(units, activation)

    def call(self, x: Any) -> Any:
        return self.dense(self.shaped(x))


def subclassed(*given: Any, loss: str | None = None) -> keras.Model:
    model = Subclassed(*given)
    if loss:
        model.compile("adam", loss)
    return model


def planned(build: Any, y: np.ndarray = NUMBERS, x: Any = X, **more: Any) -> Plan:
    return plan_sweep((x, y), build, folds=2, trials=1, epochs=1, **more)


def fixed(make: Any, *given: Any, **named: Any) -> Any:
    return lambda config, signature: make(*given, **named)


UNFIT: dict[str, tuple[Any, np.ndarray, str]] = {
    "inputs": (
        fixed(dense, shape=5),
        NUMBERS,
        "input takes rows of shape (5,), and x has rows of shape (6,)",
    ),
    "inputs, compiled": (fixed(dense, shape=5, loss="mse"), NUMBERS, "input takes rows of shape (5,), and x"),
    "inputs, subclassed": (
        fixed(subclassed, 1, None, 7),
        NUMBERS,
        "does not take rows of shape (6,): ",
    ),
    "outputs": (fixed(dense, 3), NUMBERS, "its last layer has 3 units and a row has 1 target; give it 1"),
    "outputs, compiled": (
        fixed(dense, 3, loss="mae"),
        NUMBERS,
        "last layer has 3 units and a row has 1 target",
    ),
    "column": (
        fixed(dense, 3, loss="mse"),
        NUMBERS[:, None],
        "last layer has 3 units and a row has 1 target",
    ),
    "targets": (fixed(dense, 3, loss="mse"), X[:, :2], "its last layer has 3 units and a row has 2 targets"),
    "classes": (fixed(dense, 2, "softmax"), THREE, "its last layer has 2 units and there are 3 classes"),
    "classes, compiled": (
        fixed(dense, 2, "softmax", loss="categorical_crossentropy"),
        THREE,
        "has 2 units and there are 3 classes, which the loss categorical_crossentropy cannot compare; give it 3 units",
    ),
    "metrics": (
        fixed(dense, 3, "softmax", loss="sparse_categorical_crossentropy", metrics=["mae"]),
        THREE,
        "it cannot be called on rows of the data: InvalidArgumentError: Incompatible shapes: [32] vs. [32,3]",
    ),
    "out of reach": (
        fixed(dense, 1, "sigmoid"),
        NUMBERS + 100,
        "the model ends with sigmoid, which gives numbers from 0 to 1",
    ),
}


@pytest.mark.parametrize("asked", [None, "val_loss"])
@pytest.mark.parametrize(("build", "y", "message"), UNFIT.values(), ids=UNFIT)
def test_what_no_training_could_fit_is_refused_in_one_line(
    build: Any, y: np.ndarray, message: str, asked: str | None
) -> None:
    with pytest.raises(ModelError) as caught:
        planned(build, y, objective=asked)
    assert " does not fit the data: " in str(caught.value)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_one_configuration_that_fits_is_enough() -> None:
    def build(hp: Any) -> keras.Model:
        return dense(hp.Choice("units", [3, 1]), loss="mse")

    assert planned(build).workload.objective.kind == "MeanSquaredError"


def test_what_a_users_function_raises_is_left_to_training() -> None:
    def build(config: Any, signature: Any) -> keras.Model:
        raise ValueError("not today")

    assert planned(build).workload.objective.metric == "val_loss"


def test_a_loss_of_ones_own_may_have_several_outputs_for_a_target() -> None:
    def quantiles(y: Any, p: Any) -> Any:
        return keras.ops.mean(keras.ops.abs(keras.ops.reshape(y, (-1, 1)) - p), -1)

    assert planned(fixed(dense, 3, loss=quantiles), NUMBERS[:, None]).hints == ()


class Several(keras.Model):
    """Has several outputs, and makes a loss of one."""

    def __init__(self) -> None:
        super().__init__()
        self.inside, self.last = layers.Dense(2), layers.Dense(1)

    def call(self, x: Any) -> Any:
        inside = self.inside(x)
        return self.last(inside), inside

    def compute_loss(self, x: Any = None, y: Any = None, y_pred: Any = None, *more: Any, **named: Any) -> Any:
        return keras.ops.mean(keras.ops.square(keras.ops.reshape(y, (-1, 1)) - y_pred[0]))


def test_a_model_with_a_loss_of_its_own_may_have_several_outputs_for_one_target() -> None:
    def build(config: Any, signature: Any) -> keras.Model:
        model = Several()
        model.compile("adam")
        return model

    assert planned(build).workload.objective.metric == "val_loss"


@pytest.mark.parametrize(
    ("activation", "words"),
    [
        ("sigmoid", "sigmoid, which gives numbers from 0 to 1"),
        ("tanh", "tanh, which gives numbers from -1 to 1"),
        ("relu", "relu, which gives numbers from 0 on"),
        ("softplus", "softplus, which gives numbers from 0 on"),
        ("elu", "elu, which gives numbers from -1 on"),
    ],
)
@pytest.mark.parametrize("given", [{}, {"loss": "mse"}, {"loss": "huber"}], ids=str)
def test_targets_out_of_reach_are_told(activation: str, words: str, given: dict[str, Any]) -> None:
    (hint,) = planned(fixed(dense, 1, activation, **given)).hints
    assert hint.startswith(f"the model ends with {words}, and targets are from ")
    assert hint.endswith("% of them cannot be reached")


def test_a_subclassed_model_that_ends_in_sigmoid_is_told_but_not_refused() -> None:
    for y, words in (
        (NUMBERS, "% of them cannot be reached"),
        (NUMBERS + 100, "none of them can be reached"),
    ):
        hints = planned(fixed(subclassed, 1, "sigmoid", loss="mse"), y).hints
        assert hints[0].startswith("the model ends with sigmoid")
        assert hints[0].endswith(words)


def test_nothing_is_said_of_what_can_be_reached_or_is_the_users_own() -> None:
    share = (X[:, 0] > 0) * 0.5
    for activation in ("sigmoid", "tanh", "relu"):
        assert planned(fixed(dense, 1, activation), share, task="regression").hints == ()

    def scaled(y: Any, p: Any) -> Any:
        return keras.ops.square(y - 10 * p + 5)

    assert planned(fixed(dense, 1, "sigmoid", loss=scaled)).hints == ()
    rescaled = lambda config, signature: keras.Sequential(  # noqa: E731
        [keras.Input((6,)), layers.Dense(1, "sigmoid"), layers.Rescaling(40.0, -20.0)]
    )
    assert planned(rescaled).hints == ()


class Squared(keras.losses.Loss):
    def call(self, y_true: Any, y_pred: Any) -> Any:
        return keras.ops.mean(keras.ops.square(y_true - y_pred), axis=-1)


class SquaredRows(keras.losses.Loss):
    def call(self, y_true: Any, y_pred: Any) -> Any:
        return keras.ops.square(keras.ops.reshape(y_true, (-1,)) - keras.ops.reshape(y_pred, (-1,)))


def test_a_loss_that_compares_every_target_with_every_output_is_told() -> None:
    (hint,) = planned(fixed(dense, loss=Squared())).hints
    assert hint.startswith("the loss Squared compares every target with every output")
    assert planned(fixed(dense, loss=Squared()), NUMBERS[:, None]).hints == ()
    assert planned(fixed(dense, loss=SquaredRows())).hints == ()
    assert planned(fixed(dense, loss=lambda y, p: keras.ops.square(y - p))).hints == ()


def test_fractions_that_an_input_of_whole_numbers_cuts_off_are_told() -> None:
    def build(config: Any, signature: Any) -> keras.Model:
        return keras.Sequential([keras.Input((6,), dtype="int32"), layers.Rescaling(1.0), layers.Dense(1)])

    (hint,) = planned(build).hints
    assert hint.startswith("the model's input is int32, and Keras cuts off the fractions")
    whole = np.round(X * 9).astype("float32")
    assert planned(build, x=whole).hints == (hint,), "they are standardised"
    assert planned(build, x=whole, scaling="none").hints == ()
