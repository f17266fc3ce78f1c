"""Values that several parts of a specification have: numbers, times, columns."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, WithJsonSchema

LARGEST = 2**53
"""Whole numbers up to it are told apart as floats."""
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}


def parse_seconds(value: Any) -> Any:
    """Return the seconds that ``90``, ``90s``, ``10m``, ``1.5h`` or ``1h30m`` mean; other values as they are."""
    if not isinstance(value, str):
        return check_number(value)
    parts = re.findall(r"(\d+(?:\.\d+)?)([smhd]?)", value.strip())
    if not parts or "".join(number + unit for number, unit in parts) != value.strip():
        raise ValueError(f"'{value}' is not a time; write seconds or 90s, 10m, 1h30m")
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


def check_number(value: Any) -> Any:
    """Return a value that is not ``true``, which Python takes for 1."""
    if isinstance(value, bool):
        raise ValueError("must be a number")  # noqa: TRY004 - pydantic's contract
    return value


def check_size(number: int) -> int:
    """Return a whole number that a study can keep: one that every reader of JSON reads as it is."""
    if abs(number) > LARGEST:
        raise ValueError(f"must be at most {LARGEST:,}")
    return number


Whole = Annotated[int, BeforeValidator(check_number), AfterValidator(check_size)]
"""Not ``true``, which Python and pydantic take for 1."""
Real = Annotated[float, BeforeValidator(check_number)]


Seconds = Annotated[
    float | None,
    BeforeValidator(parse_seconds),
    WithJsonSchema({"anyOf": [{"type": "number", "exclusiveMinimum": 0}, {"type": ["string", "null"]}]}),
]


def parse_column(value: Any) -> Any:
    """Return a column's position as text, as the command line gives it."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


class Part(BaseModel):
    """A part of a specification: plain data, frozen; a key that it does not know is refused."""

    # Docstrings of fields explain them in an editor, through the JSON Schema.
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True)
