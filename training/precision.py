"""In which precision models compute where ``--precision auto`` leaves it open, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .gpus import Gpu
from .machine import computes_bfloat16
from .models.signature import Precision

COMPUTES_BFLOAT16 = (8, 0)
"""What NVIDIA numbers the first GPUs by that multiply in bfloat16."""


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
    """Return what ``auto`` means: bfloat16 where it pays, which is for convolutions on what multiplies in it.

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
    unknown = next((gpu for gpu in gpus if gpu.capability is None), None)
    if unknown is not None:
        return ChosenPrecision(
            "float32", f"what {unknown.name} computes is told by nvidia-smi alone, which is not here"
        )
    least = min(gpus, key=lambda gpu: gpu.capability or (0, 0))
    numbered = f"{least.name} has compute capability {'.'.join(map(str, least.capability or ()))}"
    if (least.capability or (0, 0)) < COMPUTES_BFLOAT16:
        return ChosenPrecision(
            "float32", f"{numbered}, and bfloat16 takes {'.'.join(map(str, COMPUTES_BFLOAT16))}"
        )
    return ChosenPrecision("bfloat16", numbered)
