"""Ranges as people type them: ``0.001..0.1:log``, ``16..128:step=16``, ``64,128``, ``adam``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from ..errors import SpaceError, did_you_mean
from .catalogue import CATALOGUE
from .hyperparameters import Hyperparameter
from .kinds import Categorical, Float, Int
from .serialization import hyperparameter_from_dict
from .space import Space, fits, fixed, kept_fields
from .values import Value, canonical, is_finite, is_number

Hint: TypeAlias = Callable[[str, str | None], str]
"""Takes the name of a hyperparameter that a space does not have; or of one that it has, and a choice that it has not."""
IN_CATALOGUE = "The catalogue has it: name it in --space, beside all others that shall vary."
_WORDS: dict[str, Value] = {"true": True, "false": False, "none": None, "null": None}


def apply_overrides(
    space: Space,
    ranges: Mapping[str, Any],
    fixes: Mapping[str, Any],
    *,
    may_add: bool = False,
    hint: Hint = lambda _, value: IN_CATALOGUE if value is None else "",
) -> Space:
    """Return a space with some ranges replaced and some hyperparameters fixed.

    Args:
        space: The preset to start from.
        ranges: New ranges by name: text as typed, a list of choices, or a mapping of a definition.
        fixes: Values by name; a fixed hyperparameter has one choice.
        may_add: Whether names that the space does not have are added (a user's own model reads what it likes).
        hint: Says what helps where the space has not what the catalogue has.

    Raises:
        SpaceError: with every fault in one message.
    """
    faults: list[str] = []
    known = space.names
    for name, written in [*ranges.items(), *fixes.items()]:
        old = space[name] if name in space.names else None
        if old is None and not may_add:
            if name in known:
                faults.append(f"{name} is never active with these changes; drop it.")
            else:
                helps = f" {hint(name, None)}" if name in CATALOGUE else did_you_mean(name, known)
                faults.append(f"There is no hyperparameter '{name}' here.{helps}")
            continue
        try:
            if name in fixes:
                if name in ranges:
                    raise SpaceError(f"{name} is both set and fixed; drop one of the two.")  # noqa: TRY301
                new: Hyperparameter = fixed(name, fixed_value(name, written, old), old)
            else:
                new = parse_range(name, written, old)
            space = space.with_hyperparameter(new)
        except SpaceError as error:
            helps = hint(name, written) if _is_choice(name, written) else ""
            faults.append(f"{error} {helps}".strip())
    if faults:
        raise SpaceError(" ".join(dict.fromkeys(faults)))
    return space


def _is_choice(name: str, written: Any) -> bool:
    """Tell whether the catalogue has a word among a hyperparameter's choices."""
    known = CATALOGUE[name].hyperparameter if name in CATALOGUE else None
    return isinstance(written, str) and isinstance(known, Categorical) and written in known.choices


def parse_range(name: str, written: Any, like: Hyperparameter | None = None) -> Hyperparameter:
    """Return the hyperparameter that a typed range describes.

    Args:
        name: Its name.
        written: ``low..high[:log][:step=n]``, choices separated by commas, a list or an array of choices, or a full
            definition.
        like: The hyperparameter that it replaces; its know-how, conditions and, where it still fits, recommended
            value are kept.
    """
    kept = kept_fields(like)
    if isinstance(written, Mapping):
        made = hyperparameter_from_dict(name, written)
        unsaid = [key for key in kept if {"conditions": "when"}.get(key, key) not in written]
        return replace(made, **{key: kept[key] for key in unsaid})
    if isinstance(written, str) and ".." in written:
        made = _parse_bounds(name, written, like, kept)
    else:
        made = Categorical(
            name, tuple(_of_same_kind(one, like) for one in _choices(name, written, like)), **kept
        )
    return made if like is None else replace(made, grid=(), **still_recommended(made, like))


def still_recommended(made: Hyperparameter, old: Hyperparameter) -> dict[str, Any]:
    """Return the fields of an old hyperparameter's recommendations, without those that no longer fit its new range."""
    kept = {"recommended_when": tuple(one for one in old.recommended_when if fits(made, one.value))}
    return {**kept, "recommended": old.recommended} if fits(made, old.recommended) else kept


def _choices(name: str, written: Any, like: Hyperparameter | None) -> list[Value]:
    if not isinstance(written, str):
        listed = _plain(written)
        return [_plain(one) for one in listed] if isinstance(listed, list | tuple | range) else [listed]
    parts = _split(name, written)
    if not all(part.strip() for part in parts):
        raise SpaceError(f"{name}: a value is empty; write {name}=a,b,c or {name}=low..high.")
    return [_parse_choice(part, like) for part in parts]


def _plain(written: Any) -> Any:
    """Return a number or a list in place of NumPy's; other values as they are."""
    return written.tolist() if hasattr(written, "tolist") else written


def _parse_choice(written: Any, like: Hyperparameter | None) -> Value:
    """Return the value of a typed word, which may be a choice of that spelling: ``none`` of ``none,batch,layer``."""
    if isinstance(like, Categorical) and isinstance(written, str) and written.strip() in like.choices:
        return written.strip()
    return parse_value(written)


_BRACKETS = {"(": ")", "[": "]"}


def _split(name: str, written: str) -> list[str]:
    """Split a text at its commas, but not inside brackets.

    Raises:
        SpaceError: A bracket has no partner.
    """
    parts, waiting = [""], list[str]()
    for letter in written:
        if letter == "," and not waiting:
            parts.append("")
            continue
        parts[-1] += letter
        if letter in _BRACKETS:
            waiting.append(_BRACKETS[letter])
        elif letter in _BRACKETS.values() and (not waiting or waiting.pop() != letter):
            raise SpaceError(f"{name}: the brackets of {written!r} do not match.")
    if waiting:
        raise SpaceError(f"{name}: the brackets of {written!r} do not match.")
    return parts


def parse_value(text: Any) -> Value:
    """Return the value of a typed word: a number, true, false, none, a tuple in brackets, or else the text itself."""
    if not isinstance(text, str):
        return canonical(_plain(text))  # type: ignore[no-any-return]
    word = text.strip()
    if word[:1] in _BRACKETS and word[1:] and word[-1] == _BRACKETS[word[0]]:
        parts = _split(word, word[1:-1])
        return tuple(parse_value(part) for part in parts if part.strip() or len(parts) > 2)
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


def fixed_value(name: str, written: Any, old: Hyperparameter | None) -> Value:
    """Return the value that a hyperparameter is fixed at by a typed word.

    Raises:
        SpaceError: It is empty, or not of the kind that the hyperparameter's values are.
    """
    if isinstance(written, str) and not written.strip():
        raise SpaceError(f"{name}: a value is empty; write {name}=value.")
    value = _of_same_kind(_parse_choice(written, old), old)
    takes_files = (
        name in CATALOGUE and CATALOGUE[name].takes_files
    )  # of which ``check_possible`` says what may be
    if (
        isinstance(old, Categorical)
        and all(isinstance(choice, str) for choice in old.choices)
        and not takes_files
    ):
        return old.check(value)  # names of optimizers or activations: a new one would be a typing error
    return value


def _of_same_kind(value: Value, old: Hyperparameter | None) -> Value:
    """Return a new value of a hyperparameter; refuse one of another kind than its old values."""
    if is_number(value) and not is_finite(value):
        raise SpaceError(f"{value!r} is not a finite number{f' for {old.name}' if old else ''}.")
    if old is None:
        return value
    if isinstance(old, Int) and not (is_number(value) and isinstance(value, int)):
        raise SpaceError(f"{old.name} must be a whole number, got {value!r}.")
    if isinstance(old, Categorical) and all(isinstance(choice, bool) for choice in old.choices):
        return old.check(value)
    if is_number(value):
        return float(value) if isinstance(old, Float) else value
    if isinstance(old, Float) or (isinstance(old, Categorical) and all(map(is_number, old.choices))):
        raise SpaceError(f"{old.name} must be a number, got {value!r}.")
    return value


def _parse_bounds(
    name: str, written: str, like: Hyperparameter | None, words: dict[str, Any]
) -> Hyperparameter:
    bounds, *options = written.split(":")
    low, high = (parse_value(part) if part.strip() else None for part in bounds.split("..", 1))
    for bound in (low, high):
        if not is_number(bound):
            raise SpaceError(
                f"{name}: '{bounds}' is not a range of numbers; write low..high, for example 0.001..0.1."
            )
    if isinstance(like, Categorical) and all(isinstance(choice, str | bool) for choice in like.choices):
        raise SpaceError(f"{name} has the choices {like.range_text()}, not a range of numbers.")
    log, step = False, None
    for option in options:
        key, _, value = option.partition("=")
        if key == "log" and not value:
            log = True
        elif key == "step" and value.isdecimal():
            step = int(value)
        else:
            raise SpaceError(f"{name}: '{option}' is not known after a range; use :log or :step=n.")
    if isinstance(low, int) and isinstance(high, int) and not isinstance(like, Float):
        return Int(name, low, high, step=1 if step is None else step, log=log, **words)
    if isinstance(like, Int):
        raise SpaceError(f"{name} is a whole number; '{bounds}' is not a range of whole numbers.")
    if step is not None:
        raise SpaceError(f"{name}: a step belongs to a range of whole numbers.")
    return Float(name, low, high, log=log, **words)  # type: ignore[arg-type]
