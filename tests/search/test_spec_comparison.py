"""Two specifications are one sweep where what acts is equal: wording is not."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import kerasweep as ks
import pytest
from kerasweep.search.spec import SweepSpec, make_spec
from kerasweep.search.spec_comparison import differences
from kerasweep.spaces import (
    Categorical,
    Condition,
    Float,
    Hyperparameter,
    Int,
    Recommendation,
    Space,
    space_to_dict,
)

PARENT = Categorical("kind", ("a", "b"))
KINDS = (
    Float("rate", 0.1, 0.5, recommended=0.2),
    Int("rate", 1, 9, recommended=3),
    Categorical("rate", (1, 2, 3), recommended=2),
)
WHEN = (Condition("kind", ("b",)),)
OTHER: dict[str, Any] = {
    "low": lambda one: one.low / 2 if isinstance(one, Float) else one.low - 1,
    "high": lambda one: one.high * 2,
    "log": lambda one: not one.log,
    "step": lambda one: one.step + 1,
    "choices": lambda _: (1, 2, 3, 4),
    "recommended": lambda one: one.grid[0],
    "recommended_when": lambda one: (Recommendation(one.grid[-1], WHEN),),
    "conditions": lambda _: WHEN,
    "grid": lambda one: one.grid[:2],
    "name": lambda _: "speed",
}
PROSE = {
    "confidence": "low",
    "group": "other words",
    "meaning": "other words",
    "advice": "other words",
    "source": "other words",
}


def spec(one: Hyperparameter) -> SweepSpec:
    return make_spec(
        {"data": "digits", "model": "own:model", "space": {"define": space_to_dict(Space((PARENT, one)))}}
    )


@pytest.mark.parametrize(
    ("one", "field"),
    [(one, field.name) for one in KINDS for field in fields(one)],
    ids=lambda part: part if isinstance(part, str) else type(part).__name__,
)
def test_a_field_that_acts_makes_another_sweep_and_prose_does_not(one: Hyperparameter, field: str) -> None:
    changed = replace(one, **{field: PROSE[field] if field in PROSE else OTHER[field](one)})
    assert changed != one
    found = differences(spec(one).as_dict(), spec(changed))
    if field in PROSE:
        assert found == []
    else:
        assert found
        assert all(told.startswith("space.define.") for told in found)


def test_a_study_goes_on_where_the_catalogue_is_worded_anew(tmp_path: Path) -> None:
    def launched(one: Hyperparameter, trials: int) -> ks.Study:
        space = Space((one, Categorical("optimizer", ("adam",)), Categorical("batch_size", (64,))))
        options = {"trials": trials, "epochs": 1, "folds": 2, "limit": 60, "verbose": 0}
        return ks.launch("digits", "linear", space=space, storage=tmp_path / "s.db", **options)

    old = Float("learning_rate", 0.01, 0.02, meaning="length of a step")
    first = launched(old, 1)
    again = launched(replace(old, meaning="how far a step goes", confidence="high"), 2)
    assert (again.name, len(again.trials)) == (first.name, 2)
    assert launched(replace(old, recommended=0.02), 1).name == f"{first.name}-2", "what is tried first acts"
