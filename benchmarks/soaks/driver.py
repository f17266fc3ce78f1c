"""kill -9 of the driver at random moments, each followed by ``resume``."""

from __future__ import annotations

import random
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from kerasweep.texts import count_text

from soaks.contract import SECONDS, Finding, Place, Soak, differences, ended

SWEEP = (
    *("launch", "digits", "ann", "--workers", "1", "--limit", "200", "--folds", "3"),
    *("--epochs", "9", "--trials", "5"),
)
"""But for its name, seed, scheduler and storage."""
SCHEDULERS = ("knowhow", "asha", "none", "median")
Storage = Callable[[Path], Any]
"""A context in which a storage answers at the URL that it gives."""


def kill_drivers(place: Place, count: int, storage: Storage) -> Finding:
    """Kill drivers until so many have died; each of their sweeps is held against one that was never killed."""
    draw = random.Random(count)  # noqa: S311 - the same moments every time
    kills = sweeps = 0
    faults: list[str] = []
    with storage(place.folder) as url:
        while kills < count and not faults:
            flags = ("--seed", str(sweeps), "--scheduler", SCHEDULERS[sweeps % len(SCHEDULERS)])
            whole, killed = (Sweep(place, f"{name}-{sweeps}", url, flags) for name in ("whole", "killed"))
            started = time.monotonic()
            whole.run()
            within = time.monotonic() - started
            kills += killed.run(count - kills, lambda: draw.uniform(0, within))  # noqa: B023 - called in this turn
            faults += [f"{' '.join(flags)}: {one}" for one in differences(whole.trials(), killed.trials())]
            faults += [f"left running: {one}" for one in place.processes()]
            faults += [f"left over: {one}" for one in place.litter("study.db")]
            sweeps += 1
    return Finding(f"{count_text(kills, 'kill')} in {count_text(sweeps, 'sweep')}", tuple(faults))


class Sweep:
    """One sweep, from its first driver to its last."""

    def __init__(self, place: Place, name: str, url: str, flags: tuple[str, ...]) -> None:
        self._place = place
        self._name = name
        self._url = url
        self._launch = (*SWEEP, "--study", name, *flags)

    def run(self, most: int = 0, lifetime: Callable[[], float] = lambda: SECONDS) -> int:
        """Run it to its end, and return how often its driver was killed.

        Args:
            most: How often at most.
            lifetime: Gives the seconds after which a driver is killed.
        """
        for kills in range(most):
            with ended(self._start()) as process:
                try:
                    process.wait(lifetime())
                except subprocess.TimeoutExpired:
                    continue  # and it is killed
                self._check(process)
                return kills
        with ended(self._start()) as process:
            process.wait(SECONDS)
            self._check(process)
        return most

    def _start(self) -> subprocess.Popen[Any]:
        from kerasweep.studies import find_study

        begun = find_study(self._name, self._url) is not None
        words = ("resume", self._name) if begun else self._launch
        return self._place.start(*words, "--storage", self._url)

    def _check(self, process: subprocess.Popen[Any]) -> None:
        if process.returncode != 0:
            raise RuntimeError(
                f"a driver of {self._name} ended with {process.returncode}: {self._place.output}"
            )

    def trials(self) -> list[dict[str, Any]]:
        """Return all that it has found, but for what the machine's speed decides."""
        from kerasweep.studies import read_details, read_study, read_trials

        study = read_study(self._name, self._url)
        trials = read_trials(study)
        details = read_details(study, [trial.number for trial in trials])
        return [
            {
                "number": trial.number,
                "state": trial.state,
                "configuration": trial.configuration,
                "fold_scores": trial.fold_scores,
                "epochs": (trial.epochs, trial.epochs_trained),
                "curves": details[trial.number].curves if trial.number in details else None,
            }
            for trial in trials
        ]


@contextmanager
def sqlite(folder: Path) -> Iterator[str]:
    """Give a database in a folder."""
    yield f"sqlite:///{folder / 'study.db'}"


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:  # noqa: ARG001 - it lies in one of its own
    """Give a server, as Debian has it."""
    from database_servers import postgresql as started

    with started() as server:
        yield server.url


PROMISE = "the same trials and scores as of the sweep that was never killed; no file and no process left over"
SOAKS = (
    Soak(
        "driver-sqlite",
        "kill -9 of the driver at a random moment, then `resume`; SQLite",
        PROMISE,
        partial(kill_drivers, storage=sqlite),
        size=100,
    ),
    Soak(
        "driver-postgresql",
        "kill -9 of the driver at a random moment, then `resume`; PostgreSQL",
        PROMISE,
        partial(kill_drivers, storage=postgresql),
        size=100,
    ),
)
