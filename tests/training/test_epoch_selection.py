"""The chosen number of epochs and honest scores, held against curves whose truth is known. No TensorFlow."""

from __future__ import annotations

import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kerasweep.training.data import Fold, disjoint_folds
from kerasweep.training.epoch_selection import best_epoch, unbiased_scores
from kerasweep.training.metrics import Objective

ACCURACY = Objective("val_accuracy", "maximize")
LOSS = Objective("val_loss", "minimize")
EPOCHS = 40
BEFORE = "best epoch of the mean curve"
ALONE = "the others' epoch alone"
NOW = "honest scores"


def others(folds: int) -> list[tuple[int, ...]]:
    return [tuple(other for other in range(folds) if other != fold) for fold in range(folds)]


def test_a_fold_is_scored_around_the_epoch_that_the_others_choose() -> None:
    curves = [[0.1, 0.2, 0.9, 0.3, 0.2], [0.1, 0.6, 0.5, 0.4, 0.3], [0.1, 0.5, 0.6, 0.7, 0.9]]
    # Without fold 1 epoch 5 is best (0.6), at the end of its curve; without 2 it is 3 (0.75); without 3, 3 (0.7).
    assert unbiased_scores(curves, ACCURACY, others(3)) == pytest.approx([0.2, 0.5, 0.6])
    assert best_epoch(curves, ACCURACY) == 3


def test_a_hold_out_is_scored_by_the_neighbours_of_its_best_epoch() -> None:
    assert unbiased_scores([[0.1, 0.5, 0.9, 0.6, 0.2]], ACCURACY, [()]) == pytest.approx([0.55])
    assert unbiased_scores([[0.1, 0.5, 0.9]], ACCURACY, [()]) == (0.9,), "no neighbours: it still rises"
    assert unbiased_scores([[0.4]], LOSS, [()]) == (0.4,)


@pytest.mark.parametrize("epochs", [1, 2])
def test_short_curves_have_no_neighbours(epochs: int) -> None:
    curves = [[0.5, 0.4][:epochs], [0.3, 0.6][:epochs]]
    assert unbiased_scores(curves, LOSS, others(2)) == ((0.5, 0.3) if epochs == 1 else (0.5, 0.6))


@given(st.integers(2, 5), st.integers(0, 4), st.floats(-1, 1), st.integers(1, 9))
def test_a_fold_does_not_choose_the_epoch_that_scores_it(folds, fold, value, epoch) -> None:
    """Whatever one fold's curve does at an epoch, it is not scored there for that reason."""
    fold = fold % folds
    curves = np.random.default_rng(folds).normal(0, 0.1, (folds, 11))
    lucky = curves.copy()
    lucky[fold, epoch] += 100 + value
    before = unbiased_scores(curves.tolist(), ACCURACY, others(folds))[fold]
    after = unbiased_scores(lucky.tolist(), ACCURACY, others(folds))[fold]
    chosen = int(np.delete(curves, fold, 0).mean(0).argmax())
    luck = (100 + value) / 3 if abs(epoch - chosen) <= 1 and 0 < chosen < 10 else 0.0
    luck = 100 + value if epoch == chosen and chosen in (0, 10) else luck
    assert after == pytest.approx(before + luck)


def test_repetitions_judge_within_themselves() -> None:
    one, two, three, four = (np.arange(start, start + 5) for start in (0, 5, 0, 5))
    three, four = np.array([0, 1, 2, 7, 8]), np.array([3, 4, 5, 6, 9])
    folds = [Fold(rows, rows) for rows in (one, two, three, four)]
    assert disjoint_folds(folds) == ((1,), (0,), (3,), (2,))
    assert disjoint_folds(folds[:1]) == ((),)


def simulate(folds: int, jitter: float, truth: np.ndarray, *, trials: int = 30, sweeps: int = 40) -> dict:
    """Return for each rule its mean error over trials, and over the winners of sweeps of equally good trials.

    Every epoch's score is the truth plus the luck of that epoch and fold.
    """
    rng = np.random.default_rng(folds)
    found: dict[str, list[tuple[float, float]]] = {BEFORE: [], ALONE: [], NOW: []}
    for _ in range(sweeps):
        errors: dict[str, list[float]] = {name: [] for name in found}
        for _ in range(trials):
            curves = (truth + rng.normal(0, jitter, (folds, len(truth)))).tolist()
            epoch = best_epoch(curves, ACCURACY)
            right = truth[epoch - 1]
            errors[BEFORE].append(statistics.fmean(curve[epoch - 1] for curve in curves) - right)
            errors[NOW].append(statistics.fmean(unbiased_scores(curves, ACCURACY, others(folds))) - right)
            alone = [
                curves[fold][best_epoch([curves[other] for other in rest], ACCURACY) - 1] if rest else right
                for fold, rest in enumerate(others(folds))
            ]
            errors[ALONE].append(statistics.fmean(alone) - right)
        for name, values in errors.items():
            found[name].append((statistics.fmean(values), max(values)))
    return {name: tuple(np.mean(values, axis=0)) for name, values in found.items()}


STEPS = np.arange(1, EPOCHS + 1)
PLATEAU = 0.9 - 0.5 * np.exp(-STEPS / 5) - 0.0002 * STEPS
RISING = 0.9 - 0.5 * np.exp(-STEPS / 30)


@pytest.mark.parametrize("folds", [1, 2, 5, 10])
@pytest.mark.parametrize("truth", [PLATEAU, RISING], ids=["plateau", "rising"])
def test_scores_are_not_optimistic(folds: int, truth: np.ndarray) -> None:
    found = simulate(folds, 0.01, truth)
    before, _ = found[BEFORE]
    now, _ = found[NOW]
    assert abs(now) < 0.002, "a fifth of what one epoch of one fold varies by"
    if truth is PLATEAU:
        assert before > 0.005, "what the best epoch of the mean curve promises too much"
        assert abs(now) < before / 8


@pytest.mark.parametrize("folds", [2, 5, 10])
def test_a_winner_is_less_flattered_than_by_the_epoch_alone(folds: int) -> None:
    found = simulate(folds, 0.01, PLATEAU)
    assert abs(found[ALONE][0]) < 0.001, "unbiased, too"
    assert found[NOW][1] < 0.65 * found[ALONE][1]
    assert found[NOW][1] < 0.65 * found[BEFORE][1]
