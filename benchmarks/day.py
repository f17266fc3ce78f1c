"""A day of short trials on a virtual clock: the real ``Sweep`` on an SQLite file, and workers that train nothing.

Resident memory of the driver's process, and the files of its folder, after a tenth of the trials and at the end.

python benchmarks/day.py --trials 5000
"""

from __future__ import annotations

import argparse
import math
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from common import tell
from kerasweep.search.progress import Progress
from kerasweep.studies.lifecycle import create_study
from kerasweep.training.events import Event
from memory import check_readable, resident

from driver import EPOCHS, IdleExecutor, make_sweep

SECONDS = 24 * 3600.0
ABOUT = {"metric": "val_accuracy", "data": {"name": "none", "fingerprint": "0"}}


class DayExecutor(IdleExecutor):
    """Has time pass with every event, so that so many trials take a day."""

    def __init__(self, capacity: int, trials: int) -> None:
        super().__init__(capacity)
        self.now = 0.0
        self._step = SECONDS / (trials * (EPOCHS + 1))

    def next_event(self, timeout: float | None = None) -> Event | None:
        """Pretend that the next trial in turn has trained an epoch, or ended."""
        event = super().next_event(timeout)
        self.now += self._step if event is not None else 0.0
        return event


class Watch:
    """Looks when a tenth of the trials has ended, and when all have."""

    def __init__(self, folder: Path, trials: int) -> None:
        self._folder = folder
        self._at = {max(1, math.ceil(trials / 10)), trials}
        self._ended = 0
        self.mebibytes: list[float] = []
        self.files: list[int] = []
        self.bytes: list[int] = []

    def __call__(self, progress: Progress) -> None:
        """Hear of an event."""
        if progress.ended is None:
            return
        self._ended += 1
        if self._ended in self._at:
            files = [path for path in self._folder.rglob("*") if path.is_file()]
            self.mebibytes.append(resident())
            self.files.append(len(files))
            self.bytes.append(sum(path.stat().st_size for path in files))


def main() -> None:
    """Run the sweep, and tell what was seen."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("method", nargs="?", choices=("random", "bayes", "knowhow"), default="random")
    parser.add_argument("--scheduler", choices=("none", "median", "asha", "knowhow"), default="none")
    parser.add_argument("--trials", type=int, default=5000)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    check_readable()
    started = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="kerasweep-day-") as name:
        folder = Path(name)
        watch, executor = Watch(folder, given.trials), DayExecutor(given.workers, given.trials)
        url = f"sqlite:///{folder / 'day.db'}"
        with create_study(url, "day", "maximize", {"model": "none"}, ABOUT) as writer:
            sweep = make_sweep(writer, given.method, given.scheduler, given.workers, given.trials, watch)
            replace(sweep, executor=executor, clock=lambda: executor.now).run()
    tell(
        trials=given.trials,
        hours=executor.now / 3600,
        mebibytes=watch.mebibytes,
        files=watch.files,
        bytes=watch.bytes,
        minutes=(time.perf_counter() - started) / 60,
    )


if __name__ == "__main__":
    main()
