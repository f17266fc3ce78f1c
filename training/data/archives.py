"""Readers of NumPy's files: archives, and folders of arrays with the same names."""

from __future__ import annotations

import zipfile
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import DataError, one_line
from ..machine import free_memory
from .array_files import large_features, read_arrays, unpacked
from .files import from_mapping
from .mapped_rows import gigabytes
from .source_data import SourceData


def read_npz(path: Path, group: str | None) -> SourceData:
    """Read a NumPy archive with x_train, y_train, x_test, y_test, or x and y; optionally groups.

    Large features are unpacked once, into a file that is mapped from then on, as long as the archive does not change.

    Raises:
        DataError: The file is no archive, holds pickled objects, or lacks an array.
    """
    if not zipfile.is_zipfile(path):
        raise DataError(f"{path} cannot be read as an .npz archive: it is none, or cut off")
    try:
        large = large_features(path)
        _refuse_bomb(path, {member.info.filename for member in large.values()})
        arrays: dict[str, Any] = {**unpacked(path, large)}
        with np.load(path, allow_pickle=False) as archive:
            arrays |= {name: archive[name] for name in archive.files if name not in arrays}
    except DataError:
        raise
    except ValueError as error:
        if "Object arrays" in str(error):
            raise DataError(f"{path} holds Python objects: save arrays of numbers or strings") from error
        raise DataError(f"{path} cannot be read as an .npz archive: {one_line(error)}") from error
    except Exception as error:  # NumPy lets zipfile's, zlib's and tokenize's own errors through
        raise DataError(f"{path} cannot be read as an .npz archive: {one_line(error)}") from error
    found = from_mapping(arrays, path.name, group)
    notes = tuple(
        f"{name} unpacked into {arrays[name].path.parent}, {gigabytes(arrays[name].nbytes)}, and read from there"
        for name in large
    )
    return replace(found, notes=(*found.notes, *notes))


def read_array_folder(root: Path, group: str | None) -> SourceData:
    """Read a folder of ``.npy`` files with the names that arrays of an archive have; features stay where they are.

    Raises:
        DataError: One cannot be read, or an array is missing.
    """
    return from_mapping(read_arrays(root), root.name, group)


def _refuse_bomb(path: Path, on_disk: Collection[str]) -> None:
    """Refuse an archive whose arrays no memory holds, before any of them is unpacked; large features go to the disk.

    Raises:
        DataError: It unpacks to more than the memory that is free.
    """
    free = free_memory()
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(member.file_size for member in archive.infolist() if member.filename not in on_disk)
    except (OSError, ValueError, zipfile.BadZipFile, NotImplementedError):
        return  # damaged: NumPy says how
    if free is not None and size > free:
        raise DataError(
            f"{path} unpacks to {size / 2**30:.1f} GiB, and {free / 2**30:.1f} GiB of memory are free"
        )
