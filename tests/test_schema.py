"""The JSON Schemas: taking every file that Kerasweep takes, and refusing what it refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from kerasweep.search.schema import sweep_schema
from kerasweep.search.spec import make_spec
from kerasweep.spaces import PRESETS, SIZES, Space, preset, space_text, space_to_dict
from kerasweep.spaces.catalogue import CATALOGUE
from kerasweep.spaces.schema import SpaceFile, json_schema
from space_strategies import spaces

ROOT = Path(__file__).parents[1]
SPACE = jsonschema.Draft7Validator(json_schema(SpaceFile))
SWEEP = jsonschema.Draft7Validator(sweep_schema())


def refused(validator: jsonschema.Draft7Validator, data: Any) -> bool:
    return not validator.is_valid(data)


def faults(validator: Any, data: Any) -> list[str]:
    """Return what is wrong with data by a schema."""
    return [error.message for error in validator.iter_errors(data)]


def of(**hyperparameters: Any) -> dict[str, Any]:
    return {"version": 2, "hyperparameters": hyperparameters}


@pytest.mark.parametrize("schema", [json_schema(SpaceFile), sweep_schema()], ids=["space", "sweep"])
def test_they_are_schemas(schema: dict[str, Any]) -> None:
    assert faults(jsonschema.Draft7Validator(jsonschema.Draft7Validator.META_SCHEMA), schema) == []


@pytest.mark.parametrize("file", sorted((ROOT / "examples").glob("*.yaml")), ids=lambda file: file.stem)
def test_examples(file: Path) -> None:
    data = yaml.safe_load(file.read_text(encoding="utf-8"))
    assert faults(SPACE if "hyperparameters" in data else SWEEP, data) == []


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("family", PRESETS)
def test_presets_as_text(family: str, size: str) -> None:
    assert faults(SPACE, yaml.safe_load(space_text(preset(family, size)))) == []


@settings(deadline=None, max_examples=30)
@given(space=spaces())
def test_any_space_as_text(space: Space) -> None:
    assert faults(SPACE, yaml.safe_load(space_text(space))) == []


@pytest.mark.parametrize(
    "entry",
    [None, 0.01, "0.001..0.1:log", "0.01,0.02", [0.01, 0.02], {"low": 0.01}, {"choices": [0.01]}],
    ids=str,
)
def test_forms_of_an_entry(entry: Any) -> None:
    assert faults(SPACE, of(learning_rate=entry, width={"type": "int", "low": 1, "high": 9})) == []


@pytest.mark.parametrize(
    "data",
    [
        {},
        [],
        {"version": 2},
        {"version": 1, "hyperparameters": {"optimizer": None}},
        {"version": 2, "hyperparameters": {}},
        {**of(optimizer=None), "more": 1},
        of(width=3),
        of(width={"low": 1}),
        of(width={"type": "flaot", "low": 1, "high": 2}),
        of(width={"type": "int", "low": 1}),
        of(width={"type": "int", "low": 1.5, "high": 2}),
        of(width={"type": "int", "low": 1, "high": 2, "choices": [1]}),
        of(optimizer="adan"),
        of(optimizer=["adam", "sdg"]),
        of(nesterov="maybe"),
        of(learning_rate="fast"),
        of(learning_rate={"lwo": 1}),
        of(learning_rate={"confidence": "sure"}),
        of(learning_rate={"recommended_when": [{"value": 1}]}),
    ],
    ids=str,
)
def test_faulty_spaces(data: Any) -> None:
    assert refused(SPACE, data)


def test_an_editor_explains_every_name_of_the_catalogue() -> None:
    known = json_schema(SpaceFile)["properties"]["hyperparameters"]["properties"]
    assert list(known) == list(CATALOGUE)
    for name, one in CATALOGUE.items():
        assert one.hyperparameter.meaning[1:] in known[name]["description"]
        assert faults(SPACE, of(**{name: one.hyperparameter.recommended})) == []


@pytest.mark.parametrize(
    "part",
    [
        {},
        {"data": "digits", "search": "grid", "cv": "holdout"},
        {"search": {"time": "1h30m"}, "execution": {"workers": "auto"}, "training": {"patience": None}},
        {
            "search": {"time": None},
            "execution": {"workers": 2, "trial_timeout": "10m", "gpus_per_trial": 0.5},
        },
        {
            "space": {
                "pick": ["optimizer"],
                "set": {"momentum": "0.1..0.9"},
                "fix": {"nesterov": True, "x": None},
            }
        },
        {"space": {"file": "my-space.yaml"}, "study": "mine", "provenance": {"trial": 3}},
        {"space": {"define": space_to_dict(preset("cnn"))}},
    ],
    ids=str,
)
def test_sweeps(part: dict[str, Any]) -> None:
    data = {"data": {"source": "digits"}, "model": "dnn", **part}
    assert faults(SWEEP, data) == []
    spec = make_spec({key: value for key, value in data.items() if key != "provenance"})
    assert spec.model == "dnn"


@pytest.mark.parametrize(
    "part",
    [
        {"dta": 1},
        {"model": 5},
        {"search": {"trials": 0}},
        {"search": {"method": "byes"}},
        {"space": {"preset": "best"}},
        {"space": {"define": {"a": {"type": "real"}}}},
        {"execution": {"workers": "many"}},
        {"search": {"time": 0}},
    ],
    ids=str,
)
def test_faulty_sweeps(part: dict[str, Any]) -> None:
    assert refused(SWEEP, {"data": "digits", "model": "dnn", **part})
