"""Reader of image folders: one folder per class, optionally below ``train`` and ``test``."""

from __future__ import annotations

import unicodedata
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import DataError, one_line
from .raw import Raw, listing, natural_key, plural

IMAGE_SUFFIXES = frozenset(
    {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".ppm", ".pgm", ".pbm"}
)
_GREY_MODES = frozenset({"1", "L", "LA", "La"})
_DEEP_MODES = frozenset({"I", "F", "I;16", "I;16B", "I;16L", "I;16N"})
_ORIENTATION = 0x0112  # EXIF tag; values 5 to 8 swap width and height
_CAMERA_FORMATS = frozenset({"JPEG", "MPO", "TIFF", "WEBP"})
"""Formats whose EXIF orientation is followed. That of a PNG could be known only after reading all of it."""

_Found = list[tuple[Path, str]]
"""Files with the class of each."""


def read_image_folder(root: Path) -> Raw:
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
        others = [other.name for other in _subfolders(root) if other.name not in parts]
        if others:
            notes.append(f"folder {listing(others)} beside 'train' not read: folds are made from 'train'")
        found = {part: _find_images(folder, notes) for part, folder in parts.items()}
    else:
        found = {"train": _find_images(root, notes)}
    shape, mode = _common_shape([path for files in found.values() for path, _ in files], root)
    x = _read_pixels(found["train"], shape, mode)
    y = [label for _, label in found["train"]]
    if "test" not in found:
        return Raw(root.name, x, y, kind="image", task="classification", notes=tuple(notes))
    x_test = _read_pixels(found["test"], shape, mode)
    y_test = [label for _, label in found["test"]]
    return Raw(root.name, x, y, x_test, y_test, kind="image", task="classification", notes=tuple(notes))


def _name(path: Path) -> str:
    # macOS may store names decomposed (NFD), most others composed (NFC): one class, one spelling.
    return unicodedata.normalize("NFC", path.name)


def _subfolders(folder: Path) -> list[Path]:
    found = [entry for entry in folder.iterdir() if entry.is_dir() and not entry.name.startswith(".")]
    return sorted(found, key=lambda entry: natural_key(_name(entry)))


def _find_images(root: Path, notes: list[str]) -> _Found:
    """Return the images below each class folder, sorted, and note what is passed over."""
    classes = _subfolders(root)
    if not classes:
        raise DataError(
            f"{root} has no folders of images: put the images of each class into a folder of its name"
        )
    found: _Found = []
    passed_over = 0
    for folder in classes:
        files = [
            path
            for path in folder.rglob("*")
            if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        ]
        images = [path for path in files if path.suffix.lower() in IMAGE_SUFFIXES]
        passed_over += len(files) - len(images)
        if not images:
            raise DataError(f"{folder} holds no images: fill it or remove it (a folder is a class)")
        label = _name(folder)
        images.sort(key=lambda path: unicodedata.normalize("NFC", path.relative_to(root).as_posix()))
        found += [(path, label) for path in images]
    if passed_over:
        notes.append(f"{plural(passed_over, 'file')} below {root.name} passed over: not an image by its name")
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
    if image.format not in _CAMERA_FORMATS:
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return bool(image.getexif().get(_ORIENTATION, 1) >= 5)
    except (OSError, ValueError, SyntaxError, TypeError):
        return False  # broken EXIF: what else is broken shows when the pixels are read


def _read_pixels(found: _Found, shape: tuple[int, int, int], mode: str) -> np.ndarray:
    from PIL import Image, ImageOps

    try:
        pixels = np.empty((len(found), *shape), np.uint8)
    except MemoryError as error:
        size = len(found) * shape[0] * shape[1] * shape[2] / 2**30
        raise DataError(f"{plural(len(found), 'image')} need {size:.1f} GiB: make them smaller") from error
    for row, (path, _) in enumerate(found):
        with _opened(Image, path) as image:
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # palettes with transparency, odd EXIF: nothing to act on
                    upright = ImageOps.exif_transpose(image) if image.format in _CAMERA_FORMATS else image
                    pixels[row] = np.asarray(upright.convert(mode), np.uint8).reshape(shape)
            except (OSError, ValueError, SyntaxError) as error:
                raise DataError(f"{path} cannot be read as an image: {one_line(error)}") from error
    return pixels


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
