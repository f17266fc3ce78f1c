"""Configurations of a user's model that have other losses or penalties are not compared by them."""

from __future__ import annotations

from functools import partial
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers
from kerasweep.search.plan import Plan
from kerasweep.search.planning import make_plan
from kerasweep.search.spec import make_spec
from kerasweep.spaces import Categorical, Float, Int, Space
from kerasweep.training.models.loss_identity import loss_identity

pytestmark = pytest.mark.trains


def own(y: Any, p: Any) -> Any:
    return keras.ops.mean(keras.ops.abs(y - p), -1)


def model_of(
    loss: Any = "mse", penalty: Any = None, width: int = 4, weights: Any = None, metrics: Any = None
) -> keras.Model:
    hidden = [layers.Dense(4, kernel_regularizer=penalty) for _ in range(width // 4)]
    model = keras.Sequential([keras.Input((3,)), *hidden, layers.Dense(1)])
    model.compile("sgd", loss, loss_weights=weights, metrics=metrics)
    return model


def weighted(weight: float) -> Any:
    def loss(y: Any, p: Any) -> Any:
        return weight * keras.ops.square(y - p)

    return loss


def rooted(inner: Any) -> Any:
    def loss(y: Any, p: Any) -> Any:
        return keras.ops.sqrt(inner(y, p))

    return loss


def powered(y: Any, p: Any, power: float = 2.0) -> Any:
    return keras.ops.abs(y - p) ** power


class Weighted(keras.losses.Loss):
    def __init__(self, weight: float) -> None:
        super().__init__()
        self.weight = weight

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return self.weight * keras.ops.square(y_true - y_pred)


class OwnPenalty(keras.Regularizer):
    def __init__(self, strength: float) -> None:
        self.strength = strength

    def __call__(self, x: Any) -> Any:
        return self.strength * keras.ops.sum(keras.ops.abs(x))


def penalty_function(strength: float) -> Any:
    return lambda x: strength * keras.ops.sum(keras.ops.abs(x))


SAME = {
    "names": ("mse", "mean_squared_error"),
    "widths": (4, 8),
    "own": (own, own),
    "functions with a number": (weighted(2.0), weighted(2.0)),
    "objects with a number": (Weighted(2.0), Weighted(2.0)),
    "partial ones": (partial(powered, power=1.0), partial(powered, power=1.0)),
}
OTHER = {
    "losses": ("mse", "msle"),
    "an own one": ("mse", own),
    "arguments": (keras.losses.Huber(1.0), keras.losses.Huber(2.0)),
    "functions with another number": (weighted(2.0), weighted(3.0)),
    "objects with another number": (Weighted(2.0), Weighted(3.0)),
    "partial ones with another number": (partial(powered, power=1.0), partial(powered, power=2.0)),
    "functions without a name": (lambda y, p: keras.ops.square(y - p), lambda y, p: keras.ops.abs(y - p)),
    "functions that call others": (rooted(weighted(2.0)), rooted(weighted(3.0))),
}


@pytest.mark.parametrize("pair", SAME.values(), ids=SAME)
def test_what_is_the_same_sum_is_told_as_the_same(pair: tuple[Any, Any]) -> None:
    key = "width" if isinstance(pair[0], int) else "loss"
    first, second = (loss_identity(model_of(**{key: one})) for one in pair)
    assert first == second


def test_a_deeper_net_has_the_same_penalty() -> None:
    assert loss_identity(model_of(penalty="l2", width=4)) == loss_identity(model_of(penalty="l2", width=8))


@pytest.mark.parametrize("pair", OTHER.values(), ids=OTHER)
def test_another_loss_is_told(pair: tuple[Any, Any]) -> None:
    assert loss_identity(model_of(pair[0])) != loss_identity(model_of(pair[1]))


def test_another_penalty_or_weight_is_told() -> None:
    penalties = [None, keras.regularizers.L2(0.1), keras.regularizers.L2(0.2), keras.regularizers.L1(0.1)]
    assert len({loss_identity(model_of(penalty=one)) for one in penalties}) == 4
    assert loss_identity(model_of(weights=[1.0])) != loss_identity(model_of(weights=[2.0]))


@pytest.mark.parametrize("penalty", [OwnPenalty, penalty_function])
def test_another_penalty_of_ones_own_is_told(penalty: Any) -> None:
    first, again, other = (loss_identity(model_of(penalty=penalty(one))) for one in (0.1, 0.1, 0.2))
    assert first == again != other


class Adds(layers.Layer):
    """Adds to the loss itself, or by a method of its own."""

    def __init__(self, weight: float, units: int, *, helped: bool = False) -> None:
        super().__init__()
        self.weight, self.units, self.helped = weight, units, helped
        self.dense = layers.Dense(units)

    def _penalty(self, x: Any) -> Any:
        return self.weight * keras.ops.mean(keras.ops.square(x))

    def call(self, x: Any) -> Any:
        x = self.dense(x)
        self.add_loss(self._penalty(x) if self.helped else self.weight * keras.ops.mean(x))
        return x


def adds_what_is_around(weight: float, units: int) -> layers.Layer:
    class Around(layers.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.dense = layers.Dense(units)

        def call(self, x: Any) -> Any:
            self.add_loss(weight * keras.ops.mean(x))
            return self.dense(x)

    return Around()


class OwnLoss(keras.Model):
    def __init__(self, weight: float, units: int) -> None:
        super().__init__()
        self.weight = weight
        self.inside, self.last = layers.Dense(units), layers.Dense(1)

    def call(self, x: Any) -> Any:
        return self.last(self.inside(x))

    def compute_loss(self, x: Any = None, y: Any = None, y_pred: Any = None, **more: Any) -> Any:
        return self.weight * keras.ops.mean(keras.ops.square(y - y_pred))


class OwnTraining(OwnLoss):
    def compute_loss(self, *given: Any, **named: Any) -> Any:
        return keras.Model.compute_loss(self, *given, **named)

    def train_step(self, data: Any) -> Any:
        self.optimizer.scale = self.weight
        return super().train_step(data)


def with_layer(layer: layers.Layer) -> keras.Model:
    model = keras.Sequential([keras.Input((3,)), layer, layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


def compiled(model: keras.Model) -> keras.Model:
    model.compile("sgd", "mse")
    model(np.zeros((2, 3), "float32"))
    return model


OWN_PARTS = {
    "add_loss": lambda weight, units: with_layer(Adds(weight, units)),
    "add_loss of a method": lambda weight, units: with_layer(Adds(weight, units, helped=True)),
    "add_loss of a closure": lambda weight, units: with_layer(adds_what_is_around(weight, units)),
    "add_loss in a nested model": lambda weight, units: with_layer(keras.Sequential([Adds(weight, units)])),
    "activity": lambda weight, units: with_layer(
        layers.Dense(units, activity_regularizer=keras.regularizers.L2(weight))
    ),
    "ActivityRegularization": lambda weight, _: with_layer(layers.ActivityRegularization(l2=weight)),
    "compute_loss": lambda weight, units: compiled(OwnLoss(weight, units)),
}


@pytest.mark.parametrize("build", OWN_PARTS.values(), ids=OWN_PARTS)
def test_what_own_code_adds_to_a_loss_is_told_and_its_width_is_not(build: Any) -> None:
    first, again, wider, other = (
        loss_identity(build(*one)) for one in ((0.1, 3), (0.1, 3), (0.1, 5), (0.2, 3))
    )
    assert first == again == wider
    assert first != other


def test_what_only_training_reads_is_no_part_of_the_loss() -> None:
    first, other = (loss_identity(compiled(OwnTraining(one, 3))) for one in (0.1, 0.2))
    assert first == other


def of_added(config: Any, signature: Any) -> keras.Model:
    return with_layer(Adds(config["weight"], 3))


def of_weights(config: Any, signature: Any) -> keras.Model:
    return model_of(weights=[config["weight"]])


def of_loss(config: Any, signature: Any) -> keras.Model:
    return model_of(config["kind"])


def of_penalty(config: Any, signature: Any) -> keras.Model:
    return model_of(penalty=keras.regularizers.L2(config["strength"]))


def of_width(config: Any, signature: Any) -> keras.Model:
    return model_of(width=config["width"])


def of_kerastuner(hp: Any) -> keras.Model:
    return model_of(hp.Choice("loss", ["mse", "mean_squared_logarithmic_error"]), metrics=["mae"])


SPACES = {
    of_loss: Space((Categorical("kind", ("mse", "msle")),)),
    of_penalty: Space((Float("strength", 1e-4, 0.1, log=True),)),
    of_added: Space((Float("weight", 0.01, 1.0),)),
    of_weights: Space((Float("weight", 0.1, 10.0),)),
    of_width: Space((Int("width", 4, 8),)),
    of_kerastuner: None,
}


def planned(build: Any, metric: str | None = None) -> Plan:
    if SPACES[build] is not None:
        build.space = SPACES[build]
    x = np.random.default_rng(0).normal(size=(40, 3)).astype("float32")
    spec = make_spec(
        {
            "data": "python:data",
            "model": "python:build",
            "cv": {"folds": 2},
            "training": {"epochs": 1} | ({"metric": metric} if metric else {}),
        }
    )
    return make_plan(spec, data=(x, x[:, 0] + 2.5), model=build)


@pytest.mark.parametrize(
    "build", [of_loss, of_penalty, of_kerastuner, of_added, of_weights], ids=lambda one: one.__name__
)
def test_regressions_are_then_compared_by_squared_error_and_the_plan_says_so(build: Any) -> None:
    plan = planned(build)
    assert plan.workload.objective.metric == "val_mse"
    assert plan.workload.objective.direction == "minimize"
    hints = [one for one in plan.hints if "exported as a script" not in one]
    assert hints == ["losses or penalties differ, which val_loss cannot compare: mse does"]


def test_one_loss_for_all_is_compared_by() -> None:
    plan = planned(of_width)
    assert plan.workload.objective.metric == "val_loss"
    assert plan.hints == ()


def test_whoever_names_a_metric_gets_it() -> None:
    assert planned(of_loss, "val_loss").workload.objective.metric == "val_loss"
