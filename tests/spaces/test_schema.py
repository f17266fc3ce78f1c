"""The form of a definition: the same keys as the hyperparameter that is made of it, and every fault of it at once."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import Any

import jsonschema
import pytest
from fresh_process import modules_after
from hypothesis import given, settings
from hypothesis import strategies as st
from kerasweep.errors import SpaceError
from kerasweep.spaces import Space, preset, space_from_dict, space_to_dict, stored_space
from kerasweep.spaces.kinds import KINDS
from kerasweep.spaces.schema import SpaceFile, form_faults, json_schema, needed_keys
from kerasweep.spaces.serialization import VERSION
from space_strategies import spaces

SCHEMA = json_schema(SpaceFile)


@pytest.mark.parametrize("kind", KINDS)
def test_a_form_has_the_fields_of_what_is_made_of_it(kind: str) -> None:
    made = [one for one in fields(KINDS[kind]) if one.name != "name"]
    described = SCHEMA["definitions"][f"{kind.title()}Definition"]
    named = {"when" if one.name == "conditions" else one.name for one in made}
    assert set(described["properties"]) == {"type", *named}
    assert SCHEMA["properties"]["version"]["const"] == VERSION
    needed = {"type", *(one.name for one in made if one.default is MISSING)}
    assert set(needed_keys(kind)) == set(described["required"]) == needed


def test_all_faults_of_form_are_told_at_once() -> None:
    definition = {
        "type": "int",
        "low": 1,
        "stpe": 2,
        "when": {"optimizer": {"lo": 1}},
        "recommended_when": [{"value": 1}, {"vlaue": 2}],
    }
    assert [(fault.key, fault.message) for fault in form_faults("width", definition)] == [
        (
            "recommended_when",
            "width: 'recommended_when' is a list, for example [{value: 0.02, when: {optimizer: [sgd]}}].",
        ),
        ("when", "width: a range of 'when' is {low: 8, high: 32}, or one of the two."),
        ("stpe", "width: there is no key 'stpe'. Did you mean 'step'?"),
        ("", "width: high must be given."),
    ]
    (empty,) = form_faults("width", {"type": "int", "low": 1, "high": 2, "": 3})
    assert empty.message.startswith("width: there is no key ''.")


KEYS = st.sampled_from(
    ["type", "low", "high", "step", "log", "choices", "when", "recommended_when", "grid", "x"]
)
INT = {"type": "int", "low": 1, "high": 3}
WRITTEN = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["float", "int", "categorical", "sgd"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["low", "high", "value", "when", "a"]), inner, max_size=3)
    ),
    max_leaves=5,
)


@settings(deadline=None, max_examples=300)
@given(definition=WRITTEN | st.dictionaries(KEYS, WRITTEN, max_size=6).map(lambda more: {**INT, **more}))
def test_what_the_form_refuses_an_editor_marks_and_all_is_told_in_one_line_each(definition: Any) -> None:
    faults = form_faults("a", definition)
    assert all(fault.message and "\n" not in fault.message for fault in faults)
    schema = {"$ref": "#/definitions/Definition", "definitions": SCHEMA["definitions"]}
    beyond_schemas = all(fault.message.endswith(" is empty.") for fault in faults)
    assert beyond_schemas or not jsonschema.Draft7Validator(schema).is_valid(definition)


@settings(deadline=None)
@given(space=spaces())
def test_a_stored_space_is_read_as_one_that_people_wrote(space: Space) -> None:
    stored = space_to_dict(space)
    assert stored_space(stored) == space_from_dict(stored) == space
    assert space_to_dict(stored_space(stored)) == stored


@pytest.mark.parametrize(
    "stored",
    [
        {"a": 3},
        {"a": {}},
        {"a": {"type": "complex", "low": 0, "high": 1}},
        {"a": {"type": "float", "low": 0, "high": 1, "later": True}},
        {"a": {"type": "float", "low": 0}},
        {"a": {"type": "float", "low": 0, "high": 1, "when": 3}},
        {"a": {"type": "float", "low": 0, "high": 1, "recommended_when": [{"value": 1}]}},
        {"a": {"type": ["float"], "low": 0, "high": 1}},
        [],
    ],
    ids=str,
)
def test_a_stored_space_of_another_version_is_refused_in_one_line(stored: Any) -> None:
    with pytest.raises(SpaceError) as caught:
        stored_space(stored)
    assert "\n" not in str(caught.value)


def test_a_study_is_read_without_the_models_of_the_form() -> None:
    loaded = modules_after(
        "from kerasweep.spaces import stored_space\nimport kerasweep.studies.comparison\n"
        f"stored_space({space_to_dict(preset('cnn'))!r})"
    )
    assert "kerasweep.studies.reading" in loaded
    assert not loaded & {"pydantic", "kerasweep.spaces.schema"}
