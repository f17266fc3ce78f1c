"""Large attributes in chunks: MySQL's columns of text hold 65,535 bytes, and an SQLite study may move there.

An attribute that is larger says so under its key, and its text follows under ``key#1``, ``key#2`` and so on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..errors import DamagedError

MAX_BYTES = 60_000
"""Bytes of an attribute's JSON in one piece."""
_PIECES = "kerasweep:pieces"


def split(key: str, value: Any) -> dict[str, str]:
    """Return an attribute as rows: key -> JSON, each of ``MAX_BYTES`` bytes or a few more."""
    text = json.dumps(value)  # ASCII: as many bytes as characters
    if len(text) <= MAX_BYTES:
        return {key: text}
    step = MAX_BYTES // 2  # a quote takes two characters in a text within JSON
    pieces = [text[start : start + step] for start in range(0, len(text), step)]
    numbered = {f"{key}#{number}": json.dumps(piece) for number, piece in enumerate(pieces, 1)}
    return {key: json.dumps({_PIECES: len(pieces)}), **numbered}


def join(rows: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Return attributes as they were before they were split.

    Args:
        rows: Key -> value, in any order.
        where: What has them, for the message.

    Raises:
        DamagedError: A piece is missing, or is none.
    """
    whole = {}
    taken: set[str] = set()
    for key, value in rows.items():
        if isinstance(value, dict) and value.keys() == {_PIECES}:
            count = value[_PIECES] if isinstance(value[_PIECES], int) else 0
            names = [f"{key}#{number}" for number in range(1, min(count, len(rows)) + 1)]
            taken.update(names)
            try:
                whole[key] = json.loads("".join(rows[name] for name in names))
            except (KeyError, TypeError, ValueError, RecursionError) as error:
                raise DamagedError(where, f"a piece of its {key} is missing or changed.") from error
        else:
            whole[key] = value
    return {key: value for key, value in whole.items() if key not in taken}
