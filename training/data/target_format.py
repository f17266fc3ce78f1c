"""The format in which a user gave the targets: user-defined models get them in the same one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

Shape = Literal["flat", "column", "one-hot", "multi-hot"]
"""``(rows,)``, ``(rows, 1)``, ``(rows, classes)`` or ``(rows, labels)``; several targets of a regression are ``flat``: as they are stored."""


@dataclass(frozen=True)
class TargetFormat:
    """What a dataset's ``y`` looked like before it was read."""

    shape: Shape = "flat"
    values: tuple[float, ...] = ()
    """The number that stood for each class, in the order of the codes; empty where classes were text, or are unknown. Of
    labels 0 and 1."""
    dtype: str = "int64"
    """Of the values."""

    @property
    def are_codes(self) -> bool:
        """Whether the numbers of the classes are their codes, whole."""
        return self.values == tuple(range(len(self.values))) and np.dtype(self.dtype).kind in "iu"

    def numbers(self, codes: np.ndarray) -> np.ndarray:
        """Return class codes, ``(rows,)``, as the numbers that stood for the classes; classes of text as their codes.

        Labels, ``(rows, labels)``, become 0 and 1 of the type that they had.
        """
        return np.asarray(self.values, self.dtype)[codes] if self.values else codes


AS_STORED = TargetFormat()
"""Class codes, or amounts, as a dataset stores them."""
