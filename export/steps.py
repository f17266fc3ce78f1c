"""Lines of a script's ``load_data``, with what they need at the top of the script."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Steps:
    """Lines of ``load_data`` below the reading, and what they need at the top of the script."""

    lines: tuple[str, ...]
    constants: Mapping[str, Any] = field(default_factory=dict)
    comments: Mapping[str, str] = field(default_factory=dict)
    """Constant -> what it is."""
    helpers: tuple[str, ...] = ()
    """Functions that are written for these rows."""
    functions: tuple[Callable[..., Any], ...] = ()
    """What the lines call of ours; a script holds the source."""


def joined(*steps: Steps) -> Steps:
    """Return one step after the other as one."""
    return Steps(
        tuple(line for step in steps for line in step.lines),
        {name: value for step in steps for name, value in step.constants.items()},
        {name: text for step in steps for name, text in step.comments.items()},
        tuple(dict.fromkeys(helper for step in steps for helper in step.helpers)),
        tuple(function for step in steps for function in step.functions),
    )
