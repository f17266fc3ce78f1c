"""Reader of image folders: one folder per class, optionally below ``train`` and ``test``."""

from __future__ import annotations

import unicodedata
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import DataError, one_line
from ...texts import count_text, names_text, natural_key
from .source_data import SourceData

IMAGE_SUFFIXES = frozenset(
    {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".ppm", ".pgm", ".pbm"}
)
_GREY_MODES = frozenset({"1", "L", "LA", "La"})
_DEEP_MODES = frozenset({"I", "F", "I;16", "I;16B", "I;16L", "I;16N"})
_ORIENTATION = 0x0112  # EXIF tag; values 5 to 8 swap width and height
CAMERA_FORMATS = frozenset({"JPEG", "MPO", "TIFF", "WEBP"})
"""Formats whose EXIF orientation is followed. That of a PNG could be known only after reading all of it."""

_Found = list[tuple[Path, str]]
"""Files with the class of each."""


def read_image_folder(root: Path) -> SourceData:
    """Read a folder of images of one size into uint8 pixels.

    Grey images give one channel; if any image has colour, all are read as RGB. Transparency is dropped.
    The order is that of class and file names, so that equal folders give equal data everywhere.

    Returns:
        ``x`` is ``(rows, height, width, channels)`` uint8, ``y`` the class names.

    Raises:
        DataError: No class folders, an unreadable image, or images of different sizes.
    """
    parts = {part: root / part for part in ("train", "test") if (root / part).is_dir()}
    notes: list[str] = []
    if "train" in parts:
        others = [other.name for other in class_folders(root) if other.name not in parts]
        if others:
            notes.append(f"folder {names_text(others)} beside 'train' not read: folds are made from 'train'")
        found = {part: _checked_images(folder, notes) for part, folder in parts.items()}
    else:
        found = {"train": _checked_images(root, notes)}
    shape, mode = _common_shape([path for files in found.values() for path, _ in files], root)
    x = _read_all(found["train"], shape, mode)
    y = [label for _, label in found["train"]]
    if "test" not in found:
        return SourceData(root.name, x, y, kind="image", task="classification", notes=tuple(notes))
    x_test = _read_all(found["test"], shape, mode)
    y_test = [label for _, label in found["test"]]
    return SourceData(
        root.name, x, y, x_test, y_test, kind="image", task="classification", notes=tuple(notes)
    )


def class_of(folder: Path) -> str:
    """Return the class that a folder stands for."""
    # macOS may store names decomposed (NFD), most others composed (NFC): one class, one spelling.
    return unicodedata.normalize("NFC", folder.name)


def class_folders(root: Path) -> list[Path]:
    """Return the folders of a folder by their names, numbers in them by their size."""
    found = [entry for entry in root.iterdir() if entry.is_dir() and not entry.name.startswith(".")]
    return sorted(found, key=lambda folder: natural_key(class_of(folder)))


def files_below(folder: Path) -> list[Path]:
    """Return all files below a folder, sorted, but those that are hidden."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    shown = [path for path in files if not any(x.startswith(".") for x in path.relative_to(folder).parts)]
    return sorted(shown, key=lambda path: unicodedata.normalize("NFC", path.relative_to(folder).as_posix()))


def find_files(root: Path) -> list[tuple[Path, str]]:
    """Return the files below a folder with one folder a class, and the class of each."""
    return [(path, class_of(folder)) for folder in class_folders(root) for path in files_below(folder)]


def find_images(root: Path) -> list[tuple[Path, str]]:
    """Return what ``find_files`` does, of files that are images by their names."""
    return [(path, label) for path, label in find_files(root) if path.suffix.lower() in IMAGE_SUFFIXES]


def _checked_images(root: Path, notes: list[str]) -> _Found:
    """Return what ``find_images`` does, and note what is passed over."""
    folders = class_folders(root)
    if not folders:
        raise DataError(
            f"{root} has no folders of images: put the images of each class into a folder of its name"
        )
    files = find_files(root)
    found = [(path, label) for path, label in files if path.suffix.lower() in IMAGE_SUFFIXES]
    classes = {label for _, label in found}
    for folder in folders:
        if class_of(folder) not in classes:
            raise DataError(f"{folder} holds no images: fill it or remove it (a folder is a class)")
    if passed_over := len(files) - len(found):
        notes.append(
            f"{count_text(passed_over, 'file')} below {root.name} passed over: not an image by its name"
        )
    return found


def _common_shape(paths: list[Path], root: Path) -> tuple[tuple[int, int, int], str]:
    """Read every image's header; return the shape ``(height, width, channels)`` and Pillow mode of all."""
    from PIL import Image

    first: tuple[Path, tuple[int, int]] | None = None
    colour = False
    for path in paths:
        with _opened(Image, path) as image:
            width, height = image.size
            if _lies_on_its_side(image):
                width, height = height, width
            if image.mode in _DEEP_MODES:
                raise DataError(f"{path} has more than 8 bits a channel ({image.mode}): convert it to 8 bits")
            colour = colour or image.mode not in _GREY_MODES
        if first is None:
            first = (path, (width, height))
        elif first[1] != (width, height):
            raise DataError(
                f"images must have one size: {first[0]} is {first[1][0]}x{first[1][1]}, {path} is {width}x{height}"
            )
    if first is None:
        raise DataError(f"{root} holds no images")
    width, height = first[1]
    return (height, width, 3 if colour else 1), "RGB" if colour else "L"


def _lies_on_its_side(image: Any) -> bool:
    if image.format not in CAMERA_FORMATS:
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return bool(image.getexif().get(_ORIENTATION, 1) >= 5)
    except (OSError, ValueError, SyntaxError, TypeError):
        return False  # broken EXIF: what else is broken shows when the pixels are read


def _read_all(found: _Found, shape: tuple[int, int, int], mode: str) -> np.ndarray:
    try:
        pixels = np.empty((len(found), *shape), np.uint8)
    except MemoryError as error:
        size = len(found) * shape[0] * shape[1] * shape[2] / 2**30
        raise DataError(
            f"{count_text(len(found), 'image')} need {size:.1f} GiB: make them smaller"
        ) from error
    for row, (path, _) in enumerate(found):
        try:
            pixels[row] = read_pixels(path, mode).reshape(shape)
        except (OSError, ValueError, SyntaxError) as error:
            raise DataError(f"{path} cannot be read as an image: {one_line(error)}") from error
    return pixels


def read_pixels(path: Path, mode: str) -> np.ndarray:
    """Return an image's pixels, uint8, in Pillow's mode ``RGB`` or ``L``; photos are turned upright."""
    from PIL import Image, ImageOps

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # palettes with transparency, odd EXIF: nothing to act on
        with Image.open(path) as image:
            upright = ImageOps.exif_transpose(image) if image.format in CAMERA_FORMATS else image
            return np.asarray(upright.convert(mode), np.uint8)


def _opened(image_module: Any, path: Path) -> Any:
    """Open an image lazily, with every failure named by its file."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return image_module.open(path)
    except image_module.DecompressionBombError as error:
        raise DataError(f"{path} is too large an image: {one_line(error)}") from error
    except (OSError, ValueError, SyntaxError) as error:
        raise DataError(f"{path} cannot be read as an image") from error
