"""Executors: where tasks train."""

from ...training.workload import Workload
from .contract import Executor
from .inline import InlineExecutor
from .local import LocalExecutor

__all__ = ["Executor", "InlineExecutor", "LocalExecutor", "make_executor"]


def make_executor(
    workload: Workload, workers: int, threads: int, *, isolated: bool, timeout: float | None
) -> Executor:
    """Return the executor of a number of workers.

    Args:
        workload: What they train.
        workers: How many.
        threads: Of each.
        isolated: Whether a single worker is a process, too, so that nothing that it does ends or blocks this one.
        timeout: Seconds without a sign of life after which a process's trial fails.
    """
    if workers == 1 and not isolated:
        return InlineExecutor(workload, threads)
    return LocalExecutor(workload, threads, workers, timeout)
