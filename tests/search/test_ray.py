"""What a Ray cluster's machines get, and how it is told that they are gone. Its workers: ``test_executors.py``."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from kerasweep.errors import SpecError, SweepError
from kerasweep.search.executors.memory_mapping import ARRAYS, OBJECT, read_mapped, write_mapped
from kerasweep.search.executors.ray import RayExecutor
from kerasweep.search.executors.ray.actor import PREFIX, WorkerActor, lay_out
from kerasweep.search.executors.ray.gateway import _death_of
from kerasweep.search.executors.ray.shipping import by_value, copy_package
from kerasweep.search.planning import make_plan
from kerasweep.search.spec import make_spec
from kerasweep.studies import TrialRecord, read_study, read_trials


def make_workload(model: str):
    x = np.random.default_rng(0).normal(size=(40, 3))
    spec = make_spec({"data": "python:data", "model": model, "cv": {"folds": 2}, "training": {"epochs": 1}})
    return make_plan(spec, data=(x, x[:, 0])).workload


def test_a_missing_ray_is_said_in_one_line(monkeypatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "ray" else found(name))
    with pytest.raises(
        SpecError, match=r"needs Ray, which is not installed: pip install 'kerasweep\[ray\]'\.$"
    ):
        RayExecutor(None, 1, 1)


def test_inline_workers_have_no_place_in_a_cluster() -> None:
    settings = {"data": "digits", "model": "ann", "execution": {"executor": "ray", "workers": "inline"}}
    with pytest.raises(SpecError, match="leave it out with executor: ray"):
        make_spec(settings)


def test_a_cluster_that_does_not_answer_is_said_in_one_line(monkeypatch) -> None:
    monkeypatch.setattr("kerasweep.search.executors.ray.executor.CONNECT_SECONDS", 3.0)
    executor = RayExecutor(make_workload("nn"), 1, 1, address="127.0.0.1:1")
    with pytest.raises(SweepError) as caught:
        executor.start(None)
    executor.close()
    text = str(caught.value)
    assert text.startswith("No Ray cluster answers at '127.0.0.1:1': begin one with 'ray start --head'")
    assert "\n" not in text


def test_a_users_modules_travel_with_the_workload(tmp_path: Path, monkeypatch) -> None:
    """A process that cannot import them builds the model."""
    folder = tmp_path / "user"
    folder.mkdir()
    (folder / "ray_helpers.py").write_text("WIDTH = 7\ndef width(): return WIDTH\n")
    (folder / "ray_models.py").write_text(
        "import ray_helpers\nfrom kerasweep.spaces import Int, Space\n"
        "def build(config, signature): return ray_helpers.width()\nbuild.space = Space((Int('units', 2, 8),))\n"
    )
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(str(folder))
    import ray_models  # noqa: F401 - the plan asks for it, but builds nothing here

    workload = make_workload("nn")
    workload = replace(workload, model=replace(workload.model, name="ray_models:build"))
    with by_value(workload) as shipped:
        write_mapped(shipped, tmp_path)
    assert shipped.identity == workload.identity
    script = (
        "import sys; from pathlib import Path; from kerasweep.search.executors.memory_mapping import read_mapped\n"
        f"print(read_mapped(Path({str(tmp_path)!r})).model.user_model()(None, None), 'ray_models' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stdout == "7 False\n", done.stderr
    for name in ("ray_models", "ray_helpers"):
        del sys.modules[name]


def test_kerasweep_itself_travels_without_its_tests(tmp_path: Path) -> None:
    copy = copy_package(tmp_path)
    assert copy.name == "kerasweep"
    assert (copy / "search" / "executors" / "worker.py").exists()
    assert not (copy / "tests").exists()
    assert sum(file.stat().st_size for file in copy.rglob("*")) < 20 * 2**20


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_workers_of_a_machine_share_the_data_and_remove_what_dead_ones_left(temporary: Path) -> None:
    given = {"x": np.arange(5.0)}
    (temporary / "source").mkdir()
    write_mapped(given, temporary / "source")
    pickled = (temporary / "source" / OBJECT).read_bytes()
    arrays = np.fromfile(temporary / "source" / ARRAYS, np.uint8)
    left = temporary / f"{PREFIX}9-1-dead"
    left.mkdir()
    first, second = (lay_out("7-1", pickled, arrays) for _ in range(2))
    other = lay_out("8-1", pickled, arrays)
    assert not left.exists()
    assert (first / ARRAYS).samefile(second / ARRAYS)
    assert not (first / ARRAYS).samefile(other / ARRAYS), "another sweep's data are others"
    assert read_mapped(second)["x"].tolist() == given["x"].tolist()


def test_messages_are_passed_on_in_the_order_of_their_turns() -> None:
    actor = WorkerActor.__new__(WorkerActor)
    passed: list[str] = []
    actor._lock, actor._early, actor._next = threading.Lock(), {}, 0
    actor._pass_on = lambda message, files: passed.append(message)
    for turn, message in ((1, "b"), (0, "a"), (3, "d"), (2, "c")):
        actor.send(turn, message)
    assert passed == ["a", "b", "c", "d"]


@pytest.mark.parametrize(
    ("text", "cause", "from_outside"),
    [
        ("The actor died because its node has died.", "with its machine", True),
        ("The actor died unexpectedly: worker process exit.", "killed from outside", True),
        (
            "Task was killed due to the node running low on memory.",
            "killed by Ray for want of memory on its machine",
            False,
        ),
    ],
)
def test_a_death_that_ray_tells_is_told_for_what_it_was(text: str, cause: str, from_outside: bool) -> None:
    death = _death_of(RuntimeError(text))
    assert (death.cause, death.from_outside) == (cause, from_outside)


def trials_in(folder: Path) -> tuple[TrialRecord, ...]:
    return tuple(read_trials(read_study("first", f"sqlite:///{folder}/kerasweep.db")))


@pytest.mark.trains
def test_a_sweep_from_the_command_line_has_the_scores_of_one_machine(
    kerasweep, trained: Path, ray_cluster, tmp_path: Path
) -> None:
    """A study that a cluster began goes on in processes of one machine."""
    flags = "--study first --search grid --trials 3 --limit 300 --folds 2 --epochs 3 --executor ray".split()
    done = kerasweep("launch", "digits", "ann", *flags, "--address", ray_cluster.address, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"with 1 thread each, of the Ray cluster at {ray_cluster.address}" in done.stdout
    assert not ray_cluster.workers_after(5.0)
    one_machine, cluster = (
        [(trial.configuration, trial.value) for trial in trials_in(place)] for place in (trained, tmp_path)
    )
    assert cluster == one_machine
    done = kerasweep("resume", "first", "--trials", "4", "--executor", "local", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [trial.state for trial in trials_in(tmp_path)] == ["complete"] * 4


HELD = """
    import os, sys, time
    import keras
    from keras import layers
    from kerasweep.spaces import Categorical, Space

    SPACE = Space((Categorical("kind", ("free", "first", "second", "last")),))

    def build(config, signature):
        if os.path.basename(sys.argv[0]) == "worker.py":
            open(os.path.join({folder!r}, config["kind"] + ".begun"), "w").close()
            while config["kind"] != "free" and not os.path.exists(os.path.join({folder!r}, config["kind"] + ".go")):
                time.sleep(0.05)
        parts = [keras.Input(signature.input_shape), layers.Flatten(), layers.Dense(signature.outputs, "softmax")]
        model = keras.Sequential(parts)
        model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
        return model
"""


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[str] | None = None) -> None:
    deadline = time.monotonic() + 300
    while not condition():
        assert process is None or process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.trains
def test_a_sweep_outlives_a_node_and_is_resumed_when_the_head_is_back(
    forker, kerasweep, ray_cluster, tmp_path: Path
) -> None:
    (tmp_path / "held.py").write_text(textwrap.dedent(HELD).format(folder=str(tmp_path)))
    words = (
        "launch digits held:build --study first --limit 60 --folds 2 --epochs 1 --search grid --executor ray"
    )
    process = forker.popen(
        [sys.executable, "-m", "kerasweep", *words.split(), "--address", ray_cluster.address],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        for kind in ("first", "second"):
            wait_for((tmp_path / f"{kind}.begun").exists, process)
        ray_cluster.kill_node()
        for kind in ("first", "second"):
            (tmp_path / f"{kind}.go").touch()
        wait_for((tmp_path / "last.begun").exists, process)
        wait_for(lambda: [trial.state for trial in trials_in(tmp_path)].count("complete") == 3, process)
        ray_cluster.kill_head()
        text, _ = process.communicate(timeout=300)
    finally:
        process.kill()
    assert process.returncode == 1, text
    assert (
        "does not answer any more; what had ended is kept, and resume goes on once there is a cluster."
        in text
    )
    assert "Traceback" not in text
    assert sorted(trial.state for trial in trials_in(tmp_path)) == ["complete"] * 3 + ["waiting"]
    ray_cluster.restart()
    (tmp_path / "last.go").touch()
    done = kerasweep("resume", "first", "--address", ray_cluster.address, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [trial.state for trial in trials_in(tmp_path)] == ["complete"] * 4
    assert not ray_cluster.workers_after(5.0)
