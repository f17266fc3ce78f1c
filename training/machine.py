"""What this machine has, and how many processes with how many threads train best on it."""

from __future__ import annotations

import math
import os
from pathlib import Path

import numpy as np

from .control_groups import memory_left

MEMORY_SHARE = 0.8
"""Of the memory that is free, at most so much is planned for workers."""
LIMIT_SHARE = 0.9
"""Of the memory that is free, workers may take so much before they are ended: what was planned for them, and some."""
KEPT_BYTES = 2**30
"""What a worker may keep of earlier trials: programs, and what the allocator does not give back."""
PROCESS_BYTES = 700 * 2**20
"""Resident memory of a process that has imported TensorFlow."""
BYTES_A_PARAMETER = 20
"""Of a model in training: a float32 weight, its gradient, two slots of an optimizer, and one while it is updated."""
ALIGNMENT = 64
"""Bytes at which an array must begin for TensorFlow's kernels, which end the process on a tensor that begins elsewhere."""
CPU_FILE = Path("/proc/cpuinfo")
_BFLOAT16_FLAGS = {"avx512_bf16", "amx_bf16"}


def cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def free_memory() -> int | None:
    """Return the bytes of memory that new processes can have, or None where the system does not say.

    What a control group of this process leaves it, such as a container's, counts where it is less than what is free.
    """
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    free = [int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")]
    left = memory_left()
    return min(free if left is None else [*free, left], default=None)


def resident_memory(process: int) -> int | None:
    """Return the bytes of memory that a process holds, or None where the system does not say.

    Files that it has mapped are none of them: their pages are the system's, which takes them where memory is wanted.
    """
    held = _held_pages(process)
    return None if held is None else (held[0] - held[1]) * os.sysconf("SC_PAGE_SIZE")


def mapped_memory() -> int | None:
    """Return the bytes of mapped files that this process holds, or None where the system does not say."""
    held = _held_pages("self")
    return None if held is None else held[1] * os.sysconf("SC_PAGE_SIZE")


def _held_pages(process: int | str) -> tuple[int, int] | None:
    """Return the pages of memory that a process holds, and how many of them are of mapped files."""
    try:
        _, resident, mapped, *_ = Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()
    except (OSError, ValueError):
        return None
    return int(resident), int(mapped)


def total_memory() -> float:
    """Return the bytes of memory that this machine has; infinitely many where the system does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return math.inf


def worker_memory(free: int | None, workers: int, bound: float = math.inf) -> float:
    """Return the bytes of its own that each worker may hold.

    Args:
        free: The memory that was free before any worker was started; None where the system does not say.
        workers: How many share it.
        bound: What training may take, beside TensorFlow and what is kept of earlier trials.
    """
    share = math.inf if free is None else max(LIMIT_SHARE * free / workers, 2 * PROCESS_BYTES)
    return min(share, PROCESS_BYTES + KEPT_BYTES + bound)


def most_parameters() -> float:
    """Return the number of weights that a model may have and still be trained in the memory that is free."""
    free = free_memory()
    return math.inf if free is None else MEMORY_SHARE * free // BYTES_A_PARAMETER


def computes_bfloat16() -> bool:
    """Tell whether the processor multiplies in bfloat16 by itself; where it does not, bfloat16 is slower than float32.

    Read from Linux; elsewhere the answer is no.
    """
    try:
        text = CPU_FILE.read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    flags = next((line for line in text.splitlines() if line.startswith("flags")), "")
    return not _BFLOAT16_FLAGS.isdisjoint(flags.split())


def choose_workers(
    trials: float, bytes_a_worker: int = 0, free: int | None = None, most: int | None = None
) -> int:
    """Return how many processes to train in: one a core, but no more than there are trials, or than memory holds.

    A process for each core with one thread trains more than one process with all cores: threads wait for each other
    at every layer, processes never (docs/benchmarks.md).

    Args:
        trials: How many will be trained.
        bytes_a_worker: What training takes beside TensorFlow itself; 0 where it is not known.
        free: The memory that was free before any worker was started; what is free now where None.
        most: In place of the cores, where GPUs train.
    """
    count = min(float(cores() if most is None else most), trials)
    free = free_memory() if free is None else free
    if free is not None:
        count = min(count, MEMORY_SHARE * free // (PROCESS_BYTES + bytes_a_worker))
    return max(1, int(count))


def aligned_empty(shape: tuple[int, ...]) -> np.ndarray:
    """Return memory for float32 values that TensorFlow takes as it is, without a copy of its own."""
    size = 4 * math.prod(shape)
    memory = np.empty(size + ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % ALIGNMENT
    return memory[start : start + size].view(np.float32).reshape(shape)
