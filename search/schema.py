"""The JSON Schema of a sweep as a file: the specification's own, with the forms that people may write."""

from __future__ import annotations

from typing import Any

from ..spaces.schema import SpaceFile, json_schema
from ..studies.formats import SWEEP
from .spec import SweepSpec

_SHORT = ("data", "search", "cv")
"""Parts that may be one word."""
_BOUNDS = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}
"""As pydantic leaves them at numbers that may be absent -> JSON Schema's."""


def sweep_schema() -> dict[str, Any]:
    """Return the schema of a sweep as a file."""
    text, space_file = _with_bounds(json_schema(SweepSpec)), json_schema(SpaceFile)
    text["definitions"] |= space_file["definitions"]
    properties = text["properties"]
    for name in _SHORT:
        properties[name] = {"anyOf": [properties[name], {"type": "string"}]}
    properties["version"] = {
        "const": SWEEP,
        "description": "Of the file's form; the first where it is left out.",
    }
    properties["provenance"] = {"type": "object", "description": "Where an exported winner comes from."}
    space = text["definitions"]["SpaceSpec"]["properties"]
    written = space_file["properties"]["hyperparameters"]
    space["define"] |= {"additionalProperties": written["additionalProperties"]}
    names = {name: {"description": one["description"]} for name, one in written["properties"].items()}
    for key in ("set", "fix"):
        space[key] |= {"properties": names}
    return {**text, "title": "A sweep of Kerasweep"}


def _with_bounds(part: Any) -> Any:
    """Return a schema whose bounds are all in JSON Schema's words."""
    if isinstance(part, dict):
        return {_BOUNDS.get(key, key): _with_bounds(value) for key, value in part.items()}
    return [_with_bounds(value) for value in part] if isinstance(part, list) else part
