"""Imports TensorFlow without its chatter; whatever needs it calls this first."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_DEPRECATION_WARNINGS": "0", "GRPC_VERBOSITY": "ERROR"}


def import_tensorflow() -> None:
    """Import TensorFlow, once in a process; what its native libraries print while they load is dropped."""
    if "tensorflow" in sys.modules:
        return
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    with warnings.catch_warnings(), _quiet_stderr():
        warnings.simplefilter("ignore")  # its own dependencies' deprecations; not ours to show
        import tensorflow as tf
    tf.get_logger().setLevel("ERROR")


@contextmanager
def _quiet_stderr() -> Iterator[None]:
    """Silence file descriptor 2: native libraries write to it before any setting of theirs is read."""
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
