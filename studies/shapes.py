"""What the attributes of a study and its trials must look like, whoever has written the database.

A database of others is data: what stands in it may be anything. It is held against these shapes when it is read, so that
everything behind gets what it expects, and whoever asks gets one line that says what is wrong, and where.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from ..errors import DamagedError
from .lock import BEAT
from .records import ABOUT, DETAILS, DRIVER, DUPLICATE, FAILURE, LIVE, LOG, REFIT, RESULT, SPEC

Shape = Callable[[Any], bool]
"""Tells whether a value has it."""


def parsed(text: str, where: str) -> Any:
    """Return what a JSON text says.

    Args:
        text: The text.
        where: What holds it, for the message.

    Raises:
        DamagedError: It is no JSON.
    """
    try:
        return json.loads(text)
    except (ValueError, TypeError, RecursionError) as error:
        raise DamagedError(where, f"{_short(text)} is no JSON.") from error


def check_shape(key: str, value: Any, where: str) -> None:
    """Refuse an attribute that is not what Kerasweep writes under its key.

    Args:
        key: The attribute's.
        value: What it holds.
        where: Whose it is, for the message.

    Raises:
        DamagedError: with the part that is wrong.
    """
    shape = _SHAPES.get(key)
    if shape is None:
        shape = next((_SHAPES[one] for one in _NUMBERED if key.startswith(one)), None)
        if shape is None:
            return
    if not isinstance(shape, Mapping):
        if not shape(value):
            raise _damaged(where, key, value)
        return
    if not isinstance(value, Mapping):
        raise _damaged(where, key, value)
    if shape is _DRIVER and BEAT in value and not value.keys() >= shape.keys():
        raise _damaged(where, key, value)  # whoever drives it says who that is
    for name, part in shape.items():
        if name in value and not part(value[name]):
            raise _damaged(where, f"{key}.{name}", value[name])


def _damaged(where: str, what: str, value: Any) -> DamagedError:
    return DamagedError(where, f"its {what} is {_short(value)}.")


_NUMBERED = (REFIT, f"{DRIVER}:", f"{LIVE}:")
"""How keys begin of which there are several, of one shape."""
_LARGEST = 2**53
_SHOWN = 40
"""Letters of a damaged value that a message shows."""


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _LARGEST


def _float(value: Any) -> bool:
    return isinstance(value, float) or (
        isinstance(value, int) and not isinstance(value, bool) and abs(value) < _LARGEST
    )


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _maybe(shape: Shape) -> Shape:
    return lambda value: value is None or shape(value)


def _each(shape: Shape) -> Shape:
    return lambda value: isinstance(value, list) and all(map(shape, value))


def _values(shape: Shape) -> Shape:
    return lambda value: isinstance(value, Mapping) and all(map(shape, value.values()))


def _mapping(value: Any) -> bool:
    return isinstance(value, Mapping)


def _running(value: Any) -> bool:
    """Tell whether this is a trial that runs: its number, its epoch, and pairs of step and value."""
    if not isinstance(value, list) or len(value) != 3 or not _count(value[0]) or not _count(value[1]):
        return False
    return isinstance(value[2], list) and all(
        isinstance(one, list) and len(one) == 2 and _count(one[0]) and _float(one[1]) for one in value[2]
    )


_DRIVER: Mapping[str, Shape] = {
    "host": _text,
    "pid": _count,
    "since": _text,
    BEAT: _float,
    "token": _text,
}
_LIVE: Mapping[str, Shape] = {
    "state": lambda value: value in ("running", "waiting", "pausing", "stopping", "paused"),
    "told": lambda value: _float(value) and 0 <= value < 2**36,
    "trials": _maybe(_count),
    "begun": _count,
    "ended": _values(_count),
    "seconds": _float,
    "seconds_left": _maybe(_float),
    "running": _each(_running),
}
_SHAPES: dict[str, Mapping[str, Shape] | Shape] = {
    SPEC: {
        "model": _text,
        **dict.fromkeys(("search", "cv", "training", "execution"), _mapping),
    },
    ABOUT: {
        "metric": _text,
        "versions": _values(_text),
        "created": _text,
        "cv": _text,
        "partition_folds": _maybe(_count),
        "seed": _maybe(_count),
        "epochs": _maybe(_count),
    },
    **dict.fromkeys((DRIVER, f"{DRIVER}:"), _DRIVER),
    **dict.fromkeys((LIVE, f"{LIVE}:"), _LIVE),
    REFIT: {
        "test": _values(_float),
        "epochs": _count,
        "rows": _count,
        "test_rows": _count,
        "seconds": _float,
    },
    RESULT: {
        "fold_scores": _each(_float),
        "epochs": _maybe(_count),
        "epochs_trained": _count,
        "seconds": _float,
        "parameters": _maybe(_count),
        "seed": _maybe(_count),
        "trainer": _text,
        "measured": _values(_float),
        "taken_over": _count,
    },
    FAILURE: _values(_text),
    LOG: _text,
    DUPLICATE: _count,
    DETAILS: {
        "curves": _values(_each(_each(_maybe(_float)))),
        "summary": _text,
        "notes": _each(_text),
    },
}
