"""Forms of a space as a file, by version, and how an older one becomes the present one.

| version | form |
| --- | --- |
| 1 | a plain mapping from names to definitions, without a version |
| 2 | ``version`` and ``hyperparameters``; ``normalization`` in place of ``batch_normalization`` |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

VERSION = 2
"""What this Kerasweep writes."""

_OLD, _NEW = "batch_normalization", "normalization"
_MEANT = {False: "none", True: "batch"}


def migrated(hyperparameters: Mapping[str, Any], version: int) -> dict[str, Any]:
    """Return definitions of an older version as the present one has them; those of the present one as they are."""
    data = dict(hyperparameters)
    for step in range(version, VERSION):
        data = _STEPS[step](data)
    return data


def is_renamed(old: str, new: str) -> bool:
    """Tell whether a migration gives a hyperparameter of one name the other one."""
    return (old, new) == (_OLD, _NEW)


def _from_1(data: dict[str, Any]) -> dict[str, Any]:
    """Make of batch normalization, yes or no, the kind of normalization: none or batch."""
    if _NEW in data or not _is_yes_or_no(data.get(_OLD)):
        return data
    return {
        _NEW if name == _OLD else name: _renamed(definition, own=name == _OLD)
        for name, definition in data.items()
    }


def _is_yes_or_no(definition: Any) -> bool:
    choices = definition.get("choices") if isinstance(definition, Mapping) else None
    choices = choices if isinstance(choices, list | tuple) else [choices]
    return all(isinstance(choice, bool) for choice in choices)


def _renamed(definition: Any, *, own: bool) -> Any:
    if not isinstance(definition, Mapping):
        return definition
    new = dict(definition)
    if own:
        for key in ("choices", "grid", "recommended"):
            if key in new:
                new[key] = _meant(new[key])
    if "when" in new:
        new["when"] = _renamed_when(new["when"])
    if isinstance(new.get("recommended_when"), list):
        new["recommended_when"] = [_renamed_recommendation(one, own=own) for one in new["recommended_when"]]
    return new


def _renamed_recommendation(one: Any, *, own: bool) -> Any:
    if not isinstance(one, Mapping):
        return one
    new = dict(one)
    if own and "value" in new:
        new["value"] = _meant(new["value"])
    if "when" in new:
        new["when"] = _renamed_when(new["when"])
    return new


def _renamed_when(when: Any) -> Any:
    if not isinstance(when, Mapping):
        return when
    return {
        _NEW if parent == _OLD else parent: _meant(values) if parent == _OLD else values
        for parent, values in when.items()
    }


def _meant(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_meant(one) for one in value]
    return _MEANT[value] if isinstance(value, bool) else value


_STEPS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {1: _from_1}
"""Version -> what makes the next one of it."""
