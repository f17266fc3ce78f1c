"""How the lines of a written program stand: imports as isort has them, constants with comments, blank lines between."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from .expressions import WIDTH, literal

_AS_IT_IS = "  # fmt: skip"
"""Ends plain data of several lines: a formatter would give each item a line of its own."""


def docstring_line(text: str) -> str:
    """Return text that may stand in a docstring, in one line."""
    return " ".join(text.split()).replace("\\", "\\\\").replace('"""', "'''")


def import_lines(lines: set[str]) -> str:
    """Return import lines as isort orders them: the standard library first, ``import`` before ``from``."""
    merged: dict[str, set[str]] = {}
    plain = {line for line in lines if line.startswith("import ")}
    for line in lines - plain:
        module, _, names = line.removeprefix("from ").partition(" import ")
        merged.setdefault(module, set()).update(names.split(", "))
    froms = {_from(module, names) for module, names in merged.items()}
    sections = []
    for standard in (True, False):
        for part in (plain, froms):
            sections += [
                sorted(
                    (line for line in part if (_module(line) in sys.stdlib_module_names) == standard),
                    key=str.lower,
                )
            ]
    texts = ("\n".join([*first, *then]) for first, then in zip(sections[::2], sections[1::2], strict=True))
    return "\n\n".join(text for text in texts if text)


def _from(module: str, names: set[str]) -> str:
    listed = sorted(names, key=lambda name: (not name[0].isupper(), name))
    line = f"from {module} import {', '.join(listed)}"
    return (
        line
        if len(line) <= WIDTH
        else "\n".join([f"from {module} import (", *(f"    {name}," for name in listed), ")"])
    )


def _module(line: str) -> str:
    return line.split()[1].partition(".")[0]


def constant_lines(constants: Mapping[str, Any], comments: Mapping[str, str]) -> list[str]:
    """Return assignments of constants, each with its comment, beside it or above it."""
    lines = []
    for name, value in constants.items():
        text = f"{name} = {literal(value, len(name) + 3)}"
        several = "\n" in text
        if several:
            text += _AS_IT_IS
        if name in comments:
            above = several or len(text) + len(comments[name]) > WIDTH
            text = f"# {comments[name]}\n{text}" if above else f"{text}  # {comments[name]}"
        lines.append(text)
    return lines


def spaced(text: str) -> str:
    """Return text with two blank lines before each function and at most one anywhere else, as formatters have it."""
    lines: list[str] = []
    for line in text.split("\n"):
        if line.startswith(("def ", "class ", "if __name__")):
            while not lines[-1]:
                lines.pop()
            lines += ["", ""]
        if line.strip() or (lines and lines[-1]):
            lines.append(line.rstrip())
    return "\n".join(lines).rstrip() + "\n"
