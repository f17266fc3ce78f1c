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
    prepare_tensorflow(threads)
    own = workload.model.own_fit()
    if own is not None:
        from .hypermodel_trainer import HypermodelTrainer

        return HypermodelTrainer(workload, own)
    if workload.trainer == "fit":
        from .fit_trainer import FitTrainer

        return FitTrainer(workload)
    from .fused.trainer import FusedTrainer

    return FusedTrainer(workload, threads=threads, required=workload.trainer == "fused")


def prepare_tensorflow(threads: int) -> None:
    """Import TensorFlow with a set number of threads; in a process that already uses it, leave it as it is."""
    import_tensorflow()
    import tensorflow as tf

    try:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)
    except RuntimeError:  # already running, for example in a notebook
        return
