"""Curves of all folds: the chosen epoch, patience, divergence. No TensorFlow."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from kerasweep.errors import TrainingError
from kerasweep.training.events import Answer, EpochEnded, Outcome, Rung, Task
from kerasweep.training.goals import NO_GOALS
from kerasweep.training.metrics import Objective
from kerasweep.training.stopping import Stopping, stopping_of
from kerasweep.training.trainers.curves import Curves
from kerasweep.training.trainers.lockstep import ModelFacts, train_in_lockstep
from kerasweep.training.trainers.paused_state import FoldState

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


@dataclass
class Tabulated:
    """Folds whose scores are known; a fold's state is how far it is."""

    table: Sequence[Sequence[float]]
    """Fold -> epoch."""
    method: str = "tabulated"
    trained: dict[int, int] = field(default_factory=dict)

    def train(self, epoch: int, folds: Sequence[int]) -> list[dict[str, float]]:
        for fold in folds:
            assert self.trained.get(fold, 0) == epoch, "each epoch once, in order"
            self.trained[fold] = epoch + 1
        return [{"val_loss": self.table[fold][epoch]} for fold in folds]

    def copy_states(self, folds: Sequence[int]) -> list[FoldState]:
        return [FoldState((np.array(self.trained[fold]), np.zeros((2, 0), "float32"))) for fold in folds]

    def load_states(self, states: Sequence[FoldState], epochs: Sequence[int]) -> None:
        self.trained = {fold: int(state.variables[0]) for fold, state in enumerate(states)}
        assert list(self.trained.values()) == list(epochs)


def trained(
    table: Any, patience: int | None, rungs: Any, state: Path | None, told: list[EpochEnded], answers: Any
) -> Outcome:
    """Train a table to its end or to a pause."""
    folds = len(table)
    judges = [tuple(other for other in range(folds) if other != fold) for fold in range(folds)]
    workload: Any = SimpleNamespace(
        objective=LOSS,
        judges=judges,
        folds=range(folds),
        epochs=len(table[0]),
        patience=patience,
        model=SimpleNamespace(has_base=False),
        fine_tuning=lambda configuration: None,
        identity="table",
        goals=NO_GOALS,
    )
    task = Task(0, {}, 0, rungs, state)
    model = ModelFacts(parameters=1, summary="", measured={}, depends_on_epochs=False)
    training = train_in_lockstep(workload, task, Tabulated(table), model, trainer="tabulated", started=0.0)
    try:
        told.append(next(training))
        while True:
            told.append(training.send(next(answers)))
    except StopIteration as end:
        return replace(end.value, seconds=0.0)


TABLES = st.integers(1, 4).flatmap(
    lambda folds: st.integers(1, 6).flatmap(
        lambda epochs: st.lists(
            st.lists(st.sampled_from([0.1, 0.2, 0.3, 0.4]), min_size=epochs, max_size=epochs),
            min_size=folds,
            max_size=folds,
        )
    )
)
STEPS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), max_size=4)


@settings(deadline=None)  # states are written to the disk
@example([[0.1, 0.1]], None, [(0, 1)], ["pause"])
@given(TABLES, st.sampled_from([None, 1, 2]), STEPS, st.lists(st.sampled_from(["on", "pause", "lose"])))
def test_rungs_pauses_and_losses_change_no_outcome(table, patience, steps, acts: list[str]) -> None:
    """And what is told rises in folds, then epochs, unless a state was lost."""
    rungs, rung = [], Rung(1, 1)
    for more_epochs, more_folds in steps:
        rung = Rung(rung.epochs + more_epochs, rung.folds + more_folds)
        rungs.append(rung)

    def goes_on() -> Any:
        while True:
            yield Answer.GO_ON

    expected = trained(table, patience, (), None, [], goes_on())
    assert expected.ending == "whole"
    left, told = list(acts), []

    def answers() -> Any:
        while True:
            act = left.pop(0) if left else "on"
            if act == "lose":
                lost.append(True)
            yield Answer.GO_ON if act == "on" else Answer.PAUSE

    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder) / "state"
        while True:
            lost: list[bool] = []
            there = [event.rung for event in told]  # at most all epochs and folds that there are
            unasked = tuple(
                rung
                for rung in rungs
                if Rung(min(rung.epochs, len(table[0])), min(rung.folds, len(table))) not in there
            )
            found = trained(table, patience, unasked, state, told, answers())
            if found.ending == "whole":
                break
            assert found.fold_scores == told[-1].scores
            if lost:
                state.unlink()
    assert found == expected
    order = [(event.rung.folds, event.rung.epochs) for event in told]
    assert "lose" in acts or order == sorted(set(order))
    for folds, epochs in order:
        assert epochs <= len(table[0])
        assert folds <= len(table)
