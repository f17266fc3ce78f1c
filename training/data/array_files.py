"""Arrays that lie in files and stay there: maps of NumPy's, folders of ``.npy`` files, large members of archives.

``.npy`` files are mapped where they lie; what an archive holds is compressed, or begins anywhere, and is unpacked once
(``disk_cache.py``). Other arrays than features are read into memory.
"""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from ...errors import DataError, one_line
from ..machine import ALIGNMENT
from .disk_cache import Entry, kept_rows
from .mapped_rows import MappedRows

FEATURES = ("x", "x_train", "x_test")
MAPPED_BYTES = 16 * 2**20
"""Bytes of a map of NumPy's that is no more than an array: it is prepared ahead, too."""
UNPACKED_BYTES = 256 * 2**20
"""Bytes of features in an archive that are unpacked whenever they are wanted."""
_KINDS = "iuf"


def left_in_file(values: Any) -> Any:
    """Return the rows of a large map of NumPy's as ``MappedRows``, which workers are given by name; all else as it is."""
    if not isinstance(values, np.memmap) or values.nbytes <= MAPPED_BYTES or values.ndim < 1:
        return values
    whole = values
    while isinstance(whole.base, np.memmap):
        whole = whole.base
    step = whole.nbytes // max(1, len(whole))
    first, beside = divmod(_address(values) - _address(whole), max(1, step))
    if (
        whole.filename is None
        or whole.mode == "c"  # what was written to it is in memory alone
        or beside
        or values.shape[1:] != whole.shape[1:]
        or not (values.flags.c_contiguous and whole.flags.c_contiguous and _is_plain(whole.dtype))
        or whole.offset % ALIGNMENT
    ):
        return values
    rows = None if len(values) == len(whole) else np.arange(first, first + len(values))
    return MappedRows(Path(whole.filename), whole.dtype, whole.shape, rows, offset=whole.offset)


def _address(array: np.ndarray) -> int:
    return int(array.ctypes.data)


def _is_plain(dtype: np.dtype) -> bool:
    """Tell whether numbers of a type are mapped as they are."""
    return dtype.kind in _KINDS and dtype.isnative


def holds_arrays(root: Path) -> bool:
    """Tell whether a folder is one of arrays: ``x.npy`` and ``y.npy``, or ``x_train.npy`` and so on."""
    return any((root / f"{name}.npy").is_file() for name in FEATURES)


def read_arrays(root: Path) -> dict[str, Any]:
    """Return the arrays of a folder's ``.npy`` files by their names; those of features are mapped.

    Raises:
        DataError: One cannot be read, holds Python objects, or is a link that leads out of the folder.
    """
    found: dict[str, Any] = {}
    for path in sorted(root.glob("*.npy")):
        if not path.resolve().is_relative_to(root.resolve()):
            raise DataError(
                f"{path} is a link that leads out of {root}: move the file, or link it without -s"
            )
        try:
            found[path.stem] = np.load(path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError, SyntaxError) as error:
            raise DataError(f"{path} cannot be read as an array: {one_line(error)}") from error
    return found


@dataclass(frozen=True)
class Member:
    """An array in an archive whose rows lie one after the other."""

    info: zipfile.ZipInfo
    shape: tuple[int, ...]
    dtype: np.dtype


def large_features(path: Path) -> dict[str, Member]:
    """Return the large arrays of features in an archive, none of which is unpacked."""
    found = {}
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            name = info.filename.removesuffix(".npy")
            if name in FEATURES and info.file_size > UNPACKED_BYTES:
                with archive.open(info) as stream:
                    header = _header(stream)
                if header is not None:
                    found[name] = Member(info, *header)
    return found


def unpacked(path: Path, members: dict[str, Member]) -> dict[str, MappedRows]:
    """Return arrays of an archive, unpacked into the cache where they are not there by now.

    Raises:
        DataError: There is no room, or the archive is damaged.
    """
    return {name: _unpacked(path, member) for name, member in members.items()}


def _header(stream: IO[bytes]) -> tuple[tuple[int, ...], np.dtype] | None:
    """Return shape and type of an array that is stored row after row, read to where its numbers begin; None for others."""
    version = np.lib.format.read_magic(stream)
    readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    if version not in readers:
        return None
    shape, by_column, dtype = readers[version](stream)
    return None if by_column or not shape or not _is_plain(dtype) else (shape, dtype)


def _unpacked(path: Path, member: Member) -> MappedRows:
    about, info = path.stat(), member.info
    parts = (about.st_size, about.st_mtime_ns, about.st_ctime_ns, info.CRC, info.file_size)
    identity = hashlib.blake2b(repr(parts).encode(), digest_size=16).hexdigest()
    entry = Entry(f"{path.absolute()}, {info.filename}", identity, member.dtype.str, member.shape)

    def write(file: IO[bytes]) -> None:
        with zipfile.ZipFile(path) as archive, archive.open(info) as stream:
            _header(stream)
            shutil.copyfileobj(stream, file, 2**20)
        if file.tell() != entry.bytes:
            raise DataError(
                f"{path} is damaged: {info.filename} holds {file.tell():,} bytes, not {entry.bytes:,}"
            )

    return kept_rows(entry, write)
