"""scikit-learn objects as source code, with only the parameters that are not the class's own."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.model_selection import KFold

from .expressions import bracketed, call, literal


def estimator_code(estimator: Any, constants: Mapping[str, str] | None = None) -> tuple[str, set[str]]:
    """Return the call that makes an estimator like this one, unfitted, and the imports that it needs.

    Args:
        estimator: A transformer, a pipeline or a ``ColumnTransformer``.
        constants: Names of a script's constants by the literal (as one line) that they stand for.
    """
    imports: set[str] = set()
    return _code(estimator, dict(constants or {}), imports), imports


def _code(value: Any, constants: Mapping[str, str], imports: set[str]) -> str:
    if inspect.isroutine(value):
        return _function(value, imports)
    if not hasattr(value, "get_params") and not isinstance(value, KFold):
        return _literal(value, constants)
    name = type(value).__name__
    module = _public(type(value).__module__)
    if name == "Pipeline":
        imports.add("from sklearn.pipeline import make_pipeline")
        return call("make_pipeline", *(_code(step, constants, imports) for _, step in value.steps))
    imports.add(f"from {module} import {name}")
    if name == "ColumnTransformer":
        parts = [_part(part, constants, imports) for part in value.transformers]
        named = {"sparse_threshold": literal(value.sparse_threshold)}
        return call(name, bracketed("[", parts, "]"), **named)
    defaults = inspect.signature(type(value)).parameters
    settings = vars(value) if isinstance(value, KFold) else value.get_params(deep=False)
    set_ = {
        key: _code(setting, constants, imports)
        for key, setting in settings.items()
        if not _same(setting, defaults[key].default)
    }
    return call(name, **set_)


def _public(module: str) -> str:
    return ".".join(part for part in module.split(".") if not part.startswith("_"))


def _function(function: Any, imports: set[str]) -> str:
    """Return the name of a function of NumPy's or scikit-learn's."""
    module = _public(function.__module__)
    if module.partition(".")[0] == "numpy":
        return f"np.{function.__name__}"
    imports.add(f"from {module} import {function.__name__}")
    return str(function.__name__)


def _part(part: tuple[str, Any, Any], constants: Mapping[str, str], imports: set[str]) -> str:
    name, transformer, columns = part
    which = (
        f"slice({columns.start}, {columns.stop})"
        if isinstance(columns, slice)
        else _literal(list(columns), constants)
    )
    items = (literal(name), _code(transformer, constants, imports), which)
    return bracketed("(", items, ")")


def _literal(value: Any, constants: Mapping[str, str]) -> str:
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, list):
        value = [item.tolist() if isinstance(item, np.ndarray) else item for item in value]
    if repr(value) in constants:
        return constants[repr(value)]
    if isinstance(value, list) and value and all(_is_count(item) for item in value):
        if all(item == value[0] for item in value):
            return f"[{_count(value[0])}] * {len(value)}"
        return bracketed("[", map(_count, value), "]")
    return literal(value)


def _is_count(value: Any) -> bool:
    """Tell whether a value is 0, 1, 2, and so on: the codes of bins or categories."""
    return isinstance(value, list) and len(value) > 1 and value == list(range(len(value)))


def _count(value: list[int]) -> str:
    return f"list(range({len(value)}))"


def _same(setting: Any, default: Any) -> bool:
    if setting is default:
        return True
    both_nan = isinstance(setting, float) and isinstance(default, float) and setting != setting  # noqa: PLR0124
    return both_nan or (type(setting) is type(default) and bool(setting == default))
