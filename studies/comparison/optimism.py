"""How far the best score flatters, for having been chosen as the best of many.

The winner of trials that hardly differ owes its lead to luck with the rows that score it. Rows that had no part in the choice
show by how much: each fold in turn is left out, the winner of the other folds is found, and scored on the fold left out. The mean
of these scores is free of that luck, up to a choice by one fold fewer. It is the leave-one-fold-out form of what Tibshirani and
Tibshirani (2009, "A bias correction for the minimum error rate in cross-validation") and Tsamardinos et al. (2018,
"Bootstrapping the out-of-sample predictions", by rows) correct.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from ...texts import count_text, number_text
from ..reading import read_trials
from ..records import Direction, StudyRecord, TrialRecord
from .runners_up import ranked
from .side_by_side import refit_score


@dataclass(frozen=True)
class Optimism:
    """What the winner's score is worth once its choice is allowed for."""

    trials: int
    """Among which the winner was chosen: those trained whole. What ended early at a rung was passed over by other scores, and
    that choice is not allowed for."""
    score: float
    """Its mean over the folds."""
    expected: float
    """Mean of each fold's score by the winner of the others."""
    direction: Direction

    @property
    def by(self) -> float:
        """How much the score flatters; below zero where chance had it the other way."""
        return self.score - self.expected if self.direction == "maximize" else self.expected - self.score

    @property
    def flatters(self) -> bool:
        """Whether it does, by more than sums of folds are rounded."""
        return self.by > 1e-9 * abs(self.score)

    @property
    def luck(self) -> str:
        """How much of the score is luck, as a part of a sentence: ``of which about 0.0040 is luck of choosing among 60 trials``."""
        choice = f"luck of choosing among {count_text(self.trials, 'trial')}"
        if not self.flatters:
            return f"which {choice} does not seem to flatter"
        if self.direction == "maximize":
            return f"of which about {number_text(self.by)} is {choice}"
        return f"which {choice} makes smaller by about {number_text(self.by)}"

    @property
    def sentence(self) -> str:
        """Say it in one line."""
        chosen = f"Chosen as the best of {count_text(self.trials, 'trial')} trained whole, its score"
        left_out = (
            f"{number_text(self.expected)}, which winners of the other folds reach on the fold left out"
        )
        if not self.flatters:
            return f"{chosen} does not seem to flatter: {left_out}, is no less."
        return f"{chosen} flatters by about {number_text(self.by)}: expect {left_out}."


def estimate_optimism(trials: Sequence[TrialRecord], direction: Direction) -> Optimism | None:
    """Estimate how far the best trial's score flatters.

    Args:
        trials: Complete trials, best first, as from ``ranked``; those scored on as many folds as the best one count.
        direction: Which values are better.

    Returns:
        None where there is no choice, or no fold to leave out.
    """
    folds = len(trials[0].fold_scores) if trials else 0
    own = [trial for trial in _without_repetitions(trials) if len(trial.fold_scores) == folds]
    if len(own) < 2 or folds < 2:
        return None
    sign = 1.0 if direction == "maximize" else -1.0
    width = own[0].partition_folds
    found = []
    for start in range(
        0, folds, width
    ):  # repetitions score the same rows again, so that each has its own winners
        scores = [trial.fold_scores[start : start + width] for trial in own]
        for left_out in range(len(scores[0])):
            winner = max(scores, key=lambda one: sign * (sum(one) - one[left_out]))
            found.append(winner[left_out])
    return Optimism(len(own), statistics.fmean(own[0].fold_scores), statistics.fmean(found), direction)


def _without_repetitions(trials: Sequence[TrialRecord]) -> list[TrialRecord]:
    """Return trials of different configurations: the best of those that train another one further, and of that one."""
    earlier = {trial.number: trial.continues for trial in trials}
    found: dict[int, TrialRecord] = {}
    for trial in trials:
        number = trial.number
        while (before := earlier.get(number)) is not None:
            number = before
        found.setdefault(number, trial)
    return list(found.values())


def optimism_of(
    study: StudyRecord, trial: TrialRecord, trials: Sequence[TrialRecord] | None = None
) -> Optimism | None:
    """Estimate how far a trial's score flatters; None for one that was not chosen as the best.

    Args:
        study: The study.
        trial: One of its trials.
        trials: All of them; they are read where None.
    """
    if study.has_several or trial.state != "complete" or study.imported:
        return None
    order = ranked(read_trials(study) if trials is None else trials, study.direction)
    return estimate_optimism(order, study.direction) if order and order[0].number == trial.number else None


def score_sentence(
    study: StudyRecord,
    trial: TrialRecord,
    trials: Sequence[TrialRecord] | None = None,
    test: float | None = None,
) -> str:
    """Say what a trial's score is worth.

    "Trial 3: validation 0.9630, of which about 0.0040 is luck of choosing among 60 trials; test 0.9570."

    Args:
        study: The study.
        trial: One of its trials.
        trials: All of them; they are read where None.
        test: The objective on the test split; that of the trial's refit where None.

    Returns:
        Without a test score, how far it flatters; empty where that is not known either.
    """
    optimism = optimism_of(study, trial, trials)
    test = refit_score(study, trial.number) if test is None else test
    if test is None or trial.score is None:
        return "" if optimism is None else optimism.sentence
    luck = "" if optimism is None else f", {optimism.luck}"
    return f"Trial {trial.number}: validation {number_text(trial.score)}{luck}; test {number_text(test)}."
