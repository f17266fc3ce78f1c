"""Files that come from others: small ones that unpack to gigabytes, and links to what is not theirs."""

from __future__ import annotations

import json
import os
import tracemalloc
import zipfile
import zlib
from copy import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from kerasweep.errors import DataError, ModelError
from kerasweep.training.data import archives, disk_cache, images, load_dataset
from kerasweep.training.models.bases import read_saved
from kerasweep.training.trainers.paused_state import UnusableStateError, load_state
from PIL import Image


def png(path: Path, width: int, height: int) -> None:
    """Write the head of a black picture, of any size, in a few bytes; the pixels are never asked for."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return len(data).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")

    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([8, 0, 0, 0, 0])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("side", [10_000, 15_000, 100_000])
def test_a_picture_that_unpacks_to_too_many_pixels_is_refused(side: int, tmp_path: Path) -> None:
    for name in ("a", "b"):
        png(tmp_path / name / "1.png", side, side)
    with pytest.raises(
        DataError, match=r"1\.png is too large an image: it unpacks to more than 89,478,485 pixels$"
    ):
        load_dataset(tmp_path)


def test_pictures_that_the_disk_does_not_hold_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images, "IN_MEMORY", 1_000_000)
    monkeypatch.setattr(disk_cache, "_SPARE", 2**60)
    for name in ("a", "b"):
        png(tmp_path / name / "1.png", 1000, 1000)
    with pytest.raises(
        DataError, match=r"takes 0\.0 GB on disk once it is read, and .* has room for 0\.0 GB: make room"
    ):
        load_dataset(tmp_path)


def folder_of_pictures(root: Path) -> Path:
    for name in ("train/a", "train/b", "all"):
        (root / name).mkdir(parents=True)
        for number in range(4):
            Image.new("L", (4, 4), number).save(root / name / f"{number}.png")
    return root


@pytest.mark.parametrize("absolute", [True, False])
def test_links_out_of_a_folder_are_refused(absolute: bool, tmp_path: Path) -> None:
    root = folder_of_pictures(tmp_path / "root")
    outside = tmp_path / "private" / "passport.png"
    outside.parent.mkdir()
    Image.new("L", (4, 4)).save(outside)
    link = root / "train" / "a" / "9.png"
    link.symlink_to(outside if absolute else os.path.relpath(outside, link.parent))
    with pytest.raises(DataError, match=r"9\.png is a link that leads out of .*root: copy the file"):
        load_dataset(root)
    link.unlink()
    (root / "train" / "c").symlink_to(outside.parent)
    with pytest.raises(DataError, match=r"passport\.png is a link that leads out of"):
        load_dataset(root)


def test_links_inside_a_folder_and_to_it_are_followed(tmp_path: Path) -> None:
    root = folder_of_pictures(tmp_path / "root")
    (root / "train" / "a" / "9.png").symlink_to(Path("../../all/3.png"))
    (tmp_path / "link").symlink_to(root)
    assert load_dataset(tmp_path / "link", test_size=0).rows == 9


def test_links_out_of_a_folder_of_texts_are_refused(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / "root" / name).mkdir(parents=True)
        (tmp_path / "root" / name / "1.txt").write_text("some words")
    (tmp_path / "root" / "a" / "2.txt").symlink_to("/etc/passwd")
    with pytest.raises(DataError, match=r"2\.txt is a link that leads out of"):
        load_dataset(tmp_path / "root")


def bomb(path: Path, name: str, begin: bytes = b"", size: int = 200_000_000) -> Path:
    """Write an archive whose one entry is long and takes little."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open(name, "w") as entry:
        entry.write(begin)
        for _ in range(size // 1_000_000):
            entry.write(bytes(1_000_000))
    return path


def test_arrays_that_memory_does_not_hold_are_refused_before_they_are_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    np.savez_compressed(tmp_path / "x.npz", x=np.zeros((1000, 1000)), y=np.arange(1000.0))
    assert load_dataset(tmp_path / "x.npz", task="regression").rows == 750
    monkeypatch.setattr(archives, "free_memory", lambda: 2**22)
    with pytest.raises(DataError, match=r"x\.npz unpacks to 0\.0 GiB, and 0\.0 GiB of memory are free"):
        load_dataset(tmp_path / "x.npz", task="regression")


@pytest.mark.parametrize(
    "change",
    [
        {"curves": {"loss": "x"}},
        {"curves": {"loss": [["x"]]}},
        {"curves": {"loss": [[0.1], [0.1]]}},
        {"curves": []},
        {"seconds": "x"},
        {"taken_over": [1]},
        {"folds": 3},
        {"folds": [{"variables": [["object", [1]]], "standstill": None}]},
        {"folds": [{"variables": [["float32", [2**40]]], "standstill": None}]},
        {"folds": [{"variables": [["float32", [1]]], "standstill": "x"}]},
    ],
    ids=repr,
)
def test_a_state_of_others_is_numbers_or_none(tmp_path: Path, change: dict[str, Any]) -> None:
    fold = {"variables": [["float32", [2]]], "standstill": None}
    header = {"identity": "", "curves": {"loss": [[0.1]]}, "seconds": 1.0, "folds": [fold]}

    def load(header: dict[str, Any]) -> Any:
        with zipfile.ZipFile(tmp_path / "1.state", "w") as archive:
            archive.writestr("header.json", json.dumps(header))
            archive.writestr("0", bytes(8))
        return load_state(tmp_path / "1.state", "", 1)

    assert load(header).folds[0].variables[0].tolist() == [0.0, 0.0]
    with pytest.raises(UnusableStateError, match="the file is damaged"):
        load({**header, **change})


def test_entries_of_a_state_do_not_share_their_bytes(tmp_path: Path) -> None:
    """So that a megabyte does not become a gigabyte of folds."""
    with zipfile.ZipFile(tmp_path / "1.state", "w") as archive:
        archive.writestr("header.json", json.dumps({"folds": [{}] * 50}))
        archive.writestr("0", bytes(1_000_000))
        first = archive.getinfo("0")
        for number in range(1, 50):
            other = copy(first)
            other.filename = str(number)
            archive.filelist.append(other)
    assert (tmp_path / "1.state").stat().st_size < 1_100_000
    tracemalloc.start()
    try:
        with pytest.raises(UnusableStateError, match="the file is damaged"):
            load_state(tmp_path / "1.state", "", 1)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_states_and_models_are_not_unpacked_to_gigabytes(tmp_path: Path) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(UnusableStateError, match="the file is damaged"):
            load_state(bomb(tmp_path / "1.state", "header.json"), "", 1)
        with pytest.raises(ModelError, match="is no model that Keras saved"):
            read_saved(str(bomb(tmp_path / "x.keras", "config.json", b"[")))
        assert tracemalloc.get_traced_memory()[1] < 150_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "config", ["[" * 100_000, "[]", '{"config": {"name": 1, "layers": [1]}}', '{"config": []}', "{}"]
)
def test_what_a_saved_model_says_may_be_anything(config: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.keras", "w") as archive:
        archive.writestr("config.json", config)
    with pytest.raises(ModelError, match="is no model that Keras saved"):
        read_saved(str(tmp_path / "x.keras"))
