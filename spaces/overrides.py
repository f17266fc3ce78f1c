"""Ranges as people type them: ``0.001..0.1:log``, ``16..128:step=16``, ``64,128``, ``adam``."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ..errors import SpaceError, did_you_mean
from .hyperparameters import Categorical, Float, Hyperparameter, Int, Value
from .space import Space, fixed

_WORDS: dict[str, Value] = {"true": True, "false": False, "none": None, "null": None}


def apply_overrides(
    space: Space, ranges: Mapping[str, Any], fixes: Mapping[str, Any], *, may_add: bool = False
) -> Space:
    """Return a space with some ranges replaced and some hyperparameters fixed.

    Args:
        space: The preset to start from.
        ranges: New ranges by name: text as typed, a list of choices, or a mapping of a definition.
        fixes: Values by name; a fixed hyperparameter has one choice.
        may_add: Whether names that the space does not have are added (a user's own model reads what it likes).

    Raises:
        SpaceError: with every fault in one message.
    """
    faults: list[str] = []
    for name, written in [*ranges.items(), *fixes.items()]:
        old = next((known for known in space if known.name == name), None)
        if old is None and not may_add:
            faults.append(f"There is no hyperparameter '{name}' here.{did_you_mean(name, space.names)}")
            continue
        try:
            if name in fixes:
                if name in ranges:
                    raise SpaceError(f"{name} is both set and fixed; drop one of the two.")  # noqa: TRY301
                new: Hyperparameter = fixed(name, _fixed_value(written, old), old)
            else:
                new = parse_range(name, written, old)
            space = space.with_hyperparameter(new)
        except SpaceError as error:
            faults.append(str(error))
    if faults:
        raise SpaceError(" ".join(dict.fromkeys(faults)))
    return space


def parse_range(name: str, written: Any, like: Hyperparameter | None = None) -> Hyperparameter:
    """Return the hyperparameter that a typed range means.

    Args:
        name: Its name.
        written: ``low..high[:log][:step=n]``, choices separated by commas, or a list of choices.
        like: The hyperparameter that it replaces; its words, conditions and, where it still fits, its recommended
            value are kept.
    """
    words: dict[str, Any] = {}
    if like is not None:
        words = {
            key: getattr(like, key) for key in ("confidence", "conditions", "group", "meaning", "source")
        }
    if isinstance(written, str) and ".." in written:
        made = _parse_bounds(name, written, like, words)
    else:
        choices = [parse_value(part) for part in written.split(",")] if isinstance(written, str) else written
        made = Categorical(name, tuple(choices) if isinstance(choices, list | tuple) else (choices,), **words)
    return _keep_recommended(made, like)


def parse_value(text: Any) -> Value:
    """Return the value that a word means: a number, true, false, none, or the text itself."""
    if not isinstance(text, str):
        return text  # type: ignore[no-any-return]
    word = text.strip()
    if word.lower() in _WORDS:
        return _WORDS[word.lower()]
    for number in (int, float):
        try:
            return number(word)
        except ValueError:
            continue
    if not word:
        raise SpaceError("A value is empty; write name=value or name=a,b,c.")
    return word


def _fixed_value(written: Any, old: Hyperparameter | None) -> Value:
    value = parse_value(written)
    if isinstance(value, float) and not math.isfinite(value):
        raise SpaceError(f"{written!r} is not a finite number.")
    if isinstance(old, Float) and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if isinstance(old, Int | Float) and not is_number:
        raise SpaceError(f"{old.name} must be a number, got {written!r}.")
    if isinstance(old, Int) and isinstance(value, float):
        raise SpaceError(f"{old.name} must be a whole number, got {written!r}.")
    if isinstance(old, Categorical) and all(isinstance(choice, str) for choice in old.choices):
        return old.check(value)  # names of optimizers or activations: a new one would be a typing error
    return value


def _parse_bounds(
    name: str, written: str, like: Hyperparameter | None, words: dict[str, Any]
) -> Hyperparameter:
    bounds, *options = written.split(":")
    low, high = (parse_value(part) for part in bounds.split("..", 1))
    for bound in (low, high):
        if isinstance(bound, bool) or not isinstance(bound, int | float):
            raise SpaceError(
                f"{name}: '{bounds}' is not a range of numbers; write low..high, for example 0.001..0.1."
            )
    log, step = False, 1
    for option in options:
        key, _, value = option.partition("=")
        if key == "log" and not value:
            log = True
        elif key == "step" and value.isdigit():
            step = int(value)
        else:
            raise SpaceError(f"{name}: '{option}' is not known after a range; use :log or :step=n.")
    if isinstance(low, int) and isinstance(high, int) and not isinstance(like, Float):
        return Int(name, low, high, step=step, log=log, **words)
    if isinstance(like, Int):
        raise SpaceError(f"{name} is a whole number; '{bounds}' is not a range of whole numbers.")
    if step != 1:
        raise SpaceError(f"{name}: a step belongs to a range of whole numbers.")
    return Float(name, low, high, log=log, **words)  # type: ignore[arg-type]


def _keep_recommended(made: Hyperparameter, like: Hyperparameter | None) -> Hyperparameter:
    from dataclasses import replace

    if like is None:
        return made
    try:
        return replace(made, recommended=made.check(like.recommended))
    except SpaceError:
        return made
