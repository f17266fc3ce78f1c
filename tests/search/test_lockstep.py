"""Curves of all folds: the chosen epoch, patience, divergence. No TensorFlow."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kerasweep.errors import TrainingError
from kerasweep.search.metrics import Objective
from kerasweep.search.training.lockstep import Curves

ACCURACY = Objective("val_accuracy", "maximize")
LOSS = Objective("val_loss", "minimize")
CURVES = st.integers(1, 4).flatmap(
    lambda folds: st.lists(st.tuples(*[st.floats(-1e6, 1e6)] * folds), min_size=1, max_size=12)
)


def curves_of(objective: Objective, *epochs: tuple[float, ...]) -> Curves:
    curves = Curves(objective, len(epochs[0]))
    for scores in epochs:
        assert curves.add_epoch([{objective.metric: score, "loss": 0.5} for score in scores]) == scores
    return curves


def test_one_epoch_is_chosen_for_all_folds_on_their_mean() -> None:
    curves = curves_of(ACCURACY, (0.5, 0.1), (0.9, 0.2), (0.6, 0.6), (0.1, 0.9))
    assert curves.mean == pytest.approx([0.3, 0.55, 0.6, 0.5])
    assert curves.chosen == 3
    assert curves.scores_at(3) == (0.6, 0.6)
    assert curves.epochs == 4
    assert curves.values == {
        "val_accuracy": [[0.5, 0.9, 0.6, 0.1], [0.1, 0.2, 0.6, 0.9]],
        "loss": [[0.5] * 4] * 2,
    }


def test_of_equals_the_first_is_chosen() -> None:
    assert curves_of(ACCURACY, (0.5,), (0.5,), (0.4,)).chosen == 1
    assert curves_of(LOSS, (0.5,), (0.4,), (0.4,)).chosen == 2


@pytest.mark.parametrize(
    ("patience", "stalled"),
    [(1, [False, False, True, True, False]), (2, [False, False, False, True, False]), (None, [False] * 5)],
)
def test_patience_counts_epochs_since_the_mean_was_best(patience, stalled: list[bool]) -> None:
    curves = Curves(LOSS, 1)
    found = []
    for loss in (1.0, 0.5, 0.6, 0.5, 0.4):
        curves.add_epoch([{"val_loss": loss}])
        found.append(curves.is_stalled(patience))
    assert found == stalled


@given(CURVES, st.sampled_from([ACCURACY, LOSS]))
def test_the_chosen_epoch_is_the_best_of_the_means(epochs: list, objective: Objective) -> None:
    curves = curves_of(objective, *epochs)
    best = max(curves.mean) if objective.direction == "maximize" else min(curves.mean)
    assert curves.mean[curves.chosen - 1] == best
    assert best not in curves.mean[: curves.chosen - 1]
    assert curves.scores_at(curves.chosen) == epochs[curves.chosen - 1]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_divergence_is_told_with_its_place(value: float) -> None:
    curves = curves_of(ACCURACY, (0.5, 0.5))
    with pytest.raises(TrainingError, match=rf"^loss became {value} in fold 2, epoch 2$") as caught:
        curves.add_epoch([{"val_accuracy": 0.5, "loss": 1.0}, {"val_accuracy": 0.5, "loss": value}])
    assert caught.value.kind == "diverged"


def test_a_metric_that_the_model_does_not_compute() -> None:
    with pytest.raises(
        TrainingError, match=r"^the model does not compute val_accuracy\. Did you mean 'val_acc'\?$"
    ) as caught:
        Curves(ACCURACY, 1).add_epoch([{"val_acc": 0.5, "loss": 1.0}])
    assert caught.value.kind == "metric"
