"""Workers that cannot start, are killed before they have a task, or lose their driver."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from executor_tasks import is_alive, make_workload, run, task
from kerasweep.errors import ModelError, SweepError
from kerasweep.search.executors.handle import Worker
from kerasweep.search.executors.local import LocalExecutor
from kerasweep.search.executors.process import WorkerProcess
from kerasweep.search.executors.retries import OUTSIDE_DEATHS
from kerasweep.training.events import (
    TrialEnded,
)

pytestmark = [pytest.mark.trains, pytest.mark.usefixtures("forked_workers")]


@pytest.mark.parametrize("deaths", [OUTSIDE_DEATHS - 1, OUTSIDE_DEATHS])
@pytest.mark.parametrize("moment", ["started", "ready"])
def test_a_worker_that_is_killed_before_it_has_a_task_is_replaced_but_not_for_ever(
    monkeypatch, moment: str, deaths: int
) -> None:
    """Anybody may kill any process at any moment; where that happens again and again, it is no chance."""
    left, spawn, note = deaths, LocalExecutor._spawn, LocalExecutor._note

    def kill(worker: Worker, now: str) -> None:
        nonlocal left
        if left and now == moment:
            left -= 1
            assert isinstance(worker, WorkerProcess)
            worker.process.kill()

    def spawned(self: LocalExecutor, place: int) -> Worker:
        worker = spawn(self, place)
        kill(worker, "started")
        return worker

    def noted(self: LocalExecutor, worker: Worker, message: object) -> None:
        note(self, worker, message)
        kill(worker, "ready")

    monkeypatch.setattr(LocalExecutor, "_spawn", spawned)
    monkeypatch.setattr(LocalExecutor, "_note", noted)
    executor = LocalExecutor(make_workload(), threads=1, workers=1)
    try:
        if deaths < OUTSIDE_DEATHS:
            assert executor.start(task(-1)).parameters
            assert isinstance(run(executor, task(0))[-1], TrialEnded)
        else:
            error = {"started": SweepError, "ready": ModelError}[moment]
            with pytest.raises(
                error,
                match=r"^(A worker cannot be started: it was|The model .*,) ended from outside by SIGKILL\.$",
            ):
                executor.start(task(-1))
    finally:
        executor.close()


def test_workers_tell_at_the_start_that_a_model_cannot_be_built() -> None:
    executor = LocalExecutor(make_workload(), threads=1, workers=1)
    try:
        with pytest.raises(
            ModelError, match=r"cannot be built: the model function raises RuntimeError: this conf"
        ):
            executor.start(task(-1, "raise"))
    finally:
        executor.close()


DRIVER = """
import sys, time
import numpy as np
from kerasweep.training.events import Task
from kerasweep.search.executors.local import LocalExecutor
from kerasweep.search.planning import make_plan
from kerasweep.search.spec import make_spec

def build(config, signature):
    import keras, time
    if config["units"] == 9:
        open(busy, "w").close()
        time.sleep(600)
    return keras.Sequential([keras.Input(signature.input_shape), keras.layers.Dense(signature.outputs)])

busy = sys.argv[1]
spec = make_spec({"data": "python:data", "model": "python:build", "cv": {"folds": 2}, "training": {"epochs": 2}})
x = np.random.default_rng(0).normal(size=(40, 2))
executor = LocalExecutor(make_plan(spec, data=(x, x[:, 0]), model=build).workload, threads=1, workers=1)
executor.start(Task(-1, {"units": 1}, 0))
executor.submit(Task(0, {"units": 9}, 0))
print(executor._workers[0].process.pid, executor._folder, flush=True)
executor.next_event()
"""


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes as Linux shows them")
def test_workers_end_with_their_driver_in_the_middle_of_an_epoch(tmp_path: Path) -> None:
    """The worker is deep in a user's code for ten minutes when its driver is killed."""
    busy = tmp_path / "busy"
    driver = subprocess.Popen([sys.executable, "-c", DRIVER, str(busy)], stdout=subprocess.PIPE, text=True)
    try:
        pid, folder = driver.stdout.readline().split()
        deadline = time.monotonic() + 30
        while not busy.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert busy.exists()
        assert is_alive(int(pid))
    finally:
        driver.kill()
        driver.communicate()
    deadline = time.monotonic() + 5
    while is_alive(int(pid)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_alive(int(pid))
    assert not Path(folder).exists(), "a copy of the data is not left behind"
