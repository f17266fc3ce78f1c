"""What a model of one's own is compared by: its accuracy under any name, and metrics whose names mean something else."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, metrics
from kerasweep.arguments import plan_sweep
from kerasweep.search.plan import Plan

pytestmark = pytest.mark.trains

X = np.random.default_rng(0).normal(size=(90, 4)).astype("float32")
TWO, THREE = (X[:, 0] > 0).astype(int), np.digitize(X[:, 0], (-0.5, 0.5))
LABELS = (X[:, :3] > 0).astype(int)


def planned(
    y: np.ndarray, units: int, activation: str | None, loss: Any, given: list[Any], **more: Any
) -> Plan:
    def build(config: Any, signature: Any) -> keras.Model:
        model = keras.Sequential([keras.Input((4,)), layers.Dense(units, activation)])
        model.compile("adam", loss, metrics=[one() if callable(one) else one for one in given])
        return model

    return plan_sweep((X, y), build, folds=2, trials=1, epochs=1, **more)


def two(given: list[Any], **more: Any) -> Plan:
    return planned(TWO, 1, "sigmoid", "binary_crossentropy", given, **more)


@pytest.mark.parametrize("asked", [None, "acc", "accuracy"])
@pytest.mark.parametrize(
    ("units", "given", "metric"),
    [
        (1, ["accuracy"], "val_accuracy"),
        (1, ["acc"], "val_acc"),
        (1, ["AUC", "acc"], "val_acc"),
        (1, [metrics.BinaryAccuracy], "val_binary_accuracy"),
        (3, ["acc"], "val_acc"),
        (3, ["sparse_categorical_accuracy"], "val_sparse_categorical_accuracy"),
    ],
)
def test_a_classifier_is_compared_by_its_accuracy_whatever_it_calls_it(
    units: int, given: list[Any], metric: str, asked: str | None
) -> None:
    plan = (
        two(given, objective=asked)
        if units == 1
        else planned(THREE, 3, "softmax", "sparse_categorical_crossentropy", given, objective=asked)
    )
    assert (plan.workload.objective.metric, plan.workload.objective.direction) == (metric, "maximize")
    assert plan.workload.objective.scoring is None
    assert plan.hints == ()


def test_what_is_no_accuracy_of_rows_is_none() -> None:
    cells = planned(THREE, 3, "softmax", "categorical_crossentropy", ["binary_accuracy"])
    assert cells.workload.objective.metric == "val_loss"
    other = two([lambda: metrics.BinaryAccuracy(threshold=0.3, name="acc")])
    assert other.workload.objective.metric == "val_loss"
    assert two(["AUC"]).workload.objective.metric == "val_loss"
    labels = planned(LABELS, 3, "sigmoid", "binary_crossentropy", ["accuracy"], task="multilabel")
    assert labels.workload.objective.metric == "val_loss"


def test_rare_classes_are_told_under_any_name() -> None:
    rare = (X[:, 0] > 1.7).astype(int)
    plan = planned(rare, 1, "sigmoid", "binary_crossentropy", ["acc"])
    assert "which acc hardly counts" in plan.hints[-1]


class OwnAUC(metrics.AUC):
    """One of a user's own."""


def auc(y_true: Any, y_pred: Any) -> Any:
    return keras.ops.mean(y_pred)


@pytest.mark.parametrize(
    ("given", "asked", "meaning"),
    [
        (lambda: metrics.AUC(curve="PR"), "auc", "AUC with curve='PR'"),
        (lambda: metrics.AUC(summation_method="majoring"), "auc", "AUC with summation_method='majoring'"),
        (lambda: metrics.AUC(num_thresholds=50), "auc", None),
        (lambda: metrics.F1Score(threshold=0.5), "f1_score", None),
        (lambda: metrics.F1Score(average="macro", threshold=0.5), "f1_score", None),
        (lambda: metrics.F1Score(average="micro", threshold=0.5), "f1_score", "F1Score with average='micro'"),
        (
            metrics.F1Score,
            "f1_score",
            "F1Score with threshold=None, which takes every row for positive where",
        ),
        (lambda: metrics.Precision(thresholds=0.9), "precision", "Precision with thresholds=0.9"),
        (metrics.Precision, "precision", None),
        (
            lambda: metrics.BinaryAccuracy(name="accuracy", threshold=0.3),
            None,
            "BinaryAccuracy with threshold=0.3",
        ),
        (lambda: OwnAUC(name="auc"), "auc", "its own OwnAUC"),
        (lambda: metrics.MeanMetricWrapper(auc, name="auc"), "auc", "its own auc"),
        (lambda: metrics.Recall(name="auc"), "auc", "Recall"),
    ],
)
def test_a_metric_that_is_not_what_its_name_says_is_told(
    given: Any, asked: str | None, meaning: str | None
) -> None:
    more = {} if asked is None else {"objective": asked, "direction": "maximize"}
    plan = two([given], **more)
    assert plan.workload.objective.scoring is None
    if meaning is None:
        assert plan.hints == ()
    else:
        (hint,) = plan.hints
        assert hint.startswith(f"{plan.workload.objective.metric} is what the model computes: {meaning}")


def test_another_name_is_not_taken_for_what_is_asked() -> None:
    plan = two([lambda: metrics.AUC(curve="PR", name="pr")], objective="auc")
    assert plan.workload.objective.metric == "val_auc"
    assert plan.workload.objective.scoring is not None
    named = two([lambda: metrics.AUC(name="roc")], objective="auc")
    assert (named.workload.objective.metric, named.workload.objective.scoring) == ("val_roc", None)


def test_all_that_trials_are_judged_by_is_told() -> None:
    pr = lambda: metrics.AUC(curve="PR")  # noqa: E731
    for more in ({"objective": ["accuracy", "auc"]}, {"constraint": "auc>=0.1"}):
        assert any("curve='PR'" in hint for hint in two(["accuracy", pr], **more).hints)


def test_several_outputs_and_logits_are_told() -> None:
    several = planned(
        TWO, 2, "softmax", "categorical_crossentropy", [metrics.Precision], objective="precision"
    )
    assert several.hints == ("val_precision is what the model computes: Precision of all 2 outputs together",)
    logits = keras.losses.BinaryCrossentropy(from_logits=True)
    (hint,) = planned(TWO, 1, None, logits, ["accuracy"]).hints
    assert hint.endswith("BinaryAccuracy with threshold=0.5 of logits, whose boundary is 0")
    assert planned(TWO, 1, None, logits, [lambda: metrics.BinaryAccuracy(threshold=0)]).hints == ()
    (hint,) = planned(
        LABELS, 3, "sigmoid", "binary_crossentropy", ["accuracy"], task="multilabel", objective="accuracy"
    ).hints
    assert hint == "val_accuracy is what the model computes: CategoricalAccuracy"
