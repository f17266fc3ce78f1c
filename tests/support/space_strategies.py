"""Spaces of any kind, made by hypothesis."""

from __future__ import annotations

import dataclasses
import itertools

from hypothesis import strategies as st
from kerasweep.errors import SpaceError
from kerasweep.spaces import Between, Categorical, Condition, Float, Int, Recommendation, Space

NAMES = ("rate of learning", "width", "학습률", "drop_2", "활성화", "b")
WORDS = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=8)
SCALARS = st.one_of(
    st.booleans(),
    st.none(),
    st.integers(-(10**9), 10**9),
    st.floats(allow_nan=False, allow_infinity=False),
    WORDS,
)
UNIT = st.floats(0, 1, exclude_max=True)


def _told_apart(values: list) -> bool:
    return all(left != right for left, right in itertools.combinations(values, 2))


@st.composite
def hyperparameters(draw: st.DrawFn, name: str, parents: tuple = ()):
    words = {
        "confidence": draw(st.sampled_from(["low", "medium", "high"])),
        "group": draw(WORDS),
        "meaning": draw(WORDS),
        "advice": draw(WORDS),
        "source": draw(WORDS),
        "conditions": draw(conditions(parents)),
    }
    kind = draw(st.sampled_from(["float", "int", "categorical"]))
    if kind == "categorical":
        choices = draw(st.lists(SCALARS, min_size=1, max_size=4).filter(_told_apart))
        return Categorical(name, tuple(choices), **words)
    log = draw(st.booleans())
    if kind == "int":
        low = draw(st.integers(1 if log else -1000, 1000))
        high = draw(st.integers(low + 1, low + draw(st.sampled_from([2, 10, 10**6]))))
        step = 1 if log else draw(st.integers(1, 5))
        return Int(name, low, high, step=step, log=log, **words)
    bound = st.floats(1e-300 if log else -1e300, 1e300)
    low, high = sorted((draw(bound), draw(bound)))
    if low == high:
        high = low + max(abs(low), 1.0)
    return Float(name, low, high, log=log, **words)


@st.composite
def conditions(draw: st.DrawFn, parents: tuple) -> tuple[Condition, ...]:
    chosen = (
        draw(st.lists(st.sampled_from(parents), max_size=2, unique_by=lambda p: p.name)) if parents else []
    )
    made = []
    for parent in chosen:
        values = draw(st.lists(UNIT, min_size=1, max_size=2))
        named = tuple(dict.fromkeys(parent.from_unit(unit) for unit in values))
        if draw(st.booleans()) and all(_is_number(value) for value in named):
            named = (draw(_ranges(min(named), max(named))),)
        made.append(Condition(parent.name, named))
    return tuple(made)


def _is_number(value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _ranges(low: float, high: float) -> st.SearchStrategy[Between]:
    return st.sampled_from([Between(low, high), Between(low=low), Between(high=high)])


def _advised(draw: st.DrawFn, made, parents: tuple):
    """Return a hyperparameter with a recommended value that depends on what was chosen before, now and then."""
    when = draw(conditions(parents))
    if not when:
        return made
    return dataclasses.replace(made, recommended_when=(Recommendation(made.from_unit(draw(UNIT)), when),))


@st.composite
def spaces(draw: st.DrawFn) -> Space:
    made: list = []
    for name in NAMES[: draw(st.integers(1, len(NAMES)))]:
        drawn = _advised(draw, draw(hyperparameters(name, tuple(made))), tuple(made))
        try:
            made = list(Space((*made, drawn)))
        except SpaceError:  # conditions that contradict those of their parents
            made.append(dataclasses.replace(drawn, conditions=(), recommended_when=()))
    return Space(tuple(made))
