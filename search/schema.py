"""The JSON Schema of a sweep as a file: the specification's own, with the forms that people may write."""

from __future__ import annotations

from typing import Any

from ..spaces.schema import DRAFT, definitions, hyperparameters_schema
from .spec import SweepSpec

_SHORT = ("data", "search", "cv")
"""Parts that may be one word."""
_BOUNDS = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}
"""As pydantic leaves them at numbers that may be absent -> JSON Schema's."""


def sweep_schema() -> dict[str, Any]:
    """Return the schema of a sweep as a file."""
    schema = SweepSpec.model_json_schema()
    parts = schema.pop("$defs")
    text = _moved({"definitions": {**parts, **definitions()}, **schema})
    properties = text["properties"]
    for name in _SHORT:
        properties[name] = {"anyOf": [properties[name], {"type": "string"}]}
    properties["provenance"] = {"type": "object", "description": "Where an exported winner comes from."}
    space = text["definitions"]["SpaceSpec"]["properties"]
    written = hyperparameters_schema()
    full = {"$ref": "#/definitions/definition"}
    space["define"] = {"type": "object", "additionalProperties": full, "description": "A definition in full."}
    names = {name: {"description": one["description"]} for name, one in written["properties"].items()}
    for key in ("set", "fix"):
        space[key] = {**space[key], "properties": names}
    text["definitions"]["SearchSpec"]["properties"]["time"] = {"type": ["number", "string", "null"]}
    text["definitions"]["ExecutionSpec"]["properties"]["workers"] = {
        "anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "pattern": "^(auto|[0-9]+)$"}],
        "default": 1,
    }
    return {"$schema": DRAFT, **text, "title": "A sweep of Kerasweep"}


def _moved(part: Any) -> Any:
    """Return a schema in draft 7's words: references lead to ``definitions``, and bounds that pydantic leaves are told."""
    if isinstance(part, dict):
        return {_BOUNDS.get(key, key): _moved(value) for key, value in part.items()}
    if isinstance(part, list):
        return [_moved(value) for value in part]
    return part.replace("#/$defs/", "#/definitions/") if isinstance(part, str) else part
