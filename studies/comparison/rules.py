"""Which trial of a study is taken: the best by its score, or a cheaper one that is as good."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ...errors import SpecError, StudyError, did_you_mean
from ...texts import count_text, duration_text
from ..reading import best_trial, read_trials
from ..records import StudyRecord, TrialRecord
from .pairs import PairComparison, compare_pair
from .runners_up import ranked, size, within_an_error

Rule = Literal["max", "one-se", "smallest", "fastest"]
RULES: dict[Rule, str] = {
    "max": "the best score",
    "one-se": "the smallest model within one standard error of the best score",
    "smallest": "the smallest model of those that cannot be told apart from it, either",
    "fastest": "the one of those that trains again in the least time",
}
"""Name -> what it takes."""


@dataclass(frozen=True)
class Choice:
    """The trial that a rule takes."""

    rule: Rule
    trial: TrialRecord
    best: TrialRecord
    """By its score."""
    among: tuple[int, ...]
    """Trials that the rule takes to be as good as the best, which is the first of them."""
    pair: PairComparison | None
    """The best against the one that was taken; None where they are the same."""

    @property
    def sentence(self) -> str:
        """In words what was taken instead of the best, and why."""
        taken, best, count = self.trial, self.best, len(self.among)
        if self.rule == "max":
            return f"Trial {taken.number} has the best score."
        start = f"By the rule {self.rule} trial {taken.number} is taken"
        if count == 1:
            return f"{start}, the best: no other is as good."
        what = "fastest" if self.rule == "fastest" else "smallest"
        near = "within one standard error of the best"
        if self.rule != "one-se":
            near += " and cannot be told apart from it"
        if taken.number == best.number:
            return f"{start}, the best: it is the {what} of the {count} that are {near}."
        return f"{start} ({_cost_text(self.rule, taken, best)}): it is the {what} of the {count} that are {near}."


def choose_by_rule(study: StudyRecord, rule: str, trials: Sequence[TrialRecord] | None = None) -> Choice:
    """Return the trial that a rule takes.

    ``one-se`` is the rule of Breiman et al. (1984, Classification and Regression Trees, section 3.4.3): of the trials within
    one standard error of the best score, that of the folds of one partition, the one with the fewest parameters, then the one
    that trains fastest. ``smallest`` asks in addition that the folds, paired, cannot tell a trial apart from the best
    (``paired_difference``), and takes of these what ``one-se`` would; ``fastest`` the one that trains again in the least time,
    see ``training_seconds``. Where few folds cannot tell anything apart, the standard error keeps from taking a poor model.

    Args:
        study: A study of one objective.
        rule: One of ``RULES``.
        trials: All of its trials; they are read where None. Those that break a constraint are passed over, and duplicates.

    Raises:
        SpecError: There is no such rule.
        StudyError: The study has several objectives, or no trial that could be taken, or its scores are of a single fold,
            or no trial says what the rule compares.
    """
    if rule not in RULES:
        raise SpecError(f"There is no rule '{rule}'.{did_you_mean(rule, RULES)}")
    if rule == "max" or study.has_several:
        best = best_trial(study)
        return Choice("max", best, best, (best.number,), None)
    order = ranked(read_trials(study) if trials is None else trials, study.direction)
    if not order:
        best = best_trial(study)  # it says why there is none, unless the best score is not finite
        raise StudyError(
            f"The best score of '{study.name}' is {best.value}, of which no rule can judge what is as good."
        )
    best, others = order[0], order[1:]
    if best.standard_error is None:
        raise StudyError(
            f"The rule '{rule}' needs scores of several folds to tell what is as good as the best, and trial {best.number} of "
            f"'{study.name}' has {count_text(len(best.fold_scores), 'fold')}; take the best: --rule max."
        )
    as_good = within_an_error(best, others)
    if rule != "one-se":
        as_good = [one for one in as_good if compare_pair(study, best, one).difference.within_noise]
    candidates = [best, *as_good]
    costs = {one.number: (size(one), training_seconds(one)) for one in candidates}
    if rule == "fastest":
        costs = {number: (seconds, weights) for number, (weights, seconds) in costs.items()}
    if all(math.isinf(cost[0]) for cost in costs.values()):
        what = "how long it trained" if rule == "fastest" else "how many parameters its model has"
        raise StudyError(
            f"No trial of '{study.name}' that is as good as the best says {what}; take the best: --rule max."
        )
    taken = min(candidates, key=lambda one: costs[one.number])
    pair = None if taken is best else compare_pair(study, best, taken)
    return Choice(rule, taken, best, tuple(one.number for one in candidates), pair)


def chosen_number(study: StudyRecord, number: int | None, rule: str | None) -> int | None:
    """Return the number of the trial that is asked for by itself or by a rule; None for the best one.

    Raises:
        SpecError: Both are given.
    """
    if rule is None:
        return number
    if number is not None:
        raise SpecError(
            f"Trial {number} is named, which leaves the rule '{rule}' nothing to choose; give one of the two."
        )
    return choose_by_rule(study, rule).trial.number


def training_seconds(trial: TrialRecord) -> float:
    """Return how long a fold of a trial took for the epochs that were chosen, about what a refit takes; infinite where unknown.

    The seconds of a trial are of all folds and of the epochs, too, that patience waited; those taken over from another trial
    are not among them.
    """
    trained = (trial.epochs_trained - trial.taken_over) * len(trial.fold_scores)
    if trained <= 0 or not trial.epochs or not 0 < trial.seconds < math.inf:
        return math.inf
    return trial.seconds / trained * trial.epochs


def _cost_text(rule: str, taken: TrialRecord, best: TrialRecord) -> str:
    """Return what a trial costs beside the best one: ``1,200 parameters, not 9,000``."""
    fewer = size(taken) < size(best)
    if rule == "fastest" or not fewer:
        own, other = training_seconds(taken), training_seconds(best)
        if other == math.inf:
            return f"{duration_text(own)} a fold"
        texts = duration_text(own), duration_text(other)
        if texts[0] == texts[1]:  # a tenth of a second does not tell them apart
            texts = f"{own:.3g} s", f"{other:.3g} s"
        return f"{texts[0]} a fold, not {texts[1]}"
    return f"{taken.parameters:,} parameters" + (f", not {best.parameters:,}" if best.parameters else "")
