"""Holds values against what the catalogue says to be possible, however they came: a name of ours means ours for any model."""

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
    """Refuse a space that holds what cannot be.

    Args:
        space: What is searched.
        own: Whether a user's function reads it: its words and flags are its own, its numbers are bound by their names.

    Raises:
        SpaceError: with every hyperparameter that could be what it cannot, and what is possible.
    """
    faults = [fault.message for one in space for fault in impossible(one, own=own)]
    if faults:
        hint = " A name of the catalogue means the same for any model; call yours otherwise." if own else ""
        raise SpaceError(" ".join(dict.fromkeys(faults)) + hint)


def impossible(one: Hyperparameter, *, own: bool) -> Iterator[Fault]:
    """Yield what a hyperparameter of the catalogue could be and cannot be: a fault at the key of each such value."""
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
    """Yield a fault where a range holds numbers and the catalogue's choices are words, or parts of whole numbers."""
    entry = CATALOGUE[one.name]
    if entry.possible is None:
        choices = entry.hyperparameter.range_text()
        yield Fault(one.name, f"{one.name} has the choices {choices}, not a range of numbers.", "low")
    elif entry.possible.whole and isinstance(one, Float):
        message = f"{one.name} must be {entry.possible}, not any number in {one.range_text()}."
        yield Fault(one.name, message, "low")


def why_impossible(name: str, value: Value, *, own: bool = True) -> str | None:
    """Return what is wrong with a value in one line; None for one that is possible, and for names of a user's own."""
    entry = CATALOGUE.get(name)
    if entry is None:
        return None
    if own and isinstance(value, tuple):
        inside = (why_impossible(name, part) for part in value)
        return next((message for message in inside if message is not None), None)
    if entry.possible is None:
        known = entry.hyperparameter.values()
        if own or any(value == choice and type(value) is type(choice) for choice in known):
            return None
        return f"{name} must be one of {entry.hyperparameter.range_text()}, got {value_text(value)}."
    if value in entry.possible or (own and not is_number(value)):
        return None
    return f"{name} must be {entry.possible}, got {value_text(value)}."


def why_impossible_configuration(configuration: Mapping[str, Value]) -> str | None:
    """Return what is wrong with the numbers of a configuration, as one that a user enqueued by hand may have them."""
    found = (why_impossible(name, value) for name, value in configuration.items())
    return " ".join(message for message in found if message is not None) or None
