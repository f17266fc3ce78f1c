"""Decoded pictures are kept on disk: made once, whole or not at all, made anew when anything changed."""

from __future__ import annotations

import errno
import gc
import os
import shutil
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from kerasweep.errors import DataError
from kerasweep.training.data import MappedRows, disk_cache, images, load_dataset, mapped_files
from kerasweep.training.machine import mapped_memory
from PIL import Image


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(images, "IN_MEMORY", 0)
    monkeypatch.setenv(disk_cache.FOLDER_VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a folder of pictures whose names are Korean, and one of them grey."""
    for number in range(12):
        folder = tmp_path / "그림" / f"반{number % 2}"
        folder.mkdir(parents=True, exist_ok=True)
        mode = "L" if number == 3 else "RGB"
        Image.new(mode, (6, 5), 20 * number if mode == "L" else (number, 2, 3)).save(
            folder / f"{number:02}.png"
        )
    return tmp_path / "그림"


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Return the list of files that are decoded from then on."""
    found: list[Path] = []
    read = images.read_pixels
    monkeypatch.setattr(images, "read_pixels", lambda path, mode: found.append(path) or read(path, mode))
    return found


def entries_of(cache: Path) -> list[Path]:
    return [path for path in cache.iterdir() if path.is_dir()]


def test_pictures_are_decoded_once(root, cache, decoded) -> None:
    first, second = load_dataset(root), load_dataset(root)
    assert isinstance(first.x, MappedRows)
    assert len(decoded) == 12
    assert first.fingerprint == second.fingerprint
    assert str(cache) in " ".join(first.notes), "it is said where they are"
    assert [path.name for path in entries_of(cache)] == [first.x.path.parent.name]


def test_what_is_mapped_is_what_memory_would_have(root, monkeypatch) -> None:
    mapped = load_dataset(root)
    x, x_test, fingerprint = np.asarray(mapped.x), np.asarray(mapped.x_test), mapped.fingerprint
    monkeypatch.setattr(images, "IN_MEMORY", 10**9)
    shutil.rmtree(os.environ[disk_cache.FOLDER_VARIABLE])
    held = load_dataset(root)
    assert isinstance(held.x, np.ndarray)
    np.testing.assert_array_equal(x, held.x)
    np.testing.assert_array_equal(x_test, held.x_test)
    assert held.fingerprint == fingerprint


@pytest.mark.parametrize(
    "change", ["contents", "contents of as many bytes and the old time", "time", "one more", "one less"]
)
def test_a_change_decodes_anew(root, decoded, change) -> None:
    load_dataset(root)
    path = root / "반0" / "00.png"
    if change == "contents":
        Image.new("RGB", (6, 5), (9, 9, 9)).save(path)
    elif change.startswith("contents of"):
        before = path.stat()
        path.write_bytes(path.read_bytes()[:-1] + b"!")
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    elif change == "time":
        os.utime(path, (1, 1))
    elif change == "one more":
        shutil.copy(path, path.with_name("99.png"))
    else:
        path.unlink()
    decoded.clear()
    load_dataset(root)
    assert len(decoded) == 12 + {"one more": 1, "one less": -1}.get(change, 0)


@pytest.mark.parametrize(
    "damage", ["cut off", "no manifest", "half a manifest", "another's manifest", "killed in the making"]
)
def test_what_is_not_whole_is_made_anew(root, cache, decoded, damage) -> None:
    whole = load_dataset(root)
    (folder,) = entries_of(cache)
    fingerprint, rows = whole.fingerprint, folder / "rows"
    if damage == "cut off":
        rows.write_bytes(rows.read_bytes()[:-1])
    elif damage == "no manifest":
        (folder / "manifest.json").unlink()
    elif damage == "half a manifest":
        (folder / "manifest.json").write_text('{"bytes": 1')
    elif damage == "another's manifest":
        (folder / "manifest.json").write_text('{"bytes": 1080}')
    else:
        folder.rename(folder.with_name(folder.name + ".making"))
    decoded.clear()
    assert load_dataset(root).fingerprint == fingerprint
    assert len(decoded) == 12
    assert entries_of(cache) == [folder]


def test_a_disk_that_fills_up_leaves_nothing(root, cache, monkeypatch) -> None:
    def full(*_: object) -> Iterator[np.ndarray]:
        yield np.zeros((1, 5, 6, 3), np.uint8)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(images, "_decode_all", full)
    with pytest.raises(DataError, match=r"No space left.*KERASWEEP_CACHE"):
        load_dataset(root)
    assert not entries_of(cache)


def test_room_is_made_of_what_nobody_uses(root, cache, monkeypatch) -> None:
    for name in ("old", "new"):
        shutil.copytree(root, root.parent / name)
    used = load_dataset(root.parent / "old").x.path.parent
    unused = load_dataset(root.parent / "new").x.path.parent
    used_rows = load_dataset(root.parent / "old").x  # rows of them, the test rows left out
    free = SimpleNamespace(free=0)
    monkeypatch.setattr(disk_cache.shutil, "disk_usage", lambda _: free)
    gc.collect()
    with pytest.raises(DataError, match=r"has room for 0\.0 GB"):
        load_dataset(root)
    assert used_rows.path.exists()
    assert used.exists()
    assert not unused.exists()


def test_what_others_left_half_made_goes_when_the_next_one_is_made(root, cache) -> None:
    left = cache / "0123.making"
    left.mkdir(parents=True)
    (left / "rows").write_bytes(b"half")
    (cache / "4567.lock").write_text("")
    (folder,) = [load_dataset(root).x.path.parent]
    assert sorted(path.name for path in cache.iterdir()) == [folder.name, f"{folder.name}.lock"]


def test_filters_of_warnings_are_those_of_the_caller_again_whatever_happens(root) -> None:
    before = list(warnings.filters)
    Image.new("RGB", (7, 5)).save(root / "반0" / "00.png")
    with pytest.raises(DataError, match="images must have one size") as caught:
        load_dataset(root)
    assert list(warnings.filters) == before, (
        "while the error is still held, and with it all that it passed through"
    )
    assert caught


@pytest.mark.skipif(sys.platform != "linux", reason="sparse files and /proc")
def test_a_file_larger_than_memory_is_mapped_and_its_pages_let_go(tmp_path, monkeypatch) -> None:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    path = tmp_path / "rows"
    with path.open("wb") as file:
        file.truncate(2 * memory)
    rows = MappedRows(path, "uint8", (2 * memory // 2**20, 2**20))
    assert not rows[len(rows) - 1].any()
    before = mapped_memory()  # libraries are files, too
    held = np.array(rows.values[:200])
    monkeypatch.setattr(mapped_files, "MOST_MAPPED", 0)
    for _ in range(100):
        if mapped_memory() < before + held.nbytes // 2:
            break
        time.sleep(0.1)
    else:
        pytest.fail("the pages are held for ever")
    assert np.array_equal(rows.values[:200], held)


@pytest.mark.parametrize("place", ["반0/00.png", "반1/11.png"])
def test_a_picture_that_unpacks_to_gigabytes_is_refused_by_name(root, cache, monkeypatch, place) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    Image.new("L", (300, 300)).save(root / place)
    with pytest.raises(DataError, match=f"{place.split('/')[1]} is too large an image"):
        load_dataset(root)
    assert not cache.exists()


def test_a_broken_picture_is_named_and_nothing_is_kept(root, cache) -> None:
    path = root / "반1" / "05.png"
    path.write_bytes(path.read_bytes()[:45])
    with pytest.raises(DataError, match=r"05\.png cannot be read as an image"):
        load_dataset(root)
    assert not entries_of(cache)


def test_a_folder_that_cannot_be_written_is_named(root, monkeypatch, tmp_path) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(disk_cache.FOLDER_VARIABLE, str(tmp_path / "file" / "cache"))
    with pytest.raises(DataError, match=r"file/cache cannot hold .*KERASWEEP_CACHE"):
        load_dataset(root)


def test_a_folder_that_can_only_be_read_is_read(root, cache, decoded, monkeypatch) -> None:
    made = np.asarray(load_dataset(root).x)

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(disk_cache, "locked", refuse)
    np.testing.assert_array_equal(np.asarray(load_dataset(root).x), made)
    assert len(decoded) == 12
