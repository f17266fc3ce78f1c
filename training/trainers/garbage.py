"""What earlier trials leave in memory, freed when that is worth its time.

A model and its traced graphs refer to each other, so that only Python's garbage collector frees them. It looks at every
object of the process: with some programs kept, that takes longer than a small model takes to train.
"""

from __future__ import annotations

import ctypes
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

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

    def free(self) -> bool:
        """Free what was noted, if it is much; return whether that was done."""
        if self._bytes <= self._most_bytes:
            return False
        self._bytes = 0
        gc.collect()
        _return_memory()
        return True


@contextmanager
def gradients_forgotten() -> Iterator[None]:
    """Have TensorFlow forget the gradients that are registered inside.

    Whatever has a gradient of its own (``tf.custom_gradient``: Keras's optimizers, ``silu``) registers it under a new name
    whenever it is traced, and nothing takes it out again. It holds tensors of the graph, these the graph, and that all
    of its functions: every traced step would stay in memory for good. Once a step is traced, nobody asks for them.
    """
    before = set(_registered())
    try:
        yield
    finally:
        registered = _registered()
        for name in [
            name for name in registered if name not in before and name.startswith("CustomGradient-")
        ]:
            del registered[name]


def _registered() -> dict[str, Any]:
    """Return TensorFlow's gradients by their names; none before it is imported."""
    if "tensorflow" not in sys.modules:
        return {}
    from tensorflow.python.framework.ops import gradient_registry

    return cast("dict[str, Any]", gradient_registry._registry)


def _return_memory() -> None:
    """Have the C library return what was freed to the system; glibc keeps it otherwise."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
