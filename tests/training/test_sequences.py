"""Families of sequences: both trainers agree on what the catalogue's own tests train of none of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from kerasweep.search.executors.contract import run_task
from kerasweep.search.planning import make_plan
from kerasweep.search.spec import make_spec
from kerasweep.training.events import Task, TrialEnded
from kerasweep.training.trainers.runtime import make_trainer

pytestmark = pytest.mark.trains
ASKED: dict[str, dict[str, Any]] = {
    "cnn1d": {"blocks": 1, "filters": 4, "units": 4, "downsampling": "stride", "head": "global_max"},
    "tcn": {"blocks": 2, "filters": 4, "normalization": "batch", "time_pooling": "average"},
}


@pytest.mark.parametrize("family", ASKED)
def test_fused_gives_what_fit_gives(family: str) -> None:
    x = np.random.default_rng(3).normal(size=(40, 8, 2))
    outcomes = []
    for trainer in ("fused", "fit"):
        spec = make_spec(
            {
                "data": {"source": "python:data", "task": "classification"},
                "model": family,
                "cv": {"method": "holdout", "holdout": 0.3},
                "training": {"epochs": 2, "patience": None},
                "execution": {"trainer": trainer},
            }
        )
        plan = make_plan(spec, data=(x, (x[:, -1, 0] > 0).astype(int)))
        configuration = plan.space.recommended() | ASKED[family] | {"dropout": 0.2}
        *_, last = run_task(make_trainer(plan.workload, 1), Task(0, configuration, seed=11))
        assert isinstance(last, TrialEnded)
        outcomes.append(last.outcome)
    fused, fit = outcomes
    assert (fused.trainer, fused.notes) == ("fused", ())
    for metric, folds in fit.curves.items():
        assert np.allclose(fused.curves[metric], folds, rtol=1e-4, atol=1e-5), metric
