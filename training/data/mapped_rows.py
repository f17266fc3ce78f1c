"""Rows of an array that lies in a file: taken by position without being read, and read when they are wanted.

A data set larger than memory is one of these in place of an array. Splits, folds and subsets of it are positions in one
file, which all processes of a machine map; what is computed of all rows is computed part by part (``parts_of``).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import DataError
from ..machine import MEMORY_SHARE, free_memory
from .mapped_files import map_file, release_pages

PART_BYTES = 64 * 2**20
"""Of rows that are looked at together, as they are stored."""


class MappedRows:
    """Some rows of an array in a file, in an order of their own. Pickled, it is the file's name and the positions."""

    def __init__(
        self,
        path: Path,
        dtype: Any,
        shape: tuple[int, ...],
        rows: np.ndarray | None = None,
        *,
        offset: int = 0,
    ) -> None:
        """Take a file that does not change.

        Args:
            path: The file.
            dtype: Of its numbers.
            shape: Of all of its rows, ``(rows, ...)``.
            rows: int64 positions of those that are taken, in their order; None for all.
            offset: Bytes before the first number; a multiple of ``machine.ALIGNMENT``.
        """
        self.path, self.dtype, self.rows = path, np.dtype(dtype), rows
        self._whole, self._offset = shape, offset

    def __reduce__(self) -> tuple[Any, ...]:
        return _mapped, (self.path, self.dtype, self._whole, self.rows, self._offset)

    @cached_property
    def values(self) -> np.ndarray:
        """All rows of the file, mapped: what is read lies in the system's cache of files, and counts as free memory."""
        count = math.prod(self._whole)
        part = map_file(self.path)[self._offset : self._offset + count * self.dtype.itemsize]
        shaped: np.ndarray = part.view(self.dtype).reshape(self._whole)
        return shaped

    @property
    def shape(self) -> tuple[int, ...]:
        """Of these rows, as an array's."""
        return (len(self), *self._whole[1:])

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self._whole)

    @property
    def size(self) -> int:
        """Number of values."""
        return int(math.prod(self.shape))

    @property
    def nbytes(self) -> int:
        """Bytes that the rows would take in memory."""
        return int(self.size * self.dtype.itemsize)

    def __len__(self) -> int:
        return int(self._whole[0]) if self.rows is None else len(self.rows)

    def __getitem__(self, key: Any) -> Any:
        """Return one row as an array; of positions, a slice or a mask the rows, which are not read."""
        if isinstance(key, int | np.integer):
            return np.array(self.values[key if self.rows is None else self.rows[key]])
        if isinstance(key, tuple):
            return np.asarray(self)[key]
        every = np.arange(self._whole[0]) if self.rows is None else self.rows
        return self._with(self._whole, every[key])

    def reshaped(self, row: tuple[int, ...]) -> MappedRows:
        """Return the same rows, each in another shape of as many values."""
        return self._with((self._whole[0], *row), self.rows)

    def _with(self, shape: tuple[int, ...], rows: np.ndarray | None) -> MappedRows:
        made = MappedRows(self.path, self.dtype, shape, rows, offset=self._offset)
        if "values" in vars(self):  # one mapping for all, and with it the lock that keeps the file
            vars(made)["values"] = self.values.reshape(shape)
        return made

    def check_memory(self, needed: int) -> None:
        """Refuse what needs so many bytes of all rows at once.

        Raises:
            DataError: Memory does not hold them.
        """
        check_memory(needed, self.path.name)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        """Return the rows in memory.

        Raises:
            DataError: Memory does not hold them.
        """
        self.check_memory(self.nbytes)
        taken = np.array(self.values) if self.rows is None else np.asarray(self.values[self.rows])
        return taken if dtype is None else taken.astype(dtype)

    def parts(self) -> Iterator[np.ndarray]:
        """Yield the rows in their order, as arrays of about ``PART_BYTES``."""
        size = max(1, PART_BYTES // max(1, self.nbytes // max(1, len(self))))
        for first in range(0, len(self), size):
            part = slice(first, first + size)
            yield np.array(self.values[part if self.rows is None else self.rows[part]])
            release_pages()


def check_memory(needed: int, name: str) -> None:
    """Refuse what needs so many bytes of all rows at once.

    Raises:
        DataError: Memory does not hold them.
    """
    free = free_memory()
    if free is not None and needed > MEMORY_SHARE * free:
        raise DataError(
            f"{name}: this would need all rows in memory at once, {gigabytes(needed)}, "
            f"and {gigabytes(free)} are free"
        )


def _mapped(path: Path, dtype: Any, shape: tuple[int, ...], rows: Any, offset: int) -> MappedRows:
    return MappedRows(path, dtype, shape, rows, offset=offset)


def parts_of(array: Any) -> Iterator[np.ndarray]:
    """Yield an array, or the parts of one that lies in a file, in the order of the rows."""
    if isinstance(array, MappedRows):
        yield from array.parts()
    else:
        yield np.asarray(array)


def extremes(array: Any) -> tuple[float, float]:
    """Return the smallest and the largest value; not a number is passed over."""
    found = [(float(np.nanmin(part)), float(np.nanmax(part))) for part in parts_of(array)]
    return min(low for low, _ in found), max(high for _, high in found)


def gigabytes(count: float) -> str:
    """Return a number of bytes in words: ``20.0 GB``."""
    return f"{count / 1e9:,.1f} GB"
