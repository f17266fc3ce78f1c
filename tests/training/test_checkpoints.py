"""A trial that is interrupted goes on from its last checkpoint, trains only what is left, and has the outcome that it would have had."""

from __future__ import annotations

import errno
import functools
import resource
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from kerasweep.training.events import Answer, EpochEnded, Outcome, Task
from kerasweep.training.models.tracked_configuration import take_notes
from kerasweep.training.trainers import paused_state, training_state
from kerasweep.training.trainers.runtime import make_trainer
from kerasweep.training.workload import Workload
from special_models import make_workload

pytestmark = pytest.mark.trains
EPOCHS, CHECKPOINT = 20, 10
ALWAYS = 1e-9
"""Seconds of training after which a state is written: after every epoch."""


def momentum(keras: Any, value: float) -> dict[str, Any]:
    return {"layers": [keras.layers.Dropout(0.2)], "optimizer": keras.optimizers.SGD(0.05, momentum=value)}


@functools.cache
def workload_of(name: str, epochs: int = EPOCHS) -> Workload:
    return make_workload(momentum, name, folds=2 if name == "fused" else 1, epochs=epochs)


@functools.cache
def trainer_of(name: str, epochs: int = EPOCHS) -> Any:
    return make_trainer(workload_of(name, epochs), 1)


def train(trainer: Any, task: Task, dies_after: int | None = None) -> tuple[list[EpochEnded], Outcome | None]:
    """Train, and return what was told, and the outcome with all notes; None of what dies after an epoch."""
    training, told = trainer.train(task), []
    take_notes()
    try:
        told.append(next(training))
        while told[-1].epoch != dies_after:
            told.append(training.send(Answer.GO_ON))
    except StopIteration as end:
        outcome: Outcome = end.value
        return told, replace(outcome, notes=(*outcome.notes, *take_notes()), seconds=0.0)
    training.close()
    return told, None


@functools.cache
def uninterrupted(name: str) -> Outcome | None:
    return train(trainer_of(name), task_of())[1]


def task_of(state: Path | None = None, **changes: Any) -> Task:
    every = None if state is None else ALWAYS
    return Task(0, {"value": 0.9, "batch_size": 10}, 11, state=state, checkpoint_every=every, **changes)


@pytest.mark.parametrize("name", ["fused", "fit"])
def test_interrupted_at_the_tenth_epoch_it_trains_ten_more_to_the_same_scores(
    name: str, tmp_path: Path
) -> None:
    task = task_of(tmp_path / "0.state")
    told, _ = train(trainer_of(name), task, dies_after=CHECKPOINT)
    assert [event.saved for event in told] == [True] * CHECKPOINT
    told, outcome = train(trainer_of(name), task)
    assert [event.epoch for event in told] == [*range(CHECKPOINT + 1, EPOCHS + 1)]
    assert outcome == uninterrupted(name)


def test_a_checkpoint_of_a_trial_that_continues_another_is_its_own(tmp_path: Path) -> None:
    """It has taken over what that one has trained, and nothing of what it has trained itself."""
    state = tmp_path / "1.state"
    _, first = train(trainer_of("fused", 5), task_of(keeps=state))
    assert first is not None
    task = replace(task_of(state, continues=True), number=1)
    told, _ = train(trainer_of("fused"), task, dies_after=CHECKPOINT)
    assert [event.epoch for event in told] == [*range(6, CHECKPOINT + 1)]
    told, outcome = train(trainer_of("fused"), task)
    assert [event.epoch for event in told] == [*range(CHECKPOINT + 1, EPOCHS + 1)]
    whole = uninterrupted("fused")
    assert whole is not None
    assert outcome == replace(whole, taken_over=5)


@pytest.fixture
def interrupted(tmp_path: Path) -> Task:
    task = task_of(tmp_path / "0.state")
    train(trainer_of("fused"), task, dies_after=CHECKPOINT)
    return task


@pytest.mark.parametrize("changed", ["seed", "configuration", "version", "trainer"])
def test_the_state_of_another_training_is_not_used(
    changed: str, interrupted: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, task = "fused", interrupted
    if changed == "seed":
        task = replace(task, seed=12)
    if changed == "configuration":
        task = replace(task, configuration={**task.configuration, "value": 0.8})
    if changed == "version":
        monkeypatch.setattr(paused_state, "LAYOUT", 99)
    if changed == "trainer":
        name = "fit"
    told, outcome = train(trainer_of(name), task)
    assert [event.epoch for event in told] == [*range(1, EPOCHS + 1)]
    assert outcome is not None
    assert outcome.notes[0].startswith("trained from the start: its state cannot be used: it is of another")


def test_a_full_disk_ends_no_trial_and_later_there_may_be_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = [True, True]

    def save(*arguments: Any) -> None:
        if full:
            full.pop()
            raise OSError(errno.ENOSPC, "No space left on device")
        paused_state.save_state(*arguments)

    monkeypatch.setattr(training_state, "save_state", save)
    told, outcome = train(trainer_of("fused"), task_of(tmp_path / "0.state"))
    assert [event.saved for event in told] == [False, False, *[True] * (EPOCHS - 3), False]
    note = "no checkpoint is kept, so that it trains from the start where it is interrupted: [Errno 28]"
    assert outcome is not None
    assert [one.startswith(note) for one in outcome.notes] == [True], "it is said once"
    whole = uninterrupted("fused")
    assert whole is not None
    assert replace(outcome, notes=whole.notes) == whole


def test_a_state_that_does_not_fit_leaves_the_one_before(interrupted: Task, tmp_path: Path) -> None:
    """The system itself refuses to write on, as a full disk does."""
    assert interrupted.state is not None
    before = interrupted.state.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    state = paused_state.PausedTrial("other", (), {"loss": [[0.5] * 100_000]}, 1.0)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
        with pytest.raises(OSError, match="File too large"):
            paused_state.save_state(state, interrupted.state)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert interrupted.state.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["0.state"]


@pytest.mark.parametrize(("seconds", "synced"), [(1.0, 0), (paused_state.SURE, 1)])
def test_a_disk_is_waited_for_only_where_much_training_could_be_lost(
    seconds: float, synced: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []
    monkeypatch.setattr(paused_state.os, "fsync", calls.append)
    paused_state.save_state(paused_state.PausedTrial("one", (), {}, seconds), tmp_path / "0.state")
    assert len(calls) == synced
    assert paused_state.load_state(tmp_path / "0.state", "one", 9).seconds == seconds


def test_what_is_shorter_than_a_checkpoint_writes_nothing(tmp_path: Path) -> None:
    task = replace(task_of(tmp_path / "0.state"), checkpoint_every=3600.0)
    told, outcome = train(trainer_of("fused"), task)
    assert not any(event.saved for event in told)
    assert outcome == uninterrupted("fused")
    assert list(tmp_path.iterdir()) == []
