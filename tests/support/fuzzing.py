"""How many cases a fuzz test tries: a few hundred in the suite, the same every time; ``KERASWEEP_FUZZ=10000`` asks for more."""

from __future__ import annotations

import os
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

ASKED = os.environ.get("KERASWEEP_FUZZ")


def cases(few: int) -> Any:
    """Return the settings of a fuzz test that tries a few cases unless more are asked for."""
    return settings(
        max_examples=few if ASKED is None else int(ASKED),
        derandomize=ASKED is None,
        database=None,
        deadline=None,
        suppress_health_check=[*HealthCheck],
    )


HOSTILE_TEXTS = st.sampled_from(
    [
        "",
        " ",
        "한국어",
        "<script>alert(1)</script>",
        "../../x",
        "=1+1",
        "\x00",
        "a" * 5000,
        "1e999",
        "nan",
        "[red]",
        "\ud800",
        "__main__:x",
    ]
)
NUMBERS = st.sampled_from(
    [0, 1, -1, 2, 2**31, 2**63, 10**400, 0.5, -0.0, 1e308, float("nan"), float("inf"), True]
)
JUNK: st.SearchStrategy[Any] = st.recursive(
    st.none() | NUMBERS | HOSTILE_TEXTS | st.booleans(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "name", "source", "method"]), inner, max_size=3)
    ),
    max_leaves=4,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths of all parts of nested data."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, one in inner for place in places(one, (*path, key)))]


def changed(value: Any, path: tuple[Any, ...], new: Any, *, drop: bool) -> Any:
    """Return nested data with another part at a path, or without it."""
    if not path:
        return new
    key, *rest = path
    copy = dict(value) if isinstance(value, dict) else list(value)
    if not rest and drop:
        del copy[key]
    else:
        copy[key] = changed(copy[key], tuple(rest), new, drop=drop)
    return copy


@st.composite
def mutated(draw: Any, value: Any) -> Any:
    """Draw nested data of which one to three parts are others, or are missing."""
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.sampled_from(places(value)))
        value = changed(value, place, draw(JUNK), drop=draw(st.booleans()))
    return value
