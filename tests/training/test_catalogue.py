"""Every hyperparameter of the catalogue acts: another value trains another model, and both trainers agree on it."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from catalogue_cases import Case, cases_of, together
from kerasweep.search.planning import make_plan
from kerasweep.search.spec import make_spec
from kerasweep.spaces import configuration_key
from kerasweep.spaces.catalogue import CATALOGUE
from kerasweep.training.events import Answer, Outcome, Task
from kerasweep.training.trainers.runtime import make_trainer
from tiny_bases import TINY, write_tiny_bases

pytestmark = pytest.mark.trains
ROWS = 60


def data_of(kind: str, task: str) -> tuple[Any, Any]:
    generator = np.random.default_rng(3)
    if kind.endswith("image"):
        colours = (3,) if kind.startswith("colour") else ()
        x = generator.integers(0, 256, (ROWS, 8, 8, *colours)).astype("uint8")
        score = x[:, 2:6, 2:6].reshape(ROWS, -1).mean(axis=1)
    elif kind == "sequence":
        x = generator.normal(size=(ROWS, 6, 2))
        score = x[:, -1, 0] - x[:, -2, 1] ** 2
    else:
        x = generator.normal(size=(ROWS, 6))
        score = x[:, 0] - x[:, 1] ** 2 + 0.3 * generator.normal(size=ROWS)
    if task == "classification":
        return _in_form(x, kind), np.digitize(score, np.quantile(score, (0.25, 0.6)))
    return _in_form(x, kind), score


def _in_form(x: np.ndarray, kind: str) -> Any:
    if kind == "text":
        words = np.array(["bad", "poor", "fair", "good", "fine", "best", "odd", "new", "old", "dull", "long"])
        return pd.DataFrame(
            {"text": [" ".join(row) for row in words[np.digitize(x, np.linspace(-2, 2, 10))]]}
        )
    if kind != "table":
        return x
    frame = pd.DataFrame(x, columns=list("abcdef"))
    frame["word"] = np.array(["red", "green", "blue", "rare"])[np.arange(ROWS) % 7 % 4]
    frame.loc[::5, "b"] = np.nan
    return frame


@cache
def trainer_of(family: str, task: str, kind: str, name: str) -> Any:
    write_tiny_bases()
    x, y = data_of(kind, task)
    is_table = kind in ("table", "text")
    if is_table:
        x = x.assign(y=y)
    spec = make_spec(
        {
            "data": {
                "source": "python:data",
                "test_size": 0.2,
                "task": task,
                **({"target": "y"} if is_table else {}),
            },
            "model": family,
            **({"space": {"fix": {"base": TINY}}} if family == "transfer" else {}),
            "cv": {"method": "holdout", "holdout": 0.3},
            "training": {"epochs": 3, "patience": None},
            "execution": {"trainer": name},
        }
    )
    return make_trainer(make_plan(spec, data=x if is_table else (x, y)).workload, 1)


_seen: dict[tuple[str, ...], Outcome] = {}


def outcome_of(case: Case, configuration: dict[str, Any], trainer: str) -> Outcome:
    place = (case.family, case.task, case.kind, trainer, configuration_key(configuration))
    if place not in _seen:
        training = trainer_of(case.family, case.task, case.kind, trainer).train(
            Task(0, configuration, seed=11)
        )
        try:
            next(training)
            while True:
                training.send(Answer.GO_ON)
        except StopIteration as end:
            _seen[place] = end.value
    return _seen[place]


def fused_of(case: Case, configuration: dict[str, Any]) -> Outcome:
    outcome = outcome_of(case, configuration, "auto")
    assert outcome.trainer == "fused", outcome.notes
    return outcome


@pytest.mark.parametrize("name", CATALOGUE)
def test_it_acts(name: str) -> None:
    cases = cases_of(name)
    assert cases
    for case in cases:
        first, second = (fused_of(case, values) for values in (case.first, case.second))
        differs = first.curves != second.curves or first.epochs_trained != second.epochs_trained
        assert differs, f"{name} changes nothing: {case.second[name]}"


TOGETHER = together()


@pytest.mark.parametrize("names", TOGETHER)
def test_the_trainers_agree(names: str) -> None:
    """These come last: ``fit`` clears Keras's session, and programs have to be prepared again."""
    case, configuration = TOGETHER[names].of, TOGETHER[names].configuration
    fused, fit = fused_of(case, configuration), outcome_of(case, configuration, "fit")
    for metric, folds in fit.curves.items():
        assert np.allclose(fused.curves[metric], folds, rtol=1e-4, atol=1e-5), metric


def test_they_agree_on_every_hyperparameter() -> None:
    held = {case.name: one.configuration for one in TOGETHER.values() for case in one.cases}
    assert held.keys() == CATALOGUE.keys()
    assert all(held[name][name] == cases_of(name)[-1].second[name] for name in CATALOGUE)
