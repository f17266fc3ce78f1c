"""Arrays that lie in files stay there, and become the same numbers as in memory."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
from kerasweep.errors import DataError
from kerasweep.training import fold_cache
from kerasweep.training.data import (
    MappedRows,
    array_files,
    choose_preparation,
    disk_cache,
    fit_preparation,
    fitted_preparation,
    load_dataset,
    mapped_rows,
)
from kerasweep.training.data.profile import profile_of
from kerasweep.training.fold_cache import FoldData
from numpy.lib.format import open_memmap

ROWS = 60


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(array_files, "MAPPED_BYTES", 0)
    monkeypatch.setattr(array_files, "UNPACKED_BYTES", 0)
    monkeypatch.setattr(fitted_preparation, "MOST_FLOATS", 0)
    monkeypatch.setenv(disk_cache.FOLDER_VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache"


def numbers(dtype: str, *shape: int) -> np.ndarray:
    rng = np.random.default_rng(1)
    return (100 * rng.random((ROWS, *shape)) + rng.integers(0, 9, (ROWS, *shape))).astype(dtype)


LABELS = np.arange(ROWS) % 3


def written(folder: Path, how: str, **arrays: np.ndarray) -> Path:
    folder.mkdir(exist_ok=True)
    if how == "folder":
        for name, array in arrays.items():
            np.save(folder / f"{name}.npy", array)
        return folder
    (np.savez if how == "archive" else np.savez_compressed)(folder / "whole.npz", **arrays)
    return folder / "whole.npz"


@pytest.mark.parametrize("how", ["folder", "archive", "compressed archive"])
@pytest.mark.parametrize("dtype", ["uint8", "float64"])
def test_arrays_in_files_are_those_of_memory(how, dtype, tmp_path) -> None:
    x = numbers(dtype, 5)
    given = {"x_train": x[:40], "y_train": LABELS[:40], "x_test": x[40:], "y_test": LABELS[40:]}
    mapped = load_dataset(written(tmp_path / "자료", how, **given))
    held = load_dataset(given)
    assert isinstance(mapped.x, MappedRows)
    assert isinstance(mapped.x_test, MappedRows)
    assert isinstance(held.x, np.ndarray)
    assert mapped.fingerprint == held.fingerprint
    assert any("unpacked into" in note for note in mapped.notes) == (how != "folder")


@pytest.mark.parametrize("scaling", ["auto", "standard", "minmax", "robust", "none"])
@pytest.mark.parametrize(
    ("dtype", "shape"),
    [("float32", (6,)), ("float64", (6,)), ("int16", (6,)), ("int64", (6,)), ("float32", (7, 4))],
)
def test_batches_are_prepared_as_all_rows_are(scaling, dtype, shape, tmp_path) -> None:
    x = numbers(dtype, *shape)
    mapped = load_dataset(written(tmp_path / "a", "folder", x=x, y=LABELS))
    held = load_dataset((x, LABELS))
    layout = "sequence" if len(shape) == 2 else "flat"
    plan = choose_preparation(mapped, layout, scaling)
    assert plan == choose_preparation(held, layout, scaling)
    kept = fit_preparation(plan, mapped.x, mapped.y)
    rows, steps = kept.as_stored(mapped.x)
    assert isinstance(rows, MappedRows)
    wanted = fit_preparation(plan, held.x, held.y).transform(held.x)
    np.testing.assert_array_equal(steps.apply(np.asarray(rows)), wanted)
    np.testing.assert_array_equal(kept.transform(mapped.x), wanted)


def test_maps_given_in_python_stay_in_their_files(tmp_path) -> None:
    np.save(tmp_path / "x.npy", numbers("float32", 4))
    x = np.load(tmp_path / "x.npy", mmap_mode="r")
    for part in (x, x[10:50], x[10:50][5:]):
        held = np.array(part)
        data = load_dataset((part, LABELS[: len(part)]), test_size=0)
        assert isinstance(data.x, MappedRows)
        np.testing.assert_array_equal(np.asarray(data.x), held)


@pytest.mark.parametrize(
    "what", ["every second row", "some columns", "written to", "of Fortran's order", "big endian"]
)
def test_other_maps_are_arrays(what, tmp_path) -> None:
    x = numbers("float32", 4)
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "f.npy", np.asfortranarray(x))
    np.save(tmp_path / "b.npy", x.astype(">f4"))
    given = {
        "every second row": lambda: np.load(tmp_path / "x.npy", mmap_mode="r")[::2],
        "some columns": lambda: np.load(tmp_path / "x.npy", mmap_mode="r")[:, 1:],
        "written to": lambda: open_memmap(tmp_path / "x.npy", mode="c"),
        "of Fortran's order": lambda: np.load(tmp_path / "f.npy", mmap_mode="r"),
        "big endian": lambda: np.load(tmp_path / "b.npy", mmap_mode="r"),
    }[what]()
    if what == "written to":
        given[0] = -5
    data = load_dataset((given, LABELS[: len(given)]), test_size=0)
    assert not isinstance(data.x, MappedRows)
    np.testing.assert_array_equal(np.asarray(data.x), np.array(given))


def test_an_archive_is_unpacked_once_and_anew_when_it_changed(tmp_path, cache) -> None:
    path = written(tmp_path / "a", "archive", x=numbers("float32", 4), y=LABELS)
    first, second = load_dataset(path), load_dataset(path)
    assert first.x.path == second.x.path
    written(tmp_path / "a", "archive", x=1 + numbers("float32", 4), y=LABELS)
    third = load_dataset(path)
    assert third.x.path != first.x.path
    np.testing.assert_array_equal(np.asarray(third.x), np.asarray(first.x) + 1)


def test_a_damaged_archive_leaves_nothing(tmp_path, cache) -> None:
    path = written(tmp_path / "a", "archive", x=numbers("float32", 400), y=LABELS)
    content = bytearray(path.read_bytes())
    content[5000] ^= 255
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"cannot be read as an \.npz archive: Bad CRC"):
        load_dataset(path)
    assert not [one for one in cache.iterdir() if one.is_dir()]


def test_an_array_that_says_more_rows_than_it_has_is_refused(tmp_path, cache) -> None:
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        for name in ("x", "y"):
            with archive.open(f"{name}.npy", "w") as file:
                np.lib.format.write_array_header_1_0(
                    file, {"descr": "<f4", "fortran_order": False, "shape": (ROWS, 4)}
                )
                file.write(bytes(16))
    with pytest.raises(DataError, match=r"a\.npz is damaged: x\.npy holds 16 bytes, not 960"):
        load_dataset(tmp_path / "a.npz")
    assert not [one for one in cache.iterdir() if one.is_dir()]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "x.npy cannot be read as an array"),
        (b"\x93NUMPY\x01\0\x10\0nonsense", "x.npy cannot be read as an array"),
    ],
)
def test_a_broken_array_is_named(tmp_path, content, says) -> None:
    (tmp_path / "x.npy").write_bytes(content)
    np.save(tmp_path / "y.npy", LABELS)
    with pytest.raises(DataError, match=says):
        load_dataset(tmp_path)


def test_an_array_alone_a_link_and_a_folder_without_targets_are_refused(tmp_path) -> None:
    (tmp_path / "a").mkdir()
    np.save(tmp_path / "a" / "x.npy", numbers("float32", 4))
    with pytest.raises(DataError, match=r"x\.npy is one array: put x\.npy and y\.npy into a folder"):
        load_dataset(tmp_path / "a" / "x.npy")
    with pytest.raises(DataError, match=r"must hold x_train, y_train .* or x, y; it has 'x'"):
        load_dataset(tmp_path / "a")
    np.save(tmp_path / "secret.npy", LABELS)
    (tmp_path / "a" / "y.npy").symlink_to(tmp_path / "secret.npy")
    with pytest.raises(DataError, match="is a link that leads out of"):
        load_dataset(tmp_path / "a")


@pytest.mark.parametrize("scaling", ["none", "unit", "standard", "minmax"])
def test_rows_that_memory_does_not_hold_are_prepared(tmp_path, monkeypatch, scaling) -> None:
    monkeypatch.setattr(mapped_rows, "free_memory", lambda: 1000)
    data = load_dataset(written(tmp_path / "a", "folder", x=numbers("uint8", 8, 8, 3), y=LABELS))
    plan = choose_preparation(data, "image", scaling)
    assert fit_preparation(plan, data.x, data.y).as_stored(data.x) is not None
    with pytest.raises(DataError, match="would need all rows in memory at once"):
        np.asarray(data.x)


def test_large_rows_are_looked_at_a_few_at_a_time(tmp_path, monkeypatch) -> None:
    x = numbers("uint8", 8, 8, 3)
    mapped = load_dataset(written(tmp_path / "a", "folder", x=x, y=LABELS))
    plan = choose_preparation(mapped, "image", "unit")
    rows, steps = fit_preparation(plan, mapped.x, mapped.y).as_stored(mapped.x)
    data = FoldData(rows, mapped.y, np.arange(10), np.arange(10), 1.0, steps)
    monkeypatch.setattr(fold_cache, "PART_BYTES", 4 * 3 * x[0].size)
    parts = list(data.parts(data.train))
    assert [len(part) for part in parts] == [3, 3, 3, 1]
    np.testing.assert_array_equal(np.concatenate(parts), data.inputs(data.train))
    monkeypatch.setattr(mapped_rows, "free_memory", lambda: 1000)
    assert len(profile_of(mapped, plan)["pictures"]) > 0, "though memory does not hold all rows"
