"""Measures Kerasweep against the same work done by hand, and writes ``docs/benchmarks.md``.

Run with ``make bench``. Works are run one after the other in processes of their own, several times each; medians and
ranges are written. Peers are used as their own documentation tells.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).parent
DOCUMENT = HERE.parent / "docs" / "benchmarks.md"
ROUNDS = 3
QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3"}


def main() -> None:
    """Measure everything and write the document."""
    trials = {
        "Kerasweep, 1 worker": lambda: in_process("sweep.py", "1"),
        "Kerasweep, 2 workers": lambda: in_process("sweep.py", "2"),
        "Optuna with `model.fit` by hand": lambda: in_process("optuna_by_hand.py"),
        "KerasTuner with cross-validation by hand": lambda: in_process("keras_tuner_by_hand.py"),
    }
    seconds = measure(trials)
    browsing = measure(
        {
            f"`kerasweep {command}`": browse(command)
            for command in ("best", "studies", "show large", "compare large large", "spaces")
        }
    )
    DOCUMENT.write_text(document(seconds, browsing), encoding="utf-8")
    print(DOCUMENT.read_text(encoding="utf-8"))


def measure(works: dict[str, Callable[[], float]]) -> dict[str, list[float]]:
    """Run all works in turn, ``ROUNDS`` times, so that a slow spell of the machine meets all of them."""
    found: dict[str, list[float]] = {name: [] for name in works}
    for number in range(ROUNDS):
        for name, work in works.items():
            found[name].append(work())
            print(f"round {number + 1}: {name}: {found[name][-1]:.2f} s", flush=True)
    return found


def in_process(script: str, *arguments: str) -> float:
    """Run a script that prints the seconds a trial takes as its last line."""
    done = subprocess.run(
        [sys.executable, str(HERE / script), *arguments],
        env={**os.environ, **QUIET},
        capture_output=True,
        text=True,
        check=True,
    )
    return float(json.loads(done.stdout.splitlines()[-1])["seconds_per_trial"])


def browse(command: str) -> Callable[[], float]:
    """Return a measurement of a browsing command, start to end, on a study of 1,000 trials."""
    sys.path.insert(0, str(HERE.parent / "tests" / "support"))
    from synthetic import make_large_study

    folder = Path(tempfile.mkdtemp(prefix="kerasweep-bench-"))
    make_large_study(f"sqlite:///{folder / 'kerasweep.db'}", "large", trials=1000)

    def run() -> float:
        started = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "kerasweep", *command.split()], cwd=folder, capture_output=True, check=True
        )
        return time.perf_counter() - started

    return run


def document(trials: dict[str, list[float]], browsing: dict[str, list[float]]) -> str:
    """Return the page."""
    from importlib.metadata import version

    names = ("tensorflow", "keras", "optuna", "keras-tuner", "scikit-learn")
    versions = [f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in names)]
    reference = statistics.median(trials["Kerasweep, 1 worker"])
    lines = [
        "# Benchmarks",
        "",
        "Written by `make bench`. Machines differ and are noisy: read the ratios, which come from one run on one machine.",
        "",
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores; {', '.join(versions)}.",
        "",
        "## A trial",
        "",
        "Digits (1,348 training rows), two hidden layers of 128 units with dropout, batch 100, 5 folds, 20 epochs, no",
        f"pruning, 4 configurations of learning rate and dropout; seconds a trial, {ROUNDS} rounds.",
        "",
        "| work | median | range | against one worker |",
        "| --- | ---: | ---: | ---: |",
        *(
            f"| {name} | {seconds_text(row)} | {statistics.median(row) / reference:.2f} |"
            for name, row in trials.items()
        ),
        "",
        "## Browsing a study of 1,000 trials",
        "",
        "The whole process, from start to end.",
        "",
        "| command | median | range |",
        "| --- | ---: | ---: |",
        *(f"| {name} | {seconds_text(row)} |" for name, row in browsing.items()),
        "",
    ]
    return "\n".join(lines)


def seconds_text(row: list[float]) -> str:
    """Return the cells of a measurement: median and range."""
    return f"{statistics.median(row):.2f} s | {min(row):.2f}–{max(row):.2f} s"


if __name__ == "__main__":
    main()
