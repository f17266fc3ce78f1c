"""Reads YAML with the line of every key, for specifications and for spaces."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Any, TypeAlias

import yaml

from ..errors import UsageError, one_line
from ..paths import given_path

Lines: TypeAlias = dict[tuple[Any, ...], int]
"""Path of keys -> line."""

MOST_BYTES = 1_000_000
MOST_VALUES = 200_000
"""Anchors let a small file stand for more values than a computer holds."""
FLOAT_WITHOUT_DOT = re.compile(r"[-+]?[0-9]+[eE][-+]?[0-9]+$")
"""``1e-3``, which YAML 1.1 takes for text."""
_MERGE = "tag:yaml.org,2002:merge"


@dataclass(frozen=True)
class Document:
    """A YAML file: what it holds, and where."""

    path: str
    data: Any
    lines: Lines
    repeated: tuple[tuple[int, str], ...] = ()
    """Line and message of each key that stands twice in its mapping."""

    def line(self, *path: Any) -> int | None:
        """Return the line of a key, or of the nearest key around it; None if the file has neither."""
        ends = range(len(path), 0, -1)
        return next((self.lines[path[:end]] for end in ends if path[:end] in self.lines), None)

    def place(self, *path: Any) -> str:
        """Return ``FILE line N: `` for a key, to begin a message with."""
        line = self.line(*path)
        return f"{self.path} line {line}: " if line else f"{self.path}: "


class _Loader(yaml.SafeLoader):
    """Reads ``1e-3`` as a number, and keys as they are written: a hyperparameter may be called ``on`` or ``1``."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        if not isinstance(node, yaml.MappingNode):
            return super().construct_mapping(node, deep)
        self.flatten_mapping(node)
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.MarkedYAMLError(problem="a key must be text", problem_mark=key.start_mark)
        return {key.value: self.construct_object(value, deep=deep) for key, value in node.value}


_Loader.add_implicit_resolver("tag:yaml.org,2002:float", FLOAT_WITHOUT_DOT, list("-+0123456789"))


def read_yaml(path: str | os.PathLike[str], error: type[UsageError]) -> Document:
    """Read a YAML file.

    Args:
        path: The file.
        error: What to raise.

    Raises:
        UsageError: The file is missing, is not text, is too large, or is not YAML.
    """
    text = _text(path, error)
    try:
        loader = _Loader(text)
        root = loader.get_single_node()
        if _count_values(root, f"{path}", error, {}) > MOST_VALUES:
            raise error(f"{path} stands for more than {MOST_VALUES:,} values; it has too many anchors.")
        lines: Lines = {}
        repeated: dict[int, str] = {}
        _collect_lines(root, (), lines, repeated)
        data = None if root is None else loader.construct_document(root)
    except yaml.MarkedYAMLError as fault:
        line = fault.problem_mark.line + 1 if fault.problem_mark else 1
        raise error(f"{path} line {line}: not valid YAML: {fault.problem or one_line(fault)}.") from fault
    except (yaml.YAMLError, ValueError) as fault:
        if isinstance(fault, UsageError):
            raise
        raise error(f"{path} is not valid YAML: {one_line(fault)}.") from fault
    except RecursionError as fault:
        raise error(f"{path} is nested too deeply.") from fault
    return Document(str(path), data, lines, tuple(repeated.items()))


def _text(path: str | os.PathLike[str], error: type[UsageError]) -> str:
    file = given_path(path, "a YAML file")
    try:
        size = file.stat().st_size
        if size > MOST_BYTES:
            raise error(
                f"{path} has {size / 1e6:.1f} MB; a specification or a space has {MOST_BYTES / 1e6:.0f} MB at most."
            )
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as fault:
        reason = fault.strerror if isinstance(fault, OSError) else "it is not UTF-8 text"
        raise error(f"{path} cannot be read: {reason}.") from fault


def _count_values(node: Any, name: str, error: type[UsageError], known: dict[int, int]) -> int:
    """Return how many values a node stands for once its anchors are expanded.

    Args:
        node: What to count.
        name: The file, for messages.
        error: What to raise where a value holds itself.
        known: Numbers that were counted before, by the node's id; 0 while a node is being counted.
    """
    if id(node) not in known:
        known[id(node)] = 0
        known[id(node)] = 1 + sum(_count_values(part, name, error, known) for part in _children(node))
    if not known[id(node)]:
        raise error(f"{name} line {node.start_mark.line + 1}: this value holds itself.")
    return known[id(node)]


def _children(node: Any) -> list[Any]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _collect_lines(node: Any, path: tuple[Any, ...], lines: Lines, repeated: dict[int, str]) -> None:
    """Collect the line of each key, and keys that stand twice; keys merged by ``<<`` have the line they were written on."""
    if not isinstance(node, yaml.MappingNode):
        return
    own: dict[str, int] = {}
    merged: list[Any] = []
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            continue  # refused when the mapping is made
        line = key.start_mark.line + 1
        if key.tag == _MERGE:
            merged.extend(value.value if isinstance(value, yaml.SequenceNode) else [value])
        elif key.value in own:
            repeated[line] = f"'{key.value}' stands twice, first on line {own[key.value]}."
        else:
            own[key.value] = lines[(*path, key.value)] = line
            _collect_lines(value, (*path, key.value), lines, repeated)
    for source in merged:
        brought: Lines = {}
        _collect_lines(source, path, brought, repeated)
        for place, line in brought.items():
            lines.setdefault(place, line)
