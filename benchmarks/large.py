"""Resident memory of a sweep over data larger than memory should be: pictures in a ``.npy`` file, or a table, trained from disk.

The file has the size that is asked for. All of a picture is zeros except its first bytes, and of zeros the file system stores
none: the disk's speed is not measured. Read and mapped, they take as much memory as others. A table is some rows of text, over
and over again: 16 columns of numbers, one with gaps, two of words, dates, and the numbers that are to be predicted. A folder has
many small PNG files, one folder a class, which are decoded once into a cache; reading it is timed without the cache and with it.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
from common import Clock, run_sweep, tell
from kerasweep.training.data import load_dataset, stored_tables
from memory import check_readable, process_tree
from PIL import Image

ROW = (512, 512, 4)
"""A picture, of 1 MiB."""
MARKED = 2
"""Lines of a picture that are not zeros."""
CLASSES = 4
SMALL = (28, 28)
"""A picture of a folder."""
LINES = 20_000
"""Rows of a table that are different."""


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


def write_table(path: Path, gigabytes: float) -> int:
    """Write a table as CSV or Parquet, of so many bytes as CSV; return how many rows it has."""
    rng = np.random.default_rng(0)
    numbers = rng.normal(50, 9, (LINES, 16)).round(6)
    some = pd.DataFrame({f"number {place}": column for place, column in enumerate(numbers.T)})
    some.loc[rng.random(LINES) < 0.1, "number 0"] = np.nan
    some["colour"] = rng.choice(["red", "blue", "yellow"], LINES)
    some["size"] = rng.choice(["small", "large"], LINES)
    some["day"] = pd.date_range("2015-01-01", periods=LINES, freq="3h").astype(str)
    some["amount"] = (numbers[:, 1:4].sum(axis=1) + rng.normal(size=LINES)).round(6)
    lines = some.to_csv(index=False, header=False).encode()
    times = max(1, int(gigabytes * 1e9 / len(lines)))
    if path.suffix == ".csv":
        with path.open("wb") as file:
            file.write(some.head(0).to_csv(index=False).encode())
            file.writelines(lines for _ in range(times))
    else:
        import pyarrow as pa
        from pyarrow.parquet import ParquetWriter

        part = pa.Table.from_pandas(some, preserve_index=False)
        with ParquetWriter(path, part.schema) as file:
            for _ in range(times):
                file.write_table(part)
    return times * LINES


def write_folder(folder: Path, pictures: int) -> int:
    """Write small grey pictures as PNG files, one folder a class; return how many."""
    rng = np.random.default_rng(0)
    for label in range(CLASSES):
        (folder / str(label)).mkdir()
    for number in range(pictures):
        label = number % CLASSES
        pixels = rng.integers(0, 120, SMALL).astype(np.uint8) + 40 * label
        Image.fromarray(pixels).save(folder / str(label) / f"{number}.png", compress_level=1)
    return pictures


def reading_seconds(folder: Path) -> float:
    """Return how long a folder of pictures takes to be read."""
    started = time.perf_counter()
    load_dataset(str(folder))
    return time.perf_counter() - started


TABLES = {"table": "table.csv", "parquet": "table.parquet"}


def main() -> None:
    """Train one configuration on all rows and tell the peaks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "what",
        choices=("fused", "fit", "folder", *TABLES),
        help="pictures by a trainer, a folder of them, or a table",
    )
    parser.add_argument("--gigabytes", type=float, default=20)
    parser.add_argument("--pictures", type=int, default=60_000, help="in the folder")
    arguments = parser.parse_args()
    check_readable()
    stored_tables.IN_MEMORY = 0  # a small table, as tests have it, takes the way of a large one
    with tempfile.TemporaryDirectory(prefix="kerasweep-large-") as place:
        os.environ["KERASWEEP_CACHE"] = str(Path(place) / "cache")
        data, settings, rows_a_batch, timed = Path(place) / "data", dict[str, Any](), 32, dict[str, float]()
        data.mkdir()
        gigabytes = arguments.gigabytes
        if arguments.what in TABLES:
            data, settings, rows_a_batch = data / TABLES[arguments.what], {"target": "amount"}, 2048
            count = write_table(data, gigabytes)
        elif arguments.what == "folder":
            count = write_folder(data, arguments.pictures)
            gigabytes = count * float(np.prod(SMALL)) / 1e9
            timed = {"first_seconds": reading_seconds(data), "again_seconds": reading_seconds(data)}
        else:
            settings = {"trainer": arguments.what}
            count = write_pictures(data, gigabytes)
            gigabytes = count * float(np.prod(ROW)) / 1e9
        started = time.perf_counter()
        with Peak() as peak:
            _, study = run_sweep(
                str(data),
                "dnn",
                clock=Clock(),
                search="random",
                trials=1,
                fix={"hidden_layers": 1, "units": 4, "batch_size": rows_a_batch, "normalization": "none"},
                folds=2,
                epochs=1,
                test_size=0.1,
                workers=1,
                **settings,
            )
        tell(
            gigabytes=gigabytes,
            rows=count,
            peak_mebibytes=peak.resident,
            own_mebibytes=peak.own,
            seconds=time.perf_counter() - started,
            best=study.best.score,
            **timed,
        )


if __name__ == "__main__":
    main()
