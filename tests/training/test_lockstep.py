"""Curves of all folds: the chosen epoch, patience, divergence. No TensorFlow."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kerasweep.errors import TrainingError
from kerasweep.training.metrics import Objective
from kerasweep.training.stopping import Stopping, stopping_of
from kerasweep.training.trainers.lockstep import Curves

ACCURACY = Objective("val_accuracy", "maximize")
LOSS = Objective("val_loss", "minimize")
CURVES = st.integers(1, 4).flatmap(
    lambda folds: st.lists(st.tuples(*[st.floats(-1e6, 1e6)] * folds), min_size=1, max_size=12)
)


def curves_of(objective: Objective, *epochs: tuple[float, ...]) -> Curves:
    folds = range(len(epochs[0]))
    curves = Curves(objective, [tuple(other for other in folds if other != fold) for fold in folds])
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
    curves = Curves(LOSS, [()])
    found = []
    for loss in (1.0, 0.5, 0.6, 0.5, 0.4):
        curves.add_epoch([{"val_loss": loss}])
        found.append(curves.is_stalled(Stopping(patience)))
    assert found == stalled


@pytest.mark.parametrize(
    ("stopping", "epochs"),
    [
        (Stopping(2), 7),  # 0.4 at 5 is the best
        (Stopping(2, min_delta=0.08), 4),  # 0.45 is too small an improvement on 0.5
        (Stopping(1), 3),
        (Stopping(1, start_from_epoch=2), 6),  # 0.6 at 3 is the first that counts
        (Stopping(1, start_from_epoch=7), None),  # the last epoch is the first that counts
        (Stopping(None, min_delta=0.2), None),
    ],
)
@pytest.mark.parametrize("objective", [LOSS, ACCURACY])
def test_small_improvements_and_early_epochs_need_not_count(
    stopping: Stopping, epochs: int | None, objective: Objective
) -> None:
    curves = Curves(objective, [(1,), (0,)])
    ended = None
    for loss in (1.0, 0.5, 0.6, 0.45, 0.4, 0.44, 0.45, 0.45):
        value = loss if objective is LOSS else 1 - loss
        curves.add_epoch([{objective.metric: value - 0.1}, {objective.metric: value + 0.1}])
        if ended is None and curves.is_stalled(stopping):
            ended = curves.epochs
    assert ended == epochs
    assert curves.chosen == 5, "the best of the mean curve, whatever ended it"


def test_training_goes_on_while_the_loss_improves() -> None:
    """An accuracy that stands still for a while is no plateau where the loss falls: ``linear`` rises later."""
    accuracies = (0.4, 0.43, 0.43, 0.43, 0.43, 0.5, 0.5, 0.5, 0.5)
    losses = (2.0, 1.9, 1.8, 1.7, 1.6, 1.5, 1.6, 1.6, 1.6)
    curves, alone = Curves(ACCURACY, [()]), Curves(ACCURACY, [()])
    ended: dict[str, int] = {}
    for accuracy, loss in zip(accuracies, losses, strict=True):
        for name, kept, log in (
            ("both", curves, {"val_accuracy": accuracy, "val_loss": loss}),
            ("alone", alone, {"val_accuracy": accuracy}),
        ):
            kept.add_epoch([log])
            if kept.is_stalled(Stopping(2)):
                ended.setdefault(name, kept.epochs)
    assert ended == {"alone": 4, "both": 8}
    assert curves.chosen == 6


def test_training_goes_on_while_the_objective_improves_and_the_loss_rises() -> None:
    curves = Curves(ACCURACY, [()])
    for epoch in range(1, 6):
        curves.add_epoch([{"val_accuracy": epoch / 10, "val_loss": epoch / 10}])
        assert not curves.is_stalled(Stopping(2))


@given(
    st.lists(st.sampled_from([0.1, 0.2, 0.3, 0.4, 0.5]), min_size=1, max_size=12),
    st.integers(1, 4),
    st.sampled_from([0.0, 0.15]),
    st.integers(0, 4),
    st.sampled_from([ACCURACY, LOSS]),
)
def test_training_ends_as_early_stopping_of_keras_ends_it(
    curve, patience, min_delta, start, objective
) -> None:
    stopping = Stopping(patience, min_delta, start)
    ends = [end for end in range(1, len(curve) + 1) if stopping.is_over(curve[:end], objective)]
    assert ends[:1] == keras_ends(curve, patience, min_delta, start, objective.direction == "maximize")


def keras_ends(curve, patience: int, min_delta: float, start: int, maximize: bool) -> list[int]:
    """The algorithm of ``keras.callbacks.EarlyStopping.on_epoch_end`` (Keras 3.15), without TensorFlow."""
    best, wait = None, 0
    for epoch, current in enumerate(curve):
        if epoch < start:
            continue
        wait += 1
        better = best is None or (current - min_delta > best if maximize else current + min_delta < best)
        if better:
            best, wait = current, 0
            continue
        if wait >= patience and epoch > 0:
            return [epoch + 1]
    return []


def test_a_configuration_may_say_when_it_stops() -> None:
    assert stopping_of({}, 10) == Stopping(10, 0.0, 0)
    assert stopping_of({"patience": 3, "min_delta": 0.01, "start_from_epoch": 5}, None) == Stopping(
        3, 0.01, 5
    )
    assert stopping_of({"patience": None}, 10) == Stopping(None)


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
        Curves(ACCURACY, [()]).add_epoch([{"val_acc": 0.5, "loss": 1.0}])
    assert caught.value.kind == "metric"
