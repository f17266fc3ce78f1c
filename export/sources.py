"""The functions that train here as text for an export: their source, that of what they call, and their imports.

What runs here is what is exported, and there is no second text of it to keep alike.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import resolve_name
from types import ModuleType
from typing import Any

_TYPE_COMMENT = re.compile(r"  # type: ignore\[.*")


@dataclass(frozen=True)
class Sources:
    """Definitions as text, those that others need before them."""

    constants: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    """Functions and classes."""
    imports: frozenset[str] = frozenset()
    """One name each: ``import re``, ``from pathlib import Path``."""


def sources_of(*wanted: Any) -> Sources:
    """Return the source of functions and classes of ours, with the constants and functions that they need.

    Imports are those of their modules; what a function imports itself is put at the top as well.
    """
    texts: dict[str, str] = {}
    imports: set[str] = set()
    for one in wanted:
        _collect(one.__module__, one.__name__, texts, imports)
    defined = tuple(text for text in texts.values() if text.startswith(("def ", "class ", "@")))
    constants = tuple(text for text in texts.values() if text not in defined)
    return Sources(constants, defined, frozenset(imports))


def _collect(module: str, name: str, texts: dict[str, str], imports: set[str]) -> None:
    """Add what a module's name stands for, after what that needs."""
    if name in texts:
        return
    source, definitions, imported = _read(importlib.import_module(module))
    node = definitions[name]
    for used in _names(node):
        if used in definitions and used != name:
            _collect(module, used, texts, imports)
        elif used in imported:
            home, line = imported[used]
            if home:
                _collect(home, used, texts, imports)
            else:
                imports.add(line)
    texts[name] = _TYPE_COMMENT.sub("", _text(source, node, imports))


@cache
def _read(module: ModuleType) -> tuple[list[str], dict[str, ast.stmt], dict[str, tuple[str, str]]]:
    """Return a module's lines, its definitions by name, and what it imports: a module of ours or none, and the line."""
    source = inspect.getsource(module)
    definitions: dict[str, ast.stmt] = {}
    imported: dict[str, tuple[str, str]] = {}
    for node in _top(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            definitions[node.name] = node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            definitions.update({one.id: node for one in targets if isinstance(one, ast.Name)})
        elif isinstance(node, ast.Import | ast.ImportFrom):
            imported.update(_imported(node, module.__package__ or ""))
    return source.splitlines(), definitions, imported


def _top(tree: ast.Module) -> Iterator[ast.stmt]:
    """Yield a module's statements, those for type checkers among them: annotations need them."""
    for node in tree.body:
        yield from node.body if isinstance(node, ast.If) else [node]


def _imported(node: ast.Import | ast.ImportFrom, package: str) -> Iterator[tuple[str, tuple[str, str]]]:
    for alias in node.names:
        name = alias.asname or alias.name
        if isinstance(node, ast.Import):
            yield name, ("", ast.unparse(ast.Import([alias])))
        elif node.level:
            yield name, (resolve_name("." * node.level + (node.module or ""), package), "")
        else:
            yield name, ("", ast.unparse(ast.ImportFrom(node.module, [alias], 0)))


def _names(node: ast.stmt) -> list[str]:
    """Return the names that a definition reads and does not set, in the order of their first mention."""
    found = [one for one in ast.walk(node) if isinstance(one, ast.Name)]
    own = {one.id for one in found if not isinstance(one.ctx, ast.Load)}
    own |= {one.arg for one in ast.walk(node) if isinstance(one, ast.arg)}
    return list(dict.fromkeys(one.id for one in found if one.id not in own))


def _text(source: list[str], node: ast.stmt, imports: set[str]) -> str:
    """Return a definition's lines, without imports in it, which go to the others."""
    first = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", []))])
    lines = dict(enumerate(source[first - 1 : node.end_lineno], first))
    inner = node.body if isinstance(node, ast.FunctionDef) else []
    for one in (one for one in inner if isinstance(one, ast.Import | ast.ImportFrom)):
        imports.update(line for _, (_, line) in _imported(one, ""))
        end = one.end_lineno or one.lineno
        last = end + 1 if not lines.get(end + 1, "-").strip() else end
        for number in range(one.lineno, last + 1):
            del lines[number]
    return "\n".join(lines.values())
