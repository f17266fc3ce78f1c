"""Spaces as plain data: what a file may say, and what is wrong with it."""

from __future__ import annotations

import pytest
import yaml
from kerasweep.errors import SpaceError
from kerasweep.spaces import (
    PRESETS,
    Categorical,
    Condition,
    Float,
    Int,
    Space,
    preset,
    space_from_dict,
    space_to_dict,
)

WRITTEN = """
optimizer:
  type: categorical
  choices: [adam, sgd]
momentum:
  type: float
  low: 0
  high: 1
  recommended: 0.9
  confidence: high
  when: {optimizer: sgd}
층:
  type: int
  low: 1
  high: 64
  log: true
  grid: 8
"""


def test_a_file_as_people_write_it() -> None:
    assert space_from_dict(yaml.safe_load(WRITTEN)) == Space(
        (
            Categorical("optimizer", ("adam", "sgd")),
            Float(
                "momentum",
                0,
                1,
                recommended=0.9,
                confidence="high",
                conditions=(Condition("optimizer", ("sgd",)),),
            ),
            Int("층", 1, 64, log=True, grid=(8,)),
        )
    )


@pytest.mark.parametrize("family", PRESETS)
def test_presets_survive_a_file(family: str) -> None:
    text = yaml.safe_dump(space_to_dict(preset(family)), allow_unicode=True, sort_keys=False)
    assert space_from_dict(yaml.safe_load(text)) == preset(family)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([1], "A space is a mapping from names of hyperparameters to their definitions."),
        ({"a": 3}, "a: needs a mapping with 'type' (float, int, categorical) and its range."),
        ({"a": {"low": 1}}, "a: needs a mapping with 'type' (float, int, categorical) and its range."),
        ({"a": {"type": "real"}}, "a: there is no type 'real'. Known: float, int, categorical."),
        ({"a": {"type": "float", "low": 1}}, "a: high must be given."),
        ({"a": {"type": "int"}}, "a: low and high must be given."),
        (
            {"a": {"type": "float", "low": 0, "high": 1, "recomended": 1, "steps": 2}},
            (
                "a: there is no key 'recomended'. Did you mean 'recommended'? a: there is no key 'steps'."
                " Known: recommended, recommended_when, confidence, grid, group, meaning, advice, source, low, high, log, when."
            ),
        ),
        (
            {"a": {"type": "float", "low": 0, "high": 1, "when": "sgd"}},
            "a: 'when' maps a hyperparameter to its values, for example {optimizer: [sgd]}.",
        ),
        (
            {"a": {"type": "float", "low": 0, "high": 1, "when": {"b": []}}},
            "a can never be active: no value of b is named.",
        ),
        (
            {"a": {"type": "float", "low": 1, "high": 2, "log": "no"}},
            "a: log must be true or false, got 'no'.",
        ),
        (
            {"a": {"type": "float", "low": None, "high": 2}, "b": {"type": "int", "low": 1, "high": [2]}},
            "a: a bound must be a finite number, got None. b: a bound must be a whole number, got [2].",
        ),
        (
            {"a": {"type": "categorical", "choices": [{"b": 1}, 2]}},
            "a: a choice must be text, a number, true, false, none or a tuple of these, got {'b': 1}.",
        ),
        (
            {"a=": {"type": "int", "low": 1, "high": 2}},
            "A hyperparameter's name must be printable text without '=', got 'a='.",
        ),
    ],
)
def test_faults_are_named(data, message: str) -> None:
    with pytest.raises(SpaceError) as caught:
        space_from_dict(data)
    assert str(caught.value) == message
