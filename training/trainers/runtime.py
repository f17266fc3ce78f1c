"""Makes a process ready to train: with a set number of threads, and with its trainer."""

from __future__ import annotations

from ..quiet import QUIET, import_tensorflow
from ..workload import Trainer, Workload


def worker_environment(threads: int) -> dict[str, str]:
    """Return the environment variables of a process that trains."""
    counts = dict.fromkeys(
        ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS"), str(threads)
    )
    return {**QUIET, **counts}


def make_trainer(workload: Workload, threads: int) -> Trainer:
    """Import TensorFlow, once in a process with a number of threads, and return the workload's trainer."""
    prepare_tensorflow(threads, operation_threads(workload, threads))
    own = workload.model.own_fit()
    if own is not None:
        from .hypermodel_trainer import HypermodelTrainer

        return HypermodelTrainer(workload, own)
    if workload.trainer == "fit":
        from .fit_trainer import FitTrainer

        return FitTrainer(workload)
    from .fused.trainer import FusedTrainer

    return FusedTrainer(workload, threads=threads, required=workload.trainer == "fused")


def prepare_tensorflow(threads: int, operation_threads: int | None = None) -> None:
    """Import TensorFlow with a set number of threads; in a process that already uses it, leave it as it is.

    Args:
        threads: Operations that are computed at a time, at most.
        operation_threads: Threads that compute one operation; as many if None.
    """
    import_tensorflow()
    import tensorflow as tf

    try:
        tf.config.threading.set_intra_op_parallelism_threads(operation_threads or threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)
        for gpu in tf.config.list_physical_devices("GPU"):
            tf.config.experimental.set_memory_growth(gpu, True)  # else a process takes all memory of the GPU
    except (RuntimeError, ValueError):  # already running, for example in a notebook; or a device that cannot
        return


def operation_threads(workload: Workload, threads: int) -> int:
    """Return on how many of a process's threads each operation is computed.

    The folds of dense models train side by side, each on its share: a small product of matrices gains less from a second
    thread than another fold does (docs/benchmarks.md). Models whose kind is not known before one is built may be
    convolutional, whose folds train one after the other on all threads.
    """
    side_by_side = workload.model.is_dense and workload.trainer != "fit"
    return -(-threads // max(1, len(workload.folds))) if side_by_side else threads
