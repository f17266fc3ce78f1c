"""The form of a space as text, as pydantic models: they check what people write, and describe it to editors.

Only what a text can get wrong is checked here: keys, kinds, and how conditions are written. Values are checked by the
hyperparameter that is made of them (``kinds.py``), so that text and Python are refused in the same words. Building these
models takes longer than reading a study does: what only reads studies does not import this module.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, RootModel, SkipValidation, ValidationError
from pydantic import WithJsonSchema as JsonSchema
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import ErrorDetails

from ..errors import did_you_mean
from .catalogue import CATALOGUE, Entry
from .conditions import conditions_of
from .dependencies import Fault
from .hyperparameters import Confidence
from .kinds import KINDS
from .values import value_text

_ONE = ["string", "number", "boolean", "null"]
OneValue = Annotated[Any, JsonSchema({"type": _ONE})]
AnyValue = Annotated[Any, JsonSchema({"type": [*_ONE, "array"]})]
"""A list is one value, a tuple such as the window [3, 3]; among choices or in a grid it is several values."""


class _Form(BaseModel):
    # Docstrings of fields explain them in an editor, through the JSON Schema.
    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class Range(_Form):
    """All numbers between two, both included; a bound that is left out is none."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    low: float = 0
    high: float = 0


_WHEN = Field(
    description="Values of other hyperparameters that it is active with.",
    examples=[{"optimizer": ["sgd"], "batch_size": {"low": 200}}],
)
When = Annotated[
    SkipValidation[dict[str, OneValue | Range | list[AnyValue | Range]]],
    AfterValidator(conditions_of),
    _WHEN,
]


class Advice(_Form):
    """What to try first where conditions hold."""

    value: AnyValue
    when: When


class _KnowHow(_Form):
    recommended: AnyValue = None
    """What to try first."""
    recommended_when: list[Advice] = []
    """What to try first after certain choices; the first that applies counts."""
    confidence: SkipValidation[Confidence] = "medium"
    """How much the recommended value is believed."""
    grid: AnyValue = None
    """Values of a grid search; derived from the range where none are given."""
    group: SkipValidation[str] = ""
    """What it belongs to."""
    meaning: SkipValidation[str] = ""
    """What it does, in one line."""
    advice: SkipValidation[str] = ""
    """What to try when it is wrong."""
    source: SkipValidation[str] = ""
    """Where the recommended value comes from."""


_LOW = Field(description="The lower bound, included.")
_HIGH = Field(description="The upper bound, included.")
_STEP = Field(description="Distance between two values.", json_schema_extra={"minimum": 1})
_LOG = Field(description="Whether factors matter rather than differences.")
_CHOICES = Field(description="What it may be, in no order.")


class FloatDefinition(_KnowHow):
    """A real number between two bounds."""

    type: Literal["float"]
    low: Annotated[SkipValidation[float], _LOW]
    high: Annotated[SkipValidation[float], _HIGH]
    log: Annotated[SkipValidation[bool], _LOG] = False
    when: When = {}


class IntDefinition(_KnowHow):
    """A whole number between two bounds, in steps."""

    type: Literal["int"]
    low: Annotated[SkipValidation[int], _LOW]
    high: Annotated[SkipValidation[int], _HIGH]
    step: Annotated[SkipValidation[int], _STEP] = 1
    log: Annotated[SkipValidation[bool], _LOG] = False
    when: When = {}


class CategoricalDefinition(_KnowHow):
    """One of several choices."""

    type: Literal["categorical"]
    choices: Annotated[AnyValue, _CHOICES]
    when: When = {}


_ByType = Annotated[FloatDefinition | IntDefinition | CategoricalDefinition, Field(discriminator="type")]


class Definition(RootModel[_ByType]):
    """A hyperparameter in full."""


class Change(_KnowHow):
    """What differs from the catalogue's entry."""

    # For editors: what is read is checked as the definition in full that the change makes of the entry.
    low: Annotated[SkipValidation[float], _LOW] = 0
    high: Annotated[SkipValidation[float], _HIGH] = 0
    step: Annotated[SkipValidation[int], _STEP] = 1
    log: Annotated[SkipValidation[bool], _LOG] = False
    choices: Annotated[AnyValue, _CHOICES] = ()
    when: When = {}


_DEFINITIONS: dict[str, type[_KnowHow]] = {
    "float": FloatDefinition,
    "int": IntDefinition,
    "categorical": CategoricalDefinition,
}


def needed_keys(kind: str) -> list[str]:
    """Return the keys that a definition of a kind must have; only ``type`` for an unknown kind."""
    fields = _DEFINITIONS[kind].model_fields if kind in _DEFINITIONS else {}
    return ["type", *(key for key, field in fields.items() if field.is_required())]


def form_faults(name: str, definition: Any) -> list[Fault]:
    """Return what is wrong with the form of a full definition; its values are not checked."""
    try:
        Definition.model_validate(definition)
    except ValidationError as error:
        found = error.errors(include_url=False)
        missing = [one for one in found if one["type"] == "missing" and len(one["loc"]) == 2]
        faults = [_as_fault(name, one) for one in found if one not in missing]
        if missing:
            keys = " and ".join(str(one["loc"][1]) for one in missing)
            faults.append(Fault(name, f"{name}: {keys} must be given."))
        return list(dict.fromkeys(faults))
    return []


def _as_fault(name: str, error: ErrorDetails) -> Fault:
    kind, *path = map(str, error["loc"] or ("",))
    key = path[0] if path else ""
    if error["type"] == "union_tag_invalid":
        key, tag = "type", error["ctx"]["tag"]
        message = f"there is no type '{tag}'.{did_you_mean(tag, KINDS)}"
    elif not path:
        message = f"needs a mapping with 'type' ({', '.join(KINDS)}) and its range."
    elif error["type"] == "value_error":
        message = str(error["ctx"]["error"])
    elif key == "recommended_when":
        message = "'recommended_when' is a list, for example [{value: 0.02, when: {optimizer: [sgd]}}]."
    else:
        known = [other for other in _DEFINITIONS[kind].model_fields if other != "type"]
        message = f"there is no key '{key}'.{did_you_mean(key, known)}"
    return Fault(name, f"{name}: {message}", key)


def _with_catalogue(schema: dict[str, Any]) -> None:
    """List the catalogue's names with their meaning; any other name needs a full definition."""
    definition, change = schema["additionalProperties"]["anyOf"]
    schema["additionalProperties"] = definition
    schema["properties"] = {
        name: {
            "description": _description(one),
            "anyOf": [{"type": "null"}, *_short(one), change, definition],
        }
        for name, one in CATALOGUE.items()
    }


def _short(entry: Entry) -> list[dict[str, Any]]:
    """Return the schemas of a single value, a list of choices, and a range typed as on the command line."""
    one = entry.hyperparameter
    item = {"enum": list(one.values())} if entry.possible is None else entry.possible.schema()
    text = {"type": "string", "pattern": r"\.\.|,", "examples": [one.range_text()]}
    return [item, {"type": "array", "minItems": 1, "items": item}, text]


def _description(entry: Entry) -> str:
    """Return what an editor shows: meaning, range, what is recommended, advice."""
    one = entry.hyperparameter
    meaning = one.meaning[:1].upper() + one.meaning[1:]
    recommended = f"{one.range_text()}, recommended {value_text(one.recommended)}"
    return f"{meaning}. {recommended}. {one.advice}".strip()


class SpaceFile(_Form):
    """A search space of Kerasweep."""

    schema_: str = Field("", alias="$schema")
    version: Literal[2]
    """The version of this file's form."""
    hyperparameters: Annotated[
        dict[str, Definition | Change], Field(min_length=1, json_schema_extra=_with_catalogue)
    ]


class _Draft7(GenerateJsonSchema):
    """The draft that editors' YAML support reads best, without titles that repeat the names."""

    schema_dialect = "http://json-schema.org/draft-07/schema#"

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


class _WithoutDefaults(_Draft7):
    """For spaces: what a change leaves out comes from the catalogue, so the models' defaults would mislead."""

    def default_schema(self, schema: Any) -> dict[str, Any]:
        return self.generate_inner(schema["schema"])


def json_schema(model: type[BaseModel]) -> dict[str, Any]:
    """Return the JSON Schema of the file that a model describes, for editors."""
    made_by = _WithoutDefaults if issubclass(model, _Form) else _Draft7
    schema = model.model_json_schema(ref_template="#/definitions/{model}", schema_generator=made_by)
    return {"$schema": _Draft7.schema_dialect, "definitions": schema.pop("$defs"), **schema}
