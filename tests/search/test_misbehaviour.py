"""Every kind of misbehaviour in a model function, over real processes: the sweep goes on, and says what became of each."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from executor_tasks import is_alive
from kerasweep.search.executors.process import MOST_LOG
from kerasweep.studies import read_study, read_trials

pytestmark = [
    pytest.mark.trains,
    pytest.mark.together,
    pytest.mark.timeout(1200),  # its workers start some twenty times, one after the other
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes as Linux shows them"),
]
TIMEOUT = "no sign of life for 4.0 s"
COMMAND = [
    *(sys.executable, "-m", "kerasweep", "launch", "digits", "bad:build"),
    *"--limit 60 --folds 2 --epochs 1 --threads 1 --search grid --study s --trial-timeout 4s".split(),
]
ENDINGS: dict[str, tuple[str, str]] = {
    "first": ("complete", ""),
    "sleeps": ("timeout", TIMEOUT),
    "exits": ("crash", "its worker died 2 times, by its own exit, with code 7"),
    "raises SystemExit": ("model", "the model function raises SystemExit: 3"),
    "raises GeneratorExit": ("model", "the model function raises GeneratorExit"),
    "raises an exception of its own": ("model", "the model function raises Own: of mine"),
    "writes to its connection": (
        "crash",
        "its worker died 2 times, by writing to its connection to the driver",
    ),
    "raises KeyboardInterrupt": ("bug", "it raises KeyboardInterrupt"),
    "loops": ("timeout", TIMEOUT),
    "segfaults": ("crash", "its worker died 2 times, by SIGSEGV (segmentation fault)"),
    "aborts": ("crash", "its worker died 2 times, by SIGABRT (aborted)"),
    "opens files without end": ("model", "the model function raises OSError: [Errno 24] Too many open files"),
    "loops natively": ("timeout", TIMEOUT),
    "changes the folder": ("complete", ""),
    "removes its temporary folder": ("complete", ""),
    "closes its streams": ("complete", ""),
    "closes everything": ("crash", "its worker died 2 times, by closing its connection to the driver"),
    "forks": ("complete", ""),
    "leaves a process": ("complete", ""),
    "leaves processes apart": ("complete", ""),
    "prints lines": ("timeout", TIMEOUT),
    "prints no newline": ("timeout", TIMEOUT),
    "prints natively": ("timeout", TIMEOUT),
    "ignores SIGTERM": ("timeout", TIMEOUT),
    "last": ("complete", ""),
}
"""Kind of model function -> how its trial ends, and what is said of it."""

MODEL = """
    import contextlib, ctypes, os, shutil, signal, subprocess, sys, tempfile, time
    import keras
    from keras import layers
    from kerasweep.spaces import Categorical, Space

    KINDS = {kinds}
    SPACE = Space((Categorical("kind", tuple(KINDS)),))
    WORKS = os.path.basename(sys.argv[0]) == "worker.py"

    class Own(BaseException):
        pass

    def note():
        with open({pids!r}, "a") as file:
            file.write(f"{{os.getpid()}}\\n")

    def misbehave(kind):
        note()
        if kind == "sleeps":
            time.sleep(1e6)
        if kind == "loops":
            while True:
                pass
        if kind == "loops natively":
            sum(range(10**15))
        if kind == "exits":
            os._exit(7)
        if kind == "raises SystemExit":
            raise SystemExit(3)
        if kind == "raises GeneratorExit":
            raise GeneratorExit
        if kind == "raises an exception of its own":
            raise Own("of mine")
        if kind == "writes to its connection":
            for number in range(3, 100):
                with contextlib.suppress(OSError):
                    if os.fstat(number).st_mode & 0o170000 == 0o010000:
                        os.write(number, b"a line\\n" * 9)
            time.sleep(1e6)
        if kind == "raises KeyboardInterrupt":
            raise KeyboardInterrupt
        if kind == "segfaults":
            ctypes.string_at(0)
        if kind == "aborts":
            os.abort()
        if kind == "opens files without end":
            files = []
            while True:
                files.append(open(os.devnull))
        if kind == "prints lines":
            while True:
                print("a line")
        if kind == "prints no newline":
            while True:
                print("no line", end="")
        if kind == "prints natively":
            while True:
                os.write(1, b"x" * 4096)
                os.write(2, b"y" * 4096)
        if kind == "forks":
            for _ in range(3):
                if os.fork() == 0:
                    note()
                    time.sleep(1e6)
        if kind == "leaves a process":
            child = subprocess.Popen(["sleep", "1000000"])
            open({pids!r}, "a").write(f"{{child.pid}}\\n")
        if kind == "leaves processes apart":
            child = subprocess.Popen(["sleep", "1000000"], start_new_session=True)
            open({pids!r}, "a").write(f"{{child.pid}}\\n")
            if (daemon := os.fork()) == 0:
                os.setsid()
                if os.fork() == 0:
                    note()
                    os.execlp("sleep", "sleep", "1000000")
                os._exit(0)
            os.waitpid(daemon, 0)
        if kind == "changes the folder":
            os.chdir("/")
        if kind == "removes its temporary folder":
            shutil.rmtree(tempfile.gettempdir(), ignore_errors=True)
        if kind == "closes its streams":
            sys.stdout.close()
            sys.stderr.close()
            sys.stdin.close()
            for number in (0, 1, 2):
                with contextlib.suppress(OSError):
                    os.close(number)
        if kind == "closes everything":
            os.closerange(0, 1000)
            time.sleep(1e6)
        if kind == "ignores SIGTERM":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            time.sleep(1e6)

    def build(config, signature):
        if WORKS:
            open({pids!r} + ".folder", "w").write(os.path.dirname(tempfile.gettempdir()))
            misbehave(config["kind"])
        parts = [keras.Input(signature.input_shape), layers.Flatten(), layers.Dense(signature.outputs, "softmax")]
        model = keras.Sequential(parts)
        model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"], run_eagerly=True)
        return model
"""


SWEEPS = {
    "2": tuple(ENDINGS),
    "1": ("first", "exits", "closes everything", "sleeps", "prints natively", "last"),
}
"""Workers -> kinds: all of them, and for one worker an example of each way to end."""


@pytest.fixture(scope="module")
def sweeps(forker: Any, tmp_path_factory: Any) -> Iterator[Callable[[str], Path]]:
    """Return a function that starts the sweep of a number of workers, waits for its end, and returns its folder; once for each."""
    started: dict[str, tuple[Path, Any]] = {}

    def sweep(workers: str) -> Path:
        if workers not in started:
            folder = tmp_path_factory.mktemp("bad")
            text = textwrap.dedent(MODEL).format(kinds=list(SWEEPS[workers]), pids=str(folder / "pids"))
            (folder / "bad.py").write_text(text)
            with (folder / "printed").open("wb") as printed:
                process = forker.popen(
                    [*COMMAND, "--workers", workers],
                    cwd=folder,
                    stdout=printed,
                    stderr=subprocess.STDOUT,
                    stdin=subprocess.DEVNULL,
                )
            started[workers] = folder, process
        folder, process = started[workers]
        assert process.wait(timeout=1000) == 0, (folder / "printed").read_text(errors="replace")[-2000:]
        return folder

    yield sweep
    for _, process in started.values():
        process.kill()
        process.wait()


@pytest.fixture(params=SWEEPS)
def swept(request: Any, sweeps: Any) -> tuple[Path, tuple[str, ...]]:
    """Return the folder of a sweep that has ended, and its kinds."""
    return sweeps(request.param), SWEEPS[request.param]


def test_the_sweep_goes_on_to_its_end(swept: Any) -> None:
    folder, kinds = swept
    out = (folder / "printed").read_text(errors="replace")
    trials = read_trials(read_study("s", f"sqlite:///{folder / 'kerasweep.db'}"))
    assert len(trials) == len(kinds)
    assert len(out) < 4 * MOST_LOG, "what is printed without end is cut"
    used = Path((folder / "pids.folder").read_text())
    assert used.name.startswith("kerasweep-")
    assert not used.exists(), "nothing is left of the temporary folder"
    assert {file.name for file in folder.iterdir()} <= {
        *("bad.py", "__pycache__", "pids", "pids.folder", "printed", "kerasweep.db", "kerasweep.db.logs")
    }


@pytest.mark.parametrize(
    ("swept", "kind"),
    [(workers, kind) for workers, kinds in SWEEPS.items() for kind in kinds],
    indirect=["swept"],
)
def test_a_trial_says_what_happened(swept: Any, kind: str) -> None:
    trials = read_trials(read_study("s", f"sqlite:///{swept[0] / 'kerasweep.db'}"))
    (trial,) = [trial for trial in trials if trial.configuration["kind"] == kind]
    ending, message = ENDINGS[kind]
    if ending == "complete":
        assert trial.state == "complete", trial.failure
        return
    assert (trial.state, trial.failure["kind"]) == ("failed", ending), trial.failure
    assert trial.failure["message"].startswith(message)


def test_no_process_is_left(swept: Any) -> None:
    pids = {int(line) for line in (swept[0] / "pids").read_text().split()}
    deadline = time.monotonic() + 30
    while any(map(is_alive, pids)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not [pid for pid in pids if is_alive(pid)]
