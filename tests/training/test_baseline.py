"""The score of a constant prediction, and what is said of it. No TensorFlow."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from kerasweep.search.plan import Plan
from kerasweep.search.planning import make_plan
from kerasweep.search.spec import make_spec
from kerasweep.training.metrics import choose_objective, family_metrics

RARE = np.array([1] * 8 + [0] * 92)


def plan_of(y: np.ndarray, metric: str | None = None, model: str = "linear") -> Plan:
    x = np.random.default_rng(0).normal(size=(len(y), 2)).astype(np.float32)
    task = "regression" if y.dtype.kind == "f" else "classification"
    spec = {
        "data": {"source": "python:data", "task": task},
        "model": model,
        "cv": {"folds": 4},
        "training": {"metric": metric},
    }
    return make_plan(make_spec(spec), data=((x, y), (x[::8], y[::8])))


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        (None, 0.92),
        ("balanced_accuracy", 0.5),
        ("recall", 0.0),
        ("f1_macro", 0.92 / 1.92),
        ("roc_auc", 0.5),
        ("AUC", 0.5),
        ("average_precision", 0.08),
        ("neg_log_loss", 0.92 * np.log(0.92) + 0.08 * np.log(0.08)),
        ("loss", -0.92 * np.log(0.92) - 0.08 * np.log(0.08)),
    ],
)
def test_of_classes_it_is_the_majority(metric: str | None, value: float) -> None:
    found = plan_of(RARE, metric).baseline
    assert found is not None
    assert found["predictor"] == "majority class"
    assert found["value"] == pytest.approx(value)
    assert len(found["fold_scores"]) == 4


@pytest.mark.parametrize(
    ("metric", "predictor"),
    [
        (None, "mean"),
        ("mae", "median"),
        ("rmse", "mean"),
        ("neg_mean_absolute_error", "median"),
        ("r2", "mean"),
    ],
)
def test_of_numbers_it_is_the_mean_or_the_median_of_the_training_rows(metric, predictor) -> None:
    y = np.random.default_rng(1).exponential(5.0, 60).astype(np.float32)
    plan = plan_of(y, metric)
    found = plan.baseline
    assert found is not None
    assert found["predictor"] == predictor
    expected = []
    for fold in plan.workload.folds:
        constant = getattr(np, predictor)(y[fold.train].astype(float))
        errors = y[fold.validation] - constant
        expected.append(
            {
                None: (errors**2).mean(),
                "mae": abs(errors).mean(),
                "rmse": np.sqrt((errors**2).mean()),
                "neg_mean_absolute_error": -abs(errors).mean(),
                "r2": 1 - (errors**2).sum() / ((y[fold.validation] - y[fold.validation].mean()) ** 2).sum(),
            }[metric]
        )
    assert found["fold_scores"] == pytest.approx(expected, rel=1e-5)


def test_of_what_only_the_user_knows_there_is_none() -> None:
    from kerasweep.training.baseline import baseline

    plan = plan_of(RARE)
    unknown = dataclasses.replace(plan.workload.objective, metric="val_err", kind="")
    assert baseline(unknown, plan.dataset, plan.workload.folds) is None
    differ = choose_objective(
        "loss", None, "classification", 2, family_metrics("classification", losses_differ=True)
    )
    assert baseline(differ, plan.dataset, plan.workload.folds) is None


def test_it_is_stored_with_the_study() -> None:
    plan = plan_of(RARE)
    assert plan.about()["baseline"] == plan.baseline


@pytest.mark.parametrize(
    ("counts", "hint"),
    [
        ((92, 8), "class '1' is 8.0% of the rows, which accuracy hardly counts: consider --objective balanced_accuracy"),
        ((85, 15), None),
        ((9,) * 11, None),  # equal classes, all of them under a tenth
        ((30, 30, 30, 6), "class '3' is 6.2% of the rows"),
    ],
)  # fmt: skip
def test_a_rare_class_is_told_of_in_the_plan(counts: tuple[int, ...], hint: str | None) -> None:
    y = np.repeat(np.arange(len(counts)), counts)
    hints = plan_of(y).hints
    assert bool(hints) == bool(hint)
    assert not hint or hints[0].startswith(hint)
    assert plan_of(y, "balanced_accuracy").hints == ()


def test_the_plan_names_the_class_that_a_metric_is_about() -> None:
    assert plan_of(RARE, "recall").objective_text == "maximize val_recall of class '1'"
    assert plan_of(RARE, "roc_auc").objective_text == "maximize val_roc_auc"
