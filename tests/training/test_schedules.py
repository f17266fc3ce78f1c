"""A schedule counts in epochs: it is the same for every fold, however many rows that has, and for ``refit``.

The model is one weight that loses the learning rate with every step (the gradient of an absolute error is 1 as long as
it is too large), so that how far it has come is the sum of all rates that were taken.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from kerasweep.search.planning import make_plan
from kerasweep.search.spec import make_spec
from kerasweep.training.events import Answer, Task
from kerasweep.training.models.schedules import SCHEDULES
from kerasweep.training.trainers.runtime import make_trainer
from kerasweep.training.workload import Workload

pytestmark = pytest.mark.trains

RATE, EPOCHS, BATCH, TARGET = 0.5, 4, 5, -100.0
Rate = Callable[[float], float]
"""Epochs that have passed, with their parts, -> the learning rate's share of the first."""


def cosine(share: float) -> float:
    return 0.5 * (1 + math.cos(math.pi * min(share, 1.0)))


def one_cycle(epoch: float) -> float:
    done = epoch / EPOCHS
    if done < 0.25:
        return 1 + (0.1 - 1) * cosine(done / 0.25)
    return 0.001 + (1 - 0.001) * cosine((done - 0.25) / 0.75)


CASES: dict[str, tuple[dict[str, Any], Rate]] = {
    "constant": ({}, lambda epoch: 1.0),
    "step": ({"step_epochs": 2, "step_factor": 0.3}, lambda epoch: 0.3 ** (epoch // 2)),
    "exponential": ({"decay_epochs": 2, "decay_rate": 0.5}, lambda epoch: 0.5 ** (epoch / 2)),
    "exponential by stairs": (
        {"decay_epochs": 1, "decay_rate": 0.5, "staircase": True},
        lambda epoch: 0.5 ** (epoch // 1),
    ),
    "inverse_time": (
        {"decay_epochs": 2, "inverse_decay_rate": 0.5},
        lambda epoch: 1 / (1 + 0.5 * epoch / 2),
    ),
    "cosine": ({"decay_span": 0.8}, lambda epoch: cosine(epoch / (0.8 * EPOCHS))),
    "cosine_restarts": (
        {"first_decay_epochs": 1, "t_mul": 2.0},
        lambda epoch: cosine(epoch if epoch < 1 else (epoch - 1) / 2 if epoch < 3 else (epoch - 3) / 4),
    ),
    "polynomial": (
        {"power": 2.0, "end_share": 0.1},
        lambda epoch: 0.1 + 0.9 * (1 - min(epoch / EPOCHS, 1)) ** 2,
    ),
    "one_cycle": ({"cycle_rise": 0.25, "cycle_start": 0.1, "cycle_end": 0.01}, one_cycle),
    "cosine after a warm-up": (
        {"warmup_epochs": 1, "warmup_start": 0.0},
        lambda epoch: cosine(max(epoch - 1, 0) / EPOCHS) * min(epoch, 1),
    ),
    "constant after a warm-up": (
        {"warmup_epochs": 2, "warmup_start": 0.5},
        lambda epoch: 0.5 + 0.5 * min(epoch / 2, 1),
    ),
}
ROWS: dict[str, dict[str, Any]] = {
    "all rows": {},
    "some rows": {"subset": 0.4},
    "drawn rows": {"bootstrap": True, "subset": 0.7},
    "whole batches": {"drop_remainder": True, "batch_size": 7},
}


def build(configuration: Any, signature: Any) -> Any:
    import keras

    return keras.Sequential(
        [keras.Input((1,)), keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")]
    )


def workload_of(trainer: str, function: Any = build, folds: int = 5) -> Workload:
    """Return folds of growing size: two to ten batches an epoch."""
    noise = np.random.default_rng(0).uniform(size=62).astype(np.float32)
    spec = make_spec(
        {
            "data": {"source": "python:data", "test_size": 0.05, "scaling": "none", "task": "regression"},
            "model": "python:build",
            "cv": {"method": "time", "folds": folds},
            "training": {"epochs": EPOCHS, "patience": None, "metric": "val_loss"},
            "execution": {"trainer": trainer},
        }
    )
    return make_plan(spec, data=(np.ones((62, 1), np.float32), TARGET + noise), model=function).workload


@pytest.fixture(scope="module")
def trainers() -> dict[str, Any]:
    return {name: make_trainer(workload_of(name), 1) for name in ("fused", "fit")}


def configuration_of(case: str, **more: Any) -> dict[str, Any]:
    return {
        "optimizer": "sgd",
        "regression_loss": "absolute_error",
        "learning_rate": RATE,
        "learning_rate_schedule": case.split(maxsplit=1)[0],
        "batch_size": BATCH,
        **CASES[case][0],
        **more,
    }


def steps_of(rows: int, configuration: dict[str, Any]) -> int:
    batch = configuration["batch_size"]
    return rows // batch if configuration.get("drop_remainder") else math.ceil(rows / batch)


def expected(case: str, steps: int) -> list[float]:
    """Return the sum of all rates after each epoch."""
    rate = CASES[case][1]
    return list(
        np.cumsum(
            [sum(RATE * rate(epoch + step / steps) for step in range(steps)) for epoch in range(EPOCHS)]
        )
    )


def curves_of(trainer: Any, configuration: dict[str, Any]) -> dict[str, list[list[float]]]:
    training = trainer.train(Task(0, configuration, seed=3))
    try:
        next(training)
        while True:
            training.send(Answer.GO_ON)
    except StopIteration as end:
        return end.value.curves


def test_every_schedule_is_tried() -> None:
    assert {case.split()[0] for case in CASES} == {"constant", *SCHEDULES}


@pytest.mark.parametrize("rows", ROWS)
@pytest.mark.parametrize("case", CASES)
def test_every_fold_is_built_with_the_schedule_of_its_rows(trainers: Any, case: str, rows: str) -> None:
    fit, configuration = trainers["fit"], configuration_of(case, **ROWS[rows])
    steps = []
    for fold, data in enumerate(fit.data(Task(0, configuration, 3))):
        steps.append(steps_of(len(data.train), configuration))
        optimizer = fit.build(Task(0, configuration, 3), fold, keep_programs=True).optimizer
        assert_rates(optimizer, case, steps[-1])
    assert len(set(steps)) >= 3, "folds differ"


@pytest.mark.parametrize(("trainer", "case"), [*(("fused", case) for case in CASES), ("fit", "cosine")])
def test_every_fold_trains_by_the_schedule_of_its_rows(trainers: Any, trainer: str, case: str) -> None:
    configuration = configuration_of(case)
    losses = curves_of(trainers[trainer], configuration)["val_loss"]
    for fold, data in enumerate(trainers[trainer]._workload.data_of(configuration)):
        start = float(np.mean(data.y[data.validation] * -1.0))
        sums = expected(case, steps_of(len(data.train), configuration))
        np.testing.assert_allclose(start - np.array(losses[fold]), sums, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("case", CASES)
def test_refit_is_built_with_the_schedule_of_all_rows(trainers: Any, case: str) -> None:
    from kerasweep.training.trainers.refit_run import start_refit

    workload = dataclasses.replace(trainers["fit"]._workload, folds=())
    run = start_refit(workload, configuration_of(case), 3, build)
    steps = steps_of(workload.dataset.rows, configuration_of(case))
    assert_rates(run.model.optimizer, case, steps)
    if case == "cosine":
        assert len(list(run.train(EPOCHS))) == EPOCHS
        (weight,) = run.model.get_weights()
        np.testing.assert_allclose(-float(weight[0, 0]), expected(case, steps)[-1], rtol=1e-4)


def assert_rates(optimizer: Any, case: str, steps: int) -> None:
    """Compare an optimizer's rates at each epoch's first and middle step with the schedule's."""
    schedule = optimizer._learning_rate
    for epoch in range(EPOCHS):
        for step in (0, steps // 2):
            rate = schedule(epoch * steps + step) if callable(schedule) else schedule
            assert float(rate) == pytest.approx(
                RATE * CASES[case][1](epoch + step / steps), rel=1e-4, abs=1e-6
            )


def test_folds_of_different_sizes_share_one_program(trainers: Any) -> None:
    trainer = make_trainer(trainers["fused"]._workload, 1)
    for more in ({}, {"learning_rate": 0.1, "subset": 0.4}, {"drop_remainder": True}):
        curves_of(trainer, configuration_of("cosine", **more))
    assert len(trainer._programs.cache) == 1


def test_a_function_that_reckons_with_the_rows_is_built_for_each_fold(trainers: Any) -> None:
    """A whole number is no input of a program, and a rate is none of a schedule's: each fold has its own all the same."""

    def reckons(configuration: Any, signature: Any) -> Any:
        import keras

        model = build(configuration, signature)
        rate = signature.rows / 100
        if configuration["decays"]:
            rate = keras.optimizers.schedules.PiecewiseConstantDecay([signature.rows], [rate, 0.0])
        model.compile(keras.optimizers.SGD(rate), "mean_absolute_error", jit_compile=False)
        return model

    for decays in (False, True):
        fused, fit = (make_trainer(workload_of(name, reckons, 2), 1) for name in ("fused", "fit"))
        configuration = {"batch_size": BATCH, "epochs": 2, "decays": decays}
        np.testing.assert_allclose(
            curves_of(fused, configuration)["val_loss"], curves_of(fit, configuration)["val_loss"], rtol=1e-5
        )
