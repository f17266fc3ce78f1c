"""Makes a process ready to train: quiet, with a set number of threads, and with its trainer."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from .workload import Trainer, Workload

QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_DEPRECATION_WARNINGS": "0", "GRPC_VERBOSITY": "ERROR"}


def worker_environment(threads: int) -> dict[str, str]:
    """Return the environment variables of a process that trains."""
    counts = dict.fromkeys(
        ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS"), str(threads)
    )
    return {**QUIET, **counts}


def make_trainer(workload: Workload, threads: int) -> Trainer:
    """Import TensorFlow, once in a process, and return a trainer for the workload."""
    prepare_tensorflow(threads)
    from .fit import FitTrainer

    return FitTrainer(workload)


def prepare_tensorflow(threads: int) -> None:
    """Import TensorFlow quietly with a set number of threads; in a process that already uses it, leave it as it is."""
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    with warnings.catch_warnings(), _quiet_stderr():
        warnings.simplefilter("ignore")  # its own dependencies' deprecations; not ours to show
        import tensorflow as tf
    tf.get_logger().setLevel("ERROR")
    try:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)
    except RuntimeError:  # already running, for example in a notebook
        return


@contextmanager
def _quiet_stderr() -> Iterator[None]:
    """Silence file descriptor 2: TensorFlow's native libraries write to it before any setting of theirs is read."""
    if "tensorflow" in sys.modules:
        yield
        return
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
