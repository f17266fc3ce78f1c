"""Folders come as archives: what they hold is data, lies in its folder, and none of it is left out in silence."""

from __future__ import annotations

import base64
import io
import zipfile
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kerasweep.app import unpacking
from kerasweep.app.uploads import Upload, save_upload
from kerasweep.errors import DataError, OutputError
from kerasweep.training.data import load_dataset
from PIL import Image

if TYPE_CHECKING:
    from pathlib import Path


def picture(shade: int) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.full((4, 4), shade, np.uint8)).save(file, "png")
    return file.getvalue()


FLOWERS = {f"{name}/{number}.png": picture(number) for name in ("daisy", "장미") for number in range(12)}


def packed(files: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return file.getvalue()


def kept(folder: Path, content: bytes, name: str = "flowers.zip") -> Upload:
    return save_upload(folder / "uploads", name, "data:x;base64," + base64.b64encode(content).decode())


def below(folder: Path, prefix: str, files: dict[str, bytes]) -> dict[str, bytes]:
    return {f"{prefix}{name}": content for name, content in files.items()}


@pytest.mark.parametrize("prefix", ["", "flowers/", "my data/flowers/", ".\\flowers\\"])
def test_a_folder_of_pictures_is_data(tmp_path: Path, prefix: str) -> None:
    files = {**below(tmp_path, prefix, FLOWERS), "__MACOSX/daisy/._0.png": b"x", ".DS_Store": b"x"}
    upload = kept(tmp_path, packed(files))
    assert upload == kept(tmp_path, packed(files))  # once more
    assert upload.path.name == "flowers"
    assert upload.passed_over == 0
    found = load_dataset(upload.path)
    assert (found.kind, found.classes, found.rows + found.test_rows) == ("image", ("daisy", "장미"), 24)
    assert not list((tmp_path / "uploads").rglob("*.zip"))
    assert not list((tmp_path / "uploads").rglob(".*"))


def test_train_and_test_texts_and_arrays_are_data(tmp_path: Path) -> None:
    parts = {**below(tmp_path, "a/train/", FLOWERS), **below(tmp_path, "a/test/", FLOWERS)}
    found = load_dataset(kept(tmp_path, packed(parts)).path)
    assert (found.rows, found.test_rows) == (24, 24)
    only = kept(tmp_path, packed(below(tmp_path, "train/", FLOWERS)))
    assert load_dataset(only.path).rows + load_dataset(only.path).test_rows == 24
    texts = {f"{name}/{number}.txt": b"a word" for name in "ab" for number in range(12)}
    assert load_dataset(kept(tmp_path, packed(texts)).path).classes == ("a", "b")
    arrays = {}
    for name, values in (("x", np.arange(40.0).reshape(20, 2)), ("y", np.arange(20) % 2)):
        file = io.BytesIO()
        np.save(file, values)
        arrays[f"arrays/{name}.npy"] = file.getvalue()
    assert load_dataset(kept(tmp_path, packed(arrays)).path).kind == "array"


def test_what_is_no_data_is_counted_and_a_class_without_any_is_seen(tmp_path: Path) -> None:
    upload = kept(tmp_path, packed({**FLOWERS, "daisy/run.py": b"print(1)", "notes.md": b"x"}))
    assert upload.passed_over == 2
    assert not list(upload.path.rglob("*.py"))
    upload = kept(tmp_path, packed({**FLOWERS, "tulip/1.heic": b"x"}))
    with pytest.raises(DataError, match="tulip holds no images"):
        load_dataset(upload.path)


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, "no pictures or texts"),
        ({"table.csv": b"a,b\n1,2\n"}, "upload a table as it is"),
        ({**FLOWERS, "../daisy/13.png": picture(1)}, "out of its folder"),
        ({**FLOWERS, "/etc/13.png": picture(1)}, "out of its folder"),
        ({**FLOWERS, "C:\\13.png": picture(1)}, "out of its folder"),
        ({**FLOWERS, "daisy": b"", "daisy.png/1.png": picture(1), "daisy.png": picture(1)}, "twice"),
    ],
)
def test_what_leads_elsewhere_or_holds_nothing_is_refused(
    tmp_path: Path, files: dict[str, bytes], words: str
) -> None:
    with pytest.raises(DataError, match=words):
        kept(tmp_path, packed(files))
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_links_locks_and_old_names_are_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("daisy/13.png")
    link.external_attr = 0o120777 << 16
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(DataError, match="out of its folder"):
        kept(tmp_path, file.getvalue())
    plain = packed({"장미/1.png": picture(1)})
    with pytest.raises(DataError, match="not in UTF-8"):
        kept(
            tmp_path,
            plain.replace("장미".encode(), "장미A".encode("cp949") + b"B").replace(b"\x00\x08", b"\x00\x00"),
        )
    locked = packed({"a/1.png": picture(1)})
    places = [locked.index(b"PK\x03\x04") + 6, locked.index(b"PK\x01\x02") + 8]
    with pytest.raises(DataError, match="password"):
        kept(tmp_path, bytes(one | 1 if place in places else one for place, one in enumerate(locked)))


def test_archives_that_unpack_to_too_much_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "FILES", 10)
    with pytest.raises(DataError, match=r"24 files.*up to 10 files"):
        kept(tmp_path, packed(FLOWERS))
    monkeypatch.undo()
    monkeypatch.setattr(unpacking, "UNPACKED", 100)
    with pytest.raises(DataError, match=r"up to 100,000 files and 1 kB"):
        kept(tmp_path, packed(FLOWERS))


def test_a_name_twice_is_refused(tmp_path: Path) -> None:
    twice = packed({"a/1.png": picture(1), "a/2.png": picture(2)}).replace(b"a/2.png", b"a/1.png")
    with pytest.raises(DataError, match="twice"):
        kept(tmp_path, twice)


@settings(max_examples=300, deadline=None)
@given(place=st.integers(0, 10**6), bits=st.integers(1, 255), cut=st.integers(0, 10**6))
def test_damaged_archives_are_told(
    tmp_path_factory: pytest.TempPathFactory, place: int, bits: int, cut: int
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    whole = bytearray(packed(dict(list(FLOWERS.items())[:3])))
    whole[place % len(whole)] ^= bits
    content = bytes(whole[: len(whole) - cut % 40])
    told = ""
    try:
        upload = kept(folder, content)
        assert upload.path.is_relative_to(folder / "uploads")
    except (DataError, OutputError) as error:
        told = str(error)
    assert "\n" not in told
    assert all(path.resolve().is_relative_to(folder) for path in folder.rglob("*"))
    assert not (told and [path for path in folder.rglob("*") if path.is_file()])
