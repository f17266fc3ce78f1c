"""Metrics that the targets of a regression rule out are refused in the plan, in a line."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from kerasweep.arguments import plan_sweep
from kerasweep.errors import SpecError

X = np.random.default_rng(0).normal(size=(60, 3)).astype("float32")
BOTH, POSITIVE, SOME_ZEROS = X[:, 0] - 0.5, np.exp(X[:, 0]), np.maximum(X[:, 0], 0)
PRINTED = f"{BOTH.min():g}"


def planned(y: np.ndarray, metric: Any, model: Any = "dnn") -> Any:
    return plan_sweep((X, y), model, objective=metric, folds=2, trials=1, epochs=1, task="regression")


@pytest.mark.parametrize(
    "metric", ["poisson", "Poisson", "val_poisson", "msle", "MeanSquaredLogarithmicError"]
)
def test_metrics_of_counts_and_logarithms_refuse_negative_targets(metric: str) -> None:
    with pytest.raises(SpecError, match=rf"is of targets from 0 on, and the least one is {PRINTED}\.$"):
        planned(BOTH, metric)
    assert planned(POSITIVE, metric).hints == ()


def test_percentages_of_zero_are_told() -> None:
    for metric in ("mape", "neg_mean_absolute_percentage_error"):
        plan = planned(SOME_ZEROS, metric)
        (hint,), zeros = plan.hints, int((plan.dataset.y == 0).sum())
        assert hint == f"val_{metric} divides by the target, which is 0 in {zeros} rows: these decide it"
    assert planned(POSITIVE, "mape").hints == ()


def own(loss: str, metrics: Any = None, activation: str = "linear") -> Any:
    def build(config: Any, signature: Any) -> Any:
        import keras

        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, activation)])
        model.compile("adam", loss, metrics=metrics)
        return model

    return build


@pytest.mark.trains
@pytest.mark.parametrize(
    ("loss", "metrics", "metric", "message"),
    [
        ("poisson", None, None, "The metric 'val_loss' cannot be computed: Poisson is of targets from 0 on"),
        (
            "binary_crossentropy",
            None,
            None,
            "'val_loss' .* BinaryCrossentropy is of targets from 0 to 1, and these",
        ),
        ("mse", ["msle"], "msle", "'val_msle' cannot be computed: MeanSquaredLogarithmicError"),
        ("mse", ["msle"], ["loss", "msle"], "'val_msle' cannot be computed: MeanSquaredLogarithmicError"),
    ],
)
def test_what_a_model_of_ones_own_computes_is_held_to_it(
    loss: str, metrics: Any, metric: Any, message: str
) -> None:
    with pytest.raises(SpecError, match=message):
        planned(BOTH, metric, own(loss, metrics))


@pytest.mark.trains
def test_a_loss_that_is_not_compared_by_is_told() -> None:
    hints = planned(BOTH, "mae", own("poisson", ["mae"])).hints
    assert f"the loss Poisson is of targets from 0 on, and the least one is {PRINTED}" in hints
