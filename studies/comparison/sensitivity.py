"""How much a small change of each hyperparameter moves the score, and which changes cannot be told from noise.

A study that changes each a little trains a start with several seeds, and changes of it with some of the same seeds. A
change is compared with the start seed by seed and fold by fold. Two things make such a difference uncertain: chance,
which the start's own seeds measure and further seeds make smaller, and the rows, of which only further folds say more.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, variance
from typing import Any

from ...spaces import Value, changed_name, configuration_key, short_text
from ...texts import number_text, numbers_text
from ..records import Direction, StudyRecord, TrialRecord
from .paired import critical_point, error_share
from .recorded_plan import study_space

METHOD = "sensitivity"
"""The search method whose studies are read so."""
STARTS = 3
"""Seeds that the start is trained with at least; how they differ is the noise."""
MOST_REPEATS = 5
"""Seeds that any configuration is trained with."""
_NAMED = 6
"""Hyperparameters that a sentence names."""

Scores = tuple[float, ...]
"""The objective on each fold."""


@dataclass(frozen=True)
class Noise:
    """How much chance moves the difference of two trainings on a fold."""

    variance: float
    degrees: int
    """Of freedom, of the variance."""


@dataclass(frozen=True)
class Shift:
    """How far a change is ahead of the start."""

    mean: float
    """Over seeds and folds; positive where the change is better, whatever the direction."""
    seeds: int
    """That both were trained with."""
    folds: int
    of_rows: float
    """Squared standard error that the folds' rows make, corrected for the overlap of training sets."""
    of_chance: float
    """Squared standard error that one seed's chance makes."""
    noise_degrees: int

    def error(self, seeds: int) -> float:
        """Return the standard error of the mean with so many seeds."""
        return math.sqrt(self.of_rows + self.of_chance / seeds)

    def is_told(self, seeds: int) -> bool:
        """Tell whether the mean is, or with so many seeds would be, beyond the two-sided 5 % point of Student's t."""
        return abs(self.mean) > critical_point(self._degrees(seeds)) * self.error(seeds)

    def _degrees(self, seeds: int) -> int:
        """Return the degrees of freedom of the error, by the rule of Welch and Satterthwaite."""
        rows, chance = self.of_rows, self.of_chance / seeds
        parts = rows**2 / max(self.folds - 1, 1) + chance**2 / max(self.noise_degrees, 1)
        return max(1, int((rows + chance) ** 2 / parts)) if parts else 1

    @property
    def is_judged(self) -> bool:
        """Whether there is a measure of noise: another seed of the start, or another fold."""
        return self.noise_degrees > 0 or self.folds > 1


@dataclass(frozen=True)
class Effect:
    """What a small change of one hyperparameter does."""

    name: str
    before: Value
    after: Value
    trials: tuple[int, ...]
    """Numbers of the trials that were trained with it, one a seed."""
    shift: Shift | None
    """None where no trial of it was trained whole with a seed of the start."""

    @property
    def size(self) -> float:
        """How far the change moves the score, either way."""
        return abs(self.shift.mean) if self.shift else -math.inf

    @property
    def standard_error(self) -> float | None:
        """Of the difference to the start; None where it cannot be judged."""
        return self.shift.error(self.shift.seeds) if self.shift and self.shift.is_judged else None

    @property
    def is_told(self) -> bool:
        """Whether it is more than noise."""
        return self.shift is not None and self.shift.is_judged and self.shift.is_told(self.shift.seeds)

    @property
    def change(self) -> str:
        """``0.02 → 0.032``."""
        return f"{short_text(self.before)} → {short_text(self.after)}"

    @property
    def text(self) -> str:
        """How far the score moves, with its standard error: ``+0.0042 ± 0.0011``."""
        if self.shift is None:
            return "not trained whole"
        return ("+" if self.shift.mean > 0 else "") + number_text(self.shift.mean, self.standard_error)

    @property
    def verdict(self) -> str:
        """``more than noise``, ``within noise`` or ``noise cannot be judged``."""
        if self.shift is None:
            return ""
        if self.standard_error is None:
            return "noise cannot be judged"
        return "more than noise" if self.is_told else "within noise"

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "hyperparameter": self.name,
            "before": self.before,
            "after": self.after,
            "difference": self.shift.mean if self.shift else None,
            "standard_error": self.standard_error,
            "more_than_noise": self.is_told,
            "trials": list(self.trials),
        }


@dataclass(frozen=True)
class Sensitivity:
    """What a study found that changed each hyperparameter a little."""

    start: tuple[int, ...]
    """Trials of the start, one a seed."""
    changes: tuple[Effect, ...]
    """Those that are more than noise first, then by how far they move the score."""
    sentence: str
    """What moves the score, and what cannot be told from noise."""

    @property
    def ranking(self) -> tuple[Effect, ...]:
        """The change of each hyperparameter that moves the score most, in the same order."""
        found: dict[str, Effect] = {}
        for effect in self.changes:
            found.setdefault(effect.name, effect)
        return tuple(found.values())


def is_sensitivity_study(study: StudyRecord) -> bool:
    """Tell whether a study changed each hyperparameter a little."""
    search = study.spec.get("search")
    return isinstance(search, Mapping) and search.get("method") == METHOD


def sensitivity(study: StudyRecord, trials: Sequence[TrialRecord]) -> Sensitivity | None:
    """Return what small changes did in a study; None for a study that was not made for that."""
    space = study_space(study)
    if space is None or not is_sensitivity_study(study):
        return None
    start = space.recommended()
    groups: dict[str, list[TrialRecord]] = {}
    for trial in trials:
        if trial.state in ("complete", "failed", "pruned") and trial.duplicate_of is None:
            groups.setdefault(configuration_key(trial.configuration), []).append(trial)
    of_start = groups.pop(configuration_key(start), [])
    scores = _by_seed(of_start)
    effects = []
    for group in groups.values():
        configuration, numbers = group[0].configuration, tuple(trial.number for trial in group)
        name = changed_name(start, configuration)
        if name is not None:
            found = shift(scores, _by_seed(group), study.direction, group[0].partition)
            effects.append(Effect(name, start[name], configuration[name], numbers, found))
    ranked = sorted(effects, key=lambda effect: (not effect.is_told, -effect.size))
    numbers = tuple(trial.number for trial in of_start)
    return Sensitivity(numbers, tuple(ranked), _sentence(ranked, study.metric))


def _by_seed(trials: Sequence[TrialRecord]) -> dict[int, Scores]:
    return {
        trial.seed: trial.fold_scores
        for trial in trials
        if trial.state == "complete"
        and trial.seed is not None
        and trial.fold_scores
        and all(map(math.isfinite, trial.fold_scores))
    }


def noise_of(start: Mapping[int, Scores]) -> Noise | None:
    """Return how much chance moves a difference on a fold, by several seeds of one configuration; None with a single one."""
    if len(start) < 2:
        return None
    of_folds = [variance(scores) for scores in zip(*start.values(), strict=True)]
    return Noise(2 * fmean(of_folds), (len(start) - 1) * len(of_folds))  # of two trainings, each with its own


def shift(
    start: Mapping[int, Scores],
    changed: Mapping[int, Scores],
    direction: Direction,
    partition: int | None = None,
) -> Shift | None:
    """Return how far a changed configuration is ahead of the start, over the seeds that both were trained with.

    Differences of a fold are averaged over seeds. Of what the averages vary by, chance has the share that the start's
    seeds say, or the change's own where they differ more; the rest is the rows', to which the correction of Nadeau and
    Bengio applies (see ``paired.py``).

    Args:
        start: Seed -> scores of the start.
        changed: Seed -> scores of the change.
        direction: Which values are better.
        partition: Folds of one partition of the data; all of a training's where None.

    Returns:
        None where there is no seed in common.
    """
    seeds = [seed for seed in changed if seed in start]
    if not seeds:
        return None
    sign = 1.0 if direction == "maximize" else -1.0
    pairs = [zip(changed[seed], start[seed], strict=True) for seed in seeds]
    by_seed = [[sign * (new - old) for new, old in scores] for scores in pairs]
    averages = [fmean(scores) for scores in zip(*by_seed, strict=True)]
    folds, noise = len(averages), _noise(start, by_seed)
    of_rows = max(0.0, variance(averages) - noise.variance / len(seeds)) if folds > 1 else 0.0
    share = error_share(folds, partition or folds)
    return Shift(fmean(averages), len(seeds), folds, share * of_rows, noise.variance / folds, noise.degrees)


def _noise(start: Mapping[int, Scores], differences: Sequence[Sequence[float]]) -> Noise:
    """Return how much chance moves a difference on a fold: by the start's seeds, or the change's where that is more."""
    measured = noise_of(start) or Noise(0.0, 0)
    if len(differences) < 2:
        return measured
    of_folds = [variance(scores) for scores in zip(*differences, strict=True)]
    own = Noise(fmean(of_folds), (len(differences) - 1) * len(of_folds))
    return max(measured, own, key=lambda noise: noise.variance)


def seeds_needed(found: Shift | None) -> int:
    """Return with how many seeds a change would be more than noise, if its difference stays as it is.

    Where too many would be needed, it is 1; or 2 where only the rows seem to be in the way: a second seed tells whether it
    is not chance, by which the change may vary more than the start. It is 1 as well where the noise is not known.
    """
    if found is None or not found.noise_degrees:
        return 1
    enough = (seeds for seeds in range(1, MOST_REPEATS + 1) if found.is_told(seeds))
    return next(enough, 2 if replace(found, of_rows=0.0).is_told(1) else 1)


def _sentence(effects: Sequence[Effect], metric: str) -> str:
    """Say in one line what matters, and what cannot be told from noise."""
    if not any(effect.shift for effect in effects):
        return "No change has been trained yet with a seed of the start."
    told = list(dict.fromkeys(effect.name for effect in effects if effect.is_told))
    rest = [name for name in dict.fromkeys(effect.name for effect in effects) if name not in told]
    named = numbers_text(rest, most=_NAMED)
    if not told:
        return f"No small change moves {metric} by more than noise: not that of {named}."
    first = f"A small change of {numbers_text(told, most=_NAMED)} moves {metric} by more than noise"
    return f"{first}; that of {named} cannot be told from it." if rest else f"{first}."
