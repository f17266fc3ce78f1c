"""A space as plain data, complete and readable: what a study stores, and what YAML files hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING
from typing import Any

from ..errors import SpaceError, one_line
from .conditions import Recommendation, conditions_of, when_of
from .dependencies import Fault, parents_first, resolved
from .hyperparameters import Hyperparameter
from .kinds import KINDS
from .space import Space

VERSION = 2
"""The version of space files."""
RANGE_KEYS = ("low", "high", "step", "log", "choices")
KNOW_HOW_KEYS = ("recommended", "confidence", "grid", "group", "meaning", "advice", "source")
PROSE_KEYS = ("confidence", "group", "meaning", "advice", "source")
"""What people read; no search depends on it."""


def space_to_dict(space: Space) -> dict[str, dict[str, Any]]:
    """Return a space as plain data: a definition for each name, in order."""
    return {hyperparameter.name: hyperparameter_to_dict(hyperparameter) for hyperparameter in space}


def stored_space(data: Mapping[str, Any]) -> Space:
    """Return a space as a study stores it; the form is not checked, since ``space_to_dict`` wrote it.

    Raises:
        SpaceError: Another version wrote it.
    """
    try:
        return Space(tuple(_made(name, definition) for name, definition in data.items()))
    except (AttributeError, KeyError, TypeError) as error:
        raise SpaceError(f"This space is not in words of this version: {one_line(error)}.") from error


def space_from_dict(data: Mapping[str, Any]) -> Space:
    """Return the space that plain data describes; parents may stand after their children.

    Raises:
        SpaceError: with every fault in one message, each named by its hyperparameter.
    """
    if not isinstance(data, Mapping):
        raise SpaceError("A space is a mapping from names of hyperparameters to their definitions.")
    read = [read_definition(str(name), definition) for name, definition in data.items()]
    made = [one for one, _ in read if one is not None]
    ordered, unsettled = resolved(parents_first(made), unread=[str(name) for name in data])
    _end_if_wrong([*(fault for _, found in read for fault in found), *unsettled])
    return Space(ordered)


def hyperparameter_from_dict(name: str, definition: Any) -> Hyperparameter:
    """Return one hyperparameter from its definition: ``type``, its range, and any of its other fields.

    Raises:
        SpaceError: with every fault in one message.
    """
    made, faults = read_definition(name, definition)
    _end_if_wrong(faults)
    return made  # type: ignore[return-value]  # where there is none, there is a fault


def _end_if_wrong(faults: Sequence[Fault]) -> None:
    if faults:
        raise SpaceError(" ".join(fault.message for fault in faults))


def read_definition(name: str, definition: Any) -> tuple[Hyperparameter | None, list[Fault]]:
    """Return the hyperparameter that a definition describes, without its wrong fields, and all faults.

    Returns:
        The hyperparameter is None if a field that it needs is wrong.
    """
    from .schema import form_faults, needed_keys  # pydantic, which what reads a study does not wait for

    left = {str(key): value for key, value in definition.items()} if isinstance(definition, Mapping) else {}
    faults = found = form_faults(name, left)
    needed = needed_keys(str(left.get("type")))
    while True:
        wrong = [fault.key for fault in found]
        if any(key in needed or key not in left for key in wrong):
            return None, faults
        left = {key: value for key, value in left.items() if key not in wrong}
        try:
            return _made(name, left), faults
        except SpaceError as error:
            found = [Fault(name, str(error), error.key)]
            faults = [*faults, *found]


def _made(name: str, definition: Mapping[str, Any]) -> Hyperparameter:
    """Return the hyperparameter that a definition of the right form describes."""
    fields = dict(definition)
    for key in ("grid", "choices"):
        if key in fields:
            fields[key] = tuple(fields[key]) if isinstance(fields[key], list | tuple) else (fields[key],)
    if "when" in fields:
        fields["conditions"] = conditions_of(fields.pop("when"))
    if "recommended_when" in fields:
        fields["recommended_when"] = tuple(
            Recommendation(one["value"], conditions_of(one["when"])) for one in fields["recommended_when"]
        )
    return KINDS[fields.pop("type")](name, **fields)


def hyperparameter_to_dict(hyperparameter: Hyperparameter) -> dict[str, Any]:
    """Return one hyperparameter's definition, in which ``when`` holds its conditions."""
    kind = next(word for word, cls in KINDS.items() if type(hyperparameter) is cls)
    data: dict[str, Any] = {"type": kind}
    for key in (*RANGE_KEYS, *KNOW_HOW_KEYS):
        value = getattr(hyperparameter, key, MISSING)
        if value is MISSING or value == "":
            continue
        data[key] = list(value) if isinstance(value, tuple) else value
    if hyperparameter.recommended_when:
        data["recommended_when"] = [
            {"value": one.value, "when": when_of(one.conditions)} for one in hyperparameter.recommended_when
        ]
    if hyperparameter.conditions:
        data["when"] = when_of(hyperparameter.conditions)
    return data
