"""What a column is, told from its parts as pandas tells it from all of its rows; and how its values lie in a file."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from ..machine import MEMORY_SHARE, free_memory

Kind = Literal["numbers", "text", "truth", "category", "moments"]
_OBJECTS = {"string": "text", "boolean": "truth", "date": "date", "empty": "nothing"}
_WORDS = ("string", "integer", "empty")
"""What categories may be."""
_WORD_BYTES = 120
"""Of a text that is kept in memory while a file is read, beside its letters."""


class NotStorableError(Exception):
    """Why a table is kept in memory: it holds what no file of a store does."""


@dataclass(frozen=True)
class ColumnKind:
    """What a column is."""

    kind: Kind
    dtype: str
    """Of its values in the file, or of their codes."""
    shown: str = ""
    """Type of the values where it is another one than in the file; see ``Column``."""


_ALONE = {
    "text": ColumnKind("text", "int32"),
    "category": ColumnKind("category", "int32"),
    "boolean": ColumnKind("truth", "int8", "boolean"),
    "date": ColumnKind("moments", "datetime64[s]", "date"),
}


def part_kind(name: str, cells: Any) -> str:
    """Return what a part of a column is: ``text``, ``truth``, ``category``, ``date``, ``nothing``, or the name of its type.

    Raises:
        NotStorableError: It is of no kind that is stored.
    """
    import pandas as pd

    dtype = cells.dtype
    if isinstance(dtype, pd.CategoricalDtype) and dtype.categories.inferred_type in _WORDS:
        return "category"
    if isinstance(dtype, pd.DatetimeTZDtype | pd.BooleanDtype):
        return str(dtype)
    if isinstance(dtype, pd.StringDtype):
        return "text"
    if isinstance(dtype, np.dtype) and dtype.kind != "O":
        if dtype.kind == "f" and cells.isna().all():
            return "nothing"
        if dtype.kind in "biufM" and dtype != np.float16:
            return str(dtype.name)
    found = pd.api.types.infer_dtype(cells, skipna=True) if dtype.kind == "O" else str(dtype)
    if found not in _OBJECTS:
        raise NotStorableError(f"column '{name}' holds values ({found}) that are not read from disk")
    return _OBJECTS[found]


def whole_kind(name: str, kinds: AbstractSet[str]) -> ColumnKind:
    """Return what a column is whose parts are these: what pandas would take it for, of all rows at once.

    Raises:
        NotStorableError: It is of no kind that is stored.
    """
    found = (kinds - {"nothing"}) or {"float64"}
    if len(found) == 1 and (alone := _ALONE.get(next(iter(found)))):
        return alone
    if found <= {"bool", "truth"}:
        return ColumnKind("numbers", "bool") if kinds == {"bool"} else ColumnKind("truth", "int8")
    numbers = {kind for kind in found if kind.startswith(("int", "uint", "float"))}
    if found == numbers and (number := _common(numbers, has_gaps="nothing" in kinds)):
        return ColumnKind("numbers", number)
    if found - numbers and found - numbers <= {"text", "truth", "bool"} and "uint64" not in found:
        return ColumnKind("text", "int32")
    if len(found) == 1 and not numbers:
        (moments,) = found
        plain, _, zone = moments.partition(", ")
        return ColumnKind("moments", f"{plain}]" if zone else moments, moments if zone else "")
    raise NotStorableError(f"column '{name}' holds values of several kinds that are not read from disk")


def _common(numbers: set[str], *, has_gaps: bool) -> str:
    """Return the type that pandas gives to numbers of several; nothing where it may take them for texts."""
    if len(numbers) == 1 and not has_gaps:
        return next(iter(numbers))
    if "uint64" in numbers:
        return ""
    return "float32" if numbers == {"float32"} else "float64"


@dataclass
class Words:
    """The texts of a column that were met so far, in their order."""

    codes: dict[Any, int] = field(default_factory=dict)
    letters: int = 0

    def encode(self, cells: Any) -> np.ndarray:
        """Return the code of each text, int32; -1 for none."""
        import pandas as pd

        if isinstance(cells.dtype, pd.CategoricalDtype):
            places, found = cells.cat.codes.to_numpy(), list(cells.cat.categories)
        else:
            places, found = pd.factorize(cells)
            found = list(found)
        for word in found:
            if word not in self.codes:
                self.codes[word] = len(self.codes)
                self.letters += len(str(word))
        known = np.array([*(self.codes[word] for word in found), -1], np.int32)
        return np.asarray(known[places])

    @property
    def are_too_many(self) -> bool:
        """Whether memory does not hold them."""
        free = free_memory()
        held = self.letters + _WORD_BYTES * len(self.codes)
        return free is not None and held > MEMORY_SHARE * (free + held)


def encode(kind: ColumnKind, cells: Any, words: Words) -> np.ndarray:
    """Return a part of a column as it lies in a file."""
    import pandas as pd

    if kind.kind in ("text", "category"):
        return words.encode(cells)
    if kind.kind == "truth":
        missing = cells.isna().to_numpy()
        said = cells.where(~missing, False).astype(bool).to_numpy()
        return np.where(missing, -1, said).astype(np.int8)
    if kind.kind == "moments":
        moments = pd.to_datetime(cells) if cells.dtype == object else cells
        plain = moments if moments.dt.tz is None else moments.dt.tz_convert("UTC").dt.tz_localize(None)
        return np.asarray(plain.to_numpy().astype(kind.dtype))
    return np.asarray(cells.to_numpy().astype(kind.dtype))
