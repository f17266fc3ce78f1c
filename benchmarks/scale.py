"""What a driver needs on a study that has grown: the real ``Sweep`` on an SQLite file, and a thousand workers that train nothing.

The trials that the study begins with are written in bulk, without curves and rungs, and not timed; those that follow take
the way of all trials. Workers are imaginary: an epoch of each in turn, in no time, so that all of the time is the driver's.

python benchmarks/scale.py knowhow --scheduler knowhow --trials 10000 --workers 1000
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from common import tell
from kerasweep.search.progress import Progress
from kerasweep.studies import read_studies, read_study, read_trials
from kerasweep.studies.lifecycle import drive_study
from memory import check_readable, resident

from driver import SPACE, make_sweep

SUPPORT = Path(__file__).parents[1] / "tests" / "support"


def make_large(url: str, trials: int) -> None:
    """Write a study of so many trials."""
    sys.path.insert(0, str(SUPPORT))
    from synthetic import make_large_study  # type: ignore[import-not-found]  # in the path since the line above

    make_large_study(url, "large", space=SPACE, trials=trials)


class Watch:
    """Notes when trials end."""

    def __init__(self) -> None:
        self.started = time.perf_counter()
        self.first: float | None = None
        """When the first event was heard, in seconds: until then the study is read and its trials are learned."""
        self.ended: list[float] = []

    def __call__(self, progress: Progress) -> None:
        """Hear of an event."""
        now = time.perf_counter() - self.started
        if self.first is None and progress.epoch is not None:
            self.first = now
        if progress.ended is not None:
            self.ended.append(now)


def main() -> None:
    """Run a sweep on a study that has grown, and tell what the driver needed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("method", choices=("random", "bayes", "knowhow"))
    parser.add_argument("--scheduler", choices=("none", "asha", "knowhow"), default="none")
    parser.add_argument("--trials", type=int, default=10_000, help="that the study holds when it is opened")
    parser.add_argument("--workers", type=int, default=1000)
    parser.add_argument("--further", type=int, default=2000, help="trials that follow")
    given = parser.parse_args()
    check_readable()
    with tempfile.TemporaryDirectory(prefix="kerasweep-scale-") as folder:
        file = Path(folder) / "scale.db"
        make_large(f"sqlite:///{file}", given.trials)
        before, size, (record,) = resident(), file.stat().st_size, read_studies(f"sqlite:///{file}")
        watch = Watch()
        with drive_study(record) as writer:
            make_sweep(
                writer, given.method, given.scheduler, given.workers, given.trials + given.further, watch
            ).run()
            seconds, held = time.perf_counter() - watch.started, resident()
        started = time.perf_counter()
        read = len(read_trials(read_study("large", f"sqlite:///{file}")))
        tell(
            trials=read,
            workers=given.workers,
            opening_seconds=watch.first,
            seconds_per_trial=(seconds - (watch.first or 0.0)) / given.further,
            driver_mebibytes=held,
            driver_growth=held - before,
            file_mebibytes=file.stat().st_size / 2**20,
            file_bytes_per_trial=(file.stat().st_size - size) / given.further,
            reading_seconds=time.perf_counter() - started,
        )


if __name__ == "__main__":
    main()
