"""A space as plain data, for YAML files and for the study: complete, and readable by people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields
from typing import Any

from ..errors import SpaceError, did_you_mean
from .hyperparameters import Categorical, Condition, Float, Hyperparameter, Int, Recommendation
from .space import Space

KINDS: dict[str, type[Hyperparameter]] = {"float": Float, "int": Int, "categorical": Categorical}


def space_to_dict(space: Space) -> dict[str, dict[str, Any]]:
    """Return a space as plain data: one mapping a hyperparameter, in order."""
    return {hyperparameter.name: hyperparameter_to_dict(hyperparameter) for hyperparameter in space}


def space_from_dict(data: Mapping[str, Any]) -> Space:
    """Return the space that plain data means.

    Raises:
        SpaceError: with every fault in one message, each named by its hyperparameter.
    """
    if not isinstance(data, Mapping):
        raise SpaceError("A space is a mapping from names of hyperparameters to their definitions.")
    faults: list[str] = []
    made: list[Hyperparameter] = []
    for name, definition in data.items():
        try:
            made.append(hyperparameter_from_dict(str(name), definition))
        except SpaceError as error:
            faults.append(str(error))
    if faults:
        raise SpaceError(" ".join(faults))
    return Space(tuple(made))


def hyperparameter_from_dict(name: str, definition: Any) -> Hyperparameter:
    """Return one hyperparameter from its definition: ``type``, its range, and any of its other fields."""
    if not isinstance(definition, Mapping) or "type" not in definition:
        raise SpaceError(f"{name}: needs a mapping with 'type' ({', '.join(KINDS)}) and its range.")
    data = {str(key): value for key, value in definition.items()}
    kind = str(data.pop("type"))
    if kind not in KINDS:
        raise SpaceError(f"{name}: there is no type '{kind}'.{did_you_mean(kind, KINDS)}")
    known = [field.name for field in fields(KINDS[kind]) if field.name not in ("name", "conditions")]
    unknown = [key for key in data if key not in (*known, "when")]
    if unknown:
        hints = " ".join(f"There is no key '{key}'.{did_you_mean(key, [*known, 'when'])}" for key in unknown)
        raise SpaceError(f"{name}: {hints}")
    required = [f.name for f in fields(KINDS[kind]) if f.default is MISSING and f.name != "name"]
    missing = [key for key in required if key not in data]
    if missing:
        raise SpaceError(f"{name}: {' and '.join(missing)} must be given.")
    conditions = _conditions(name, data.pop("when", {}))
    if "recommended_when" in data:
        data["recommended_when"] = _recommendations(name, data["recommended_when"])
    for key in ("grid", "choices"):
        if key in data:
            data[key] = tuple(data[key]) if isinstance(data[key], list | tuple) else (data[key],)
    return KINDS[kind](name, conditions=conditions, **data)


def _conditions(name: str, when: Any) -> tuple[Condition, ...]:
    if not isinstance(when, Mapping):
        raise SpaceError(
            f"{name}: 'when' maps a hyperparameter to its values, for example {{optimizer: [sgd]}}."
        )
    return tuple(
        Condition(str(parent), tuple(values) if isinstance(values, list | tuple) else (values,))
        for parent, values in when.items()
    )


def _recommendations(name: str, written: Any) -> tuple[Recommendation, ...]:
    if not isinstance(written, list) or not all(
        isinstance(one, Mapping) and set(one) == {"value", "when"} for one in written
    ):
        raise SpaceError(
            f"{name}: 'recommended_when' is a list, for example [{{value: 0.02, when: {{optimizer: [sgd]}}}}]."
        )
    return tuple(Recommendation(one["value"], _conditions(name, one["when"])) for one in written)


def hyperparameter_to_dict(hyperparameter: Hyperparameter) -> dict[str, Any]:
    """Return one hyperparameter's definition, in which ``when`` holds its conditions."""
    kind = next(word for word, cls in KINDS.items() if type(hyperparameter) is cls)
    data: dict[str, Any] = {"type": kind}
    own = ("low", "high", "step", "log", "choices")
    shared = ("recommended", "confidence", "grid", "group", "meaning", "advice", "source")
    for key in (*own, *shared):
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


def _when(conditions: Iterable[Condition]) -> dict[str, list[Any]]:
    return {condition.parent: list(condition.values) for condition in conditions}
