"""The GPUs of this machine, found without TensorFlow, and which of them each worker trains on.

NVIDIA's own tool names them, or the kernel's driver where there is no tool. What ``CUDA_VISIBLE_DEVICES`` leaves out is
not there.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ..errors import SpecError
from ..texts import count_text

VISIBLE, ORDER = "CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER"
TOOL, TOOL_SECONDS = "nvidia-smi", 20.0
DRIVER = Path("/proc/driver/nvidia/gpus")
_QUERY = ("index", "uuid", "name", "memory.total", "compute_cap")
_MEBIBYTE = 2**20


@dataclass(frozen=True)
class Gpu:
    """A GPU that processes of this machine may use."""

    token: str
    """What ``CUDA_VISIBLE_DEVICES`` calls it: its place on the bus, or its UUID."""
    name: str = "GPU"
    bytes: int | None = None
    """Of its memory."""
    capability: tuple[int, int] | None = None
    """What it computes, as NVIDIA numbers it: half precision by itself from 7.0 on, bfloat16 from 8.0 on."""
    uuid: str = ""


def find_gpus(*, hidden: bool = False) -> tuple[Gpu, ...]:
    """Return the GPUs that this process may use, in the order in which it sees them; all of the machine's if hidden ones, too."""
    return _all_gpus() if hidden else _visible(_all_gpus(), os.environ.get(VISIBLE))


@cache
def _all_gpus() -> tuple[Gpu, ...]:
    """Return all GPUs of the machine, which stay the same while a process runs."""
    return _told_by_tool() or _told_by_driver()


def _told_by_tool() -> tuple[Gpu, ...]:
    tool = shutil.which(TOOL)
    if tool is None:
        return ()
    try:
        told = subprocess.run(  # noqa: S603 - what NVIDIA installs
            [tool, f"--query-gpu={','.join(_QUERY)}", "--format=csv,noheader,nounits"],
            capture_output=True,
            text=True,
            timeout=TOOL_SECONDS,
            check=True,
        ).stdout
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return ()
    rows = ([part.strip() for part in line.split(",")] for line in told.splitlines())
    return tuple(_read_row(row) for row in rows if len(row) == len(_QUERY) and row[0].isdecimal())


def _read_row(row: Sequence[str]) -> Gpu:
    index, uuid, name, mebibytes, capability = row
    version = re.fullmatch(r"(\d+)\.(\d+)", capability)
    return Gpu(
        index,
        name,
        int(mebibytes) * _MEBIBYTE
        if mebibytes.isdecimal()
        else None,  # "[N/A]" where memory is the machine's
        (int(version[1]), int(version[2])) if version else None,
        uuid,
    )


def _told_by_driver() -> tuple[Gpu, ...]:
    """Return what the kernel's driver says, in the order of the bus: names, neither memory nor what they compute."""
    try:
        texts = [file.read_text(errors="replace") for file in sorted(DRIVER.glob("*/information"))]
    except OSError:
        return ()
    found = [dict(re.findall(r"^([^:\n]+):[ \t]*(.*)$", text, re.MULTILINE)) for text in texts]
    return tuple(
        Gpu(str(index), one.get("Model", "GPU"), uuid=one.get("GPU UUID", ""))
        for index, one in enumerate(found)
    )


def _visible(gpus: tuple[Gpu, ...], tokens: str | None) -> tuple[Gpu, ...]:
    """Return the GPUs that a variable lets through: by place or UUID, up to the first that there is not, as CUDA reads it."""
    if tokens is None or not gpus:
        return gpus
    found: list[Gpu] = []
    for token in (part.strip() for part in tokens.split(",")):
        one = next((gpu for gpu in gpus if _is_named(gpu, token)), None)
        if one is None and not token.startswith(
            "MIG-"
        ):  # a part of a GPU, which the tool does not list like this
            break
        found.append(Gpu(token) if one is None else Gpu(token, one.name, one.bytes, one.capability, one.uuid))
    return tuple(found)


def _is_named(gpu: Gpu, token: str) -> bool:
    return token == gpu.token or (token.startswith("GPU-") and gpu.uuid.startswith(token))


def workers_on(gpus: int, per_trial: float | None) -> int | None:
    """Return how many workers train on so many GPUs at a time; None where GPUs do not limit them.

    Args:
        gpus: How many there are.
        per_trial: How many each takes, or which share of one; None for one each.
    """
    if not gpus or per_trial == 0:
        return None
    each = per_trial or 1.0
    return int(gpus / each + 1e-9) if each >= 1 else gpus * int(1 / each + 1e-9)


def share_gpus(gpus: Sequence[Gpu], workers: int, per_trial: float | None) -> list[tuple[Gpu, ...]]:
    """Return which GPUs each of some workers has.

    Args:
        gpus: Those that there are.
        workers: How many.
        per_trial: How many each takes, or which share of one; None for one each, which several share where there are
            more workers.

    Raises:
        SpecError: There are too few.
    """
    most = workers_on(len(gpus), per_trial)
    if per_trial and (most is None or workers > most):
        each = f"{per_trial:g} of a GPU" if per_trial < 1 else count_text(per_trial, "GPU")
        raise SpecError(
            f"{count_text(workers, 'worker')} of {each} each: that is more than there is here, "
            f"{count_text(len(gpus), 'GPU') if gpus else 'which is no GPU'}."
        )
    if most is None:
        return [()] * workers
    if per_trial is None or per_trial < 1:
        return [(gpus[worker % len(gpus)],) for worker in range(workers)]
    whole = int(per_trial)
    return [tuple(gpus[worker * whole : (worker + 1) * whole]) for worker in range(workers)]


def gpu_environment(gpus: Sequence[Gpu] | None) -> dict[str, str]:
    """Return the variables that let a process see some GPUs and no others; nothing is said where None."""
    if gpus is None:
        return {}
    if not gpus:
        return {VISIBLE: "-1"}
    ordered = {} if VISIBLE in os.environ else {ORDER: "PCI_BUS_ID"}  # else CUDA counts the fastest first
    return {VISIBLE: ",".join(gpu.token for gpu in gpus), **ordered}
