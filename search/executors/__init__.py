"""Executors: where tasks train."""

import math
from collections.abc import Mapping, Sequence

from ...training.workload import Workload
from .contract import Executor
from .inline import InlineExecutor
from .local import LocalExecutor
from .retries import RETRIES

__all__ = ["Executor", "InlineExecutor", "make_executor"]


def make_executor(
    workload: Workload,
    workers: int,
    threads: int,
    *,
    inline: bool,
    timeout: float | None,
    environments: Sequence[Mapping[str, str]] = (),
    retries: int = RETRIES,
    memory: float = math.inf,
) -> Executor:
    """Return the executor of a number of workers.

    Args:
        workload: What they train.
        workers: How many.
        threads: Of each.
        inline: Whether this process trains, one trial at a time; nothing then ends one that hangs, and what it does to the
            process it does to the driver.
        timeout: Seconds without a sign of life after which a process's trial fails.
        environments: Variables of each process beside those that all have, such as the GPUs that it sees.
        retries: How often a trial is trained again after it ended its worker.
        memory: Bytes of its own that each process may hold before it is ended.
    """
    if inline:
        return InlineExecutor(workload, threads)
    return LocalExecutor(workload, threads, workers, timeout, environments, retries, memory)
