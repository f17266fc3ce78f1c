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


@pytest.mark.parametrize("build", [of_loss, of_penalty, of_kerastuner], ids=lambda one: one.__name__)
def test_regressions_are_then_compared_by_squared_error_and_the_plan_says_so(build: Any) -> None:
    plan = planned(build)
    assert plan.workload.objective.metric == "val_mse"
    assert plan.workload.objective.direction == "minimize"
    assert plan.hints == ("losses or penalties differ, which val_loss cannot compare: mse does",)


def test_one_loss_for_all_is_compared_by() -> None:
    plan = planned(of_width)
    assert plan.workload.objective.metric == "val_loss"
    assert plan.hints == ()


def test_whoever_names_a_metric_gets_it() -> None:
    assert planned(of_loss, "val_loss").workload.objective.metric == "val_loss"
