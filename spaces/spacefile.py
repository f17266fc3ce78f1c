"""Reads a space from a YAML file of its own, with the line of every fault."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ..errors import SpaceError, did_you_mean
from .dependencies import Fault, in_order, settled
from .plain import VERSION
from .possible import impossible
from .shorthand import read_entries
from .space import Space
from .yamlfile import Document, read_yaml

MOST_HYPERPARAMETERS = 500
"""No search gets anywhere with more, and a grid over them could not be counted."""
MOST_FAULTS = 50
_KEYS = ("version", "hyperparameters", "$schema")
_AROUND = ("hyperparameters",)
"""Keys under which the hyperparameters stand."""
_HEAD = f"a space begins with 'version: {VERSION}' and 'hyperparameters:'"


def read_space(path: str | os.PathLike[str]) -> Space:
    """Read a space from a YAML file; the order of its hyperparameters does not matter.

    Args:
        path: The file.

    Raises:
        SpaceError: The file is missing, is not YAML, or has faults; all are named with their lines, one a line.
    """
    return _Reading(read_yaml(path, SpaceError)).space()


class _Reading:
    def __init__(self, document: Document) -> None:
        self._document = document
        self._told: dict[str, int] = {}
        """Message -> line."""
        for line, message in document.repeated:
            self._told[f"{document.path} line {line}: {message}"] = line

    def space(self) -> Space:
        written = self._hyperparameters()
        self._check_names(written)
        self._end_if_wrong(not written or len(written) > MOST_HYPERPARAMETERS)
        found = read_entries(written)
        ordered, faults = settled(in_order(found.made), unread=found.unread)
        senseless = (fault for one in found.made for fault in impossible(one, own=True))
        for fault in (*found.faults, *faults, *senseless):
            self._tell_fault(fault)
        self._end_if_wrong()
        return Space(ordered)

    def _hyperparameters(self) -> dict[str, Any]:
        """Return what the file lists; nothing where it lists nothing, which is told."""
        data, name = self._document.data, self._document.path
        if data is None:
            raise SpaceError(f"{name} is empty; {_HEAD}.")
        if not isinstance(data, dict):
            raise SpaceError(f"{name} must hold keys and values; {_HEAD}.")
        if "version" not in data and "hyperparameters" not in data:
            raise SpaceError(f"{self._document.place(next(iter(data), ''))}this is no space; {_HEAD}.")
        self._check_version(data)
        for key in data:
            if key not in _KEYS:
                self._tell((key,), f"there is no key '{key}'.{did_you_mean(key, _KEYS)}")
        written = data.get("hyperparameters")
        if not isinstance(written, Mapping) or not written:
            self._tell(("hyperparameters",), "'hyperparameters' lists names with their definitions.")
            return {}
        return dict(written)

    def _check_version(self, data: Mapping[str, Any]) -> None:
        """Refuse a file that is not of this version.

        Raises:
            SpaceError: with what it is.
        """
        if "version" not in data:
            raise SpaceError(
                f"{self._document.path}: there is no version; begin the file with 'version: {VERSION}'."
            )
        version = data["version"]
        if isinstance(version, bool) or not isinstance(version, int) or version < 1:
            what = f"version must be {VERSION}, got {version!r}"
        elif version > VERSION:
            what = f"made by a newer Kerasweep (version {version}; this one reads {VERSION}); update it"
        elif version < VERSION:
            what = f"a space of version {version} is not read; {_HEAD}"
        else:
            return
        raise SpaceError(f"{self._document.place('version')}{what}.")

    def _check_names(self, written: Mapping[str, Any]) -> None:
        if len(written) > MOST_HYPERPARAMETERS:
            message = f"{len(written):,} hyperparameters; a space has {MOST_HYPERPARAMETERS} at most."
            self._tell(_AROUND, message)
        first: dict[str, str] = {}
        for name in written:
            plain = "".join(name.casefold().split())
            if plain in first:
                line = self._document.line(*_AROUND, first[plain])
                self._tell((*_AROUND, name), f"'{name}' is '{first[plain]}' of line {line}; keep one.")
            first.setdefault(plain, name)

    def _tell_fault(self, fault: Fault) -> None:
        place = (*_AROUND, fault.name)
        listed = place in self._document.lines
        self._tell((*place, *([fault.key] if fault.key else [])) if listed else _AROUND, fault.message)

    def _tell(self, path: tuple[str, ...], message: str) -> None:
        self._told[f"{self._document.place(*path)}{message}"] = self._document.line(*path) or 0

    def _end_if_wrong(self, wrong: bool = True) -> None:
        if not self._told or not wrong:
            return
        messages = sorted(self._told, key=lambda message: self._told[message])
        hidden = len(messages) - MOST_FAULTS
        if hidden > 0:
            messages = [*messages[:MOST_FAULTS], f"{self._document.path}: and {hidden} more faults."]
        raise SpaceError("\n".join(messages))
