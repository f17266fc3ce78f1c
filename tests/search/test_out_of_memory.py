"""Out of memory, whoever notices it, is one kind to the user and to the search: a constraint that the trial breaks."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from kerasweep.errors import SweepError
from kerasweep.search.ending import check_found_something
from kerasweep.search.executors import memory_watch, process
from kerasweep.search.executors.local import LocalExecutor
from kerasweep.search.executors.memory_mapping import ARRAYS, OBJECT, write_workload
from kerasweep.search.executors.memory_watch import MemoryWatch, group_memory
from kerasweep.search.executors.ray import actor
from kerasweep.search.executors.ray.shipping import by_value
from kerasweep.search.executors.retries import Death
from kerasweep.studies import best_trials, read_trials
from kerasweep.terminal import _trial_text
from kerasweep.training.events import Task, TrialEnded, TrialFailed
from kerasweep.training.machine import resident_memory, total_memory
from kerasweep.training.model_size import ModelSize
from real_training import workload_of

MIB = 2**20
LARGE = 12
"""Units from which a model of the laboratory runs out of memory."""
LINUX = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is told as Linux tells it")


def large(configuration: Any) -> str | None:
    return "memory" if configuration["units"] > LARGE else None


class TestSearch:
    @pytest.mark.parametrize(
        ("method", "scheduler"),
        [
            ("bayes", "none"),
            ("cmaes", "none"),
            ("random", "asha"),
            ("nsga2", "none"),
            ("knowhow", "knowhow"),
        ],
    )
    def test_every_search_goes_on_and_names_no_such_trial(self, lab, fake, method, scheduler) -> None:
        made = lab(method=method, scheduler=scheduler, trials=12)
        made.run(fake(fails=large))
        trials = read_trials(made.read())
        out = [
            trial for trial in trials if trial.configuration["units"] > LARGE and trial.duplicate_of is None
        ]
        assert out
        for trial in out:
            assert (trial.state, trial.feasible, trial.broken, trial.failed) == (
                "pruned",
                False,
                ("memory",),
                True,
            )
            assert trial.failure["message"] == "it failed: memory"
        assert all(trial.feasible for trial in best_trials(made.read(), 12))
        ended = [one.ended for one in made.progress if one.ended is not None and one.ended.message]
        text = _trial_text(ended[0], made.progress[-1]).plain
        assert "infeasible: it failed: memory" in text
        assert made.progress[-1].failed == 0

    def test_a_search_learns_from_it(self, lab, fake) -> None:
        kept = {}
        for method in ("bayes", "random"):
            made = lab(method=method, trials=40, name=method)
            made.run(fake(fails=large))
            kept[method] = sum(trial.feasible for trial in read_trials(made.read()))
        assert kept["bayes"] > 1.5 * kept["random"]

    def test_the_larger_a_model_the_more_it_breaks_the_constraint(self, lab, fake) -> None:
        executor = fake(fails=large)
        told = executor.next_event

        def sized(timeout: float | None = None) -> Any:
            event = told(timeout)
            if not isinstance(event, TrialFailed):
                return event
            units = executor.trained[-1].configuration["units"]
            return replace(event, size=ModelSize(units, units * 10**9))

        executor.next_event = sized
        made = lab(method="grid", trials=12)
        made.run(executor)
        trials = [trial for trial in read_trials(made.read()) if trial.failed and trial.duplicate_of is None]
        assert trials
        for trial in trials:
            assert trial.parameters == trial.configuration["units"]
            assert trial.measured == {"params": trial.parameters, "memory": trial.parameters * 1e9}
            assert trial.excesses["memory"] == pytest.approx(trial.measured["memory"] / total_memory())

    def test_a_sweep_of_nothing_else_is_not_called_done(self, lab, fake) -> None:
        made = lab(trials=4)
        made.run(fake(fails=lambda _: "memory"))
        with pytest.raises(
            SweepError, match=r"^No trial of 'study' could be scored\. Trial 3: it failed: memory\.$"
        ):
            check_found_something(SimpleNamespace(study=made.read(), reason="trials"))
        made.trials = 8
        made.run(fake(fails=lambda _: None))
        check_found_something(SimpleNamespace(study=made.read(), reason="trials"))


HOARD = "import sys, time\nheld = bytearray(int(sys.argv[1]))\nheld[::4096] = b'x' * len(held[::4096])\nprint(flush=True)\ntime.sleep(1000)"


@pytest.fixture
def hoarders() -> Iterator[Any]:
    """Starts processes that hold memory, in a group of their own or in one that is there."""
    started = []

    def start(size: int, group: int = 0) -> subprocess.Popen[bytes]:
        begun = subprocess.Popen(
            [sys.executable, "-c", HOARD, str(size)], stdout=subprocess.PIPE, process_group=group
        )
        started.append(begun)
        begun.stdout.readline()
        return begun

    yield start
    for one in started:
        one.kill()
        one.communicate()


@LINUX
class TestWatch:
    def test_a_group_holds_what_its_processes_hold_of_their_own(self, hoarders, tmp_path: Path) -> None:
        leader = hoarders(60 * MIB)
        hoarders(90 * MIB, leader.pid)
        alone = hoarders(30 * MIB)
        held = group_memory(iter([leader.pid, alone.pid, 2**22 + 1]))
        assert 150 * MIB < held[leader.pid] < 200 * MIB
        assert 30 * MIB < held[alone.pid] < 60 * MIB
        assert held[2**22 + 1] == 0

    def test_who_holds_too_much_is_ended_with_what_it_started(self, hoarders, monkeypatch) -> None:
        monkeypatch.setattr(memory_watch, "SECONDS", 0.05)
        leader, small = hoarders(10 * MIB), hoarders(10 * MIB)
        child = hoarders(100 * MIB, leader.pid)
        workers = [process.WorkerProcess(process=one, log=Path("log")) for one in (leader, small)]
        watch = MemoryWatch(64e6)
        watch.start(lambda: workers)
        assert child.wait(20) == leader.wait(20) == -9
        watch.stop()
        watch.stop()
        assert small.poll() is None
        assert workers[1].exceeded == ""
        death = workers[0].kill()
        assert death.cause.startswith("ended because it held 12")
        assert death.cause.endswith(" MB of memory and may hold 64.0 MB")
        assert (death.kind, death.from_outside) == ("memory", False)

    def test_where_nothing_bounds_workers_nobody_watches(self) -> None:
        watch = MemoryWatch(float("inf"))
        watch.start(lambda: pytest.fail("looked at"))
        assert watch._thread is None
        watch.stop()

    def test_a_worker_has_grown_by_half_of_what_it_may_hold(self, monkeypatch) -> None:
        worker = process.WorkerProcess(process=SimpleNamespace(pid=1), log=Path("log"), tasks=1)
        held = iter([1000 * MIB, 1400 * MIB, 1600 * MIB, 1600 * MIB, 2100 * MIB])
        monkeypatch.setattr(process, "resident_memory", lambda _: next(held))
        worker.memory = 1000 * MIB
        found = [worker.has_grown() for _ in range(3)]
        worker.memory = float("inf")
        found += [worker.has_grown(), worker.has_grown()]
        assert found == [False, False, True, False, True]


def make_build():
    """Return a model function as a notebook's, which hoards memory when the second fold of a model is built."""

    def build(config, signature):
        import sys

        import keras

        if config["behaviour"] == "hoard":
            sys.builds = getattr(sys, "builds", 0) + 1
            if sys.builds > 1:
                held = []
                while True:
                    held.append(bytearray(b"x" * (16 * 2**20)))
        if config["behaviour"] == "raise":
            raise MemoryError("no room for this")
        layers = [keras.Input(signature.input_shape), keras.layers.Dense(4)]
        return keras.Sequential([*layers, keras.layers.Dense(signature.outputs, activation="softmax")])

    from kerasweep.spaces import Int, Space

    build.__module__ = "__main__"
    build.space = Space((Int("units", 2, 8),))
    return build


@LINUX
@pytest.mark.trains
@pytest.mark.usefixtures("forked_workers")
def test_workers_that_allocate_without_end_are_ended_and_the_sweep_goes_on(monkeypatch) -> None:
    monkeypatch.setattr(memory_watch, "SECONDS", 0.1)
    rows = np.random.default_rng(3).normal(size=(40, 4)).astype("float32"), np.tile([0, 1], 20)
    executor = LocalExecutor(workload_of(rows, make_build()), threads=1, workers=1)
    tasks = [
        Task(number, {"units": 3, "behaviour": kind}, seed=5)
        for number, kind in enumerate(("train", "hoard", "raise", "train"))
    ]
    try:
        size = executor.start(replace(tasks[0], number=-1))
        first = executor._workers[0].process.pid
        assert Path(f"/proc/{first}/oom_score_adj").read_text().strip() == "500"
        held = group_memory([first])[first]
        executor._watch = MemoryWatch(held + 400 * MIB)
        executor._watch.start(
            lambda: [one for one in executor._workers if isinstance(one, process.WorkerProcess)]
        )
        ends = []
        for task in tasks:
            executor.submit(task)
            while not isinstance(event := executor.next_event(timeout=120), TrialEnded | TrialFailed):
                assert event is not None
            ends.append(event)
        (trained, hoarded, raised, last) = ends
        assert isinstance(trained, TrialEnded)
        assert isinstance(last, TrialEnded)
        assert last.outcome.fold_scores == trained.outcome.fold_scores
        assert (hoarded.kind, raised.kind) == ("memory", "memory")
        assert hoarded.message.startswith("out of memory: its worker died 2 times, ended because it held ")
        assert hoarded.size == size, "its first fold was built, in the worker that had trained nothing else"
        assert raised.message == "out of memory: no room for this"
        assert raised.size is None
        assert executor._workers[0].process.pid != first
        assert resident_memory(first) is None
    finally:
        executor.close()
    assert not executor._watch._thread.is_alive()


@LINUX
@pytest.mark.trains
@pytest.mark.usefixtures("forked_workers")
def test_a_worker_of_a_cluster_that_allocates_without_end_is_ended_where_it_runs(
    monkeypatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(memory_watch, "SECONDS", 0.1)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    asked = []
    monkeypatch.setattr(actor, "worker_memory", lambda *given: asked.append(given) or 1500 * MIB)
    rows = np.random.default_rng(3).normal(size=(40, 4)).astype("float32"), np.tile([0, 1], 20)
    with by_value(workload_of(rows, make_build())) as workload:
        write_workload(workload, tmp_path)
    arrays = np.fromfile(tmp_path / ARRAYS, np.uint8)
    worker = actor.WorkerActor("7-1", (tmp_path / OBJECT).read_bytes(), arrays, 1, 0, 5e9)
    try:
        worker.send(0, Task(0, {"units": 3, "behaviour": "hoard"}, seed=5))
        said = []
        while not any(isinstance(one, Death) for one in said):
            said += worker.receive()
    finally:
        worker.close()
    (_, workers, bound), death = asked[0], said[-1]
    assert (workers, bound) == (1, 5e9)
    assert (death.kind, death.from_outside, death.final) == ("memory", False, True)
    assert death.cause.startswith("ended because it held 1.")
    assert not worker._watch._thread.is_alive()
    assert not list(tmp_path.glob("kerasweep-ray-*"))
