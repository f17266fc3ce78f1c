"""Fused against ``fit`` for every float argument of every class of Keras: its second value on the first one's program."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from all_of_keras import CASES, DRAWS_WHILE_TRACED, NOT_BUILT, OTHERS_EAGERLY, build, classes, data, floats_of
from kerasweep.search.plan import make_plan
from kerasweep.search.spec import make_spec
from kerasweep.spaces import Categorical, Space
from kerasweep.training.events import Outcome, Task
from kerasweep.training.models.watching import take_notes
from kerasweep.training.trainers.runtime import make_trainer

pytestmark = pytest.mark.trains


def test_every_class_of_keras_is_a_case_or_listed_with_a_reason() -> None:
    unknown = {name: floats_of(cls)[1] for _, name, cls in classes() if name not in NOT_BUILT}
    assert not {name: arguments for name, arguments in unknown.items() if arguments}
    assert not set(NOT_BUILT) - {name for _, name, _ in classes()}, "listed, and no longer Keras's"
    assert len(CASES) > 80


@cache
def trainer() -> Any:
    build.space = Space((Categorical("second", ("", "none")),))  # type: ignore[attr-defined]
    spec = make_spec(
        {
            "data": {"source": "python:data"},
            "model": "python:build",
            "cv": {"method": "holdout", "holdout": 0.25},
            "training": {"epochs": 1, "patience": None, "metric": "loss"},
        }
    )
    return make_trainer(make_plan(spec, data=data(), model=build).workload, 1)


def outcome_of(case: str, second: str, *, by_fit: bool = False) -> Outcome:
    eager = by_fit and case.partition(".")[2] not in OTHERS_EAGERLY
    configuration = {"case": case, "second": second, "eager": eager, "batch_size": 8}
    training = (trainer()._fit if by_fit else trainer()).train(Task(0, configuration, seed=11))
    try:
        next(training)
        while True:
            training.send(False)
    except StopIteration as end:
        return end.value


@pytest.mark.parametrize("name", CASES)
def test_another_value_of_a_float_is_trained_as_fit_trains_it(name: str) -> None:
    take_notes()
    first = outcome_of(name, "")
    if name.partition(".")[2] in DRAWS_WHILE_TRACED:
        assert first.notes == ("trained by fit: a layer draws random numbers while it is traced",)
        return
    assert_equal(first, outcome_of(name, "", by_fit=True), "its first values")
    for argument in CASES[name].floats:
        programs = trainer()._cache._count
        second = outcome_of(name, argument)
        assert take_notes() == (), "the program is shared"
        if trainer()._cache._count == programs:
            assert_equal(second, outcome_of(name, argument, by_fit=True), argument)
    assert outcome_of(name, "").curves == first.curves


def assert_equal(fused: Outcome, fit: Outcome, what: str) -> None:
    assert (fused.trainer, fit.trainer) == ("fused", "fit"), fused.notes
    for metric, values in fit.curves.items():
        assert np.allclose(fused.curves[metric], values, rtol=1e-4, atol=1e-5), (what, metric)
