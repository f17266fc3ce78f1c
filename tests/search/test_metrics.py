"""The objective: its name, its direction, its units."""

from __future__ import annotations

import pytest
from kerasweep.errors import SpecError
from kerasweep.search.metrics import Objective, choose_objective, in_target_units


@pytest.mark.parametrize(
    ("metric", "task", "objective"),
    [
        (None, "classification", Objective("val_accuracy", "maximize")),
        (None, "regression", Objective("val_loss", "minimize")),
        ("accuracy", "classification", Objective("val_accuracy", "maximize")),
        ("val_loss", "classification", Objective("val_loss", "minimize")),
        ("mae", "regression", Objective("val_mae", "minimize")),
    ],
)
def test_the_families_metrics(metric, task: str, objective: Objective) -> None:
    assert choose_objective(metric, None, task, own_model=False) == objective


@pytest.mark.parametrize(
    ("metric", "direction"),
    [
        ("auc", "maximize"),
        ("f1_score", "maximize"),
        ("r2_score", "maximize"),
        ("cosine_similarity", "maximize"),
        ("root_mean_squared_error", "minimize"),
        ("mape", "minimize"),
        ("msle", "minimize"),
        ("hinge", "minimize"),
        ("kl_divergence", "minimize"),
        ("log_cosh", "minimize"),
        ("binary_crossentropy", "minimize"),
        ("false_negatives", "minimize"),
        ("true_positives", "maximize"),
    ],
)
def test_a_name_tells_the_direction(metric: str, direction: str) -> None:
    assert choose_objective(metric, None, "classification", own_model=True).direction == direction
    given = "minimize" if direction == "maximize" else "maximize"
    assert choose_objective(metric, given, "classification", own_model=True).direction == given


def test_a_metric_that_no_family_computes() -> None:
    with pytest.raises(
        SpecError, match=r"^There is no metric 'acuracy' for classification\. Did you mean 'val_accuracy'\?$"
    ):
        choose_objective("acuracy", None, "classification", own_model=False)


def test_units() -> None:
    logs = {"val_loss": 2.0, "mae": 2.0, "val_root_mean_squared_error": 2.0, "r2_score": 0.5}
    squared = {"val_loss": 200.0, "mae": 20.0, "val_root_mean_squared_error": 20.0, "r2_score": 0.5}
    assert in_target_units(logs, "mean_squared_error", 10.0) == squared
    assert in_target_units(logs, "mean_absolute_error", 10.0) == {**squared, "val_loss": 20.0}
    assert in_target_units(logs, "huber", 10.0) == {**squared, "val_loss": 2.0}
