"""Thousands of short trials, in one driver and one worker, or in a day of a virtual clock: does memory or the number of files grow?"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from kerasweep.texts import count_text

from soaks.contract import Finding, Place, Soak, ended, unfinished

SWEEP = (
    *(
        "launch",
        "digits",
        "ann",
        "--study",
        "many",
        "--search",
        "random",
        "--workers",
        "1",
        "--cv",
        "holdout",
    ),
    *(
        "--limit",
        "60",
        "--epochs",
        "1",
        "--fix",
        "units=64",
        "--fix",
        "activation=relu",
        "--fix",
        "optimizer=adam",
    ),
)
"""But for its trials and storage; the architecture is one, since programs of others are kept on purpose."""
MOST_GROWTH = 1.1
"""Memory at the end over memory at the beginning."""
LEAST = 200
"""Trials from which growth is judged: in a shorter sweep it is that of the start."""
EVERY = 1.0
"""Seconds between two looks."""
HOURS = 24
"""In which all must have ended."""


@dataclass(frozen=True)
class Look:
    """What was seen at one moment."""

    driver: int
    """Bytes of memory of its own."""
    workers: int
    files: int
    """In the folder, the worker's temporary ones too."""


def run_many(place: Place, trials: int) -> Finding:
    """Run a sweep of so many trials, and hold the last fifth of its time against the second one."""
    url = f"sqlite:///{place.folder / 'study.db'}"
    with ended(place.start(*SWEEP, "--trials", trials, "--storage", url, new=True)) as process:
        looks = list(watch(place, process))
        if process.returncode != 0:
            raise RuntimeError(f"the driver ended with {process.returncode}: {place.output}")
    early, late = (part_of(looks, number) for number in (1, 4))
    faults = [
        f"{name} of {at(early):.0f} became {at(late):.0f}"
        for name, at in FIGURES.items()
        if trials >= LEAST and at(late) > MOST_GROWTH * at(early)
    ]
    faults += [*unfinished(url, "many", trials), *(f"left over: {one}" for one in place.litter("study.db"))]
    driver = FIGURES["MiB of the driver"]
    each = (driver(late) - driver(early)) * 1024 / (APART * trials)
    return Finding(
        f"{count_text(trials, 'trial')}, {told(early, late)}, {each:.1f} KiB of the driver a trial",
        tuple(faults),
    )


APART = 3 / 5
"""Of the trials are between the second fifth of the time and the last one."""
FIGURES: dict[str, Callable[[list[Look]], float]] = {
    "MiB of the driver": lambda looks: median(look.driver for look in looks) / 2**20,
    "MiB of the worker": lambda looks: median(look.workers for look in looks) / 2**20,
    "files": lambda looks: max(look.files for look in looks),
}
"""What must not grow."""


def watch(place: Place, driver: subprocess.Popen[Any]) -> Iterator[Look]:
    """Yield looks until the driver has ended.

    Raises:
        RuntimeError: It has not within a day.
    """
    end = time.monotonic() + 3600 * HOURS
    while driver.poll() is None:
        if time.monotonic() > end:
            raise RuntimeError("it has not ended")
        workers = sum(own_memory(worker) for worker in place.workers())
        yield Look(own_memory(driver.pid), workers, sum(1 for _ in place.folder.rglob("*")))
        time.sleep(EVERY)


def own_memory(process: int) -> int:
    """Return the bytes that a process shares with no other one; 0 where it has ended."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Private_"))


def part_of(looks: list[Look], number: int) -> list[Look]:
    """Return a fifth of all looks, counted from 0; the last one where there are fewer."""
    fifth = len(looks) // 5
    return looks[number * fifth : (number + 1) * fifth] or looks[-1:]


def told(early: list[Look], late: list[Look]) -> str:
    """Say what was seen, of the second fifth of the time and of the last one."""
    return ", ".join(f"{at(early):.0f} and {at(late):.0f} {name}" for name, at in FIGURES.items())


DAY = Path(__file__).parents[1] / "day.py"


def run_day(place: Place, trials: int) -> Finding:
    """Have a driver run so many trials in a day of a virtual clock, and hold its end against its first tenth."""
    words = (sys.executable, DAY, "--trials", str(trials))
    # Not forked: memory is that of a process that has imported what a driver does, and nothing else.
    done = subprocess.run(
        words, cwd=place.folder, capture_output=True, text=True, timeout=3600 * HOURS, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"it ended with {done.returncode}: {done.stderr[-500:]}")
    found = json.loads(done.stdout)
    (early, late), (few, many) = found["mebibytes"], found["files"]
    faults = [
        f"{name} {first:.0f} became {last:.0f}"
        for name, first, last in (("MiB of", early, late), ("files of", few, many))
        if trials >= LEAST and last > MOST_GROWTH * first
    ]
    size = found["bytes"][1]
    return Finding(
        f"{count_text(trials, 'trial')} in {found['hours']:.1f} hours of the clock, {early:.0f} and {late:.0f} MiB of the driver, "
        f"{few} and {many} files, {size / 2**20:.1f} MiB of database at the end",
        tuple(faults),
    )


SOAKS = (
    Soak(
        "a-day",
        "24 hours of a virtual clock: the real driver on SQLite, and workers that train nothing; resident memory and files "
        "after a tenth of the trials and at the end",
        "neither grows by more than a tenth",
        run_day,
        size=5000,
        tiny=10,
    ),
    Soak(
        "many-trials",
        "thousands of short trials in one driver and one worker; memory and files in the second and in the last fifth of the time",
        "neither grows by more than a tenth, every trial is complete, no file left over",
        run_many,
        size=5000,
        tiny=10,
    ),
)
