"""One suite for everything that trains tasks: in this process, in processes of their own, and on a real Ray cluster."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from executor_tasks import EPOCHS, FOLDS, is_alive, make_workload, outcome_of, run, task
from kerasweep.errors import ModelError
from kerasweep.search.executors import InlineExecutor, make_executor
from kerasweep.search.executors.local import LocalExecutor
from kerasweep.search.executors.ray import RayExecutor
from kerasweep.search.executors.ray.actor import PREFIX, _remove_if_left
from kerasweep.training.events import (
    Answer,
    EpochEnded,
    Rung,
    Task,
    TrialEnded,
    TrialFailed,
    TrialInfeasible,
    TrialPaused,
)

pytestmark = [pytest.mark.trains, pytest.mark.usefixtures("forked_workers")]


@pytest.fixture(scope="module")
def reference():
    """What a task gives in this process."""
    executor = InlineExecutor(make_workload(), threads=1)
    executor.start(task(-1))
    return outcome_of(run(executor, task(0)))


@pytest.fixture(scope="module")
def inline() -> Iterator[InlineExecutor]:
    made = make_executor(make_workload(), 1, 1, inline=True, timeout=None)
    assert isinstance(made, InlineExecutor)
    assert made.start(task(-1)).parameters == 4 * 6 + 6 + 6 * 2 + 2
    yield made
    made.close()
    made.close()


@pytest.fixture(scope="module")
def local() -> Iterator[LocalExecutor]:
    made = make_executor(make_workload(), 2, 1, inline=False, timeout=None)
    assert isinstance(made, LocalExecutor)
    assert made.capacity == 2
    assert made.start(task(-1)).parameters == 4 * 6 + 6 + 6 * 2 + 2
    folder, processes = made._folder, [worker.process for worker in made._workers]
    assert folder.is_dir()
    yield made
    processes += [worker.process for worker in made._workers]
    made.close()
    assert not folder.exists()
    assert all(process.poll() is not None for process in processes)
    made.close()


@pytest.fixture(scope="module")
def on_ray(ray_cluster) -> Iterator[RayExecutor]:
    made = RayExecutor(make_workload(), 1, 2, address=ray_cluster.address)
    assert made.capacity == 1, "one may wait for the first worker"
    assert made.start(task(-1)).parameters == 4 * 6 + 6 + 6 * 2 + 2
    deadline = time.monotonic() + 60
    while made.capacity < 2 and time.monotonic() < deadline:
        assert made.next_event(timeout=0.1) is None
        run(made, task(99, units=2))
    assert made.capacity == 2
    folder = made._folder
    yield made
    workers = ray_cluster.workers()
    assert workers
    made.close()
    made.close()
    assert not folder.exists()
    assert not ray_cluster.workers_after(5.0)
    for left in ray_cluster.folder.glob(f"{PREFIX}*"):
        _remove_if_left(left)  # of one that was killed; the next worker on its machine would
    assert not list(ray_cluster.folder.glob(f"{PREFIX}*"))


class Conformance:
    """What every executor keeps. Subclasses have the fixture ``executor``, which is started."""

    def test_a_task_gives_the_same_everywhere(self, executor, reference) -> None:
        events = run(executor, task(0))
        outcome = outcome_of(events)
        assert (outcome.fold_scores, outcome.value) == (reference.fold_scores, reference.value)
        assert outcome.curves == reference.curves
        assert (outcome.parameters, outcome.epochs, outcome.summary) == (
            reference.parameters,
            reference.epochs,
            reference.summary,
        )
        assert [event.epoch for event in events if isinstance(event, EpochEnded)] == [1, 2, 3]
        curve = outcome.curves["val_accuracy"]
        assert events[1].scores == tuple(fold[1] for fold in curve)
        assert (outcome.ending, outcome.epochs_trained, outcome.trainer) == ("whole", EPOCHS, "fused")

    def test_a_trial_that_is_held_waits_and_then_gives_the_same(self, executor, reference) -> None:
        """Its seconds are those of its training, and not of the wait."""
        executor.submit(task(0, rungs=(1,)))
        events = [executor.next_event(timeout=60)]
        executor.hold()
        executor.answer(0, Answer.GO_ON)
        assert executor.next_event(timeout=3) is None
        assert executor.is_held
        executor.release()
        assert not executor.is_held
        events += iter(lambda: executor.next_event(timeout=60), None)
        assert [event.epoch for event in events[:-1]] == [1, 2, 3]
        outcome = outcome_of(events)
        assert outcome.fold_scores == reference.fold_scores
        assert outcome.seconds < reference.seconds + 3

    def test_a_trial_that_is_held_can_be_ended(self, executor) -> None:
        executor.submit(task(5, rungs=(1,)))
        executor.next_event(timeout=60)
        executor.hold()
        executor.answer(5, Answer.STOP)
        assert executor.next_event(timeout=60).outcome.ending == "stopped"
        executor.release()

    def test_a_task_gives_the_same_after_others(self, executor, reference) -> None:
        events = run(executor, task(1, units=5), task(2, units=7), task(3), task(4, units=2))
        assert {event.number for event in events if isinstance(event, TrialEnded)} == {1, 2, 3, 4}
        assert outcome_of(events, 3).fold_scores == reference.fold_scores
        for number in range(1, 5):
            own = [event for event in events if event.number == number]
            assert [event.epoch for event in own[:-1]] == [1, 2, 3]

    def test_waiting_at_rungs_changes_nothing(self, executor, reference) -> None:
        events = run(executor, task(0, rungs=(1, 2)), task(1, rungs=(2,)))
        for number in (0, 1):
            own = [event for event in events if event.number == number]
            assert [event.epoch for event in own[:-1]] == [1, 2, 3]
            assert outcome_of(events, number).fold_scores == reference.fold_scores

    def test_cancelling_ends_a_trial_at_the_epoch_that_is_trained(self, executor) -> None:
        executor.submit(task(5))
        executor.answer(5, Answer.STOP)
        executor.answer(5, Answer.STOP)
        first, end = executor.next_event(timeout=60), executor.next_event(timeout=60)
        assert first.epoch == 1
        assert (end.outcome.ending, end.outcome.epochs_trained) == ("stopped", 1)
        executor.answer(5, Answer.STOP)
        executor.answer(5, Answer.GO_ON)
        assert outcome_of(run(executor, task(5)), 5).ending == "whole", (
            "what comes too late is not of the next task"
        )

    def test_cancelling_at_a_rung_ends_a_trial_there(self, executor, reference) -> None:
        events = run(executor, task(5, rungs=(2,)), cancel_at=2)
        assert [type(event) for event in events] == [EpochEnded, EpochEnded, TrialEnded]
        outcome = outcome_of(events, 5)
        assert (outcome.ending, outcome.epochs_trained) == ("stopped", 2)
        assert outcome.fold_scores == tuple(fold[1] for fold in reference.curves["val_accuracy"])
        assert outcome_of(run(executor, task(5)), 5).ending == "whole", (
            "a number that was cancelled before may be run again"
        )

    def test_a_paused_trial_goes_on_wherever_there_is_room(self, executor, reference, tmp_path: Path) -> None:
        """Two at a time where two workers are, so that a trial may go on in another process than it was paused in."""
        low, high = Rung(1, 1), Rung(2, FOLDS)
        tasks = [
            Task(number, {"units": 3, "behaviour": "train"}, 5, (low, high), tmp_path / f"{number}.state")
            for number in (10, 11, 12)
        ]
        for rung in (low, high):
            events = run(executor, *tasks, pause_at=rung)
            paused = [event for event in events if isinstance(event, TrialPaused)]
            assert sorted(event.number for event in paused) == [10, 11, 12]
            assert all((tmp_path / f"{event.number}.state").exists() for event in paused)
            assert all(len(event.outcome.fold_scores) == rung.folds for event in paused)
            tasks = [replace(task, rungs=task.rungs[1:]) for task in reversed(tasks)]
        events = run(executor, *tasks)
        for number in (10, 11, 12):
            outcome = outcome_of(events, number)
            assert outcome.curves == reference.curves
            assert outcome.fold_scores == reference.fold_scores

    @pytest.mark.parametrize(
        ("behaviour", "kind", "message"),
        [
            ("raise", "model", "the model function raises RuntimeError: this configuration cannot be built"),
            ("nan", "diverged", "loss became nan in fold 1, epoch 1"),
        ],
    )
    def test_a_trial_that_fails_is_told_and_the_next_one_trains(
        self, executor, reference, behaviour: str, kind: str, message: str
    ) -> None:
        events = run(executor, task(6, behaviour), task(7))
        (failed,) = [event for event in events if isinstance(event, TrialFailed)]
        assert (failed.number, failed.kind) == (6, kind)
        assert message in failed.message
        assert "\n" not in failed.message
        assert "Traceback" in failed.traceback
        assert failed.origin.startswith(
            "RuntimeError at executor_tasks.py:" if kind == "model" else "Training"
        )
        assert not failed.fatal
        assert kind != "model" or failed.printed == "a model function may print\n"
        assert outcome_of(events, 7).fold_scores == reference.fold_scores

    def test_a_model_that_breaks_a_constraint_is_told_and_not_trained(self, executor, reference) -> None:
        events = run(executor, task(8, units=200), task(9))
        (refused,) = [event for event in events if event.number == 8]
        assert refused == TrialInfeasible(8, {"params": 2802.0}, 2802, "params is 2,802, not <1,000")
        assert outcome_of(events, 9).fold_scores == reference.fold_scores
        assert outcome_of(events, 9).measured == {"params": 44.0}

    def test_a_failure_that_ends_the_sweep_is_told_as_such(self, executor) -> None:
        (failed,) = run(executor, task(6, "fatal"))
        assert failed.fatal
        assert (failed.kind, failed.message) == ("model", "the model says that no trial can succeed")

    def test_an_event_is_waited_for_no_longer_than_asked(self, executor) -> None:
        started = time.monotonic()
        assert executor.next_event(timeout=0.2) is None
        assert time.monotonic() - started < 5


class TestInline(Conformance):
    @pytest.fixture
    def executor(self, inline) -> InlineExecutor:
        return inline

    def test_one_task_at_a_time(self, executor) -> None:
        executor.submit(task(0))
        with pytest.raises(RuntimeError, match="one task at a time"):
            executor.submit(task(1))
        executor.close()
        assert executor.next_event() is None
        assert outcome_of(run(executor, task(2)), 2).epochs_trained == EPOCHS

    def test_a_model_that_cannot_be_built_is_told_at_the_start(self) -> None:
        executor = InlineExecutor(make_workload(), threads=1)
        with pytest.raises(
            ModelError, match=r"cannot be built: the model function raises RuntimeError: this conf"
        ):
            executor.start(task(-1, "raise"))


class SeveralWorkers(Conformance):
    """What every executor keeps whose workers are processes of their own."""

    def test_two_tasks_train_at_once(self, executor) -> None:
        executor.submit(task(0))
        executor.submit(task(1))
        seen = []
        while len({event.number for event in seen}) < 2:
            seen.append(executor.next_event(timeout=60))
            executor.answer(seen[-1].number, Answer.STOP)
        while (event := executor.next_event(timeout=60)) is not None:
            seen.append(event)
        assert sum(isinstance(event, TrialEnded) for event in seen) == 2

    def test_a_worker_waits_at_rungs_and_nowhere_else(self, executor) -> None:
        executor.submit(task(0, rungs=(2,)))
        events = [executor.next_event(timeout=60) for _ in range(2)]
        assert executor.next_event(timeout=2) is None, "it waits at its rung, which is no silence"
        assert executor._workers_on(0)[0].silence() == 0, "nor is it one after a while"
        executor.answer(0, Answer.GO_ON)
        events += [executor.next_event(timeout=60) for _ in range(EPOCHS - 1)]
        assert [event.epoch for event in events[:-1]] == [1, 2, 3]
        assert events[-1].outcome.ending == "whole"

    def test_a_task_that_kills_its_workers_fails_and_the_sweep_goes_on(self, executor, reference) -> None:
        events = run(executor, task(0, "die"), task(1))
        (failed,) = [event for event in events if isinstance(event, TrialFailed)]
        assert (failed.number, failed.kind) == (0, "crash")
        assert failed.message == ("its worker died 3 times, ended from outside by SIGKILL")
        assert outcome_of(events, 1).fold_scores == reference.fold_scores


class TestLocal(SeveralWorkers):
    @pytest.fixture
    def executor(self, local) -> LocalExecutor:
        return local

    def test_a_worker_that_is_killed_is_replaced_and_its_task_trained_again(
        self, executor, reference
    ) -> None:
        executor.submit(task(0, rungs=(1,)))
        first = executor.next_event(timeout=60)
        assert (first.number, first.epoch) == (0, 1)
        (worker,) = [worker for worker in executor._workers if worker.task is not None]
        os.kill(worker.process.pid, signal.SIGKILL)
        events = [first]
        while not isinstance(events[-1], TrialEnded):
            events.append(executor.next_event(timeout=120))
            if isinstance(events[-1], EpochEnded) and events[-1].epoch == 1:
                executor.answer(0, Answer.GO_ON)
        assert [event.epoch for event in events[1:-1]] == [1, 2, 3]
        assert events[-1].outcome.fold_scores == reference.fold_scores
        assert worker not in executor._workers
        assert len(executor._workers) == 2

    def test_a_worker_that_is_killed_leaves_a_checkpoint_to_go_on_from(
        self, executor, reference, tmp_path: Path
    ) -> None:
        state = tmp_path / "0.state"
        executor.submit(replace(task(0, rungs=(2,)), state=state, checkpoint_every=1e-9))
        told = [executor.next_event(timeout=60) for _ in range(2)]
        assert [(event.epoch, event.saved, event.trained_before) for event in told] == [
            (1, True, False),
            (2, True, False),
        ]
        (worker,) = [worker for worker in executor._workers if worker.task is not None]
        os.kill(worker.process.pid, signal.SIGKILL)
        again = executor.next_event(timeout=120)
        assert (again.rung, again.scores, again.trained_before) == (told[1].rung, told[1].scores, True)
        executor.answer(0, Answer.GO_ON)
        last, ended = (executor.next_event(timeout=120) for _ in range(2))
        assert (last.epoch, last.saved) == (EPOCHS, False), "what has come to its end needs no state"
        assert replace(ended.outcome, seconds=0.0) == replace(reference, seconds=0.0)

    @pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is told as Linux tells it")
    def test_a_worker_that_has_grown_is_replaced_between_tasks(
        self, executor, reference, monkeypatch
    ) -> None:
        """Every trial ends once, with the score that it would have had."""
        run(executor, task(20), task(21))
        kept = list(executor._workers)
        assert len(run(executor, task(22))) == EPOCHS + 1
        assert executor._workers == kept, "a small model lets no worker grow by so much"
        monkeypatch.setattr("kerasweep.search.executors.process.MOST_GROWTH", -1)
        events = run(executor, *(task(number) for number in range(23, 27)))
        assert sorted(event.number for event in events if isinstance(event, TrialEnded)) == [23, 24, 25, 26]
        assert {outcome_of(events, number).fold_scores for number in range(23, 27)} == {reference.fold_scores}
        assert not set(executor._workers) & set(kept)
        assert not any(is_alive(worker.process.pid) for worker in kept)


class TestRay(SeveralWorkers):
    @pytest.fixture
    def executor(self, on_ray) -> RayExecutor:
        return on_ray

    def test_a_worker_whose_actor_is_killed_is_replaced_and_its_task_trained_again(
        self, executor, reference, ray_cluster
    ) -> None:
        for number in (0, 1):
            executor.submit(task(number, rungs=(1,)))
        events = [executor.next_event(timeout=60) for _ in range(2)]
        assert {event.number for event in events} == {0, 1}
        before = list(executor._workers)
        ray_cluster.actors()[0].kill()
        gone = []
        while not gone:
            executor.next_event(timeout=1)
            gone = [worker for worker in before if worker not in executor._workers]
        (dead,) = gone
        assert dead.death.from_outside
        (other,) = {0, 1} - {dead.task.number}
        executor.answer(other, Answer.GO_ON)
        while (event := executor.next_event(timeout=120)) is not None:
            events.append(event)
            if isinstance(event, EpochEnded) and event.epoch == 1:
                executor.answer(event.number, Answer.GO_ON)
        for number, epochs in ((other, [1, 2, 3]), (dead.task.number, [1, 1, 2, 3])):
            assert [
                one.epoch for one in events if one.number == number and isinstance(one, EpochEnded)
            ] == epochs
            assert outcome_of(events, number).fold_scores == reference.fold_scores
        assert len(executor._workers) == 2
