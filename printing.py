"""Where text is printed. None of it is markup: ``[red]`` and ``:bank:`` in a user's words come out as they are.

Style is given beside the words, never in them, so that nothing has to be escaped.
"""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.text import Text


def make_console(**options: Any) -> Console:
    """Return a console that prints strings as they are; the options are those of ``rich.console.Console``."""
    return Console(markup=False, emoji=False, highlight=False, **options)


def styled(*parts: str | tuple[str, str]) -> Text:
    """Return text of which some parts have a style: ``styled("Next: ", (command, "bold"))``."""
    return Text.assemble(*parts)
