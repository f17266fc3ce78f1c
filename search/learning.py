"""Turns what earlier studies tell into a prior: a space with other recommended values, and other confidence in them.

All searches profit, since they begin with the recommended values; a search from know-how draws around them as well, as long
as its own trials bear them out, so that what misleads does little harm. The best configuration is taken over as a whole,
because values that are good together need not be good apart. How far the best quarter of the trials lies from it, against
all trials that were drawn, is the confidence; where it says nothing, the space's own stays.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..errors import StudyError
from ..spaces import Categorical, Configuration, Float, Hyperparameter, Space, short_text
from ..spaces.hyperparameters import Confidence
from ..spaces.values import same
from ..studies import StudyRecord
from ..studies.comparison import study_space
from ..texts import count_text
from .lessons import Lesson, lesson_text, read_lessons

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
NEAR = 0.2
"""Deviation of what counts as near on the unit interval, where one study is asked about another's configuration."""


@dataclass(frozen=True)
class Learned:
    """What was learned."""

    space: Space
    """With it as recommended values and confidence; each says its evidence as its source."""
    notes: tuple[str, ...]
    """A sentence each."""


def learn(space: Space, lessons: Sequence[Lesson]) -> Learned:
    """Return a space with what earlier studies tell as its recommended values."""
    best = best_configuration(space, lessons)
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
    named = ", ".join(map(lesson_text, lessons))
    note = f"learned from {named}: " + (", ".join(changed) or "the recommended values were the best")
    return Learned(Space(tuple(made)), (note,))


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


def best_configuration(space: Space, lessons: Sequence[Lesson]) -> Configuration:
    """Return the configuration that wins most often, by all lessons together."""
    points = [np.array([_unit(space, one) for one in lesson.configurations]) for lesson in lessons]
    candidates = [one for lesson in lessons for one in lesson.configurations]
    total = np.zeros(len(candidates))
    start = 0
    for place, lesson in enumerate(lessons):
        told = np.concatenate([_estimated(lesson, points[place], asked) for asked in points])
        told[start : start + len(lesson.wins)] = lesson.wins
        start += len(lesson.wins)
        total += lesson.weight * told
    return _rounded(space, candidates[int(np.argmax(total))])


def _rounded(space: Space, configuration: Configuration) -> Configuration:
    """Return a configuration with real numbers as people write them; what lies beyond a bound then stays as it is."""
    found = dict(configuration)
    for one in space:
        if isinstance(one, Float) and one.name in found:
            number = float(f"{found[one.name]:.3g}")
            found[one.name] = number if one.low <= number <= one.high else found[one.name]
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
    grid = () if one.grid_is_derived else one.grid
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


def _values(name: str, lesson: Lesson) -> tuple[list[object], list[object]]:
    """Return a hyperparameter's values in the best trials of a study, and in all."""
    least = np.quantile(lesson.wins, 1.0 - BEST)
    active = [
        (one[name], win) for one, win in zip(lesson.configurations, lesson.wins, strict=True) if name in one
    ]
    return [value for value, win in active if win >= least], [value for value, _ in active]


def _evidence_text(one: Hyperparameter, best: Sequence[object]) -> str:
    if not best:
        return "none of the best quarter"
    if isinstance(one, Categorical):
        counts = {choice: sum(same(choice, value) for value in best) for choice in one.choices}
        said = ", ".join(f"{count} {short_text(choice)}" for choice, count in counts.items() if count)
        return f"{said} among the best quarter"
    low, high = min(best), max(best)  # type: ignore[type-var]
    return f"{short_text(low)}..{short_text(high)} in the best quarter"  # type: ignore[arg-type]


def _confidence(
    one: Hyperparameter, value: object, found: Sequence[tuple[Lesson, list[object], list[object]]]
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
    place = one.to_unit(value)  # type: ignore[arg-type]
    among, drawn = (
        np.average([_square(one, place, part) for part in parts], weights=weights)
        for parts in ([top for _, top, _ in told], [every for _, _, every in told])
    )
    if among >= NARROWER**2 * drawn:
        return one.confidence
    likeness = np.average([lesson.likeness for lesson, _, _ in told], weights=weights)
    width = math.sqrt(among / likeness)  # of other data, less is believed
    return "high" if width <= HIGH else "medium" if width <= MEDIUM else "low"


def _square(one: Hyperparameter, place: float, values: Sequence[object]) -> float:
    """Return the mean square of the distance of values from a place on the unit interval."""
    return float(np.mean([(one.to_unit(value) - place) ** 2 for value in values]))  # type: ignore[arg-type]
