"""Data of others may be any bytes: what can be read is read, and what cannot is told in one line."""

from __future__ import annotations

import io
import shutil
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fuzzing import HOSTILE_TEXTS, cases
from hypothesis import given
from hypothesis import strategies as st
from kerasweep.errors import KerasweepError
from kerasweep.training.data import load_dataset
from PIL import Image

CELL = st.sampled_from(
    ["", "1", "-2.5", "a", '"', '"b c"', "nan", "1e999", "한", "2026-01-01", "yes", "\x00", "=1", ";", "\t"]
)
TABLE = st.lists(st.lists(CELL, min_size=1, max_size=5), min_size=1, max_size=12).map(
    lambda rows: "\n".join(",".join(row) for row in rows).encode()
)
HEADED = st.tuples(st.just(b"a,b,y\n"), TABLE).map(b"".join)
LEGAL = b"a,b,y\n" + b"".join(f"{row},{row % 3},{'no' if row % 2 else 'yes'}\n".encode() for row in range(30))


def bent(whole: bytes) -> st.SearchStrategy[bytes]:
    """Return good bytes of which some are others, or are missing."""
    place = st.integers(0, len(whole) - 1)
    other = st.tuples(place, st.binary(max_size=4)).map(
        lambda one: whole[: one[0]] + one[1] + whole[one[0] + len(one[1]) :]
    )
    return other | place.map(lambda end: whole[:end])


def archive(**arrays: Any) -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)
    return stream.getvalue()


def picture(number: int, form: str) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (5, 5), (number, 2, 3)).save(stream, form)
    return stream.getvalue()


ARCHIVE = archive(x=np.arange(60.0).reshape(20, 3), y=np.arange(20) % 2)
ARRAYS = st.sampled_from(
    [
        *(np.zeros(shape) for shape in [(), (0,), (20,), (20, 3), (20, 0), (1, 2, 3, 4, 5)]),
        *(np.full(20, value) for value in (np.nan, np.inf, 1e308, -1, "a", "", True, 1j, b"x")),
        np.array([None] * 20, dtype=object),
        np.arange(20) % 2,
        np.arange(20).astype("datetime64[s]"),
    ]
)
PICTURES = {form: picture(7, form) for form in ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP")}


def load(path: Path, **options: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = load_dataset(path, **options)
        except KerasweepError as error:
            assert "\n" not in str(error)  # noqa: PT017 - many cases raise nothing
            return
    assert found.rows == len(found.y) > 0
    assert found.task != "regression" or np.isfinite(np.asarray(found.y, float)).all()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@cases(150)
@given(
    content=TABLE | HEADED | bent(LEGAL) | st.binary(max_size=200),
    suffix=st.sampled_from([".csv", ".tsv", ".csv.gz"]),
)
def test_any_bytes_as_a_table(content: bytes, suffix: str, folder: Path) -> None:
    path = folder / f"x{suffix}"
    path.write_bytes(content)
    load(path, target="y")


@cases(150)
@given(
    content=bent(ARCHIVE)
    | st.binary(max_size=200)
    | st.dictionaries(
        st.sampled_from(["x", "y", "x_test", "y_test", "x_train", "x/a", "groups"]), ARRAYS
    ).map(lambda one: archive(**one))
)
def test_any_bytes_as_an_archive(content: bytes, folder: Path) -> None:
    path = folder / "x.npz"
    path.write_bytes(content)
    load(path)


@cases(100)
@given(
    contents=st.lists(
        st.one_of(*map(st.just, PICTURES.values()), *map(bent, PICTURES.values()), st.binary(max_size=60)),
        min_size=2,
        max_size=5,
    ),
    names=st.lists(
        HOSTILE_TEXTS.map(lambda name: name.replace("/", "").replace("\x00", "")[:40] or "x"),
        min_size=2,
        max_size=2,
        unique=True,
    ),
    form=st.sampled_from([".png", ".jpg", ".gif", ".webp", ".PNG"]),
)
def test_any_folder_of_pictures(contents: list[bytes], names: list[str], form: str, folder: Path) -> None:
    root = folder / "pictures"
    shutil.rmtree(root, ignore_errors=True)
    for number, content in enumerate(contents):
        place = root / names[number % 2].encode("utf-8", "replace").decode()
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{number}{form}").write_bytes(content)
    load(root)
