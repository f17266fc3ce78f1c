"""In which precision models compute where ``--precision auto`` leaves it open, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .gpus import Gpu
from .machine import computes_bfloat16
from .models.signature import Precision

COMPUTES_BFLOAT16, COMPUTES_FLOAT16 = (8, 0), (7, 0)
"""What NVIDIA numbers the first GPUs by that multiply in these."""


@dataclass(frozen=True)
class ChosenPrecision:
    """What ``auto`` means, and why."""

    precision: Precision
    why: str

    @property
    def text(self) -> str:
        """Both, in words."""
        return f"{self.precision}: {self.why}"


def choose_precision(*, of_pictures: bool, gpus: Sequence[Gpu] = ()) -> ChosenPrecision:
    """Return what ``auto`` means: half the bits where they pay, which is for convolutions on what multiplies in them.

    A GPU that multiplies in both takes bfloat16, whose range is that of float32, so that no loss has to be scaled.
    All trials of a study compute alike, so that of several GPUs the one that can do least decides.

    Args:
        of_pictures: Whether rows are pictures.
        gpus: Those that train; none where the processor does.
    """
    if not of_pictures:
        return ChosenPrecision("float32", "half the bits pay for pictures alone")
    if not gpus:
        if computes_bfloat16():
            return ChosenPrecision("bfloat16", "the processor multiplies in it")
        return ChosenPrecision("float32", "the processor does not multiply in bfloat16 by itself")
    return _of_gpus(gpus)


def _of_gpus(gpus: Sequence[Gpu]) -> ChosenPrecision:
    """Return what pictures are computed in on some GPUs, by the one that can do least."""
    unknown = next((gpu for gpu in gpus if gpu.capability is None), None)
    if unknown is not None:
        why = f"what {unknown.name} computes is told by nvidia-smi alone, which is not here"
        return ChosenPrecision("float32", why)
    name, capability = min(((gpu.name, gpu.capability or (0, 0)) for gpu in gpus), key=lambda one: one[1])
    numbered = f"{name} has compute capability {_text(capability)}"
    if capability >= COMPUTES_BFLOAT16:
        return ChosenPrecision("bfloat16", numbered)
    if capability >= COMPUTES_FLOAT16:
        return ChosenPrecision("float16", f"{numbered}, and bfloat16 takes {_text(COMPUTES_BFLOAT16)}")
    return ChosenPrecision("float32", f"{numbered}, and float16 takes {_text(COMPUTES_FLOAT16)}")


def _text(capability: tuple[int, int]) -> str:
    return ".".join(map(str, capability))
