"""The order of rows and the batches of an epoch, the same for both trainers and ``refit``."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..spaces import Configuration
from .models import batch_size_of
from .seeds import epoch_order


@dataclass(frozen=True)
class Batches:
    """The batches of an epoch."""

    size: int
    """Rows a step."""
    shuffle: bool = True
    """Whether every epoch has an order of its own; else rows come as they are stored."""
    drop_remainder: bool = False
    """Whether the last batch is left out where it is smaller; an epoch has at least one batch."""

    def rows(self, rows: int) -> int:
        """Return how many of some rows an epoch visits."""
        whole = rows // self.size * self.size
        return whole if self.drop_remainder and whole else rows

    def steps(self, rows: int) -> int:
        """Return the number of batches of some rows."""
        return -(-self.rows(rows) // self.size)

    def order(self, seed: int, epoch: int, rows: int) -> np.ndarray:
        """Return the positions that an epoch visits, in its order.

        Args:
            seed: The fold's.
            epoch: Counted from 0.
            rows: Number of training rows.
        """
        order = epoch_order(seed, epoch, rows) if self.shuffle else np.arange(rows)
        return order[: self.rows(rows)]


def batches_of(configuration: Configuration) -> Batches:
    """Return a configuration's batches."""
    return Batches(
        batch_size_of(configuration),
        bool(configuration.get("shuffle", True)),
        bool(configuration.get("drop_remainder", False)),
    )
