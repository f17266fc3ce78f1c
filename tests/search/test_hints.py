"""What a plan says that the user may not have thought of: of the budget here, of data and objective where those are tested."""

from __future__ import annotations

from typing import Any

import kerasweep as ks
import numpy as np
import pytest

X = np.random.default_rng(0).normal(size=(60, 3))
Y = np.arange(60) % 2


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"total_epochs": 19}, True),
        ({"total_epochs": 20}, False),
        ({"total_epochs": 9, "cv": "holdout"}, True),
        ({"total_epochs": 10, "cv": "holdout"}, False),
        ({"total_epochs": 19, "search": "kt-hyperband"}, False),
        ({"trials": 3}, False),
    ],
)
def test_a_budget_below_one_whole_training_is_told(settings: dict[str, Any], said: bool) -> None:
    hints = ks.plan_sweep(
        (X, Y), "ann", **{"epochs": 10, **({} if "cv" in settings else {"folds": 2}), **settings}
    ).hints
    found = [hint for hint in hints if "--total-epochs" in hint]
    assert len(found) == said
    if settings == {"total_epochs": 19}:
        whole = "less than one whole training, 10 epochs of 2 folds are 20"
        assert found == [f"--total-epochs 19 is {whole}: no trial can be trained whole unless it stops early"]
