"""Reads a space from a YAML file of its own, with the line of every fault."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ..errors import SpaceError, did_you_mean
from .dependencies import Fault, in_order, settled
from .migration import VERSION, is_renamed, migrated
from .shorthand import read_entries
from .space import Space
from .yamlfile import Document, read_yaml

MOST_HYPERPARAMETERS = 500
"""No search gets anywhere with more, and a grid over them could not be counted."""
MOST_FAULTS = 50
_KEYS = ("version", "hyperparameters", "$schema")
_HEAD = f"a space begins with 'version: {VERSION}' and 'hyperparameters:'"


def read_space(path: str | os.PathLike[str]) -> Space:
    """Read a space from a YAML file; the order of its hyperparameters does not matter.

    Args:
        path: The file, of this version or an older one.

    Raises:
        SpaceError: The file is missing, is not YAML, or has faults; all are named with their lines, one a line.
    """
    return _Reading(read_yaml(path, SpaceError)).space()


class _Reading:
    def __init__(self, document: Document) -> None:
        self._document = document
        self._around: tuple[str, ...] = ()
        """Keys under which the hyperparameters stand."""
        self._told: dict[str, int] = {}
        """Message -> line."""
        for line, message in document.repeated:
            self._told[f"{document.path} line {line}: {message}"] = line

    def space(self) -> Space:
        written, version = self._hyperparameters()
        self._check_names(written)
        self._end_if_wrong(version is None or len(written) > MOST_HYPERPARAMETERS)
        found = read_entries(migrated(written, version or VERSION), shorthand=version != 1)
        ordered, faults = settled(in_order(found.made), unread=found.unread)
        for fault in (*found.faults, *faults):
            self._tell_fault(fault)
        self._end_if_wrong()
        return Space(ordered)

    def _hyperparameters(self) -> tuple[dict[str, Any], int | None]:
        """Return what the file lists, and its version; None where it cannot be told."""
        data, name = self._document.data, self._document.path
        if data is None:
            raise SpaceError(f"{name} is empty; {_HEAD}.")
        if not isinstance(data, dict):
            raise SpaceError(f"{name} must hold keys and values; {_HEAD}.")
        if set(data) == {"space"} and isinstance(data["space"], dict) and set(data["space"]) == {"define"}:
            self._around = (
                "space",
                "define",
            )  # as `kerasweep spaces NAME --yaml` printed it before version 2
            data = data["space"]["define"]
        if "version" not in data and "hyperparameters" not in data:
            return self._plain(data), 1
        version = self._version(data)
        if version == 1 and "hyperparameters" not in data:
            return self._plain({key: value for key, value in data.items() if key != "version"}), version
        for key in data:
            if key not in _KEYS:
                self._tell((key,), f"there is no key '{key}'.{did_you_mean(key, _KEYS)}")
        written = data.get("hyperparameters")
        self._around = ("hyperparameters",)
        if not isinstance(written, Mapping) or not written:
            self._tell(("hyperparameters",), "'hyperparameters' lists names with their definitions.")
            written = {}
        return dict(written), version

    def _version(self, data: Mapping[str, Any]) -> int | None:
        version = data.get("version")
        if "version" not in data:
            self._tell((), f"there is no version; begin the file with 'version: {VERSION}'.")
        elif isinstance(version, bool) or not isinstance(version, int) or version < 1:
            self._tell(("version",), f"version must be a whole number up to {VERSION}, got {version!r}.")
        elif version > VERSION:
            place = self._document.place("version")
            raise SpaceError(
                f"{place}made by a newer Kerasweep (version {version}; this one reads up to {VERSION}); update it."
            )
        else:
            return version
        return None

    def _plain(self, data: Any) -> dict[str, Any]:
        """Return a plain mapping of definitions, the form of version 1."""
        definitions = data if isinstance(data, dict) else {}
        if not any(isinstance(one, Mapping) and "type" in one for one in definitions.values()):
            first = next(iter(definitions), "")
            place = self._document.place(*self._around, first)
            raise SpaceError(f"{place}this is no space; {_HEAD}.")
        return definitions

    def _check_names(self, written: Mapping[str, Any]) -> None:
        if len(written) > MOST_HYPERPARAMETERS:
            message = f"{len(written):,} hyperparameters; a space has {MOST_HYPERPARAMETERS} at most."
            self._tell(self._around, message)
        first: dict[str, str] = {}
        for name in written:
            plain = "".join(name.casefold().split())
            if plain in first:
                line = self._document.line(*self._around, first[plain])
                self._tell((*self._around, name), f"'{name}' is '{first[plain]}' of line {line}; keep one.")
            first.setdefault(plain, name)

    def _tell_fault(self, fault: Fault) -> None:
        names = [fault.name]
        listed = self._document.lines
        names += [old for (*_, old) in listed if isinstance(old, str) and is_renamed(old, fault.name)]
        for name in names:
            if (*self._around, name) in listed:
                self._tell((*self._around, name, *([fault.key] if fault.key else [])), fault.message)
                return
        self._tell(self._around, fault.message)

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
