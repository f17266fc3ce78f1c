"""Executors: where tasks train."""

from ..training import Workload
from .contract import Executor
from .inline import InlineExecutor
from .local import LocalExecutor

__all__ = ["Executor", "InlineExecutor", "LocalExecutor", "make_executor"]


def make_executor(workload: Workload, workers: int, threads: int) -> Executor:
    """Return the executor of a number of workers: this process for one, processes of their own for more."""
    if workers == 1:
        return InlineExecutor(workload, threads)
    return LocalExecutor(workload, threads, workers)
