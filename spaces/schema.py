"""The JSON Schema of a space as a file, made from the dataclasses and the catalogue: editors complete and explain by it."""

from __future__ import annotations

from typing import Any

from .catalogue import CATALOGUE
from .files import KINDS, VERSION, known_keys, required_keys
from .hyperparameters import CONFIDENCES, Hyperparameter
from .kinds import Categorical
from .values import value_text

DRAFT = "http://json-schema.org/draft-07/schema#"
"""What editors' YAML support reads best."""
_VALUE = {"type": ["string", "number", "boolean", "null", "array"]}
"""A list is a tuple, as a window [3, 3]."""
_NAMED = [
    _VALUE,
    {
        "type": "object",
        "description": "All numbers between two, both included; a bound that is left out is none.",
        "properties": {"low": {"type": "number"}, "high": {"type": "number"}},
        "minProperties": 1,
        "additionalProperties": False,
    },
]
_WHEN = {"$ref": "#/definitions/when"}
_CONDITIONS = {
    "type": "object",
    "description": "Values of earlier hyperparameters that it is active with: "
    "{optimizer: [sgd], batch_size: {low: 200}}.",
    "additionalProperties": {
        "anyOf": [*_NAMED, {"type": "array", "minItems": 1, "items": {"anyOf": _NAMED}}]
    },
}
_VALUES = {"anyOf": [_VALUE, {"type": "array", "minItems": 1, "items": _VALUE}]}
_FIELDS: dict[str, dict[str, Any]] = {
    "low": {"type": "number", "description": "The lower bound, included."},
    "high": {"type": "number", "description": "The upper bound, included."},
    "step": {"type": "integer", "minimum": 1, "description": "Distance between two values."},
    "log": {"type": "boolean", "description": "Whether factors matter rather than differences."},
    "choices": {**_VALUES, "description": "What it may be, in no order."},
    "recommended": {**_VALUE, "description": "What to try first."},
    "recommended_when": {
        "type": "array",
        "description": "What to try first after certain choices; the first that holds counts.",
        "items": {
            "type": "object",
            "properties": {"value": _VALUE, "when": _WHEN},
            "required": ["value", "when"],
            "additionalProperties": False,
        },
    },
    "confidence": {
        "enum": list(CONFIDENCES),
        "description": "How much the recommended value is believed.",
    },
    "grid": {
        **_VALUES,
        "description": "Values of a grid search; derived from the range where none are given.",
    },
    "group": {"type": "string", "description": "What it belongs to."},
    "meaning": {"type": "string", "description": "What it does, in one line."},
    "advice": {"type": "string", "description": "What to try when it is wrong."},
    "source": {"type": "string", "description": "Where the recommended value comes from."},
    "when": _WHEN,
}


def space_schema() -> dict[str, Any]:
    """Return the schema of a space as a file of this version."""
    return {
        "$schema": DRAFT,
        "title": "A search space of Kerasweep",
        "type": "object",
        "properties": {
            "$schema": {"type": "string"},
            "version": {"const": VERSION, "description": "The form of this file."},
            "hyperparameters": hyperparameters_schema(),
        },
        "required": ["version", "hyperparameters"],
        "additionalProperties": False,
        "definitions": definitions(),
    }


def hyperparameters_schema() -> dict[str, Any]:
    """Return the schema of what a file lists: names of the catalogue with their meaning, and others in full."""
    return {
        "type": "object",
        "minProperties": 1,
        "properties": {name: _entry(one.hyperparameter) for name, one in CATALOGUE.items()},
        "additionalProperties": {"$ref": "#/definitions/definition"},
    }


def definitions() -> dict[str, Any]:
    """Return what the schemas of spaces refer to: a definition in full, and a change of the catalogue's entry."""
    fields = {key: _FIELDS[key] for kind in KINDS for key in known_keys(kind)}
    return {
        "when": _CONDITIONS,
        **{kind: _full(kind) for kind in KINDS},
        "definition": {
            "type": "object",
            "properties": {"type": {"enum": list(KINDS)}},
            "required": ["type"],
            "oneOf": [{"$ref": f"#/definitions/{kind}"} for kind in KINDS],
        },
        "change": {
            "type": "object",
            "properties": fields,
            "additionalProperties": False,
        },
    }


def _full(kind: str) -> dict[str, Any]:
    fields = {key: dict(_FIELDS[key]) for key in known_keys(kind)}
    if kind == "int":
        for key in ("low", "high"):
            fields[key]["type"] = "integer"
    return {
        "type": "object",
        "properties": {"type": {"const": kind}, **fields},
        "required": ["type", *required_keys(kind)],
        "additionalProperties": False,
    }


def _entry(hyperparameter: Hyperparameter) -> dict[str, Any]:
    return {
        "description": _description(hyperparameter),
        "anyOf": [
            {"type": "null"},
            *_short(hyperparameter),
            {"$ref": "#/definitions/change"},
            {"$ref": "#/definitions/definition"},
        ],
    }


def _short(hyperparameter: Hyperparameter) -> list[dict[str, Any]]:
    """Return the forms of a value, a list of choices, and a text as on the command line."""
    if not isinstance(hyperparameter, Categorical):
        return [
            {"type": "number"},
            {"type": "array", "minItems": 1, "items": {"type": "number"}},
            {"type": "string", "pattern": r"\.\.|,"},
        ]
    choices = list(hyperparameter.choices)
    if all(isinstance(choice, int | float) and not isinstance(choice, bool) for choice in choices):
        item: dict[str, Any] = {"type": "number"}
    else:
        item = {"enum": choices}
    return [item, {"type": "array", "minItems": 1, "items": item}, {"type": "string", "pattern": r"\.\.|,"}]


def _description(hyperparameter: Hyperparameter) -> str:
    """Return what an editor shows: meaning, range, what is recommended, advice."""
    recommended = f"{hyperparameter.range_text()}, recommended {value_text(hyperparameter.recommended)}"
    meaning = hyperparameter.meaning[:1].upper() + hyperparameter.meaning[1:]
    return " ".join(part for part in (f"{meaning}.", f"{recommended}.", hyperparameter.advice) if part)
