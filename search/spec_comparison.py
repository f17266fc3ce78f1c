"""Compares two specifications: whether they are the same sweep, and where they differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..spaces.serialization import PROSE_KEYS
from .spec import SweepSpec

_FREE = (
    ("study",),
    ("execution",),
    ("search", "trials"),
    ("search", "time"),
    ("search", "total_epochs"),
    ("search", "until_converged"),
    ("search", "target"),
)
"""What may change between two runs of one study: budgets and processes, not what is measured."""
_DEFINITIONS = ("space", "define")


def differences(old: Mapping[str, Any], new: SweepSpec) -> list[str]:
    """Return what differs between a study's specification and a new one, one ``key: old, now new`` each.

    Budgets, workers and the name may differ, and what is only said about a hyperparameter; they are left out.
    """
    return list(_compare(old, new.as_dict(), ()))


def _compare(old: Any, new: Any, path: tuple[str, ...]) -> Iterator[str]:
    if path in _FREE or _is_prose(path) or old == new:
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in dict.fromkeys((*old, *new)):
            yield from _compare(old.get(key), new.get(key), (*path, str(key)))
        return
    yield f"{'.'.join(path)}: {_text(old)}, now {_text(new)}"


def _is_prose(path: tuple[str, ...]) -> bool:
    """Tell whether this is what a hyperparameter's definition says to people: a catalogue may be worded anew."""
    return len(path) == 4 and path[:2] == _DEFINITIONS and path[3] in PROSE_KEYS


def _text(value: Any) -> str:
    if value is None:
        return "not given"
    if isinstance(value, Mapping):
        return "given"
    return str(value)
