"""Two trials on the same folds: how far one is ahead, what is noise, and what is the same in practice."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ...texts import number_text
from ..records import Direction, TrialRecord
from .student import student_cdf, student_quantile

LEVEL = 0.95
"""Of intervals; what lies beyond them is more than noise."""
_ROUNDING = 1e-12
"""What is so small a share of the scores is a difference of their last digits."""


@dataclass(frozen=True)
class Probabilities:
    """What the folds tell of a difference; the three add up to 1."""

    better: float
    """That the first is better, by more than the margin."""
    equivalent: float
    """That they differ by no more than the margin: the same in practice."""
    worse: float
    """That the first is worse, by more than the margin."""


@dataclass(frozen=True)
class PairedDifference:
    """How far a trial is ahead of another one, fold by fold."""

    trial: int
    """Number of the other trial."""
    mean: float
    """Mean difference over the folds; positive where the first is better, whatever the direction."""
    standard_error: float | None
    """Corrected for the overlap of training sets; None where the folds cannot be paired."""
    distinct: bool
    """Whether the difference is more than noise."""
    degrees: int = 0
    """Of freedom, of the standard error."""

    @property
    def within_noise(self) -> bool:
        """Whether the folds cannot tell the two trials apart; False where they cannot be paired."""
        return self.standard_error is not None and not self.distinct

    @property
    def verdict(self) -> str:
        """``more than noise``, ``within noise`` or ``noise cannot be judged``."""
        if self.standard_error is None:
            return "noise cannot be judged"
        return "more than noise" if self.distinct else "within noise"

    @property
    def interval(self) -> tuple[float, float] | None:
        """Where the difference lies with a probability of 95 %; None where noise cannot be judged."""
        if self.standard_error is None:
            return None
        half = critical_point(self.degrees) * self.standard_error
        return self.mean - half, self.mean + half

    def probabilities(self, margin: float = 0.0) -> Probabilities | None:
        """Return how probable it is that the first is better, practically the same, or worse.

        The Bayesian correlated t-test (Corani and Benavoli 2015, "A Bayesian approach for comparing cross-validated
        algorithms on multiple data sets", Machine Learning 100; with a region of practical equivalence in Benavoli,
        Corani, Demšar and Zaffalon 2017, "Time for a change", JMLR 18): after the folds were seen, and with no opinion
        before, the difference is distributed as Student's t around the mean with n - 1 degrees of freedom and the scale
        ``s * sqrt(1/n + rho / (1 - rho))``. The correlation rho of folds is the share of rows that a fold validates on,
        1/k, so that the scale is Nadeau and Bengio's standard error, and an interval of 95 % the one of their test.

        Args:
            margin: The largest difference, either way, that is the same in practice; with 0 nothing but equal scores is.

        Returns:
            None where noise cannot be judged. Differences that are the same on every fold leave no doubt.
        """
        if self.standard_error is None:
            return None
        if self.standard_error == 0:
            better, worse = float(self.mean > margin), float(self.mean < -margin)
        else:
            better = student_cdf((self.mean - margin) / self.standard_error, self.degrees)
            worse = student_cdf((-self.mean - margin) / self.standard_error, self.degrees)
        return Probabilities(better, max(0.0, 1.0 - better - worse), worse)

    def text(self) -> str:
        """Return ``0.0042 ± 0.0011``."""
        return number_text(self.mean, self.standard_error)


def paired_difference(best: TrialRecord, other: TrialRecord, direction: Direction) -> PairedDifference:
    """Compare two trials on the same folds.

    The rule is the corrected resampled t-test of Nadeau and Bengio (2003, "Inference for the Generalization
    Error", Machine Learning 52): training sets of cross-validation overlap, so that the plain standard error
    ``s / sqrt(n)`` is too small; theirs is ``s * sqrt(1/n + test/train)``, and in k folds ``test/train`` is
    ``1/(k-1)``, with the k of one partition where several are scored. More than noise means beyond the two-sided 5 % point of Student's t with n - 1 degrees of freedom.
    The best of many trials was chosen for its score, which no test of a pair corrects: "within noise" is the
    answer to trust, "more than noise" deserves a second seed.

    Args:
        best: The trial that is ahead, or the one that is looked at.
        other: The trial that it is compared with.
        direction: Which values are better.
    """
    sign = 1.0 if direction == "maximize" else -1.0
    if best.score is None or other.score is None:
        return PairedDifference(other.number, math.nan, None, distinct=False)
    if why_unpaired(best, other):
        return PairedDifference(other.number, sign * (best.score - other.score), None, distinct=False)
    pairs = list(zip(best.fold_scores, other.fold_scores, strict=True))
    differences = [sign * (left - right) for left, right in pairs]
    count = len(differences)
    mean = sum(differences) / count
    variance = sum((difference - mean) ** 2 for difference in differences) / (count - 1)
    rounding = _ROUNDING * max(abs(score) for pair in pairs for score in pair)
    mean = mean if abs(mean) > rounding else 0.0
    variance = variance if math.sqrt(variance) > rounding else 0.0
    error = math.sqrt(error_share(count, best.partition_folds) * variance)
    distinct = abs(mean) > critical_point(count - 1) * error
    return PairedDifference(other.number, mean, error, distinct, count - 1)


def why_unpaired(one: TrialRecord, other: TrialRecord) -> str:
    """Return why two trials' folds tell nothing of noise, ``with a single fold``; empty where they do."""
    if len(one.fold_scores) != len(other.fold_scores) or not one.fold_scores:
        return "without paired folds"
    if len(one.fold_scores) == 1:
        return "with a single fold"
    scores = (*one.fold_scores, *other.fold_scores)
    return "" if all(map(math.isfinite, scores)) else "with scores that are not finite"


def error_share(scores: int, partition_folds: int) -> float:
    """Return the squared standard error of a mean of paired differences, as a share of their variance."""
    return 1 / scores + 1 / (max(partition_folds, 2) - 1)


def critical_point(degrees: int) -> float:
    """Return the two-sided 5 % point of Student's t."""
    return student_quantile(1 - (1 - LEVEL) / 2, degrees)
