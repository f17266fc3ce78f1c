"""Fused against ``fit`` for every float argument of every class of Keras: its second value on the first one's program."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from all_of_keras import (
    CASES,
    DRAWS_WHILE_TRACED,
    NOT_BUILT,
    OTHERS_EAGERLY,
    TOGETHER,
    build,
    classes,
    data,
    floats_of,
)
from kerasweep.search.planning import make_plan
from kerasweep.search.spec import make_spec
from kerasweep.spaces import Categorical, Space
from kerasweep.training.events import Outcome, Task
from kerasweep.training.models.tracked_configuration import take_notes
from kerasweep.training.trainers.fused.state import State, read_state
from kerasweep.training.trainers.runtime import make_trainer
from special_models import ended

pytestmark = pytest.mark.trains


def test_every_class_of_keras_is_a_case_or_listed_with_a_reason() -> None:
    unknown = {name: floats_of(cls)[1] for _, name, cls in classes() if name not in NOT_BUILT}
    assert not {name: arguments for name, arguments in unknown.items() if arguments}
    assert not set(NOT_BUILT) - {name for _, name, _ in classes()}, "listed, and no longer Keras's"
    assert len(CASES) > 80
    assert sorted(name for names in TOGETHER for name in names.split()) == sorted(CASES)


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


def task_of(cases: str, second: str, *, eager: bool = False) -> Task:
    """Return the trial of some cases; ``second`` names the floats that have their second values."""
    return Task(0, {"cases": cases, "second": second, "eager": eager, "batch_size": 8}, seed=11)


def outcome_of(cases: str, second: str, *, by_fit: bool = False) -> Outcome:
    eager = by_fit and cases.partition(".")[2] not in OTHERS_EAGERLY
    return ended((trainer()._fit if by_fit else trainer()).train(task_of(cases, second, eager=eager)))


def shared_floats(cases: str) -> list[str]:
    """Return the floats whose second value the program would train that was used last."""
    *_, program = trainer()._programs.cache._programs.values()
    first = state_of(cases, "")

    def fits(second: str) -> bool:
        state = state_of(cases, second)
        return state.fingerprint == first.fingerprint and program.fits([state.sheet.values])

    every = list(TOGETHER[cases])
    return every if fits(" ".join(every)) else [one for one in every if fits(one)]


def state_of(cases: str, second: str) -> State:
    return read_state(trainer()._fit.build(task_of(cases, second), 0))


@pytest.mark.parametrize("cases", TOGETHER)
def test_another_value_of_a_float_is_trained_as_fit_trains_it(cases: str) -> None:
    take_notes()
    first = outcome_of(cases, "")
    if cases.partition(".")[2] in DRAWS_WHILE_TRACED:
        assert first.notes == ("trained by fit: a layer draws random numbers while it is traced",)
        return
    assert take_notes() == (), "the program may be shared"
    shared = shared_floats(cases)
    second = None
    if shared:
        programs = trainer()._programs.cache._count
        second = outcome_of(cases, " ".join(shared))
        assert trainer()._programs.cache._count == programs, "all of it on the first one's program"
        assert outcome_of(cases, "").curves == first.curves, "nothing is left of the trial between"
    # Last, because ``fit`` clears Keras's session, and programs have to be prepared again.
    if wrong := differences(first, outcome_of(cases, "", by_fit=True)):
        alone = [
            one for one in cases.split() if differences(outcome_of(one, ""), outcome_of(one, "", by_fit=True))
        ]
        pytest.fail(f"{', '.join(wrong)} not as by fit: {', '.join(alone) or 'all of them together'}")
    if second is not None and differences(second, outcome_of(cases, " ".join(shared), by_fit=True)):
        wrong = [
            one for one in shared if differences(outcome_of(cases, one), outcome_of(cases, one, by_fit=True))
        ]
        pytest.fail(f"not as fit trains it: {', '.join(wrong) or 'all of them together'}")


def differences(fused: Outcome, fit: Outcome) -> list[str]:
    """Return the metrics whose curves differ."""
    assert (fused.trainer, fit.trainer) == ("fused", "fit"), fused.notes
    return [
        metric
        for metric, values in fit.curves.items()
        if not np.allclose(fused.curves[metric], values, rtol=1e-4, atol=1e-5)
    ]
