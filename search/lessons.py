"""What earlier studies tell about a space: configurations of it, how each did among the others, and how much that counts."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import StudyError
from ..spaces import Configuration, Space
from ..spaces.known_names import entry_meant, fitting_value
from ..spaces.space import fits
from ..studies import StudyRecord, TrialRecord, read_reports, read_trials
from ..studies.records import Direction
from ..texts import count_text, names_text

ENOUGH = 10
"""Trials of which a study has half the weight that it would have with very many."""
OTHER_DATA, OTHER_TASK, OTHER_KIND = 0.5, 0.5, 0.5
"""What other data, another task and another kind of rows leave of a study's weight."""
LAST = math.inf
"""The step of a trial that was trained whole, beyond all steps that are reported."""


@dataclass(frozen=True)
class Lesson:
    """What an earlier study tells about a space."""

    study: StudyRecord
    configurations: tuple[Configuration, ...]
    """Of its trials, as configurations of the space: what the study did not vary is as recommended."""
    wins: np.ndarray
    """The share of the other trials that each is better than."""
    names: frozenset[str]
    """Hyperparameters of the space that its trials have, by the same name or by one that is known to mean the same."""
    likeness: float
    """Of its data to those of the new study, in (0, 1]."""
    left_out: int = 0
    """Trials that do not lie in the space, or break a constraint of their study."""

    @property
    def weight(self) -> float:
        """How much it counts, beside other lessons."""
        count = len(self.configurations)
        return self.likeness * count / (count + ENOUGH)


def read_lessons(
    studies: Iterable[StudyRecord], space: Space, data: Mapping[str, Any] | None = None
) -> tuple[Lesson, ...]:
    """Read what earlier studies tell.

    Args:
        studies: At least one.
        space: What is to be searched.
        data: The new study's, as it will say of itself (``StudyRecord.data``); None where there is no new study.

    Raises:
        StudyError: One of them tells nothing about the space.
    """
    return tuple(read_lesson(study, space, data) for study in studies)


def read_lesson(study: StudyRecord, space: Space, data: Mapping[str, Any] | None = None) -> Lesson:
    """Read what one earlier study tells; the arguments are those of ``read_lessons``.

    Raises:
        StudyError: It tells nothing about the space.
    """
    if study.has_several:
        raise StudyError(
            f"Nothing is learned from '{study.name}': it has several objectives ({study.objective_text}), by which no trial is "
            "simply better than another."
        )
    trials = [trial for trial in read_trials(study) if trial.duplicate_of is None and trial.continues is None]
    names = shared_names(space, {name: None for trial in trials for name in trial.configuration})
    if trials and not names:
        raise StudyError(
            f"Nothing is learned from '{study.name}': it shares no hyperparameter with this space "
            f"({', '.join(space.names[:8])})."
        )
    scores = {trial.number: scores_of(trial) for trial in trials}
    for number, reported in read_reports(study).items():
        if number in scores:
            scores[number].update(
                {step: value for step, value in reported.items() if step not in scores[number]}
            )
    told = [trial for trial in trials if scores[trial.number]]
    fitting = {
        trial.number: None if trial.broken else fitted(space, _renamed(trial.configuration, names))
        for trial in told
    }
    kept = [trial for trial in told if fitting[trial.number] is not None]
    if len(kept) < 2:
        why = "trials with a score" if len(told) < 2 else "trials whose values lie in this space"
        raise StudyError(f"Nothing is learned from '{study.name}': it has fewer than two {why}.")
    wins = win_rates([scores[trial.number] for trial in kept], study.direction)
    return Lesson(
        study,
        tuple(configuration for trial in kept if (configuration := fitting[trial.number]) is not None),
        wins,
        frozenset(names.values()),
        1.0 if data is None else likeness(study.data, data),
        len(told) - len(kept),
    )


def shared_names(space: Space, names: Iterable[str]) -> dict[str, str]:
    """Return which hyperparameters of a study those of a space are: its name for each -> the space's.

    A function's ``lr`` is a family's ``learning_rate``, where neither has two that could be meant.
    """
    same = {name: name for name in names if name in space}
    theirs, ours = (_by_entry(name for name in some if name not in same) for some in (names, space.names))
    return {**same, **{theirs[entry]: ours[entry] for entry in theirs if entry in ours}}


def _by_entry(names: Iterable[str]) -> dict[str, str]:
    """Return names by the entries of the catalogue that they mean, without those of which there are several."""
    found: dict[str, list[str]] = {}
    for name in names:
        if (entry := entry_meant(name)) is not None:
            found.setdefault(entry.name, []).append(name)
    return {entry: meant[0] for entry, meant in found.items() if len(meant) == 1}


def _renamed(configuration: Configuration, names: Mapping[str, str]) -> Configuration:
    return {names[name]: value for name, value in configuration.items() if name in names}


def scores_of(trial: TrialRecord) -> dict[float, float]:
    """Return a trial's score when it was trained whole, and nothing of one that was not; diverging is the worst score."""
    if trial.failure.get("kind") == "diverged":
        return {LAST: math.nan}
    return {LAST: trial.value} if trial.state == "complete" and trial.value is not None else {}


def fitted(space: Space, configuration: Configuration) -> Configuration | None:
    """Return the configuration of a space that another space's means; None where a value of it lies outside.

    What it does not have, or the space holds fixed, is as recommended, and what the space does not have is left out. A number
    between two steps or choices is the nearest of them.
    """
    found: Configuration = {}
    for one in space:
        if not one.is_active(found):
            continue
        if one.name not in configuration or one.cardinality == 1:
            found[one.name] = one.recommended_for(found)
            continue
        value = configuration[one.name]
        if not fits(one, value):
            value = fitting_value(one, value)
            if value is None:
                return None
        found[one.name] = one.check(value)
    return found


def win_rates(scores: Sequence[Mapping[float, float]], direction: Direction) -> np.ndarray:
    """Return the share of the others that each trial is better than: any two compared at the last step that both came to.

    So a trial that was stopped early is measured against what the others were then, and metrics need no common scale.

    Args:
        scores: Of each trial, by step; not a number where it diverged, which is worse than any score at any step.
        direction: Which way a score is better.
    """
    sign = 1.0 if direction == "maximize" else -1.0
    steps = sorted({step for one in scores for step in one})
    lost = [any(math.isnan(value) for value in one.values()) for one in scores]
    table = np.array([[sign * one.get(step, math.nan) for step in steps] for one in scores])
    table[np.array(lost)] = -math.inf
    wins = np.full((len(scores), len(scores)), 0.5)
    for column in table.T:
        there = ~np.isnan(column)
        better = (column[:, None] > column[None]) + 0.5 * (column[:, None] == column[None])
        both = there[:, None] & there[None]
        wins[both] = better[both]
    np.fill_diagonal(wins, 0.0)
    return np.asarray(wins.sum(axis=1) / (len(scores) - 1))


def likeness(one: Mapping[str, Any], other: Mapping[str, Any]) -> float:
    """Return how alike two studies' data are, from 1 for the same ones down; what is not known is unlike."""
    if one.get("fingerprint") and one.get("fingerprint") == other.get("fingerprint"):
        return 1.0
    found = OTHER_DATA
    for key, factor in (("task", OTHER_TASK), ("kind", OTHER_KIND)):
        if one.get(key) is None or one.get(key) != other.get(key):
            found *= factor
    rows = [data["rows"] for data in (one, other) if isinstance(data.get("rows"), int) and data["rows"] > 0]
    if len(rows) == 2:
        found /= 1.0 + abs(math.log10(rows[0] / rows[1]))
    return found


def lesson_text(lesson: Lesson, space: Space) -> str:
    """Return what a lesson rests on, in words, and of which hyperparameters of a space it tells where it does not of all."""
    trials = count_text(len(lesson.configurations), "trial")
    varied = [one.name for one in space if one.cardinality > 1]
    told = [name for name in varied if name in lesson.names]
    only = (
        f", of {names_text(told) if told else 'none'} alone of {len(varied)} hyperparameters"
        if len(told) < len(varied)
        else ""
    )
    left_out = (
        f", {lesson.left_out} left out that lie outside this space or break a constraint"
        if lesson.left_out
        else ""
    )
    return f"{lesson.study.name} ({trials}{only}{left_out})"
