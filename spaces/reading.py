"""Reads a space from a YAML file, whose entries are full definitions, changes of the catalogue's, ranges or values."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..errors import SpaceError, did_you_mean
from .ancestors import missing_ancestors, without_foreign_recommendations
from .catalogue import CATALOGUE
from .conditions import either_text
from .dependencies import Fault, parents_first, parents_of, resolved
from .hyperparameters import Hyperparameter
from .kinds import KINDS, Categorical
from .overrides import fixed_value, parse_range, still_recommended
from .possible import impossible
from .serialization import RANGE_KEYS, VERSION, hyperparameter_to_dict, read_definition
from .space import Space, fits, fixed, narrowed
from .values import is_number, value_text
from .yamlfile import Document, read_yaml

MOST_HYPERPARAMETERS = 500
"""No search gets anywhere with more, and a grid over them could not be counted."""
MOST_FAULTS = 50
_ENTRIES = "hyperparameters"
_KEYS = ("version", _ENTRIES, "$schema")
_HEAD = f"a space begins with 'version: {VERSION}' and '{_ENTRIES}:'"


def read_space(path: str | os.PathLike[str]) -> Space:
    """Read a space from a YAML file; its hyperparameters may stand in any order.

    Args:
        path: The file.

    Raises:
        SpaceError: The file is missing, is not YAML, or has faults; all are named with their lines, one a line.
    """
    document = read_yaml(path, SpaceError)
    report = _Report(document)
    entries = _Entries(_listed(document, report))
    hyperparameters, faults = resolved(entries.made, unread=entries.unread)
    report.add(*entries.faults, *faults)
    report.add(*(fault for one in entries.made for fault in impossible(one, own=True)))
    if report:
        raise report.error()
    return Space(hyperparameters)


class _Report:
    """The faults of a file, each with its line."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._lines = {f"{document.path} line {line}: {message}": line for line, message in document.repeated}

    def add(self, *faults: Fault) -> None:
        """Add faults of hyperparameters; those of ancestors that the file does not list are put at its list."""
        for fault in faults:
            listed = (_ENTRIES, fault.name) in self._document.lines
            self.add_at((_ENTRIES, fault.name, fault.key) if listed else (_ENTRIES,), fault.message)

    def add_at(self, path: tuple[str, ...], message: str) -> None:
        """Add a fault at a key of the file."""
        self._lines[f"{self._document.place(*path)}{message}"] = self._document.line(*path) or 0

    def __bool__(self) -> bool:
        return bool(self._lines)

    def error(self) -> SpaceError:
        """Return the faults as an error, one a line, in the order of their lines in the file."""
        messages = sorted(self._lines, key=self._lines.__getitem__)
        if len(messages) > MOST_FAULTS:
            more = f"{self._document.path}: and {len(messages) - MOST_FAULTS} more faults."
            messages = [*messages[:MOST_FAULTS], more]
        return SpaceError("\n".join(messages))


def _listed(document: Document, report: _Report) -> dict[str, Any]:
    """Return the entries that a file lists, by name.

    Raises:
        SpaceError: The file is no space of this version, or lists nothing or too much.
    """
    data, name = document.data, document.path
    if data is None:
        raise SpaceError(f"{name} is empty; {_HEAD}.")
    if not isinstance(data, dict):
        raise SpaceError(f"{name} must hold keys and values; {_HEAD}.")
    if _ENTRIES not in data and ("version" not in data or "data" in data):
        raise SpaceError(f"{document.place(next(iter(data), ''))}this is no space; {_HEAD}.")
    if why := _wrong_version(data):
        raise SpaceError(f"{document.place('version')}{why}.")
    for key in data:
        if key not in _KEYS:
            report.add_at((key,), f"there is no key '{key}'.{did_you_mean(key, _KEYS)}")
    written = data.get(_ENTRIES)
    if not isinstance(written, dict) or not written:
        report.add_at((_ENTRIES,), f"'{_ENTRIES}' lists names with their definitions.")
        raise report.error()
    first: dict[str, str] = {}
    for name in written:
        known = first.setdefault("".join(name.casefold().split()), name)
        if known != name:
            line = document.line(_ENTRIES, known)
            report.add_at((_ENTRIES, name), f"'{name}' is '{known}' of line {line}; keep one.")
    if len(written) > MOST_HYPERPARAMETERS:
        message = f"{len(written):,} hyperparameters; a space has {MOST_HYPERPARAMETERS} at most."
        report.add_at((_ENTRIES,), message)
        raise report.error()
    return written


def _wrong_version(data: Mapping[str, Any]) -> str:
    """Return why a file is not of this version; empty if it is."""
    if "version" not in data:
        return f"there is no version; begin the file with 'version: {VERSION}'"
    version = data["version"]
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        return f"version must be {VERSION}, got {version!r}"
    if version > VERSION:
        return f"made by a newer Kerasweep (version {version}; this one reads {VERSION}); update it"
    return f"a space of version {version} is not read; {_HEAD}" if version < VERSION else ""


class _Entries:
    """What a file lists, and the ancestors that the catalogue's hyperparameters need to be active."""

    def __init__(self, written: Mapping[str, Any]) -> None:
        self.made: list[Hyperparameter] = []
        """Parents before their children."""
        self.faults: list[Fault] = []
        self.unread: list[str] = []
        """Names of entries that are too faulty to be made."""
        self._inherited: set[str] = set()
        """Names of those with the catalogue's conditions, which adapt to what the file says about their parents."""
        self._advised: set[str] = set()
        """Names of those whose recommendations are the file's own and do not adapt."""
        for name, definition in written.items():
            in_full = isinstance(definition, Mapping) and "type" in definition
            made, faults = (read_definition if in_full else self._short)(name, definition)
            self.faults.extend(faults)
            if made is None:
                self.unread.append(name)
            else:
                self.made.append(made)
        self._add_ancestors()
        self._narrow()

    def _short(self, name: str, written: Any) -> tuple[Hyperparameter | None, list[Fault]]:
        """Read an entry that starts from the catalogue's hyperparameter of its name."""
        if name not in CATALOGUE:
            message = (
                f"there is no hyperparameter '{name}' in the catalogue.{did_you_mean(name, CATALOGUE)} "
                f"One of your own needs a 'type' ({', '.join(KINDS)}) and its range."
            )
            return None, [Fault(name, message)]
        old = CATALOGUE[name].hyperparameter
        changes = written if isinstance(written, Mapping) else {}
        if "when" not in changes:
            self._inherited.add(name)
        if "recommended_when" in changes:
            self._advised.add(name)
        made, faults = _changed(old, changes) if changes else _replaced(old, written)
        return made, faults if made is None else [*faults, *_unknown_choices(old, made)]

    def _add_ancestors(self) -> None:
        present = [*(one.name for one in self.made), *self.unread]
        inherited = [one for one in self.made if one.name in self._inherited]
        try:
            added = missing_ancestors(inherited, present)
        except SpaceError as error:
            self.faults.append(Fault(error.key, str(error)))
            self.unread.extend(parent for one in inherited for parent in parents_of(one))
            return
        self._inherited.update(one.name for one in added)
        self.made.extend(added)

    def _narrow(self) -> None:
        """Drop values from the catalogue's conditions that the parents in this file do not take."""
        ordered = parents_first(without_foreign_recommendations(self.made))
        own = [one.name for one in ordered if one.name not in self._inherited]
        left = {one.name: one for one in narrowed(ordered, untouched=own)}
        for one in ordered:
            if one.name not in left:
                self.unread.append(one.name)
                if not any(parent in self.unread for parent in parents_of(one)):
                    self.faults.append(_never_active(one))
            elif one.name in self._advised:
                left[one.name] = replace(left[one.name], recommended_when=one.recommended_when)
        self.made = list(left.values())


def _never_active(one: Hyperparameter) -> Fault:
    wanted = [f"{condition.parent} is {either_text(condition.values)}" for condition in one.conditions]
    needs = f"it needs that {' and '.join(wanted)}, which this space rules out"
    return Fault(one.name, f"{one.name} can never be active: {needs}.")


def _replaced(old: Hyperparameter, written: Any) -> tuple[Hyperparameter | None, list[Fault]]:
    """Return a hyperparameter unchanged where nothing is written, else with another range or choices, or fixed."""
    name = old.name
    if written is None or written == {}:
        return old, []
    try:
        if isinstance(written, list) or (isinstance(written, str) and (".." in written or "," in written)):
            return parse_range(name, written, old), []
        return fixed(name, fixed_value(name, written, old), old), []
    except SpaceError as error:
        return None, [Fault(name, str(error))]


def _changed(old: Hyperparameter, changes: Mapping[str, Any]) -> tuple[Hyperparameter | None, list[Fault]]:
    """Return a hyperparameter with some fields changed; it keeps those of its recommendations that still fit."""
    data = hyperparameter_to_dict(old)
    kind = _kind(data["type"], changes)
    if kind != "categorical" and isinstance(old, Categorical) and not all(map(is_number, old.choices)):
        message = f"{old.name} has the choices {old.range_text()}, not a range of numbers."
        return None, [Fault(old.name, message, "low" if "low" in changes else "high")]
    lost = ("recommended", "recommended_when", "grid", *(RANGE_KEYS if kind != data["type"] else ()))
    kept = {key: value for key, value in data.items() if key not in lost}
    made, faults = read_definition(old.name, {**kept, **changes, "type": kind})
    return made and _with_recommended(made, old, changes), faults


def _kind(old: str, changes: Mapping[str, Any]) -> str:
    """Return the type after changes: bounds turn a list of choices into a range, choices a range into a list."""
    if "choices" in changes:
        return "categorical"
    bounds = [changes[key] for key in ("low", "high") if key in changes]
    if old != "categorical" or not bounds:
        return old
    return "int" if all(isinstance(bound, int) for bound in bounds) else "float"


def _with_recommended(
    made: Hyperparameter, old: Hyperparameter, changes: Mapping[str, Any]
) -> Hyperparameter:
    """Return a changed hyperparameter with the old one's recommendations, where they fit and were not changed."""
    of_grid = not old.grid_is_derived and all(fits(made, value) for value in old.grid)
    kept = {**still_recommended(made, old), "grid": old.grid if of_grid else ()}
    return replace(made, **{key: value for key, value in kept.items() if key not in changes})


def _unknown_choices(old: Hyperparameter, made: Hyperparameter) -> list[Fault]:
    """Return a fault for each word that is none of the catalogue's choices: no model would know it."""
    if not isinstance(made, Categorical) or not isinstance(old, Categorical):
        return []
    words = [choice for choice in old.choices if isinstance(choice, str)]
    unknown = [value_text(choice) for choice in made.choices if choice not in words]
    if len(words) < len(old.choices):
        return []
    return [
        Fault(old.name, f"{old.name}: there is no choice {text!r}.{did_you_mean(text, words)}", "choices")
        for text in unknown
    ]
