"""Turns what earlier studies tell into a prior: a space with other recommended values, and other confidence in them.

All searches profit, since they begin with the recommended values; a search from know-how draws around them as well, as long
as its own trials bear them out, so that what misleads does little harm. The best configuration is taken over as a whole,
because values that are good together need not be good apart. How far the best quarter of the trials lies from it, against
all trials that were drawn, is the confidence; where it says nothing, the space's own stays.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..errors import SpecError, StudyError
from ..spaces import (
    Categorical,
    Configuration,
    Float,
    Hyperparameter,
    Space,
    Value,
    configuration_key,
    short_text,
)
from ..spaces.hyperparameters import Confidence
from ..spaces.values import same
from ..studies import StudyRecord, read_study
from ..studies.comparison import study_space
from ..texts import count_text
from .lessons import Lesson, fitted, lesson_text, read_lessons
from .methods import BEGIN_ANYWHERE
from .spec import SweepSpec

BEST = 0.25
"""Share of a study's trials that count as its best."""
FEWEST = 4
"""Of the best, from which on they say how far to believe a value."""
NARROWER = 0.7
"""What the best must come to, of the distance that all trials have from a value, to say something about it."""
HIGH, MEDIUM = 0.15, 0.3
"""Distances on the unit interval up to which the confidence is high, and medium."""
OFTEN, HALF = 0.75, 0.5
"""Shares of the best with the recommended choice, from which on the confidence is high, and medium."""
STARTS = 4
"""Configurations that are begun with beside the space's own recommended one."""
APART = 0.1
"""Root mean square distance on the unit cube from which on two of them are different."""
ROUNDED = 0.01
"""Most that a number is moved on the unit interval, to be written in three digits."""
NEAR = 0.2
"""Deviation of what counts as near on the unit interval, where one study is asked about another's configuration."""


@dataclass(frozen=True)
class Learned:
    """What was learned."""

    space: Space
    """With it as recommended values and confidence; each says its evidence as its source."""
    starts: tuple[Configuration, ...] = ()
    """Configurations to begin with, after the recommended one."""
    notes: tuple[str, ...] = ()
    """A sentence each."""


def learn(space: Space, lessons: Sequence[Lesson]) -> Learned:
    """Return a space with what earlier studies tell as its recommended values."""
    best, *further = best_configurations(space, lessons, STARTS)
    made, changed = [], []
    for one in space:
        told = [lesson for lesson in lessons if one.name in lesson.names]
        if one.name not in best or one.cardinality == 1 or not told:
            made.append(one)
            continue
        before = one.recommended_for(best)
        made.append(_advised(one, best, told))
        if not same(before, best[one.name]):
            changed.append(f"{one.name} {short_text(best[one.name])} (was {short_text(before)})")
    named = ", ".join(lesson_text(lesson, space) for lesson in lessons)
    note = f"learned from {named}: " + (", ".join(changed) or "the recommended values were the best")
    return Learned(Space(tuple(made)), (space.recommended(), *further), (note,))


def learn_from(names: Sequence[str], storage: str | None, space: Space, data: Mapping[str, Any]) -> Learned:
    """Return what earlier studies tell about a new study's space; the space alone where none is named.

    Args:
        names: Of the studies.
        storage: Where they are.
        space: What is searched.
        data: The new study's, as it says of itself.

    Raises:
        StudyError: There is no such study, or it tells nothing about the space.
    """
    if not names:
        return Learned(space)
    return learn(space, read_lessons([read_study(name, storage) for name in names], space, data))


def resolve_starts(
    spec: SweepSpec, space: Space, learned: Sequence[Configuration]
) -> tuple[tuple[Configuration, ...], tuple[str, ...]]:
    """Return the configurations that a search begins with, those of a specification first, and a note of it.

    Raises:
        SpaceError: One of a specification is not of the space.
        SpecError: The search has an order of its own.
    """
    given = tuple(space.check(one) for one in spec.space.starts)
    if spec.search.method not in BEGIN_ANYWHERE:
        if given:
            raise SpecError(f"{spec.search.method} has an order of its own: leave out space.starts.")
        return (), ()
    first = configuration_key(space.recommended())
    fitting = [found for one in learned if (found := fitted(space, one)) is not None]
    ones = {configuration_key(one): one for one in (*given, *fitting)}
    starts = tuple(one for key, one in ones.items() if key != first)
    further = count_text(len(starts), "further one")
    return starts, (f"begins with the recommended configuration and {further}",) if starts else ()


def learned_space(studies: Sequence[StudyRecord], space: Space | None = None) -> Learned:
    """Return what studies tell about a space, without a new study in view.

    Args:
        studies: At least one.
        space: The space; that of the first study where None.

    Raises:
        StudyError: The first study does not say its space, or one of them tells nothing about it.
    """
    space = space or study_space(studies[0])
    if space is None:
        raise StudyError(f"The study '{studies[0].name}' does not say its space; give one with --space FILE.")
    return learn(space, read_lessons(studies, space))


def best_configurations(space: Space, lessons: Sequence[Lesson], count: int) -> list[Configuration]:
    """Return configurations that win most often, by all lessons together, best first, none of them near to a better one."""
    parts = [np.array([_unit(space, one) for one in lesson.configurations]) for lesson in lessons]
    points = np.concatenate(parts)
    candidates = [one for lesson in lessons for one in lesson.configurations]
    totals, begin = np.zeros(len(points)), 0
    for lesson, part in zip(lessons, parts, strict=True):
        wins = _estimated(lesson, part, points)
        wins[begin : begin + len(part)] = lesson.wins
        totals += lesson.weight * wins
        begin += len(part)
    chosen: list[int] = []
    for place in np.argsort(-totals, kind="stable"):
        if all(_distance(points[place], points[other]) > APART for other in chosen):
            chosen.append(int(place))
        if len(chosen) == count:
            break
    return [_rounded(space, candidates[place]) for place in chosen]


def _distance(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.sqrt(np.mean((one - other) ** 2)))


def _rounded(space: Space, configuration: Configuration) -> Configuration:
    """Return a configuration with real numbers as people write them, where that moves them by little and within their bounds."""
    found = dict(configuration)
    for one in space:
        if isinstance(one, Float) and one.name in found:
            number = float(f"{found[one.name]:.3g}")
            within = one.low <= number <= one.high
            if within and abs(one.to_unit(number) - one.to_unit(found[one.name])) < ROUNDED:
                found[one.name] = number
    return found


def _unit(space: Space, configuration: Configuration) -> list[float]:
    """Return a configuration's point of the unit cube; what is inactive is as recommended."""
    return [one.to_unit(configuration.get(one.name, one.recommended)) for one in space]


def _estimated(lesson: Lesson, points: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Return how often configurations would win in a study: as often as those near to them, and where none is, every other time."""
    squares = ((asked[:, None] - points[None]) ** 2).mean(axis=2)
    near = np.exp(-0.5 * squares / NEAR**2)
    return np.asarray((near @ lesson.wins + 0.5) / (near.sum(axis=1) + 1.0))


def _advised(one: Hyperparameter, best: Configuration, lessons: Sequence[Lesson]) -> Hyperparameter:
    """Return a hyperparameter that recommends the value of the best configuration, with the evidence for it."""
    value, before = best[one.name], one.recommended_for(best)
    found = [(lesson, *_values(one.name, lesson)) for lesson in lessons]
    held = (value if same(each, before) else each for each in one.grid)
    grid = () if one.grid_is_derived else tuple(dict.fromkeys(held))
    followed = next((advice for advice in one.recommended_when if advice.holds(best)), None)
    advice = tuple(replace(each, value=value) if each is followed else each for each in one.recommended_when)
    was = "as before" if same(before, value) else f"was {short_text(before)}"
    evidence = "; ".join(
        f"{_evidence_text(one, top)} of {count_text(len(every), 'trial')} of {lesson.study.name}"
        for lesson, top, every in found
    )
    return replace(
        one,
        recommended=one.recommended if followed is not None else value,
        recommended_when=advice,
        confidence=_confidence(one, value, found),
        source=f"Learned ({was}): {evidence}.",
        grid=grid,
    )


def _values(name: str, lesson: Lesson) -> tuple[list[Value], list[Value]]:
    """Return a hyperparameter's values in the best trials of a study, and in all."""
    least = np.quantile(lesson.wins, 1.0 - BEST)
    active = [
        (one[name], win) for one, win in zip(lesson.configurations, lesson.wins, strict=True) if name in one
    ]
    return [value for value, win in active if win >= least], [value for value, _ in active]


def _evidence_text(one: Hyperparameter, best: Sequence[Value]) -> str:
    if not best:
        return "none of the best quarter"
    if isinstance(one, Categorical):
        counts = {choice: sum(same(choice, value) for value in best) for choice in one.choices}
        said = ", ".join(f"{count} {short_text(choice)}" for choice, count in counts.items() if count)
        return f"{said} among the best quarter"
    low, high = (short_text(end(best)) for end in (min, max))  # type: ignore[type-var]
    return f"{low if low == high else f'{low}..{high}'} in the best quarter"


def _confidence(
    one: Hyperparameter, value: Value, found: Sequence[tuple[Lesson, list[Value], list[Value]]]
) -> Confidence:
    """Return the confidence that the best trials justify; the one that there was where they say nothing."""
    told = [(lesson, top, every) for lesson, top, every in found if len(top) >= FEWEST]
    if not told:
        return one.confidence
    weights = [lesson.weight for lesson, _, _ in told]
    if isinstance(one, Categorical):
        among, drawn = (
            np.average(
                [sum(same(value, each) for each in part) / len(part) for part in parts], weights=weights
            )
            for parts in ([top for _, top, _ in told], [every for _, _, every in told])
        )
        if among * NARROWER <= drawn:
            return one.confidence
        return "high" if among >= OFTEN else "medium" if among >= HALF else "low"
    place = one.to_unit(value)
    among, drawn = (
        np.average([_square(one, place, part) for part in parts], weights=weights)
        for parts in ([top for _, top, _ in told], [every for _, _, every in told])
    )
    if among >= NARROWER**2 * drawn:
        return one.confidence
    likeness = np.average([lesson.likeness for lesson, _, _ in told], weights=weights)
    width = math.sqrt(among / likeness)  # of other data, less is believed
    return "high" if width <= HIGH else "medium" if width <= MEDIUM else "low"


def _square(one: Hyperparameter, place: float, values: Sequence[Value]) -> float:
    """Return the mean square of the distance of values from a place on the unit interval."""
    return float(np.mean([(one.to_unit(value) - place) ** 2 for value in values]))
