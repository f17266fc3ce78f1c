"""From plain data to a specification, and every fault in words."""

from __future__ import annotations

import re
from typing import Any

from pydantic import ValidationError

from ...errors import DamagedError, SpecError, did_you_mean, one_line
from ...spaces.yamlfile import Document
from ...studies import StudyRecord
from ...texts import is_unicode
from .sweep import SweepSpec

MOST_OF_A_FAULT = 500
"""Characters that a message has of one fault, whatever was given."""


def make_spec(data: Any, document: Document | None = None) -> SweepSpec:
    """Validate plain data as a specification.

    Args:
        data: Nested mappings.
        document: The file they came from, for messages.

    Raises:
        SpecError: with every fault, one a line: file, line, key, what is wrong.
    """
    try:
        spec = SweepSpec.model_validate(data)
    except ValidationError as error:
        faults = dict.fromkeys(one_line(_fault(fault, document), MOST_OF_A_FAULT) for fault in error.errors())
        raise SpecError("\n".join(faults)) from error
    _check_unicode(spec.model_dump(exclude={"space"}), ())
    return spec


def spec_of_study(study: StudyRecord) -> SweepSpec:
    """Return the specification that a study keeps.

    Raises:
        DamagedError: It is none, or not one that Kerasweep writes.
    """
    try:
        return make_spec(study.spec)
    except SpecError as error:
        faults = one_line("; ".join(line.removesuffix(".") for line in str(error).splitlines()))
        raise DamagedError(f"The study '{study.name}'", f"its specification is none: {faults}.") from error


def _check_unicode(value: Any, path: tuple[str, ...]) -> None:
    """Refuse words that no database can hold, such as a shell hands over of bytes that are not UTF-8."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        _check_unicode(part, (*path, str(key)))
    if isinstance(value, str) and not is_unicode(value):
        raise SpecError(
            f"{'.'.join(path)}: {value!a} holds half of a pair of surrogates, or bytes that are not UTF-8."
        )


def _fault(fault: Any, document: Document | None) -> str:
    path = tuple(fault["loc"])
    place = document.place(*path) if document is not None else ""
    key = ".".join(str(part) for part in path)
    if fault["type"] == "extra_forbidden":
        return f"{place}there is no key '{key}'.{did_you_mean(str(path[-1]), _known_keys(path[:-1]))}"
    if fault["type"] in ("model_type", "dict_type"):
        what = f"{place}{key}: write" if key else f"{place}A specification holds"
        return f"{what} keys and values, for example 'model: ann'."
    if fault["type"] == "missing":
        return f"{place}'{key}' must be given."
    if fault["type"] == "literal_error":
        known = re.findall(r"'([^']*)'", fault["ctx"]["expected"])
        return f"{place}{key}: there is no '{fault['input']}'.{did_you_mean(str(fault['input']), known)}"
    message = fault["msg"].removeprefix("Value error, ")
    got = "" if isinstance(fault["input"], dict | list) else f", got {fault['input']!r}"
    start = f"{place}{key}: " if key else place
    return f"{start}{message[0].lower() + message[1:]}{got}."


def _known_keys(path: tuple[Any, ...]) -> list[str]:
    model: Any = SweepSpec
    for part in path:
        model = model.model_fields[part].annotation
    return list(model.model_fields)
