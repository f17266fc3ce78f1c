"""Checks values against what the catalogue says is possible: its names mean the same for any model, a user's own included."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..errors import SpaceError
from .catalogue import CATALOGUE
from .dependencies import Fault
from .hyperparameters import Hyperparameter
from .kinds import Float, Int
from .space import Space
from .values import Value, is_number, value_text


def check_possible(space: Space, *, own: bool) -> None:
    """Refuse a space with values that are impossible.

    Args:
        space: What is searched.
        own: Whether a user's function reads the space: it may have words and flags of its own, but numbers are bound by their names.

    Raises:
        SpaceError: It names every such hyperparameter, and what is possible.
    """
    faults = [fault.message for one in space for fault in impossible(one, own=own)]
    if faults:
        hint = " A name of the catalogue means the same for any model; rename yours." if own else ""
        raise SpaceError(" ".join(dict.fromkeys(faults)) + hint)


def impossible(one: Hyperparameter, *, own: bool) -> Iterator[Fault]:
    """Yield a fault for each impossible value that a hyperparameter of the catalogue may take."""
    if one.name not in CATALOGUE:
        return
    if isinstance(one, Float | Int):
        if not own:
            yield from _of_another_kind(one)
        values: dict[str, tuple[Value, ...]] = {"low": (one.low,), "high": (one.high,)}
    else:
        values = {"choices": tuple(one.values())}
    for key, each in values.items():
        for value in each:
            message = why_impossible(one.name, value, own=own)
            if message is not None:
                yield Fault(one.name, message, key)


def _of_another_kind(one: Float | Int) -> Iterator[Fault]:
    """Yield a fault where numbers are given for words, or fractions for whole numbers."""
    entry = CATALOGUE[one.name]
    if entry.possible is None:
        choices = entry.hyperparameter.range_text()
        yield Fault(one.name, f"{one.name} has the choices {choices}, not a range of numbers.", "low")
    elif entry.possible.integer and isinstance(one, Float):
        message = f"{one.name} must be {entry.possible}, not any number in {one.range_text()}."
        yield Fault(one.name, message, "low")


def why_impossible(name: str, value: Value, *, own: bool = True) -> str | None:
    """Return why a value is impossible, in one line; None if it is possible, or if the catalogue does not have the name."""
    entry = CATALOGUE.get(name)
    if entry is None:
        return None
    if own and isinstance(value, tuple):
        inside = (why_impossible(name, part) for part in value)
        return next((message for message in inside if message is not None), None)
    if entry.possible is None:
        known = entry.hyperparameter.values()
        is_known = any(value == choice and type(value) is type(choice) for choice in known)
        if own or is_known or entry.names_file(value):
            return None
        files = " or a .keras file" if entry.takes_files else ""
        return f"{name} must be one of {entry.hyperparameter.range_text()}{files}, got {value_text(value)}."
    if value in entry.possible or (own and not is_number(value)):
        return None
    return f"{name} must be {entry.possible}, got {value_text(value)}."


def why_impossible_configuration(configuration: Mapping[str, Value]) -> str | None:
    """Return why a configuration, for example one enqueued by hand, holds impossible numbers; None if it does not."""
    found = (why_impossible(name, value) for name, value in configuration.items())
    return " ".join(message for message in found if message is not None) or None
