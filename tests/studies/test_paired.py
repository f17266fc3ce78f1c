"""Two trials on the same folds: against SciPy, against published worked examples, and in simulation."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from kerasweep.studies import TrialRecord
from kerasweep.studies.comparison import critical_point, error_share, paired_difference
from kerasweep.studies.comparison.paired import PairedDifference
from kerasweep.studies.comparison.student import student_cdf, student_quantile
from scipy import stats


def trial(number: int, scores: np.ndarray | list[float], partition: int | None = None) -> TrialRecord:
    found = tuple(float(score) for score in scores)
    return TrialRecord(
        number, "complete", {}, sum(found) / len(found) if found else None, found, partition=partition
    )


def ahead_by(differences: np.ndarray | list[float], partition: int | None = None) -> PairedDifference:
    zeros = [0.0] * len(differences)
    return paired_difference(trial(0, differences, partition), trial(1, zeros, partition), "maximize")


@pytest.mark.parametrize("degrees", [1, 2, 3, 4, 9, 14, 99, 1000])
def test_students_distribution_is_scipys(degrees: int) -> None:
    for value in (-1e9, -40.0, -3.2, -1.0, -0.1, 0.0, 0.03, 0.7, 2.0, 2.776, 12.0, 300.0):
        assert student_cdf(value, degrees) == pytest.approx(stats.t.cdf(value, degrees), rel=1e-10)
    for share in (0.001, 0.025, 0.3, 0.5, 0.6, 0.975, 0.9999):
        assert student_quantile(share, degrees) == pytest.approx(
            stats.t.ppf(share, degrees), rel=1e-9, abs=1e-9
        )
    assert (student_cdf(math.inf, degrees), student_cdf(-math.inf, degrees)) == (1.0, 0.0)
    assert student_cdf(1e200, degrees) == 1.0
    assert critical_point(degrees) == pytest.approx(stats.t.ppf(0.975, degrees))


def test_the_quick_guide_of_baycomp() -> None:
    """Naive Bayes and AODE on sonar, ten times ten folds: both calls of the guide to the authors' own library.

    It prints both means, from which the scale of the posterior follows by the first call's probability.
    """
    mean = 93.308150000000026 - 92.195820000000026
    scale = mean / stats.t.ppf(0.97552850683661319, 99)
    shape = np.tile([-1.0, 1.0], 50)
    deviation = scale / math.sqrt(1 / 100 + 0.1 / 0.9)
    found = ahead_by(mean + shape * deviation / np.std(shape, ddof=1), partition=10)
    assert found.standard_error == pytest.approx(scale)
    plain, told = found.probabilities(), found.probabilities(0.5)
    assert (plain.better, plain.equivalent, plain.worse) == pytest.approx(
        (0.97552850683661319, 0.0, 0.024471493163386815), abs=1e-9
    )
    assert (told.better, told.equivalent, told.worse) == pytest.approx(
        (0.86245375152291803, 0.13517773046085313, 0.0023685180162288377), abs=1e-9
    )


def test_the_example_of_scikit_learn() -> None:
    """ "Statistical comparison of models using grid search" of its gallery, computed from its own scores, by its numbers."""
    from sklearn.datasets import make_moons
    from sklearn.model_selection import RepeatedStratifiedKFold, cross_val_score
    from sklearn.svm import SVC

    x, y = make_moons(noise=0.352, random_state=1, n_samples=100)
    folds = RepeatedStratifiedKFold(n_splits=10, n_repeats=10, random_state=0)
    rbf, linear = (
        trial(
            number, cross_val_score(SVC(kernel=kernel, random_state=0), x, y, cv=folds, scoring="roc_auc"), 10
        )
        for number, kernel in enumerate(("rbf", "linear"))
    )
    found = paired_difference(rbf, linear, "maximize")
    assert found.mean / found.standard_error == pytest.approx(0.750, abs=5e-4), "the corrected t-value"
    assert not found.distinct
    assert found.interval == pytest.approx((-0.016445, 0.036445), abs=5e-7)
    assert found.probabilities().better == pytest.approx(0.773, abs=5e-4)
    assert found.probabilities(0.01).equivalent == pytest.approx(0.432, abs=5e-4)


@pytest.mark.parametrize(("mean", "margin", "told"), [
    (42.0, 2.0, (1, 0, 0)),
    (2.0, 2.0, (0, 1, 0)),
    (-0.5, 2.0, (0, 1, 0)),
    (-42.0, 2.0, (0, 0, 1)),
    (42.0, 0.0, (1, 0, 0)),
    (0.0, 0.0, (0, 1, 0)),
])  # fmt: skip
def test_the_same_difference_on_every_fold_leaves_no_doubt(
    mean: float, margin: float, told: tuple[int, ...]
) -> None:
    found = ahead_by([mean] * 5)
    assert found.interval == (mean, mean)
    chances = found.probabilities(margin)
    assert (chances.better, chances.equivalent, chances.worse) == told


def test_differences_that_only_rounding_tells_apart_are_the_same() -> None:
    found = paired_difference(
        trial(0, [0.91, 0.83, 0.77, 0.64, 0.59]), trial(1, [0.90, 0.82, 0.76, 0.63, 0.58]), "maximize"
    )
    assert found.standard_error == 0
    assert found.mean == pytest.approx(0.01)


def test_which_is_first_only_turns_the_signs() -> None:
    rng = np.random.default_rng(3)
    one, other = trial(0, rng.normal(0.3, 1, 5)), trial(1, rng.normal(size=5))
    there, back = paired_difference(one, other, "maximize"), paired_difference(other, one, "maximize")
    assert back.interval == pytest.approx(tuple(-end for end in reversed(there.interval)))
    assert back.probabilities(0.1).better == pytest.approx(there.probabilities(0.1).worse)
    assert there.distinct == back.distinct
    far = paired_difference(trial(0, [1.0, 2.0, 3.0]), trial(1, [8.0, 9.1, 10.0]), "maximize")
    assert far.distinct, "the first is behind by more than noise"
    assert paired_difference(one, other, "minimize").mean == pytest.approx(-there.mean)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([0.9], [0.8]),
        ([], []),
        ([0.9, 0.8], [0.7, 0.8, 0.9]),
        ([0.9, math.inf], [0.7, 0.8]),
        ([0.9, 0.8], [0.7, math.nan]),
    ],
)
def test_what_cannot_be_judged_has_neither_interval_nor_probabilities(
    one: list[float], other: list[float]
) -> None:
    found = paired_difference(
        replace(trial(0, one), value=0.9), replace(trial(1, other), value=0.8), "maximize"
    )
    assert (found.interval, found.probabilities(0.01), found.verdict) == (
        None,
        None,
        "noise cannot be judged",
    )
    assert found.mean == pytest.approx(0.1)


@pytest.mark.parametrize(("folds", "repeats"), [(2, 1), (5, 1), (10, 1), (5, 3)])
def test_under_the_null_the_level_is_kept_and_intervals_cover(folds: int, repeats: int) -> None:
    """Differences that share a part of variance 1/k, as the test takes those of overlapping training sets to do."""
    rng = np.random.default_rng([folds, repeats])
    count, truth, rho = 3000, 0.4, 1 / folds
    shared = rng.normal(size=(count, 1)) * math.sqrt(rho)
    noise = rng.normal(size=(count, folds * repeats)) * math.sqrt(1 - rho)
    found = [ahead_by(row, folds) for row in truth + shared + noise]
    covered = np.mean([low <= truth <= high for low, high in (one.interval for one in found)])
    error = math.sqrt(0.95 * 0.05 / count)
    assert covered == pytest.approx(0.95, abs=3 * error)
    null = [ahead_by(row, folds) for row in shared + noise]
    assert np.mean([one.distinct for one in null]) == pytest.approx(0.05, abs=3 * error)
    sure = np.mean([one.probabilities().better > 0.95 for one in null])
    assert sure == pytest.approx(0.05, abs=3 * error), "the probability is calibrated, too"
    plain = [
        one.standard_error * math.sqrt(1 / len(noise[0]) / error_share(len(noise[0]), folds)) for one in null
    ]
    told = np.mean(
        [abs(one.mean) > critical_point(one.degrees) * wrong for one, wrong in zip(null, plain, strict=True)]
    )
    assert told > 0.05 + 10 * error, "without the correction far too many are told apart"


def test_learners_that_are_equally_good_are_seldom_told_apart() -> None:
    """Real cross-validation: two regressions, each on three of six columns that tell as much, on fresh rows each time."""
    rng = np.random.default_rng(7)
    told, count, rows, folds = 0, 400, 60, 5
    for _ in range(count):
        x = rng.normal(size=(rows, 6))
        y = x.sum(axis=1) + rng.normal(size=rows)
        scores: list[list[float]] = [[], []]
        for fold in np.array_split(np.arange(rows), folds):
            train = np.setdiff1d(np.arange(rows), fold)
            for kept, columns in zip(scores, (slice(0, 3), slice(3, 6)), strict=True):
                fitted = np.linalg.lstsq(x[train, columns], y[train], rcond=None)[0]
                kept.append(float(np.mean((x[fold, columns] @ fitted - y[fold]) ** 2)))
        told += paired_difference(trial(0, scores[0]), trial(1, scores[1]), "minimize").distinct
    assert told / count == pytest.approx(0.05, abs=3 * math.sqrt(0.05 * 0.95 / count))
