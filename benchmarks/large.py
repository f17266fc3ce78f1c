"""Resident memory of a sweep over data larger than memory should be: pictures in a ``.npy`` file, trained from disk.

The file has the size that is asked for, but all of a picture is zeros except its first bytes, and of zeros the file system
stores none: the disk's speed is not measured. Read and mapped, they take as much memory as others.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import threading
import time
from pathlib import Path
from typing import Self

import numpy as np
from common import Clock, run_sweep, tell
from memory import check_readable, process_tree

ROW = (512, 512, 4)
"""A picture, of 1 MiB."""
MARKED = 2
"""Lines of a picture that are not zeros."""
CLASSES = 4


class Peak:
    """Watches this process and those that it started, from a thread."""

    def __init__(self, seconds: float = 0.2) -> None:
        self.resident = self.own = 0.0
        self._seconds, self._over = seconds, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(self._seconds):
            resident, mapped = held(process_tree())
            self.resident, self.own = max(self.resident, resident), max(self.own, resident - mapped)


def held(processes: list[int]) -> tuple[float, float]:
    """Return the MiB that processes hold, and how many of these are of mapped files, each counted where it is mapped."""
    resident = mapped = 0
    for process in processes:
        try:
            _, first, second, *_ = Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()
        except (OSError, ValueError):
            continue  # it has ended
        resident, mapped = resident + int(first), mapped + int(second)
    size = os.sysconf("SC_PAGE_SIZE") / 2**20
    return resident * size, mapped * size


def write_pictures(folder: Path, gigabytes: float) -> int:
    """Write pictures and their classes, which their first lines show; return how many."""
    rng = np.random.default_rng(0)
    count = max(40, int(gigabytes * 1e9 / np.prod(ROW)))
    classes = rng.integers(0, CLASSES, count)
    with (folder / "x.npy").open("wb") as file:
        about = {"descr": "|u1", "fortran_order": False, "shape": (count, *ROW)}
        np.lib.format.write_array_header_1_0(file, about)
        first = file.tell()
        for row, label in enumerate(classes):
            file.seek(first + row * int(np.prod(ROW)))
            file.write((rng.integers(0, 120, (MARKED, *ROW[1:])) + 40 * label).astype(np.uint8).tobytes())
        file.truncate(first + count * int(np.prod(ROW)))
    np.save(folder / "y.npy", classes)
    return count


def main() -> None:
    """Train one configuration on all rows and tell the peaks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("trainer", choices=("fused", "fit"))
    parser.add_argument("--gigabytes", type=float, default=20)
    arguments = parser.parse_args()
    check_readable()
    with tempfile.TemporaryDirectory(prefix="kerasweep-large-") as place:
        count = write_pictures(Path(place), arguments.gigabytes)
        started = time.perf_counter()
        with Peak() as peak:
            _, study = run_sweep(
                place,
                "dnn",
                clock=Clock(),
                search="random",
                trials=1,
                fix={"hidden_layers": 1, "units": 4, "batch_size": 32, "normalization": "none"},
                trainer=arguments.trainer,
                folds=2,
                epochs=1,
                test_size=0.1,
                workers=1,
            )
        tell(
            gigabytes=count * float(np.prod(ROW)) / 1e9,
            rows=count,
            peak_mebibytes=peak.resident,
            own_mebibytes=peak.own,
            seconds=time.perf_counter() - started,
            best=study.best.score,
        )


if __name__ == "__main__":
    main()
