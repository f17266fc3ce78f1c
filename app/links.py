"""Deep links: an address for every view, in which any name of a study may stand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import parse_qs, quote, unquote, urlencode

_MARK = "~"
"""Precedes names that browsers would take for a step up or down a path, and names that begin with it."""


@dataclass(frozen=True)
class Address:
    """Which view a page shows."""

    parts: tuple[str, ...] = ()
    """Segments of the path, as text."""
    query: dict[str, str] = field(default_factory=dict)


def link(*parts: object, **query: object) -> str:
    """Return the address of a view.

    Args:
        *parts: Segments of the path; any text, such as the name of a study with a slash in it.
        **query: What follows the question mark; None is left out.
    """
    path = "/" + "/".join(_quoted(str(part)) for part in parts)
    asked = {name: str(value) for name, value in query.items() if value is not None}
    return f"{path}?{urlencode(asked)}" if asked else path


def study_link(name: str, *rest: object, **query: object) -> str:
    """Return the address of a study, or of something in it."""
    return link("study", name, *rest, **query)


def parse_address(path: str | None, search: str | None) -> Address:
    """Return what an address says, as the browser hands it over: quoted."""
    parts = tuple(_unquoted(part) for part in (path or "/").strip("/").split("/") if part)
    found = parse_qs((search or "").lstrip("?"), keep_blank_values=True)
    return Address(parts, {name: values[-1] for name, values in found.items()})


def joined(names: Iterable[object]) -> str:
    """Return several names as one value of a query; commas in them are kept apart from those between them."""
    return ",".join(quote(str(name), safe=" ") for name in names)


def apart(text: str) -> list[str]:
    """Return the names that ``joined`` put together."""
    return list(dict.fromkeys(unquote(part) for part in text.split(",") if part))


def _quoted(part: str) -> str:
    marked = part in ("", ".", "..") or part.startswith(_MARK)
    return quote(f"{_MARK}{part}" if marked else part, safe="", errors="replace")


def _unquoted(part: str) -> str:
    text = unquote(part, errors="replace")
    return text.removeprefix(_MARK)
