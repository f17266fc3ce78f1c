"""Reader of image folders: one folder per class, optionally below ``train`` and ``test``."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import DataError, one_line
from ...texts import count_text
from ..machine import free_memory
from .class_folders import FoundFiles, find_files, read_class_folders
from .source_data import SourceData

IMAGE_SUFFIXES = frozenset(
    {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".ppm", ".pgm", ".pbm"}
)
_GREY_MODES = frozenset({"1", "L", "LA", "La"})
_DEEP_MODES = frozenset({"I", "F", "I;16", "I;16B", "I;16L", "I;16N"})
_ORIENTATION = 0x0112  # EXIF tag; values 5 to 8 swap width and height
CAMERA_FORMATS = frozenset({"JPEG", "MPO", "TIFF", "WEBP"})
"""Formats whose EXIF orientation is followed. That of a PNG could be known only after reading all of it."""


def read_image_folder(root: Path) -> SourceData:
    """Read a folder of images of one size into uint8 pixels.

    Grey images give one channel; if any image has colour, all are read as RGB. Transparency is dropped.
    The order is that of class and file names, so that equal folders give equal data everywhere.

    Returns:
        ``x`` is ``(rows, height, width, channels)`` uint8, ``y`` the class names.

    Raises:
        DataError: No class folders, an unreadable image, or images of different sizes.
    """
    found, notes = read_class_folders(root, IMAGE_SUFFIXES, "image")
    shape, mode = _common_shape([path for files in found.values() for path, _ in files], root)
    x = _read_all(found["train"], shape, mode)
    y = [label for _, label in found["train"]]
    if "test" not in found:
        return SourceData(root.name, x, y, kind="image", task="classification", notes=notes)
    x_test = _read_all(found["test"], shape, mode)
    y_test = [label for _, label in found["test"]]
    return SourceData(root.name, x, y, x_test, y_test, kind="image", task="classification", notes=notes)


def find_images(root: Path) -> FoundFiles:
    """Return the images below a folder with one folder a class, and the class of each."""
    return find_files(root, IMAGE_SUFFIXES)


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


def _read_all(found: FoundFiles, shape: tuple[int, int, int], mode: str) -> np.ndarray:
    size, free = len(found) * shape[0] * shape[1] * shape[2], free_memory()
    too_much = f"{count_text(len(found), 'image')} need {size / 2**30:.1f} GiB of memory: make them smaller"
    if free is not None and size > free:
        raise DataError(too_much)
    try:
        pixels = np.empty((len(found), *shape), np.uint8)
    except MemoryError as error:
        raise DataError(too_much) from error
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
            warnings.simplefilter("error", image_module.DecompressionBombWarning)
            return image_module.open(path)
    except (image_module.DecompressionBombError, image_module.DecompressionBombWarning) as error:
        raise DataError(
            f"{path} is too large an image: it unpacks to more than {image_module.MAX_IMAGE_PIXELS:,} pixels"
        ) from error
    except (OSError, ValueError, SyntaxError) as error:
        raise DataError(f"{path} cannot be read as an image") from error
