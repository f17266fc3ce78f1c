"""A space as plain data, for YAML files and for the study: complete, and readable by people."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields
from typing import Any

from ..errors import SpaceError, did_you_mean
from .conditions import Between, Condition, Named, Recommendation
from .dependencies import Fault, in_order, settled
from .hyperparameters import Hyperparameter
from .kinds import Categorical, Float, Int
from .space import Space
from .values import canonical

VERSION = 2
"""Of a space as a file."""
KINDS: dict[str, type[Hyperparameter]] = {"float": Float, "int": Int, "categorical": Categorical}
RANGE_KEYS = ("low", "high", "step", "log", "choices")
KNOW_HOW_KEYS = ("recommended", "confidence", "grid", "group", "meaning", "advice", "source")
PROSE_KEYS = ("confidence", "group", "meaning", "advice", "source")
"""What people read and no search acts on."""


def space_to_dict(space: Space) -> dict[str, dict[str, Any]]:
    """Return a space as plain data: one mapping a hyperparameter, in order."""
    return {hyperparameter.name: hyperparameter_to_dict(hyperparameter) for hyperparameter in space}


def space_from_dict(data: Mapping[str, Any]) -> Space:
    """Return the space that plain data means; parents may stand after their children.

    Raises:
        SpaceError: with every fault in one message, each named by its hyperparameter.
    """
    if not isinstance(data, Mapping):
        raise SpaceError("A space is a mapping from names of hyperparameters to their definitions.")
    faults: list[Fault] = []
    made: list[Hyperparameter] = []
    for name, definition in data.items():
        hyperparameter, found = read_definition(str(name), definition)
        faults.extend(found)
        if hyperparameter is not None:
            made.append(hyperparameter)
    ordered, found = settled(in_order(made), unread=[str(name) for name in data])
    if faults or found:
        raise SpaceError(" ".join(fault.message for fault in (*faults, *found)))
    return Space(ordered)


def hyperparameter_from_dict(name: str, definition: Any) -> Hyperparameter:
    """Return one hyperparameter from its definition: ``type``, its range, and any of its other fields.

    Raises:
        SpaceError: with every fault in one message.
    """
    made, faults = read_definition(name, definition)
    if made is None or faults:
        raise SpaceError(" ".join(fault.message for fault in faults))
    return made


def read_definition(name: str, definition: Any) -> tuple[Hyperparameter | None, list[Fault]]:
    """Return the hyperparameter that a definition means, without the fields that are wrong, and all faults.

    Returns:
        None in place of the hyperparameter where too much is wrong to make one.
    """
    if not isinstance(definition, Mapping) or "type" not in definition:
        message = f"{name}: needs a mapping with 'type' ({', '.join(KINDS)}) and its range."
        return None, [Fault(name, message)]
    data = {str(key): value for key, value in definition.items()}
    kind = str(data.pop("type"))
    if kind not in KINDS:
        message = f"{name}: there is no type '{kind}'.{did_you_mean(kind, KINDS)}"
        return None, [Fault(name, message, "type")]
    faults = _unknown_keys(name, kind, data)
    for fault in faults:
        del data[fault.key]
    missing = [key for key in required_keys(kind) if key not in data]
    if missing:
        faults.append(Fault(name, f"{name}: {' and '.join(missing)} must be given."))
        return None, faults
    made, found = _make(name, kind, data)
    return made, [*faults, *found]


def known_keys(kind: str) -> tuple[str, ...]:
    """Return the keys of a definition of a kind, without ``type``."""
    named = (field.name for field in fields(KINDS[kind]))
    return (*(name for name in named if name not in ("name", "conditions")), "when")


def _unknown_keys(name: str, kind: str, data: Mapping[str, Any]) -> list[Fault]:
    known = known_keys(kind)
    return [
        Fault(name, f"{name}: there is no key '{key}'.{did_you_mean(key, known)}", key)
        for key in data
        if key not in known
    ]


def required_keys(kind: str) -> list[str]:
    """Return the keys that a definition of a kind must have, without ``type``."""
    return [field.name for field in fields(KINDS[kind]) if field.default is MISSING and field.name != "name"]


def _make(name: str, kind: str, data: dict[str, Any]) -> tuple[Hyperparameter | None, list[Fault]]:
    """Return the hyperparameter, made again without each field that it is refused for, and these faults."""
    faults: list[Fault] = []
    left = dict(data)
    while True:
        try:
            return KINDS[kind](name, **_fields(name, left)), faults
        except SpaceError as error:
            faults.append(Fault(name, str(error), error.key))
            if error.key not in left or error.key in required_keys(kind):
                return None, faults
            del left[error.key]


def _fields(name: str, data: Mapping[str, Any]) -> dict[str, Any]:
    given = dict(data)
    if "when" in given:
        given["conditions"] = _conditions(name, given.pop("when"), "when")
    if "recommended_when" in given:
        given["recommended_when"] = _recommendations(name, given["recommended_when"])
    for key in ("grid", "choices"):
        if key in given:
            given[key] = tuple(given[key]) if isinstance(given[key], list | tuple) else (given[key],)
    return given


def _conditions(name: str, when: Any, key: str) -> tuple[Condition, ...]:
    if not isinstance(when, Mapping):
        raise SpaceError(
            f"{name}: 'when' maps a hyperparameter to its values, for example {{optimizer: [sgd]}}.", key=key
        )
    return tuple(
        Condition(
            str(parent),
            tuple(
                _named(name, value, key)
                for value in (values if isinstance(values, list | tuple) else (values,))
            ),
        )
        for parent, values in when.items()
    )


def _named(name: str, written: Any, key: str) -> Named:
    """Return a value, or the range that a mapping means."""
    if not isinstance(written, Mapping):
        return canonical(written)  # type: ignore[no-any-return]  # the hyperparameter refuses what is no value
    if not written or not set(written) <= {"low", "high"}:
        raise SpaceError(f"{name}: a range of '{key}' is {{low: 8, high: 32}}, or one of the two.", key=key)
    try:
        return Between(**written)
    except SpaceError as error:
        raise SpaceError(f"{name}: {error}", key=key) from error


def _recommendations(name: str, written: Any) -> tuple[Recommendation, ...]:
    if not isinstance(written, list) or not all(
        isinstance(one, Mapping) and set(one) == {"value", "when"} for one in written
    ):
        raise SpaceError(
            f"{name}: 'recommended_when' is a list, for example [{{value: 0.02, when: {{optimizer: [sgd]}}}}].",
            key="recommended_when",
        )
    return tuple(
        Recommendation(one["value"], _conditions(name, one["when"], "recommended_when")) for one in written
    )


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
            {"value": one.value, "when": _when(one.conditions)} for one in hyperparameter.recommended_when
        ]
    if hyperparameter.conditions:
        data["when"] = _when(hyperparameter.conditions)
    return data


def _when(conditions: Iterable[Condition]) -> dict[str, Any]:
    written = {one.parent: [_written(value) for value in one.values] for one in conditions}
    return {
        parent: values[0] if len(values) == 1 and isinstance(values[0], dict) else values
        for parent, values in written.items()
    }


def _written(named: Named) -> Any:
    if not isinstance(named, Between):
        return named
    return {key: bound for key in ("low", "high") if abs(bound := getattr(named, key)) != math.inf}
