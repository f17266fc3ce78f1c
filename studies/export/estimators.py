"""scikit-learn objects as source code, with only the parameters that are not the class's own."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import numpy as np

from .pretty import Expression, Group, call, literal


def estimator_code(
    estimator: Any, constants: Mapping[str, Expression] | None = None
) -> tuple[Expression, set[str]]:
    """Return the call that makes an estimator like this one, unfitted, and the imports that it needs.

    Args:
        estimator: A transformer, a pipeline or a ``ColumnTransformer``.
        constants: Names of a script's constants by the literal (as one line) that they stand for.
    """
    imports: set[str] = set()
    return _code(estimator, dict(constants or {}), imports), imports


def _code(value: Any, constants: Mapping[str, Expression], imports: set[str]) -> Expression:
    if not hasattr(value, "get_params"):
        return _literal(value, constants)
    name = type(value).__name__
    module = ".".join(part for part in type(value).__module__.split(".") if not part.startswith("_"))
    if name == "Pipeline":
        imports.add("from sklearn.pipeline import make_pipeline")
        return call("make_pipeline", *(_code(step, constants, imports) for _, step in value.steps))
    imports.add(f"from {module} import {name}")
    if name == "ColumnTransformer":
        parts = tuple(("", _part(part, constants, imports)) for part in value.transformers)
        named = {"sparse_threshold": literal(value.sparse_threshold)}
        return call(name, Group("[", parts, "]", tall=True), **named)
    defaults = inspect.signature(type(value)).parameters
    set_ = {
        key: _code(setting, constants, imports)
        for key, setting in value.get_params(deep=False).items()
        if not _same(setting, defaults[key].default)
    }
    return call(name, **set_)


def _part(part: tuple[str, Any, Any], constants: Mapping[str, Expression], imports: set[str]) -> Group:
    name, transformer, columns = part
    items = (literal(name), _code(transformer, constants, imports), _literal(list(columns), constants))
    return Group("(", tuple(("", item) for item in items), ")")


def _literal(value: Any, constants: Mapping[str, Expression]) -> Expression:
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, list):
        value = [item.tolist() if isinstance(item, np.ndarray) else item for item in value]
    return constants.get(repr(value), literal(value))


def _same(setting: Any, default: Any) -> bool:
    if setting is default:
        return True
    both_nan = isinstance(setting, float) and isinstance(default, float) and setting != setting  # noqa: PLR0124
    return both_nan or (type(setting) is type(default) and bool(setting == default))
