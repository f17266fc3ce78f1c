"""What earlier trials leave in memory, freed when that is worth its time.

A model and its traced graphs refer to each other, so that only Python's garbage collector frees them. It looks at every
object of the process: with some programs kept, that takes longer than a small model takes to train.
"""

from __future__ import annotations

import gc

GRAPH_BYTES = 8 * 2**20
"""Of a traced graph, roughly, in Python's and in TensorFlow's own memory."""
MOST_BYTES = 256 * 2**20


class Garbage:
    """Counts what is no longer referred to."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0

    def add(self, nbytes: int) -> None:
        """Note a model, or a program, that nothing will need any more, with variables of so many bytes."""
        self._bytes += nbytes + GRAPH_BYTES

    def free(self) -> None:
        """Free what was noted, if it is much."""
        if self._bytes > self._most_bytes:
            self._bytes = 0
            gc.collect()
