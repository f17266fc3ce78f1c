"""Tables that are read from disk are those of memory: the same rules, the same columns, the same numbers."""

from __future__ import annotations

import gzip
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from kerasweep.api import plan_sweep
from kerasweep.errors import DataError
from kerasweep.search.executors.memory_mapping import read_mapped, write_mapped
from kerasweep.training.data import (
    Dataset,
    choose_preparation,
    disk_cache,
    fit_preparation,
    load_dataset,
    mapped_rows,
    stored_tables,
    table_parts,
    take,
)
from kerasweep.training.data.configured_preparation import configure_preparation
from kerasweep.training.data.mapped_table import MappedTable
from kerasweep.training.data.profile import profile_of
from kerasweep.training.models.tracked_configuration import take_notes
from kerasweep.training.workload import PREPARED_WHOLE

ROWS = 300


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(table_parts, "_FIRST_ROWS", 7)
    monkeypatch.setattr(table_parts, "PART_BYTES", 20_000)
    monkeypatch.setattr(disk_cache.os, "fsync", lambda _: None)
    monkeypatch.setenv(disk_cache.FOLDER_VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache"


def both(monkeypatch: pytest.MonkeyPatch, source: Path, **options: Any) -> tuple[Dataset, Dataset]:
    """Return a table read into memory and from disk."""
    held = load_dataset(source, **options)
    monkeypatch.setattr(stored_tables, "IN_MEMORY", 0)
    return held, load_dataset(source, **options)


def table() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    days = pd.date_range("2021-03-01", periods=ROWS, freq="19h")
    missing = rng.random(ROWS) < 0.1
    frame = pd.DataFrame(
        {
            "float": 1e6 * rng.normal(3, 1, ROWS),
            "whole": rng.integers(-9, 900, ROWS),
            "gaps": np.where(missing, np.nan, rng.normal(size=ROWS)),
            "truth": rng.random(ROWS) > 0.4,
            "partly": np.where(missing, None, rng.random(ROWS) > 0.4),
            "word": rng.choice(["red", "blue", "녹색"], ROWS),
            "perhaps": np.where(missing, None, rng.choice(["a", "b"], ROWS)),
            "text_date": days.strftime("%d.%m.%Y"),
            "date": days,
            "born": (days - pd.Timedelta("9000D")).date,
            "shade": pd.Categorical(rng.choice(["light", "dark"], ROWS)),
            "thousands": [f"{value:,}" for value in rng.integers(1000, 2000, ROWS)],
            "same": 1,
            "empty": np.nan,
            "code": [f"0{number % 7}" for number in range(ROWS)],
            "id": range(ROWS),
            "amount": rng.normal(size=ROWS),
            "answer": rng.choice(["yes", "no"], ROWS),
            "part": rng.integers(0, 5, ROWS),
            "weight": rng.random(ROWS),
        }
    )
    frame.loc[ROWS - 1, "gaps"] = 5
    return frame


def written(path: Path, frame: pd.DataFrame) -> Path:
    frame.to_parquet(path) if path.suffix == ".parquet" else frame.to_csv(path, index=False)
    return path


@pytest.mark.costly
@pytest.mark.parametrize(
    ("name", "target"), [("표.csv", "amount"), ("table.csv.gz", "answer"), ("table.parquet", "amount")]
)
def test_a_table_from_disk_is_that_of_memory(monkeypatch, tmp_path, name, target) -> None:
    options = {"target": target, "group": "part", "weight": "weight", "categorical": ("code",), "limit": 200}
    held, disk = both(monkeypatch, written(tmp_path / name, table()), **options)
    assert isinstance(held.x, pd.DataFrame)
    assert isinstance(disk.x, MappedTable)
    assert isinstance(disk.x_test, MappedTable)
    pd.testing.assert_frame_equal(disk.x.frame(), held.x)
    pd.testing.assert_frame_equal(disk.x_test.frame(), held.x_test)
    for part in ("y", "y_test", "groups", "weights", "weights_test"):
        np.testing.assert_array_equal(getattr(disk, part), getattr(held, part))
    assert (disk.fingerprint, disk.formats, disk.time_order) == (
        held.fingerprint,
        held.formats,
        held.time_order,
    )
    assert [note for note in disk.notes if "stored in" not in note] == list(held.notes)
    plans = [choose_preparation(dataset, "flat") for dataset in (held, disk)]
    assert plans[0] == plans[1]
    assert profile_of(disk, plans[1]) == profile_of(held, plans[0])


ASKED: tuple[dict[str, Any], ...] = (
    {},
    {"scaling": "minmax"},
    {"scaling": "robust", "robust_range": 10.0},
    {"scaling": "none", "imputation": "constant"},
    {"imputation": "most_frequent"},
    {"scaling": "quantile"},
    {"missing_indicator": True, "clip_outliers": True},
    {"encoding": "target"},
    {"min_frequency": 40},
    {"feature_selection": True},
)


def test_names_from_disk_are_without_spaces_as_in_memory(monkeypatch, tmp_path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("p , code , y \n" + "".join(f"{row}, 00{row % 3}, {row % 2}\n" for row in range(60)))
    held, disk = both(monkeypatch, path, target="y", categorical=("code",))
    assert isinstance(disk.x, MappedTable)
    pd.testing.assert_frame_equal(disk.x.frame(), held.x)
    assert list(held.x["code"].cat.categories) == ["000", "001", "002"]


@pytest.mark.costly
def test_rows_are_prepared_as_in_memory(monkeypatch, tmp_path) -> None:
    path = written(tmp_path / "a.csv", table())
    held, disk = both(monkeypatch, path, target="answer", categorical=("code",))
    train = np.arange(0, held.rows, 2)
    for asked in ASKED:
        found = []
        for dataset in (held, disk):
            plan = configure_preparation(choose_preparation(dataset, "flat"), asked)
            fitted = fit_preparation(plan, take(dataset.x, train), dataset.y[train])
            for x in (dataset.x, dataset.x_test):
                stored = fitted.as_stored(x)
                rows = fitted.transform(x) if stored is None else stored[1].apply(np.asarray(stored[0]))
                np.testing.assert_array_equal(rows, fitted.transform(x))
                found.append(rows)
        np.testing.assert_array_equal(found[0], found[2], err_msg=str(asked))
        np.testing.assert_array_equal(found[1], found[3], err_msg=str(asked))


def test_numbers_of_single_precision_are_measured_so(monkeypatch, tmp_path) -> None:
    frame = table()[["float", "gaps", "amount"]].astype("float32")
    held, disk = both(monkeypatch, written(tmp_path / "a.parquet", frame), target="amount")
    made = [fit_preparation(choose_preparation(one, "flat"), one.x, one.y) for one in (held, disk)]
    rows, steps = made[1].as_stored(disk.x)
    assert rows.dtype == np.float32
    np.testing.assert_array_equal(steps.apply(np.asarray(rows)), made[0].transform(held.x))


@pytest.mark.parametrize(
    ("last", "is_category"), [(["3"], False), (["2.5"], False), ([""], False), (["tail", "tail"], True)]
)
def test_what_a_column_is_is_decided_by_all_of_its_rows(monkeypatch, tmp_path, last, is_category) -> None:
    """A column of numbers that holds text at its end is texts, and each cell what it says in the file."""
    cells = [*(f"{number % 5}.0" if number % 2 else f"{number % 5}" for number in range(200)), *last]
    path = tmp_path / "a.csv"
    path.write_text("a,b,y\n" + "".join(f"{cell},{n % 3},{n * 1.5}\n" for n, cell in enumerate(cells)))
    held, disk = both(monkeypatch, path, target="y")
    assert (disk.x.dtypes["a"].name == "category") == is_category
    pd.testing.assert_frame_equal(disk.x.frame(), held.x)
    assert disk.fingerprint == held.fingerprint


def test_a_table_is_read_once(monkeypatch, tmp_path) -> None:
    path = written(tmp_path / "a.csv", table())
    _, disk = both(monkeypatch, path, target="amount")
    monkeypatch.setattr(stored_tables, "_survey", None)
    assert load_dataset(path, target="amount").fingerprint == disk.fingerprint
    monkeypatch.undo()


def test_a_table_is_read_from_a_folder_that_can_only_be_read(monkeypatch, tmp_path) -> None:
    path = written(tmp_path / "a.csv", table())
    _, disk = both(monkeypatch, path, target="amount")

    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(disk_cache, "locked", refuse)
    monkeypatch.setattr(stored_tables, "_survey", None)
    assert load_dataset(path, target="amount").fingerprint == disk.fingerprint


@pytest.mark.parametrize("damaged", ["rows", "about.json", "manifest.json"])
def test_a_table_of_which_a_part_was_lost_is_read_anew(monkeypatch, tmp_path, cache, damaged) -> None:
    path = written(tmp_path / "a.csv", table()[["float", "word", "amount"]])
    _, disk = both(monkeypatch, path, target="amount")
    (about,) = cache.glob("*/about.json")
    (about.parent / damaged).unlink()  # what is mapped stays
    (about.parent / damaged).touch()
    again = load_dataset(path, target="amount")
    pd.testing.assert_frame_equal(again.x.frame(), disk.x.frame())


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.parquet"])
def test_what_is_cut_off_is_refused_in_one_line(monkeypatch, tmp_path, name) -> None:
    path = written(tmp_path / name, table())
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 2 // 3] + (b'\n"' if name == "a.csv" else b""))
    said = []
    for most in (2**28, 0):
        monkeypatch.setattr(stored_tables, "IN_MEMORY", most)
        with pytest.raises(DataError) as error:
            load_dataset(path, target="amount")
        said.append(str(error.value))
    assert "\n" not in said[1]
    assert said[0].split(":")[0] == said[1].split(":")[0]
    assert not disk_cache.entries()


def test_a_file_that_changes_while_it_is_read_is_refused(monkeypatch, tmp_path, cache) -> None:
    path = written(tmp_path / "a.csv", table())
    parts = stored_tables.csv_parts

    def changing(*arguments: Any, **how: Any) -> Any:
        for number, part in enumerate(parts(*arguments, **how)):
            if number == 3 and arguments[2]:
                path.write_text(path.read_text() + path.read_text().splitlines()[-1] + "\n")
            yield part

    monkeypatch.setattr(stored_tables, "IN_MEMORY", 0)
    monkeypatch.setattr(stored_tables, "csv_parts", changing)
    with pytest.raises(DataError, match="changed while it was read"):
        load_dataset(path, target="amount")
    assert not [left for left in cache.iterdir() if left.suffix != ".lock"]


def test_a_full_disk_is_said_and_leaves_nothing(monkeypatch, tmp_path, cache) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(stored_tables, "IN_MEMORY", 0)
    monkeypatch.setattr(stored_tables, "_write", full)
    with pytest.raises(DataError, match=r"cannot hold what is read of .*a\.csv .*No space left"):
        load_dataset(written(tmp_path / "a.csv", table()), target="amount")
    assert not [left for left in cache.iterdir() if left.suffix != ".lock"]


def test_an_interruption_leaves_nothing_half_written(monkeypatch, tmp_path, cache) -> None:
    path = written(tmp_path / "a.csv", table())
    _, disk = both(monkeypatch, path, target="amount")
    write = stored_tables._write

    def interrupted(*arguments: Any) -> None:
        write(*arguments)
        raise KeyboardInterrupt

    path.write_text(path.read_text())  # another time of writing: it is read anew
    monkeypatch.setattr(stored_tables, "_write", interrupted)
    with pytest.raises(KeyboardInterrupt):
        load_dataset(path, target="amount")
    assert not list(cache.glob("*.making"))
    monkeypatch.setattr(stored_tables, "_write", write)
    assert load_dataset(path, target="amount").fingerprint == disk.fingerprint


@pytest.mark.costly
def test_a_worker_is_given_the_files_and_fits_to_the_same(monkeypatch, tmp_path) -> None:
    """No copy of the rows goes to a worker, and what it prepares anew, it finds in the same file."""
    plan_of = partial(plan_sweep, str(written(tmp_path / "a.csv", table())), "dnn", trials=1, folds=2)
    monkeypatch.setattr(stored_tables, "IN_MEMORY", 0)
    workload = plan_of(target="amount", drop=("date", "text_date")).workload
    folder = tmp_path / "workload"
    folder.mkdir()
    write_mapped(workload.prepared(), folder)
    given = read_mapped(folder)
    size = sum(path.stat().st_size for path in folder.iterdir())
    assert size < given.dataset.x.nbytes + 40_000  # positions of folds, targets and statistics
    asked = {"scaling": "minmax"}
    own, theirs = workload.data_of(asked), given.data_of(asked)
    for mine, other in zip(own, theirs, strict=True):
        assert mine.x.path == other.x.path == given.fold_data[0].x.path
        np.testing.assert_array_equal(mine.inputs(mine.train), other.inputs(other.train))
    take_notes()
    assert all(fold.by_batch is None for fold in given.data_of({"scaling": "quantile"}))
    assert take_notes() == (PREPARED_WHOLE,)


def test_what_cannot_be_stored_is_read_whole_and_said(monkeypatch, tmp_path) -> None:
    frame = table()[["float", "amount"]].assign(list=[[number] for number in range(ROWS)])
    path = written(tmp_path / "a.parquet", frame)
    monkeypatch.setattr(stored_tables, "IN_MEMORY", 0)
    with pytest.raises(DataError, match="spread them over columns"):
        load_dataset(path, target="amount")
    found = load_dataset(path, target="amount", drop=("list",))
    assert isinstance(found.x, pd.DataFrame)
    assert "the table is read into memory, whole" in found.notes[0]
    monkeypatch.setattr(mapped_rows, "free_memory", lambda: 1000)
    with pytest.raises(DataError, match=r"a\.parquet: this would need all rows in memory at once"):
        load_dataset(path, target="amount", drop=("list",))


def test_a_series_is_read_whole_or_refused(monkeypatch, tmp_path) -> None:
    frame = table()[["date", "float", "amount"]]
    held, disk = both(
        monkeypatch, written(tmp_path / "a.csv", frame), target="amount", window=5, time_column="date"
    )
    assert disk.fingerprint == held.fingerprint
    assert "the table is read into memory, whole" in disk.notes[0]
    monkeypatch.setattr(mapped_rows, "free_memory", lambda: 1000)
    with pytest.raises(DataError, match="all rows in memory at once"):
        load_dataset(tmp_path / "a.csv", target="amount", window=5, time_column="date")


def test_what_needs_all_rows_is_refused_where_memory_does_not_hold_them(monkeypatch, tmp_path) -> None:
    _, disk = both(monkeypatch, written(tmp_path / "a.csv", table()), target="amount")
    plan = configure_preparation(choose_preparation(disk, "flat"), {"scaling": "quantile"})
    monkeypatch.setattr(mapped_rows, "free_memory", lambda: 100_000)
    with pytest.raises(DataError, match=r"a\.csv: this would need all rows in memory at once"):
        fit_preparation(plan, disk.x, disk.y)
    fit_preparation(choose_preparation(disk, "flat"), disk.x, disk.y)


def test_sentences_are_read_into_memory(monkeypatch, tmp_path) -> None:
    rng = np.random.default_rng(0)
    words = np.array("the quick brown fox jumps over a lazy dog".split())
    frame = table()[["float", "answer"]].assign(said=[" ".join(rng.choice(words, 6)) for _ in range(ROWS)])
    held, disk = both(monkeypatch, written(tmp_path / "a.csv", frame), target="answer")
    plans = [choose_preparation(dataset, "text") for dataset in (held, disk)]
    assert plans[0] == plans[1]
    assert disk.fingerprint == held.fingerprint


def test_gzip_of_a_large_table_counts_unpacked(tmp_path) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(b"a,b\n" + b"1,2\n" * 10_000))
    assert stored_tables.table_bytes(path) > 4 * path.stat().st_size
