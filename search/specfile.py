"""Reads a specification from YAML, with the line of every fault."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import yaml

from ..errors import SpecError, one_line
from .spec import SweepSpec, make_spec


class _Loader(yaml.SafeLoader):
    """Reads ``1e-3`` as the number that everybody means; YAML 1.1 takes it for text because it has no dot."""


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?[0-9]+[eE][-+]?[0-9]+$"), list("-+0123456789")
)


def read_spec(path: str | os.PathLike[str], changes: dict[str, Any] | None = None) -> SweepSpec:
    """Read a specification from a YAML file.

    Args:
        path: The file; it may hold an exported winner, whose ``provenance`` is passed over.
        changes: Nested mappings laid over the file's, from the command line.

    Raises:
        SpecError: The file is missing, is not YAML, or has faults; all are named with their lines.
    """
    data, lines = read_yaml(path)
    data.pop("provenance", None)
    return make_spec(_merge(data, changes or {}), str(path), lines)


def read_yaml(path: str | os.PathLike[str]) -> tuple[dict[str, Any], dict[tuple[Any, ...], int]]:
    """Return a YAML file's mapping and the line of every key.

    Raises:
        SpecError: The file is missing, is not text, is not YAML, has a key twice, or holds no mapping.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise SpecError(f"{path} cannot be read: {reason}.") from error
    try:
        root = yaml.compose(text, Loader=_Loader)
        data = yaml.load(text, Loader=_Loader)  # noqa: S506 - safe
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise SpecError(f"{path} line {line}: not valid YAML: {error.problem or one_line(error)}.") from error
    except (yaml.YAMLError, ValueError) as error:
        raise SpecError(f"{path} is not valid YAML: {one_line(error)}.") from error
    if not isinstance(data, dict):
        raise SpecError(f"{path} must hold keys and values, for example 'model: ann'.")
    lines: dict[tuple[Any, ...], int] = {}
    _collect_lines(root, (), lines, str(path))
    return data, lines


def _collect_lines(node: Any, path: tuple[Any, ...], lines: dict[tuple[Any, ...], int], name: str) -> None:
    if not isinstance(node, yaml.MappingNode):
        return
    for key, value in node.value:
        here = (*path, key.value)
        line = key.start_mark.line + 1
        if here in lines:
            raise SpecError(f"{name} line {line}: '{key.value}' stands twice, first on line {lines[here]}.")
        lines[here] = line
        _collect_lines(value, here, lines, name)


def _merge(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        if isinstance(old, str) and isinstance(value, dict):
            old = {"source" if key == "data" else "method": old}  # the short form of a part
        merged[key] = _merge(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged
