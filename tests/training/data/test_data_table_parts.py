"""What a large table's columns are is told from its parts, and is what pandas tells of all rows at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from kerasweep.errors import DataError
from kerasweep.training.data import Dataset, disk_cache, load_dataset, stored_tables, table_parts
from kerasweep.training.data.mapped_table import MappedTable
from kerasweep.training.data.table_files import read_delimited, read_parquet_file
from kerasweep.training.data.table_options import TableOptions
from pyarrow import parquet

ROWS = 120
CELLS = {
    "whole": ["1", "0", "-3", str(2**53 + 1)],
    "decimal": ["1.0", "2.5", "-0.0", "1e3", "inf"],
    "gap": ["", "NA", "null"],
    "truth": ["True", "false", "TRUE"],
    "word": ["x", "?", "a b", "1_5", "007x"],
    "odd": ["007", "+5", " 4 "],
    "large": [str(2**63 + 1), str(2**64 - 1)],
    "huge": [str(2**64), str(-(2**63) - 1)],
}
OPTIONS = TableOptions(header=True)


@pytest.fixture(autouse=True, scope="module")
def small_parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table_parts, "_FIRST_ROWS", 4)
        patch.setattr(table_parts, "PART_BYTES", 4_000)
        patch.setattr(disk_cache.os, "fsync", lambda _: None)
        patch.setenv(disk_cache.FOLDER_VARIABLE, str(tmp_path_factory.mktemp("cache")))
        yield


def from_disk(monkeypatch: pytest.MonkeyPatch, source: Path, **options: Any) -> Dataset:
    monkeypatch.setattr(stored_tables, "IN_MEMORY", 0)
    found = load_dataset(source, **options)
    assert isinstance(found.x, MappedTable)
    return found


def both(monkeypatch: pytest.MonkeyPatch, source: Path, **options: Any) -> tuple[Dataset, Dataset]:
    """Return a table read into memory and from disk."""
    return load_dataset(source, **options), from_disk(monkeypatch, source, **options)


def assert_same(held: Dataset, disk: Dataset) -> None:
    pd.testing.assert_frame_equal(disk.x.frame(), held.x, check_exact=True)
    np.testing.assert_array_equal(disk.y, held.y)
    assert disk.fingerprint == held.fingerprint
    assert [note for note in disk.notes if "stored in" not in note] == list(held.notes)


def numbers(**columns: Any) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    return pd.DataFrame({"a": rng.normal(size=ROWS), "b": rng.normal(size=ROWS), **columns})


run = st.sampled_from(sorted(CELLS)).flatmap(
    lambda kind: st.lists(st.sampled_from(CELLS[kind]), min_size=1, max_size=8)
)


@pytest.mark.costly
@settings(max_examples=40, deadline=None)
@given(st.lists(run, min_size=1, max_size=4))
@example([["NA"] * 4, ["5", "NA"] * 2, [str(2**63)] * 4])  # which pandas leaves texts
@example([[str(2**63), "NA"] * 4])
@example([["NA"] * 4, [str(2**64)] * 4, ["x"]])
@example([["True"] * 4, ["NA"] * 4, ["5"] * 4])
def test_a_column_of_a_csv_file_is_what_pandas_makes_of_it(tmp_path_factory, runs) -> None:
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    path.write_text("a,b\n" + "".join(f"{cell},1\n" for cells in runs for cell in cells))
    whole, _ = read_delimited(path, OPTIONS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stored_tables, "IN_MEMORY", 0)
        patch.setattr(table_parts, "PART_BYTES", 400)
        found, notes = stored_tables.read_stored(path, OPTIONS)
    if isinstance(found, pd.DataFrame):
        assert "the table is read into memory, whole" in notes[0]
        assert max(len(cell) for cells in runs for cell in cells) > 18
        return
    pd.testing.assert_frame_equal(found.frame(), whole, check_exact=True, check_column_type=False)


def test_a_column_of_a_parquet_file_is_what_pandas_makes_of_it(monkeypatch, tmp_path) -> None:
    gaps: Any = np.arange(ROWS) % 5 == 0
    fall: Any = pd.date_range("2021-11-06", periods=ROWS, freq="30min", tz="US/Eastern")  # 1:30 comes twice
    dates: Any = pd.Series([date(1, 1, 1) + timedelta(days=400 * number) for number in range(ROWS)])
    table = numbers(
        boolean=pd.array(~gaps, dtype="boolean"),
        perhaps=pd.array([None if gap else True for gap in gaps], dtype="boolean"),
        objects=[None if gap else True for gap in gaps],
        fall=fall,
        gone=pd.Series(fall).where(~gaps),
        seoul=pd.date_range("2021", periods=ROWS, tz="+09:00").as_unit("ms"),
        plain=fall.tz_localize(None).as_unit("us"),
        dates=dates,
        some=dates.where(~gaps, None),
        words=[None if gap else "x" for gap in gaps],
        late=[*[None] * (ROWS - 1), "x"],
        single=np.arange(ROWS).astype("float32"),
        byte=np.arange(ROWS).astype("uint8"),
    )
    path = tmp_path / "a.parquet"
    parquet.write_table(pa.Table.from_pandas(table), path, row_group_size=50)
    monkeypatch.setattr(stored_tables, "IN_MEMORY", 0)
    found, _ = stored_tables.read_stored(path, OPTIONS)
    pd.testing.assert_frame_equal(
        found.frame(), read_parquet_file(path), check_exact=True, check_column_type=False
    )


@pytest.mark.parametrize(
    "targets",
    [
        {"y": np.arange(ROWS) / 7, "z": np.arange(ROWS) % 9},
        {"y": np.arange(ROWS) % 2, "z": np.arange(ROWS) % 3 // 2},
        {"y": np.arange(ROWS) % 2, "z": 1 - np.arange(ROWS) % 2},
        {"y": np.where(np.arange(ROWS) % 5, np.arange(ROWS), np.nan), "z": np.arange(ROWS) % 9},
    ],
    ids=["amounts", "labels", "one-hot", "gaps"],
)
def test_a_table_from_disk_may_have_several_targets(monkeypatch, tmp_path, targets) -> None:
    path = tmp_path / "a.csv"
    numbers(**targets).to_csv(path, index=False)
    assert_same(*both(monkeypatch, path, target=("y", "z"), drop_missing_target=True))


def test_cells_of_rows_without_a_target_are_not_read(monkeypatch, tmp_path) -> None:
    """A word among them does not make words of numbers, nor does it have to be one."""
    target = np.where(np.arange(ROWS) % 60 == 7, np.nan, np.arange(ROWS))
    cells = [
        "junk" if number % 60 == 7 else f"1,{number + 100}" if number % 2 else "?" for number in range(ROWS)
    ]
    path = tmp_path / "a.csv"
    numbers(cells=cells, y=target).to_csv(path, index=False)
    held, disk = both(monkeypatch, path, target="y", drop_missing_target=True)
    assert held.x.dtypes["cells"] == "float64"
    assert_same(held, disk)


def test_what_numbers_the_rows_of_a_table_on_disk_is_told_as_of_one_in_memory(monkeypatch, tmp_path) -> None:
    path = tmp_path / "a.csv"
    numbers(
        serial=np.arange(ROWS) + 5, id=np.arange(ROWS), steps=np.arange(ROWS) * 2, y=np.arange(ROWS) % 7 / 2
    ).to_csv(path, index=False)
    held, disk = both(monkeypatch, path, target="y")
    assert any("column 'serial' numbers the rows and may be" in note for note in held.notes)
    assert "id" not in held.x.columns
    assert_same(held, disk)


@pytest.mark.parametrize("gone", ["?", "-", "Total"])
def test_numbers_are_numbers_once_the_cells_that_are_none_went_with_their_rows(
    monkeypatch, tmp_path, gone
) -> None:
    """Fifty of them are few enough for categories, into which they would turn without a word."""
    target = np.where(np.arange(ROWS) % 60 == 7, np.nan, np.arange(ROWS))
    cells = [gone if number % 60 == 7 else f"{number % 50}.5" for number in range(ROWS)]
    codes = [gone if number % 60 == 7 else f"0{number % 50}" for number in range(ROWS)]
    path = tmp_path / "a.csv"
    numbers(cells=cells, codes=codes, said=cells, y=target).to_csv(path, index=False)
    held, disk = both(monkeypatch, path, target="y", drop_missing_target=True, categorical=["said"])
    assert held.x.dtypes["cells"] == "float64"
    assert [held.x.dtypes[name] for name in ("codes", "said")] == ["category", "category"]
    assert_same(held, disk)


def test_texts_and_groups_are_those_of_memory(monkeypatch, tmp_path) -> None:
    dates = pd.date_range("2021-03-01", periods=ROWS, freq="19h")
    path = tmp_path / "a.parquet"
    table = numbers(
        said=np.where(np.arange(ROWS) % 2, "good day", "bad"), day=dates.date, y=np.arange(ROWS) / 3
    )
    table.to_parquet(path)
    held, disk = both(monkeypatch, path, target="y", group="day", text=("said",))
    np.testing.assert_array_equal(held.groups, disk.groups)
    assert_same(held, disk)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"fold_column": "part"}, "column 'part' must hold whole numbers"),
        ({"validation": "part"}, "column 'part' holds"),
        ({"target": ("y", "word")}, "several targets must all be real numbers; 'word' is not"),
    ],
)
def test_messages_name_columns(monkeypatch, tmp_path, options, message) -> None:
    path = tmp_path / "a.csv"
    numbers(part=0.5, word="x", y=np.arange(ROWS)).to_csv(path, index=False)
    with pytest.raises(DataError, match=message):
        from_disk(monkeypatch, path, **{"target": "y", **options})


@pytest.mark.parametrize("most", [2**28, 0])
def test_names_that_stand_twice_in_a_parquet_file_are_refused(monkeypatch, tmp_path, most) -> None:
    path = tmp_path / "a.parquet"
    parquet.write_table(pa.Table.from_arrays([pa.array([1, 2])] * 3, names=["a", "a", "y"]), path)
    monkeypatch.setattr(stored_tables, "IN_MEMORY", most)
    with pytest.raises(DataError, match=r"a\.parquet: column 'a' appears more than once"):
        load_dataset(path, target="y")


@pytest.mark.parametrize("change", ["word", "gone", "shorter"])
def test_a_file_that_changes_before_it_is_read_again_is_refused(monkeypatch, tmp_path, change) -> None:
    path = tmp_path / "a.csv"
    numbers(y=np.arange(ROWS)).to_csv(path, index=False)
    lines = path.read_text().splitlines()
    survey = stored_tables._survey

    def changing(parts: Any) -> Any:
        found = survey(parts)
        if change == "gone":
            path.unlink()
        else:
            end = ["x,y,z"] if change == "word" else []
            path.write_text("\n".join([*lines[:-9], *end, ""]))
        return found

    monkeypatch.setattr(stored_tables, "_survey", changing)
    with pytest.raises(DataError, match=r"a\.csv changed while it was read: wait until it is whole"):
        from_disk(monkeypatch, path, target="y")
