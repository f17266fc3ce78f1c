"""Sections of the page on Kerasweep alone: what its driver, memory, start and browsing take, and how they grow."""

from __future__ import annotations

from typing import Any

from contestants import PROCESS, TRIALS, Column, table
from figures import Figures, Value


def driver(figures: Figures) -> list[str]:
    """The driver with nothing to train."""
    labels = {
        f"{method}_{workers}": f"{method} search, {workers} at a time"
        for method in ("random", "bayes")
        for workers in (1, 8)
    }
    columns = [Column("trials a second", "trials_per_second"), PROCESS]
    return [
        "## Driver",
        "",
        "Trials a second through the whole driver with an SQLite study and an executor that has nothing to train:",
        "1,000 trials of a random search, 300 of a Bayesian one.",
        "",
        *table(figures, "driver", labels, columns),
    ]


def memory(figures: Figures) -> list[str]:
    """Resident memory over many trials."""
    levels = ("20", "100", "200", "500")

    columns = [
        *(Column(f"after {level}", _megabytes_at(level), " MiB") for level in levels),
        Column("growth after the first 20", lambda run: 100 * float(run["growth"]), " %"),
        Column("a trial", "seconds_per_trial", " s"),
    ]
    return [
        "## Memory",
        "",
        "Resident memory of one process that trains 500 tiny trials (200 digits, 2 folds, 2 epochs, four architectures).",
        "Driver and worker are one process here, so that what the driver keeps is in the figures.",
        "",
        *table(figures, "memory", {"kerasweep": "Kerasweep, 1 worker"}, columns),
    ]


def _megabytes_at(level: str) -> Value:
    def read(run: dict[str, Any]) -> float | None:
        return run["mebibytes"].get(level)  # type: ignore[no-any-return]

    return read


def growth(figures: Figures) -> list[str]:
    """Resident memory where architectures vary."""
    labels = {
        "dnn": "`dnn`, full preset, digits",
        "cnn": "`cnn`, full preset, digits",
        "mlp_residual": "`mlp_residual`, full preset, wine",
        "lstm": "an LSTM in a function for KerasTuner, digits",
        "fit": "`dnn`, basic preset, `trainer=fit`, digits",
    }
    columns = [
        *(Column(f"after {level}", _megabytes_at(level), " MiB") for level in ("30", "100", "200", "300")),
        Column("after the last / after 30", "growth"),
        Column("a trial", "seconds_per_trial", " s"),
    ]
    return [
        "## Memory where architectures vary",
        "",
        "Resident memory of driver and worker together over 300 trials of a random search, 100 rows, 2 folds, 1 epoch. Hardly two",
        "trials share an architecture. Measured by `python benchmarks/run.py growth`, not by `make bench`.",
        "",
        *table(figures, "growth", labels, columns),
    ]


def large(figures: Figures) -> list[str]:
    """Resident memory where the data are larger than it."""
    columns = [
        Column("data", "gigabytes", " GB"),
        Column("peak of resident memory", "peak_mebibytes", " MiB"),
        Column("without pages of mapped files", "own_mebibytes", " MiB"),
        Column("planning and training", "seconds", " s"),
        Column("read for the first time", "first_seconds", " s"),
        Column("read again", "again_seconds", " s"),
    ]
    labels = {
        "fused": "pictures, 1 worker",
        "folder": "a folder of pictures, 1 worker",
        "table": "a table, 1 worker",
    }
    return [
        "## Memory where the data are larger",
        "",
        "Peaks of driver and worker together, while both plan and train one epoch of two folds of pictures of 1 MiB in `x.npy`, or",
        "of a table in a CSV file, or of a folder of small PNG files, of which 90 % train: every row is read for the fingerprint, for the range of values, in training",
        "and in validation. Pages that both have mapped count twice. All of a picture but its first lines are zeros, of which the",
        "file system stores none, so that the seconds are not those of a disk; a table is parsed twice, and stored; the",
        "files of a folder are decoded into a cache when it is read for the first time. Measured by",
        "`python benchmarks/run.py large`, not by `make bench`; the size is an option of `benchmarks/large.py`.",
        "",
        *table(figures, "large", labels, columns),
    ]


def scale(figures: Figures) -> list[str]:
    """A driver of very many trials and workers."""
    labels = {
        **{
            f"random_{trials}": f"random search, {trials:,} trials, 1,000 workers"
            for trials in (1_000, 10_000, 100_000)
        },
        **{f"knowhow_{trials}": f"knowhow, {trials:,} trials, 50 workers" for trials in (1_000, 10_000)},
    }
    columns = [
        Column("opening", "opening_seconds", " s"),
        Column("a trial", lambda run: 1000 * float(run["seconds_per_trial"]), " ms"),
        Column("memory of the driver", "driver_mebibytes", " MiB"),
        Column("file", "file_mebibytes", " MiB"),
        Column("all trials read", "reading_seconds", " s"),
    ]
    return [
        "## Very many trials and workers",
        "",
        "The whole driver on an SQLite study that holds so many trials when it is opened, and imaginary workers that train",
        "nothing; a further trial has 20 epochs of 5 folds. Opening lasts until all workers have begun. [scaling.md](scaling.md) says what",
        "follows. Measured by `python benchmarks/run.py scale`, not by `make bench`.",
        "",
        *table(figures, "scale", labels, columns),
    ]


def cold(figures: Figures) -> list[str]:
    """Trials of architectures that are new to a process."""
    labels = {family: f"`{family}`" for family in ("dnn", "mlp_residual", "cnn", "resnet")}
    columns = [
        Column("a trial of a new architecture", "cold", " s"),
        Column("the same architecture again", "warm", " s"),
        Column("the process's first trial", "first", " s"),
    ]
    return [
        "## Cold trials",
        "",
        "Seconds of the processor for a trial of 5 folds and one epoch of at most 300 rows, on one thread: nearly all of a cold",
        "trial is building five models and tracing.",
        "",
        *table(figures, "cold", labels, columns),
    ]


def paused(figures: Figures) -> list[str]:
    """States of paused trials as files."""
    labels = {
        "dnn": "`dnn` on a table, 20 thousand weights",
        "cnn": "`cnn` on pictures of 28 x 28, a million weights",
    }
    columns = [
        Column("state", "megabytes", " MB"),
        Column("write", "write", " ms"),
        Column("read", "read", " ms"),
        Column("training between two rungs", "stretch", " ms"),
        Column("both, of that", "percent", " %"),
    ]
    return [
        "## Paused trials",
        "",
        "The state of a trial as a file, written where it is paused and read where it goes on, against what it trains from one rung",
        "of `knowhow` to the next: 1,000 rows, 5 folds, 20 epochs, one thread, its programs traced before.",
        "",
        *table(figures, "paused", labels, columns),
    ]


def browsing(figures: Figures) -> list[str]:
    """Commands that only look."""
    columns = [
        Column(f"`{command}`", command, " s")
        for command in ("best", "studies", "show", "compare", "spaces", "report")
    ]
    columns.append(Column("the report's file", "report_mb", " MB"))
    labels = {"1000": "1,000 trials", "10000": "10,000 trials"}
    return [
        "## Browsing",
        "",
        "The whole process of a `kerasweep` command, from start to end, where two studies have so many trials each;",
        "`compare` compares them. `report` is of a third study of as many trials, with the curves of five folds.",
        "",
        *table(figures, "browsing", labels, columns),
    ]


def app(figures: Figures) -> list[str]:
    """Pages of the web app."""
    columns = [
        Column("a study: first paint", "study_paint", " s"),
        Column("all of its figures", "study", " s"),
        Column("its trials: first paint", "table_paint", " s"),
        Column("the first trials", "table", " s"),
        Column("a filter", "filter", " s"),
    ]
    return [
        "## The web app",
        "",
        "`kerasweep ui` and headless Chromium, each page in a window whose cache is empty. First paint is what the browser",
        "says; what a filter takes begins with its last letter and ends with the number of trials that are left.",
        "",
        *table(figures, "app", {"5000": "5,000 trials"}, columns),
    ]


def scaling(figures: Figures) -> list[str]:
    """A warm trial as sizes grow."""
    labels = {
        "folds_3": "3 folds",
        "folds_5": "5 folds",
        "folds_10": "10 folds",
        "workers_1": "1 worker, 1 thread",
        "workers_2": "2 workers, 1 thread each",
        "rows_1000": "1,000 generated rows, 4 epochs",
        "rows_10000": "10,000 generated rows, 4 epochs",
        "rows_100000": "100,000 generated rows, 4 epochs",
    }
    columns = [Column("a warm trial", "warm", " s"), Column("the first trial", "first", " s"), TRIALS]
    return [
        "## Scaling",
        "",
        "Seconds of a warm trial of W1's network: 5 folds, 20 epochs, digits and one worker with all cores, but for what a",
        "row says. With two workers: seconds between trials, of both together. Generated rows have 20 numbers and 10",
        "classes; all of them train in 5 folds.",
        "",
        *table(figures, "scaling", labels, columns),
    ]
