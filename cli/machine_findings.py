"""What ``kerasweep doctor`` finds of the machine: cores, memory, GPUs, and in which precision they compute."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from ..texts import count_text
from ..training.control_groups import memory_left
from ..training.gpus import TOOL, VISIBLE, Gpu, find_gpus
from ..training.machine import MEMORY_SHARE, PROCESS_BYTES, cores, free_memory, total_memory
from ..training.precision import choose_precision
from .finding import Finding, gibibytes

DEVICES = Path("/dev")
ASK_SECONDS = 120.0
"""How long TensorFlow may take to say which GPUs it sees."""
_ASK = "import tensorflow as tf; print(len(tf.config.list_physical_devices('GPU')))"


def machine() -> Iterator[Finding]:
    """Tell of which kind the machine is, and how many cores this process may use."""
    yield Finding("machine", f"{platform.system()} {platform.machine()}, {count_text(cores(), 'core')}")


def memory() -> Iterator[Finding]:
    """Tell how much memory is free, of the machine and in the control group, and how many workers it holds."""
    free, total, left = free_memory(), total_memory(), memory_left()
    if free is None:
        yield Finding("memory", f"{gibibytes(total)}; the system does not say how much of it is free")
        return
    text = f"{gibibytes(free)} free of {gibibytes(total)}"
    if left is not None and left < total:  # older kernels call no bound a very large one
        text += f", the control group of this process has {gibibytes(left)} left"
    room = int(MEMORY_SHARE * free // PROCESS_BYTES)
    text += f": room for {count_text(room, 'worker')} before their data and models"
    yield Finding("memory", text, room > 0, "end other programs, or raise the limit of the container or job")


def gpus() -> Iterator[Finding]:
    """Tell which GPUs there are, and whether TensorFlow sees as many."""
    found = find_gpus()
    if not found:
        yield _no_gpu()
        return
    alike = Counter(map(_described, found))
    text = ", ".join(f"{count} x {one}" if count > 1 else one for one, count in alike.items())
    yield Finding("gpus", f"{text}; {count_text(len(found), 'worker')} by default, each on one")
    yield _seen(len(found))


def precision() -> Iterator[Finding]:
    """Tell what ``--precision auto`` takes."""
    chosen = choose_precision(of_pictures=True, gpus=find_gpus())
    what = "everything" if chosen.precision == "float32" else "pictures"
    rest = "" if what == "everything" else "; all else in float32"
    yield Finding("precision", f"--precision auto computes {what} in {chosen.precision}: {chosen.why}{rest}")


def _described(gpu: Gpu) -> str:
    facts = [] if gpu.bytes is None else [gibibytes(gpu.bytes)]
    if gpu.capability is not None:
        facts.append(f"compute capability {gpu.capability[0]}.{gpu.capability[1]}")
    return f"{gpu.name} ({', '.join(facts)})" if facts else gpu.name


def _no_gpu() -> Finding:
    """Return why there is no GPU, as far as it can be told."""
    hidden = len(find_gpus(hidden=True))
    if hidden:
        text = f"none: {VISIBLE}={os.environ.get(VISIBLE, '')!r} leaves out {count_text(hidden, 'GPU')}"
        return Finding("gpus", f"{text}; the processor trains")
    device = next(iter(sorted(DEVICES.glob("nvidia[0-9]*"))), None)
    if shutil.which(TOOL) is None and device is None:
        return Finding("gpus", "none of NVIDIA's; the processor trains")
    what = f"{TOOL} is here" if device is None else f"{device} is here"
    text = f"none that can be used: {what}, and neither {TOOL} nor the driver tells of a GPU; the processor trains"
    return Finding(
        "gpus", text, fine=False, todo=f"run {TOOL}, which says why, or install NVIDIA's driver anew"
    )


def _seen(there: int) -> Finding:
    """Return whether TensorFlow, asked in a process of its own, sees the GPUs that the system tells of."""
    try:
        asked = subprocess.run(  # noqa: S603 - this Python
            [sys.executable, "-P", "-c", _ASK],
            capture_output=True,
            text=True,
            timeout=ASK_SECONDS,
            check=True,
        )
        seen = int(asked.stdout.split()[-1])
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        text = "TensorFlow cannot be asked which GPUs it sees"
        return Finding("tensorflow", text, fine=False, todo="import it in Python, which says why")
    if seen >= there:
        return Finding("tensorflow", f"sees {count_text(seen, 'GPU')}")
    text = f"sees {seen or 'none'} of {count_text(there, 'GPU')}" + ("" if seen else ": the processor trains")
    todo = "pip install 'tensorflow[and-cuda]' has the libraries of CUDA that it wants, for a driver that is as new"
    return Finding("tensorflow", text, fine=False, todo=todo)
