"""kill -9 of workers at random moments, while their driver goes on."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from typing import Any

from kerasweep.texts import count_text

from soaks.contract import SECONDS, Finding, Place, Soak, differences, ended

SWEEP = (
    *("launch", "digits", "ann", "--search", "grid", "--workers", "2", "--limit", "200", "--folds", "3"),
    *("--epochs", "30", "--trials", "6"),
)
"""But for its name and storage."""
MOST = 2
"""Kills in one sweep: a trial whose worker dies three times may be its cause, and fails."""


def kill_workers(place: Place, count: int) -> Finding:
    """Kill workers until so many have died; each of their sweeps is held against one in which none was killed."""
    draw = random.Random(count)  # noqa: S311 - the same moments every time
    url = f"sqlite:///{place.folder / 'study.db'}"
    started = time.monotonic()
    run(place, "whole", url, [])
    within = time.monotonic() - started
    expected, faults = outcomes(url, "whole"), list[str]()
    kills = sweeps = 0
    while kills < count and not faults:
        moments = sorted(draw.uniform(0, within) for _ in range(min(MOST, count - kills)))
        name = f"killed-{sweeps}"
        kills += run(place, name, url, [(moment, draw) for moment in moments])
        faults += [f"{name}: {one}" for one in differences(expected, outcomes(url, name))]
        faults += [f"left running: {one}" for one in place.processes()]
        faults += [f"left over: {one}" for one in place.litter("study.db")]
        sweeps += 1
    return Finding(f"{count_text(kills, 'kill')} in {count_text(sweeps, 'sweep')}", tuple(faults))


def run(place: Place, name: str, url: str, kills: list[tuple[float, random.Random]]) -> int:
    """Run a sweep to its end, and return how many of its workers were killed.

    Args:
        place: Where it runs.
        name: Of its study.
        url: Of its storage.
        kills: Seconds after the driver's start, and what draws one of the workers.

    Raises:
        RuntimeError: The driver has failed.
    """
    started, done = time.monotonic(), 0
    with ended(place.start(*SWEEP, "--study", name, "--storage", url)) as driver:
        for moment, draw in kills:
            time.sleep(max(0.0, started + moment - time.monotonic()))
            workers = sorted(place.workers())
            if workers:
                with contextlib.suppress(ProcessLookupError):  # it has just ended
                    os.kill(draw.choice(workers), signal.SIGKILL)
                    done += 1
        driver.wait(SECONDS)
        if driver.returncode != 0:
            raise RuntimeError(f"the driver of {name} ended with {driver.returncode}: {place.output}")
    return done


def outcomes(url: str, name: str) -> list[dict[str, Any]]:
    """Return what became of each trial, but for what the machine's speed decides."""
    from kerasweep.studies import read_study, read_trials

    return [
        {
            "number": trial.number,
            "state": trial.state,
            "configuration": trial.configuration,
            "fold_scores": trial.fold_scores,
            "epochs": trial.epochs_trained,
        }
        for trial in read_trials(read_study(name, url))
    ]


SOAKS = (
    Soak(
        "workers",
        "kill -9 of one of two workers at a random moment",
        "every trial is complete once, with the scores that it has where no worker is killed; no file and no process left over",
        kill_workers,
        size=100,
    ),
)
