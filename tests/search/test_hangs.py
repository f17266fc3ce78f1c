"""Models that never come to an end, in real processes: a sweep ends in time, whole, and leaves nothing running."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from executor_tasks import is_alive
from kerasweep.search.executors.local import LocalExecutor
from kerasweep.search.executors.messages import Alive
from kerasweep.search.executors.process import WorkerProcess
from kerasweep.search.executors.relay import NOT_SHOWN
from kerasweep.studies import StudyRecord, TrialRecord, read_log, read_study, read_trials
from kerasweep.training.events import Task

pytestmark = [
    pytest.mark.trains,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes as Linux shows them"),
]

MODEL = """
    import os, subprocess, sys, threading, time
    import keras
    from keras import layers
    from kerasweep.spaces import Categorical, Space

    SPACE = Space((Categorical("kind", ("train", "slow", "sleep", "swallow", "lock", "native", "fork", "later", "start")),))

    def build(config, signature):
        kind = config["kind"]
        if kind != "train":
            open("busy", "w").write(str(os.getpid()))
        if kind == "later" and os.path.exists("kerasweep.db"):
            time.sleep(1e6)  # once the study is made, which what cannot be built at all prevents
        if kind == "slow" and not os.path.exists("slept"):
            open("slept", "w").close()
            for _ in range(7):
                time.sleep(1)
                print("slow, but at work")
        if kind == "sleep":
            time.sleep(1e6)
        if kind == "swallow":
            while True:
                try:
                    time.sleep(1e6)
                except BaseException:
                    pass
        if kind == "lock":
            lock = threading.Lock()
            lock.acquire()
            lock.acquire()
        if kind == "native":
            sum(range(10**15))  # holds the interpreter, and hears nothing
        if kind == "start" and os.path.basename(sys.argv[0]) != "worker.py":
            kind = "train"  # in the driver, which looks at its metrics
        if kind in ("fork", "start"):
            if os.fork():
                child = subprocess.Popen(["sleep", "1000000"])
                open("child", "w").write(str(child.pid))
            time.sleep(1e6)
        parts = [keras.Input(signature.input_shape), layers.Flatten(), layers.Dense(signature.outputs, "softmax")]
        model = keras.Sequential(parts)
        # Eagerly: tracing may take as long on a busy machine as a hang is waited for here.
        model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"], run_eagerly=True)
        return model

    def tuned(hp):
        if hp.Choice("kind", ["train", "sleep"]) == "sleep":
            time.sleep(1e6)
        parts = [layers.Flatten(), layers.Dense(10, "softmax")]
        return keras.Sequential(parts)
"""
SMALL = "--limit 60 --folds 2 --epochs 2 --threads 1 --search grid --study s".split()
HANGING = ("sleep", "native", "fork")


Launch = Callable[..., "subprocess.Popen[str]"]


def place_in(folder: Path) -> Path:
    (folder / "hanging.py").write_text(textwrap.dedent(MODEL))
    return folder


@contextmanager
def launching(forker: Any) -> Iterator[Launch]:
    """Start launches in folders; kill them at the end."""
    started: list[subprocess.Popen[str]] = []

    def start(folder: Path, *flags: str) -> subprocess.Popen[str]:
        process = forker.popen(
            [sys.executable, "-m", "kerasweep", "launch", "digits", *flags, *SMALL],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            stdin=subprocess.DEVNULL,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return place_in(tmp_path)


@pytest.fixture
def launch(folder: Path, forker: Any) -> Iterator[Launch]:
    with launching(forker) as start:
        yield partial(start, folder)


TIMED = {
    "some trained": ("--set", "kind=train,native", "--time", "10s", "--workers", "2"),
    "nothing trained": ("--set", "kind=later", "--time", "10s", "--workers", "1"),
    "not built": ("--fix", "kind=sleep", "--time", "4s"),
    "not explored": ("--time", "4s"),
}
"""What comes to its end by a limit of time, side by side: these wait, and do next to nothing."""


@pytest.fixture(scope="module")
def timed(forker: Any, tmp_path_factory: Any) -> Iterator[dict[str, tuple[Path, subprocess.Popen[str]]]]:
    with launching(forker) as start:
        made = {}
        for name, flags in TIMED.items():
            folder = place_in(tmp_path_factory.mktemp("timed"))
            model = "hanging:tuned" if name == "not explored" else "hanging:build"
            made[name] = folder, start(folder, model, *flags)
        yield made


def ended(process: subprocess.Popen[str], timeout: float = 300) -> tuple[int, str]:
    out, error = process.communicate(timeout=timeout)
    return process.returncode, out + error


def trials_of(folder: Path) -> tuple[StudyRecord, list[TrialRecord]]:
    study = read_study("s", f"sqlite:///{folder / 'kerasweep.db'}")
    return study, read_trials(study)


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 300
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def assert_nothing_runs(folder: Path) -> None:
    for name in ("busy", "child"):
        file = folder / name
        if file.exists():
            wait_for(lambda file=file: not is_alive(int(file.read_text())))


def test_a_trial_without_a_sign_of_life_fails_and_the_sweep_goes_on(folder, launch) -> None:
    kinds = ("train", *HANGING, "slow")
    process = launch(
        "hanging:build", "--set", f"kind={','.join(kinds)}", "--trial-timeout", "5s", "--workers", "2"
    )
    code, text = ended(process)
    assert code == 0, text
    _, trials = trials_of(folder)
    assert {trial.configuration["kind"]: trial.state for trial in trials} == {
        kind: "failed" if kind in HANGING else "complete" for kind in kinds
    }
    for trial in trials:
        if trial.state == "failed":
            assert trial.failure["kind"] == "timeout"
            assert trial.failure["message"] == "no sign of life for 5.0 s"
            assert "hanging.py" in trial.failure["traceback"], "it says where it stood"
    assert_nothing_runs(folder)


@pytest.mark.parametrize(("name", "code"), [("some trained", 0), ("nothing trained", 1)])
def test_time_ends_a_sweep_whose_worker_hangs(timed, name: str, code: int) -> None:
    folder, process = timed[name]
    found, text = ended(process)
    assert found == code, text
    hung = [trial for trial in trials_of(folder)[1] if trial.state == "waiting"]
    assert len(hung) == 1, "it is run again by resume"
    assert f"The time is up. Trial {hung[0].number} did not end in time; resume runs it again." in text
    assert (": No trial of 's' has ended. The time is up." in text) == (code == 1)
    assert_nothing_runs(folder)


def test_one_signal_ends_a_sweep_whose_worker_hangs(forker, tmp_path_factory) -> None:
    with launching(forker) as start:
        started = {}
        for number in (signal.SIGINT, signal.SIGTERM):
            folder = place_in(tmp_path_factory.mktemp("one"))
            started[number] = folder, start(folder, "hanging:build", "--set", "kind=train,fork")
        for number, (folder, process) in started.items():
            wait_for((folder / "child").exists)
            process.send_signal(number)
        for folder, process in started.values():
            code, text = ended(process)
            assert code == 130, text
            assert "Interrupted. Trial 1 did not end in time; resume runs it again." in text
            assert [trial.state for trial in trials_of(folder)[1]] == ["complete", "waiting"]
            assert_nothing_runs(folder)


def test_a_second_signal_ends_it_at_once(folder, launch) -> None:
    process = launch("hanging:build", "--set", "kind=train,native")
    wait_for((folder / "busy").exists)
    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    code, text = ended(process)
    assert code == 130
    assert "Traceback" not in text
    assert [trial.state for trial in trials_of(folder)[1]] == ["complete", "waiting"]
    assert_nothing_runs(folder)


@pytest.mark.parametrize(
    ("name", "model"), [("not built", "hanging:build"), ("not explored", "hanging:tuned")]
)
def test_a_model_that_cannot_be_built_in_time_is_refused_before_anything_is_made(
    timed, name: str, model: str
) -> None:
    """In the driver: a function of KerasTuner's for its space, any other one for what it computes."""
    folder, process = timed[name]
    code, text = ended(process)
    assert code == 2
    assert f"Error: The model '{model}' cannot be built: its function did not return within 10 s." in text
    assert not (folder / "kerasweep.db").exists()
    assert_nothing_runs(folder)


def test_a_silent_worker_is_given_up_though_others_are_never_silent(tmp_path: Path) -> None:
    """Processes that do nothing stand for workers here; the driver's side of them is real."""
    executor = LocalExecutor(None, threads=1, workers=2, timeout=0.5)
    spare, busy, silent = (
        WorkerProcess(
            process=subprocess.Popen(["sleep", "1000"], start_new_session=True),
            log=tmp_path / "log",
            ready=True,
        )
        for _ in range(3)
    )
    executor._spawn = lambda place: spare
    executor._workers = [busy, silent]
    busy.task, silent.task = Task(1, {}, 0), Task(2, {}, 0)
    done = threading.Event()

    def talk() -> None:
        while not done.wait(0.02):
            busy.last_heard = time.monotonic()
            busy.received += 1
            executor._inbox.put((busy, Alive()))

    speaker = threading.Thread(target=talk)
    speaker.start()
    try:
        event = executor.next_event(timeout=60)
        assert (event.number, event.kind, event.message) == (2, "timeout", "no sign of life for 0.5 s")
        assert executor._workers == [busy, spare]
        busy.received += 1
        busy.last_heard -= 1000
        assert busy.silence() == 0, "what it has said lies in the inbox"
    finally:
        done.set()
        speaker.join()
        silent.kill()
        executor.close()


def test_signals_while_workers_start_end_it_too(folder, launch) -> None:
    process = launch("hanging:build", "--fix", "kind=start")
    wait_for((folder / "child").exists)
    process.send_signal(signal.SIGTERM)
    code, text = ended(process)
    assert code == 130
    assert "Traceback" not in text
    assert_nothing_runs(folder)


def test_what_a_function_prints_without_end_is_cut(folder, launch) -> None:
    (folder / "hanging.py").write_text(
        "import keras, sys, warnings\n"
        "def build(config, signature):\n"
        "    warnings.warn('a warning of a user', stacklevel=1)\n"
        "    print('to the other stream', file=sys.stderr)\n"
        "    for number in range(100_000 if sys.argv[0].endswith('worker.py') else 0):\n"
        "        print('line', number)\n"
        "    parts = [keras.Input(signature.input_shape), keras.layers.Flatten()]\n"
        "    return keras.Sequential([*parts, keras.layers.Dense(signature.outputs, 'softmax')])\n"
    )
    process = launch("hanging:build", "--trials", "1", "--fix", "batch_size=32")
    out, error = process.communicate(timeout=300)
    assert process.returncode == 0, out + error
    assert "line 1\nline 2\n" in out
    assert out.count(NOT_SHOWN) in (1, 2), "of the probe, and of the trial"
    assert len(out) < 200_000
    log = read_log(read_study("s", f"sqlite:///{folder / 'kerasweep.db'}"), 0)
    assert log.endswith("line 99998\nline 99999\n")
    assert NOT_SHOWN not in log
    assert "a warning of a user" in error
    assert "to the other stream\n" in error
