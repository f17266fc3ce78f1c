"""Resident memory of one process that trains 500 tiny trials of four architectures.

The sweep runs with one worker, in the driver's own process: what the driver keeps of the study is in the figure too.
"""

from __future__ import annotations

import argparse
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import common
from common import tell

if TYPE_CHECKING:
    from kerasweep.search.progress import Progress

LEVELS = (20, 100, 200, 500)
FIRST = LEVELS[0]
"""Trials after which memory should not grow: programs of all architectures are there."""


class Watcher(common.Clock):
    """A clock that reads the process's resident memory whenever a trial ends."""

    mebibytes: tuple[float, ...] = ()
    """After each trial."""

    def __call__(self, progress: Progress) -> None:
        """Note the memory if a trial has ended."""
        before = len(self.trials)
        super().__call__(progress)
        if len(self.trials) > before:
            self.mebibytes += (resident(),)


def resident() -> float:
    """Return the resident memory of this process and of those that it started, in MiB, as Linux counts it."""
    pages = 0
    for pid in process_tree():
        with suppress(OSError):
            pages += int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def process_tree() -> list[int]:
    """Return this process and those that it started, and they, as Linux knows them."""
    children: dict[int, list[int]] = {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # a process may end meanwhile
            pid, parent = int(file.parent.name), int(file.read_text().rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(pid)
    found = [os.getpid()]
    for pid in found:
        found += children.get(pid, [])
    return found


def check_readable() -> None:
    """Skip the measurement where the system does not say how much memory a process has."""
    if not Path("/proc/self/statm").exists():
        common.skip("resident memory is read from /proc, which this system does not have")


def main() -> None:
    """Run the sweep and tell the memory at a few levels, and its growth after the first of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=LEVELS[-1])
    arguments = parser.parse_args()
    check_readable()
    watcher = Watcher()
    common.run_sweep(
        "digits",
        "dnn",
        clock=watcher,
        search="random",
        set={"units": [16, 32], "hidden_layers": [1, 2]},
        fix={"optimizer": "adam", "batch_size": 100, "activation": "relu", "normalization": "none"},
        trials=arguments.trials,
        limit=200,
        folds=2,
        epochs=2,
    )
    seen = watcher.mebibytes
    first = min(FIRST, len(seen) // 2)
    tell(
        trials=len(seen),
        mebibytes={str(level): seen[level - 1] for level in (*LEVELS, len(seen)) if level <= len(seen)},
        first=first,
        growth=seen[-1] / seen[first - 1] - 1,
        seconds_per_trial=watcher.trials[-1] / len(seen),
    )


if __name__ == "__main__":
    main()
