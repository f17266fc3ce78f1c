"""Hyperparameters as a file may write them: in full, as a change of the catalogue's entry, or as a range or value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..errors import SpaceError, did_you_mean
from .additions import missing_ancestors, without_foreign
from .catalogue import CATALOGUE
from .conditions import named_text
from .dependencies import Fault, in_order, parents_of
from .hyperparameters import Hyperparameter
from .kinds import KINDS, Categorical
from .overrides import fixed_value, parse_range
from .plain import RANGE_KEYS, hyperparameter_to_dict, read_definition
from .space import fits, fixed, narrowed
from .values import is_number, value_text


@dataclass
class Entries:
    """What a file lists: hyperparameters, parents before their children, and what is wrong."""

    made: list[Hyperparameter] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    """Names of what could not be made."""
    inherited: set[str] = field(default_factory=set)
    """Names of those whose conditions are the catalogue's; they give way to what the file says of their parents."""
    advised: set[str] = field(default_factory=set)
    """Names of those whose recommendations are the file's, though their conditions are the catalogue's."""


def read_entries(written: Mapping[str, Any]) -> Entries:
    """Return the hyperparameters that a file's entries, name to definition, mean, with ancestors that the catalogue's need."""
    found = Entries()
    for name, definition in written.items():
        full = isinstance(definition, Mapping) and "type" in definition
        made, faults = read_definition(name, definition) if full else _read_short(name, definition, found)
        found.faults.extend(faults)
        if made is None:
            found.unread.append(name)
        else:
            found.made.append(made)
    _add_ancestors(found)
    _narrow(found)
    return found


def _read_short(name: str, written: Any, found: Entries) -> tuple[Hyperparameter | None, list[Fault]]:
    if name not in CATALOGUE:
        message = (
            f"there is no hyperparameter '{name}' in the catalogue.{did_you_mean(name, CATALOGUE)} "
            f"One of your own needs a 'type' ({', '.join(KINDS)}) and its range."
        )
        return None, [Fault(name, message)]
    entry = CATALOGUE[name].hyperparameter
    changes = written if isinstance(written, Mapping) else {}
    if "when" not in changes:
        found.inherited.add(name)
    if "recommended_when" in changes:
        found.advised.add(name)
    return _changed(entry, changes) if changes else _from_value(entry, None if written == {} else written)


def _from_value(entry: Hyperparameter, written: Any) -> tuple[Hyperparameter | None, list[Fault]]:
    """Return the entry as it is (nothing written), with another range or choices, or fixed."""
    name = entry.name
    if written is None:
        return entry, []
    try:
        if isinstance(written, list) or (isinstance(written, str) and (".." in written or "," in written)):
            made: Hyperparameter = parse_range(name, written, entry)
        else:
            made = fixed(name, fixed_value(name, written, entry), entry)
    except SpaceError as error:
        return None, [Fault(name, str(error))]
    return made, _unknown_choices(entry, made)


def _changed(entry: Hyperparameter, changes: Mapping[str, Any]) -> tuple[Hyperparameter | None, list[Fault]]:
    """Return the entry with some fields changed; what it recommends goes where it no longer fits."""
    data = hyperparameter_to_dict(entry)
    kind = _kind(data["type"], changes)
    if kind != "categorical" and isinstance(entry, Categorical) and not all(map(is_number, entry.choices)):
        key = "low" if "low" in changes else "high"
        message = f"{entry.name} has the choices {entry.range_text()}, not a range of numbers."
        return None, [Fault(entry.name, message, key)]
    if kind != data["type"]:
        data = {key: value for key, value in data.items() if key not in RANGE_KEYS}
    for key in ("recommended", "recommended_when", "grid"):
        data.pop(key, None)
    made, faults = read_definition(entry.name, {**data, **changes, "type": kind})
    if made is None:
        return None, faults
    return _with_recommended(made, entry, changes), [*faults, *_unknown_choices(entry, made)]


def _kind(old: str, changes: Mapping[str, Any]) -> str:
    """Return the type that changes mean: bounds make a range of a list of choices, choices a list of a range."""
    if "choices" in changes:
        return "categorical"
    bounds = [changes[key] for key in ("low", "high") if key in changes]
    if old != "categorical" or not bounds:
        return old
    return "int" if all(isinstance(bound, int) for bound in bounds) else "float"


def _with_recommended(
    made: Hyperparameter, entry: Hyperparameter, changes: Mapping[str, Any]
) -> Hyperparameter:
    kept: dict[str, Any] = {}
    if "recommended" not in changes and fits(made, entry.recommended):
        kept["recommended"] = entry.recommended
    if "recommended_when" not in changes:
        kept["recommended_when"] = tuple(one for one in entry.recommended_when if fits(made, one.value))
    if "grid" not in changes:
        of_entry = not entry.grid_is_derived and all(fits(made, value) for value in entry.grid)
        kept["grid"] = entry.grid if of_entry else ()
    return replace(made, **kept)


def _unknown_choices(entry: Hyperparameter, made: Hyperparameter) -> list[Fault]:
    """Return a fault for each word that the catalogue's entry does not have: no model could do what it says."""
    if not isinstance(made, Categorical) or not isinstance(entry, Categorical):
        return []
    words = [choice for choice in entry.choices if isinstance(choice, str)]
    if len(words) < len(entry.choices):
        return []
    return [
        Fault(
            entry.name,
            f"{entry.name}: there is no choice {value_text(choice)!r}.{did_you_mean(value_text(choice), words)}",
            "choices",
        )
        for choice in made.choices
        if choice not in words
    ]


def _add_ancestors(found: Entries) -> None:
    present = [*(one.name for one in found.made), *found.unread]
    inherited = [one for one in found.made if one.name in found.inherited]
    try:
        added = missing_ancestors(inherited, present)
    except SpaceError as error:
        found.faults.append(Fault(error.key, str(error)))
        found.unread.extend(parent for one in inherited for parent in parents_of(one))
        return
    found.inherited.update(one.name for one in added)
    found.made.extend(added)


def _narrow(found: Entries) -> None:
    """Let what is the catalogue's give way to what the file says: values that a parent does not take are left out."""
    found.made = list(in_order(without_foreign(found.made)))
    own = [one.name for one in found.made if one.name not in found.inherited]
    kept = {one.name: one for one in narrowed(found.made, untouched=own)}
    for one in found.made:
        if one.name in kept and one.name in found.advised:
            kept[one.name] = replace(kept[one.name], recommended_when=one.recommended_when)
        if one.name not in kept:
            found.unread.append(one.name)
            unread = any(parent in found.unread for parent in parents_of(one))
            if not unread:
                wanted = " and ".join(
                    f"{condition.parent} is {' or '.join(map(named_text, condition.values))}"
                    for condition in one.conditions
                )
                message = (
                    f"{one.name} can never be active: it needs that {wanted}, which this space rules out."
                )
                found.faults.append(Fault(one.name, message))
    found.made = list(kept.values())
