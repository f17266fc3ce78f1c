"""What is asked for beside something that leaves it without a meaning is refused: nobody would see that it is passed over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...errors import SpecError
from ...spaces import PRESETS
from ...spaces.yamlfile import Document
from .sweep import SweepSpec


def check_asked(spec: SweepSpec, asked: Mapping[str, Any], document: Document | None = None) -> None:
    """Refuse settings that this specification passes over.

    Args:
        spec: The whole specification.
        asked: Those of its settings that somebody gave, nested as it is. A study's own are not: it keeps every default.
        document: The file they came from, for messages.

    Raises:
        SpecError: with each of them, a line, and what leaves it without a meaning.
    """
    faults = [
        f"{'' if document is None else document.place(part, key)}{part}.{key}: {why}; leave it out."
        for (part, key), reason in _PASSED_OVER.items()
        if _is_given(asked.get(part), key) and (why := reason(spec))
    ]
    if faults:
        raise SpecError("\n".join(faults))


def unusual(spec: SweepSpec, parts: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the settings of some parts that differ from their defaults, which an exported file holds as well."""
    found = {}
    for name in parts.keys() & {part for part, _ in _PASSED_OVER}:
        part = getattr(spec, name)
        defaults = {key: field.get_default() for key, field in type(part).model_fields.items()}
        found[name] = {
            key: value for key in defaults if (value := getattr(part, key)) not in (None, defaults[key])
        }
    return found


def _is_given(part: Any, key: str) -> bool:
    return isinstance(part, Mapping) and part.get(key) is not None


def _no_number_of_folds(spec: SweepSpec) -> str | None:
    if spec.cv.method == "holdout":
        return "a holdout is one split, and has no folds"
    return _says_folds(spec)


def _no_repeats(spec: SweepSpec) -> str | None:
    return _says_folds(spec) or (None if spec.cv.method == "repeated" else "it is for cv: repeated")


def _no_holdout(spec: SweepSpec) -> str | None:
    return _says_folds(spec) or (None if spec.cv.method == "holdout" else "it is for cv: holdout")


def _says_folds(spec: SweepSpec) -> str | None:
    if spec.data.fold_column is not None:
        return f"column '{spec.data.fold_column}' says in which fold a row validates"
    if spec.data.validation is not None:
        return f"column '{spec.data.validation}' says which rows validate"
    return None


def _no_test_split(spec: SweepSpec) -> str | None:
    return "test_size is 0, and no row is held out" if spec.data.test_size == 0 else None


def _no_address(spec: SweepSpec) -> str | None:
    return None if spec.execution.on_ray else "it is of a Ray cluster, for executor: ray"


def _no_states(spec: SweepSpec) -> str | None:
    return "keep_states is 0, and no state is written" if spec.execution.keep_states == 0 else None


def _no_models(spec: SweepSpec) -> str | None:
    return _no_states(spec) if spec.execution.keep_models else None


def _no_names(spec: SweepSpec) -> str | None:
    is_family = spec.model in PRESETS and spec.model != "own"
    return f"it is for a function, and '{spec.model}' is a family" if is_family else None


_PASSED_OVER: dict[tuple[str, str], Callable[[SweepSpec], str | None]] = {
    ("cv", "folds"): _no_number_of_folds,
    ("cv", "repeats"): _no_repeats,
    ("cv", "holdout"): _no_holdout,
    ("data", "test_split"): _no_test_split,
    ("space", "prior"): _no_names,
    ("execution", "address"): _no_address,
    ("execution", "keep_models"): _no_models,
    ("execution", "checkpoint_every"): _no_states,
}
"""Setting -> why a specification passes it over, in words; None where it is heeded."""
