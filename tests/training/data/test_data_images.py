"""Image folders: grey and colour, with and without a split, and each way in which one can be bad."""

from __future__ import annotations

import shutil
import unicodedata

import numpy as np
import pytest
from kerasweep.errors import DataError
from kerasweep.training.data import class_folders, load_dataset
from PIL import Image


def test_grey_folder(tmp_path, write_images):
    data = load_dataset(write_images(tmp_path / "pets"))
    assert (data.name, data.kind, data.task) == ("pets", "image", "classification")
    assert data.x.shape == (9, 4, 6, 1), "rows, height, width, channels"
    assert data.x.dtype == np.uint8
    assert data.classes == ("dog", "고양이")
    assert len(data.x_test) == 3


def test_colour_folder(tmp_path, write_images):
    assert load_dataset(write_images(tmp_path, colour=True)).x.shape[1:] == (4, 6, 3)


def test_one_colour_image_makes_all_colour(tmp_path, write_images):
    write_images(tmp_path)
    Image.new("RGB", (6, 4), (255, 0, 0)).save(tmp_path / "dog" / "red.png")
    data = load_dataset(tmp_path)
    assert data.x.shape[1:] == (4, 6, 3)
    everything = np.concatenate([data.x, data.x_test])
    assert ((everything == (255, 0, 0)).all(axis=(1, 2, 3))).sum() == 1


def test_pixels_arrive_unchanged_in_sorted_order(tmp_path):
    for label in ("b", "a"):
        (tmp_path / "train" / label).mkdir(parents=True)
        for number in range(3):
            value = number + (10 if label == "b" else 0)
            Image.new("L", (2, 2), value).save(tmp_path / "train" / label / f"{number}.bmp")
    (tmp_path / "test").mkdir()
    shutil.copytree(tmp_path / "train" / "a", tmp_path / "test" / "a")
    data = load_dataset(tmp_path)
    assert data.x[:, 0, 0, 0].tolist() == [0, 1, 2, 10, 11, 12]
    assert data.y.tolist() == [0, 0, 0, 1, 1, 1]
    assert data.x_test[:, 0, 0, 0].tolist() == [0, 1, 2]


@pytest.mark.parametrize("suffix", ["png", "jpg", "bmp", "gif", "tiff", "webp"])
def test_formats(tmp_path, suffix):
    for label in ("a", "b"):
        (tmp_path / label).mkdir()
        for number in range(3):
            Image.new("RGB", (5, 5), (number, 0, 0)).save(tmp_path / label / f"{number}.{suffix.upper()}")
    assert load_dataset(tmp_path).x.shape == (4, 5, 5, 3)


def test_transparent_and_palette_images(tmp_path, write_images):
    write_images(tmp_path)
    Image.new("RGBA", (6, 4), (1, 2, 3, 0)).save(tmp_path / "dog" / "clear.png")
    Image.new("P", (6, 4)).save(tmp_path / "dog" / "palette.png", transparency=b"\x00\x01")
    assert load_dataset(tmp_path).x.shape[1:] == (4, 6, 3)


def test_photos_are_turned_upright(tmp_path):
    for label in ("a", "b"):
        (tmp_path / label).mkdir()
        for number in range(3):
            picture = Image.new("RGB", (4, 6) if number == 0 else (6, 4))
            exif = picture.getexif()
            exif[0x0112] = 6 if number == 0 else 1
            picture.save(tmp_path / label / f"{number}.jpg", exif=exif)
    assert load_dataset(tmp_path).x.shape[1:] == (4, 6, 3)


def test_hidden_and_other_files_are_passed_over(tmp_path, write_images):
    write_images(tmp_path)
    (tmp_path / "dog" / ".DS_Store").write_bytes(b"x")
    (tmp_path / "dog" / "._0.png").write_bytes(b"not an image")
    (tmp_path / ".thumbnails").mkdir()
    (tmp_path / "dog" / "labels.txt").write_text("x")
    data = load_dataset(tmp_path)
    assert data.rows + len(data.x_test) == 12
    assert any("1 file" in note and "passed over" in note for note in data.notes)


def test_class_names_are_the_same_on_every_file_system(tmp_path):
    names = ("composed", "decomposed")
    for way, form in zip(names, ("NFC", "NFD"), strict=True):
        for label in ("고양이", "é"):
            folder = tmp_path / way / unicodedata.normalize(form, label)
            folder.mkdir(parents=True)
            for number in range(3):
                Image.new("L", (3, 3), number * 9).save(folder / f"{number}.png")
    first, second = (load_dataset(tmp_path / way) for way in names)
    assert first.fingerprint == second.fingerprint


def test_other_folders_beside_train_are_noted(tmp_path, write_images):
    write_images(tmp_path / "train")
    write_images(tmp_path / "val")
    assert any("'val' beside 'train' not read" in note for note in load_dataset(tmp_path).notes)


def test_sizes_must_agree(tmp_path, write_images):
    write_images(tmp_path)
    Image.new("L", (7, 4)).save(tmp_path / "dog" / "wide.png")
    with pytest.raises(DataError, match=r"one size: .*0\.png is 6x4, .*wide\.png is 7x4"):
        load_dataset(tmp_path)


@pytest.mark.parametrize("keep", [0, 60])
def test_unreadable_image_is_named(tmp_path, write_images, keep):
    path = write_images(tmp_path, size=(30, 30)) / "dog" / "3.png"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(DataError, match=r"3\.png cannot be read as an image"):
        load_dataset(tmp_path)


def test_deep_images_are_refused(tmp_path, write_images):
    write_images(tmp_path)
    Image.fromarray(np.full((4, 6), 40_000, np.uint16)).save(tmp_path / "dog" / "deep.png")
    with pytest.raises(DataError, match=r"deep\.png has more than 8 bits"):
        load_dataset(tmp_path)


def test_folders_that_are_no_classes(tmp_path, write_images):
    with pytest.raises(DataError, match="no folders of images"):
        load_dataset(tmp_path)
    write_images(tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="empty holds no images"):
        load_dataset(tmp_path)


def test_one_class_only(tmp_path, write_images):
    shutil.rmtree(write_images(tmp_path) / "dog")
    with pytest.raises(DataError, match="every row is of class '고양이'"):
        load_dataset(tmp_path)


def test_test_folder_with_a_class_of_its_own(tmp_path, write_images):
    write_images(tmp_path / "train")
    write_images(tmp_path / "test")
    (tmp_path / "test" / "dog").rename(tmp_path / "test" / "wolf")
    with pytest.raises(DataError, match="class 'wolf' appears in the test rows only"):
        load_dataset(tmp_path)


def test_folders_are_walked_once(write_images, tmp_path, monkeypatch):
    walked, below = [], class_folders.files_below
    monkeypatch.setattr(class_folders, "files_below", lambda folder: walked.append(folder) or below(folder))
    load_dataset(write_images(tmp_path / "pets"))
    assert sorted(folder.name for folder in walked) == ["dog", "고양이"]
