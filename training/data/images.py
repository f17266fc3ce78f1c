"""Reader of image folders: one folder per class, optionally below ``train`` and ``test``."""

from __future__ import annotations

import hashlib
import math
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import DataError, one_line
from ...texts import count_text
from ..machine import cores
from .class_folders import FoundFiles, find_files, read_class_folders
from .disk_cache import Entry, kept_rows, known_rows
from .mapped_rows import MappedRows, gigabytes
from .source_data import SourceData

IMAGE_SUFFIXES = frozenset(
    {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".ppm", ".pgm", ".pbm"}
)
_GREY_MODES = frozenset({"1", "L", "LA", "La"})
_DEEP_MODES = frozenset({"I", "F", "I;16", "I;16B", "I;16L", "I;16N"})
_ORIENTATION = 0x0112  # EXIF tag; values 5 to 8 swap width and height
DECODER = 1
"""Counts the ways in which pictures were decoded: another one decodes them anew."""
IN_MEMORY = 16 * 2**20
"""Bytes of pixels that are decoded whenever they are wanted: as float32 they are prepared ahead, too."""
HEADERS, DECODED = 512, 128 * 2**20
"""Files whose headers are read ahead, and bytes of pixels that are."""
CAMERA_FORMATS = frozenset({"JPEG", "MPO", "TIFF", "WEBP"})
"""Formats whose EXIF orientation is followed. That of a PNG could be known only after reading all of it."""


def read_image_folder(root: Path) -> SourceData:
    """Read a folder of images of one size into uint8 pixels.

    Grey images give one channel; if any image has colour, all are read as RGB. Transparency is dropped.
    The order is that of class and file names, so that equal folders give equal data everywhere. Many pictures are decoded
    once, into a file that is mapped from then on, as long as no picture changes.

    Returns:
        ``x`` is ``(rows, height, width, channels)`` uint8, ``y`` the class names.

    Raises:
        DataError: No class folders, an unreadable image, or images of different sizes; no room for what is decoded.
    """
    found, notes = read_class_folders(root, IMAGE_SUFFIXES, "image")
    train, test = found["train"], found.get("test", [])
    x = decoded([path for path, _ in (*train, *test)], root)
    if isinstance(x, MappedRows):
        notes += (
            f"{count_text(len(x), 'picture')} decoded into {x.path.parent}, {gigabytes(x.nbytes)}, and read from there",
        )
    y, count = [label for _, label in train], len(train)
    if "test" not in found:
        return SourceData(root.name, x, y, kind="image", task="classification", notes=notes)
    y_test = [label for _, label in test]
    return SourceData(
        root.name, x[:count], y, x[count:], y_test, kind="image", task="classification", notes=notes
    )


def find_images(root: Path) -> FoundFiles:
    """Return the images below a folder with one folder a class, and the class of each."""
    return find_files(root, IMAGE_SUFFIXES)


def decoded(paths: list[Path], root: Path) -> np.ndarray | MappedRows:
    """Return the pixels of images of one size, uint8, ``(rows, height, width, channels)``.

    More than ``IN_MEMORY`` bytes of them are kept on disk (``disk_cache.py``), where the next call finds them.

    Raises:
        DataError: An unreadable image, or images of different sizes; no room for what is decoded.
    """
    identity = _identity(paths, root)
    if (known := known_rows(str(root.absolute()), identity)) is not None:
        return known
    shape, mode = _common_shape(paths, root)
    entry = Entry(str(root.absolute()), identity, "uint8", (len(paths), *shape))
    if entry.bytes <= IN_MEMORY:
        return np.concatenate(list(_decode_all(paths, shape, mode)))
    return kept_rows(
        entry, lambda file: file.writelines(part.data for part in _decode_all(paths, shape, mode))
    )


def _identity(paths: list[Path], root: Path) -> str:
    """Return a hash of the names, sizes and times of files, and of what decodes them.

    Both times: archives are unpacked, and files copied, with the time of writing that others had.
    """
    import PIL

    digest = hashlib.blake2b(f"{DECODER} {PIL.__version__}".encode(), digest_size=16)
    for path in paths:
        try:
            about = path.stat()
        except OSError as error:
            raise DataError(f"{path} cannot be read as an image: {one_line(error)}") from error
        name = path.relative_to(root).as_posix()
        digest.update(f"{name!a} {about.st_size} {about.st_mtime_ns} {about.st_ctime_ns}\n".encode())
    return digest.hexdigest()


def _common_shape(paths: list[Path], root: Path) -> tuple[tuple[int, int, int], str]:
    """Read every image's header; return the shape ``(height, width, channels)`` and Pillow mode of all."""
    first: tuple[Path, tuple[int, int]] | None = None
    colour = False
    headers = in_threads(_header, paths, HEADERS)
    for path, (size, is_colour) in zip(paths, headers, strict=True):
        colour = colour or is_colour
        if first is None:
            first = (path, size)
        elif first[1] != size:
            (width, height), (others, other) = size, first[1]
            raise DataError(
                f"images must have one size: {first[0]} is {others}x{other}, {path} is {width}x{height}"
            )
    if first is None:
        raise DataError(f"{root} holds no images")
    width, height = first[1]
    return (height, width, 3 if colour else 1), "RGB" if colour else "L"


def _header(path: Path) -> tuple[tuple[int, int], bool]:
    """Return an upright image's width and height, and whether it has colour."""
    from PIL import Image

    with _opened(Image, path) as image:
        width, height = image.size
        if _lies_on_its_side(image):
            width, height = height, width
        if image.mode in _DEEP_MODES:
            raise DataError(f"{path} has more than 8 bits a channel ({image.mode}): convert it to 8 bits")
        return (width, height), image.mode not in _GREY_MODES


def _lies_on_its_side(image: Any) -> bool:
    if image.format not in CAMERA_FORMATS:
        return False
    try:
        return bool(image.getexif().get(_ORIENTATION, 1) >= 5)
    except (OSError, ValueError, SyntaxError, TypeError):
        return False  # broken EXIF: what else is broken shows when the pixels are read


def _decode_all(paths: list[Path], shape: tuple[int, int, int], mode: str) -> Iterator[np.ndarray]:
    """Yield the pixels of all images in their order, in arrays of some."""

    def decode(path: Path) -> np.ndarray:
        try:
            return read_pixels(path, mode).reshape(shape)
        except (OSError, ValueError, SyntaxError) as error:
            raise DataError(f"{path} cannot be read as an image: {one_line(error)}") from error

    for pixels in in_threads(decode, paths, max(cores(), min(HEADERS, DECODED // math.prod(shape)))):
        yield pixels[None]


def in_threads(function: Callable[[Path], Any], paths: list[Path], ahead: int) -> Iterator[Any]:
    """Yield what a function returns of each file, in their order; so many are read ahead.

    Pillow decodes without Python's lock, so that threads use all cores.
    """
    with ThreadPoolExecutor(cores()) as pool:
        for first in range(0, len(paths), ahead):
            # Filters of warnings are the process's, so that threads cannot set them: they are set here, for all of them.
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # palettes with transparency, odd EXIF: nothing to act on
                done = list(pool.map(function, paths[first : first + ahead]))
            yield from done


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
    # Beyond these pixels Pillow warns, beyond twice as many it raises; a user's program may have set None, for no limit.
    most = image_module.MAX_IMAGE_PIXELS or math.inf
    too_large = f"{path} is too large an image: it unpacks to more than {most:,} pixels"
    try:
        image = image_module.open(path)
    except image_module.DecompressionBombError as error:
        raise DataError(too_large) from error
    except (OSError, ValueError, SyntaxError) as error:
        raise DataError(f"{path} cannot be read as an image") from error
    if image.width * image.height > most:
        image.close()
        raise DataError(too_large)
    return image
