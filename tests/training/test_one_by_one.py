"""Folds whose models memory does not hold together are trained one after the other, and score the same."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from kerasweep.errors import TrainingError
from kerasweep.search.planning import make_plan
from kerasweep.search.spec import make_spec
from kerasweep.training.events import Answer, EpochEnded, Outcome, Rung, Task
from kerasweep.training.models.tracked_configuration import take_notes
from kerasweep.training.trainers.runtime import make_trainer
from kerasweep.training.workload import Workload

pytestmark = pytest.mark.trains
EPOCHS = 4
NOTE = "memory does not hold the models of all folds together"


def build(configuration: Any, signature: Any) -> Any:
    import keras

    hidden = keras.layers.Dense(configuration["units"], "relu")
    return keras.Sequential([keras.Input(signature.input_shape), hidden, keras.layers.Dense(2, "softmax")])


@pytest.fixture(scope="module")
def workload() -> Workload:
    x = np.random.default_rng(0).normal(size=(60, 4)).astype(np.float32)
    spec = make_spec(
        {
            "data": {"source": "python:data"},
            "model": "python:build",
            "cv": {"folds": 3},
            "training": {"epochs": EPOCHS, "patience": None},
        }
    )
    return make_plan(spec, data=(x, (x[:, 0] > 0).astype(int)), model=build).workload


def trained(
    workload: Workload, trainer: str, stop_at: int | None = None, rungs: tuple[Rung, ...] = (), **more: Any
) -> tuple[list[EpochEnded], Outcome]:
    """Train a configuration and return what was told of its epochs, and the outcome."""
    task = Task(0, {"units": 8, "optimizer": "adam", "learning_rate": 0.05}, 3, rungs, **more)
    training = make_trainer(replace(workload, trainer=trainer), 1).train(task)
    told = []
    try:
        event = next(training)
        while True:
            told.append(event)
            event = training.send(Answer.STOP if event.epoch == stop_at else Answer.GO_ON)
    except StopIteration as end:
        return told, end.value


@pytest.fixture
def scarce(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have memory for the data, and hardly for a model."""
    monkeypatch.setattr("kerasweep.training.trainers.fit_trainer.free_memory", lambda: 100)


@pytest.mark.parametrize("trainer", ["fit", "auto"])
@pytest.mark.parametrize("stop_at", [None, 2])
def test_the_outcome_is_that_of_lockstep(
    workload, scarce, monkeypatch, trainer: str, stop_at: int | None
) -> None:
    """Also where it is stopped midway, as by a pruner; and the trial says so."""
    told, outcome = trained(workload, trainer, stop_at)
    monkeypatch.undo()
    expected_told, expected = trained(workload, "fit", stop_at)
    assert told == expected_told
    same = {"seconds": 0.0, "notes": ()}
    assert replace(outcome, **same) == replace(expected, **same)
    assert any(NOTE in note and "one after the other" in note for note in outcome.notes)
    assert not any(NOTE in note for note in expected.notes)
    assert any(note.startswith("trained by fit: ") for note in outcome.notes) == (trainer == "auto")


def test_only_one_fold_is_held_at_a_time(workload, scarce, monkeypatch) -> None:
    from kerasweep.training.trainers.fit_trainer import FitTrainer

    order: list[int] = []
    start_fold = FitTrainer.start_fold

    def noted(trainer: FitTrainer, task: Task, fold: int, data: Any) -> Any:
        order.append(fold)
        return start_fold(trainer, task, fold, data)

    monkeypatch.setattr(FitTrainer, "start_fold", noted)
    monkeypatch.setattr(FitTrainer, "forget", lambda _: order.append(-1))
    trained(workload, "fit")
    assert order == [-1, 0, 0, -1, 1, -1, 2, -1], "a fold is forgotten before the next one begins"


def test_it_is_asked_at_no_rung_once_all_is_trained(workload, scarce) -> None:
    told, outcome = trained(workload, "fit", rungs=(Rung(1, 1), Rung(2, 3)))
    assert [event.rung for event in told] == [Rung(1, 3), Rung(3, 3), Rung(4, 3)]
    assert "cannot be paused" in outcome.notes[0]


def test_a_fused_program_that_is_required_is_refused(workload, scarce) -> None:
    with pytest.raises(TrainingError, match=f"^the model cannot be trained fused: {NOTE}$"):
        trained(workload, "fused")


def test_a_hold_out_has_nothing_to_hold_together(workload, scarce) -> None:
    _, outcome = trained(replace(workload, folds=workload.folds[:1]), "fit")
    assert not any(NOTE in note for note in outcome.notes)


def test_that_no_checkpoint_is_kept_is_said(workload, scarce, tmp_path) -> None:
    _, outcome = trained(workload, "fit", state=tmp_path / "state", checkpoint_every=1e-9)
    reason = "no checkpoint is kept, so that it trains from the start where it is interrupted: its folds are trained one"
    assert [note.startswith(reason) for note in take_notes()] == [True]
    assert outcome.ending == "whole"
    assert list(tmp_path.iterdir()) == []
