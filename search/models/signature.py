"""What a model must fit: the shape of a row and what is to be predicted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Precision = Literal["float32", "bfloat16"]


@dataclass(frozen=True)
class Signature:
    """Given to ``build(config, signature)``."""

    input_shape: tuple[int, ...]
    """Shape of one row, without the batch axis."""
    outputs: int
    """Classes, or targets of a regression."""
    task: Literal["classification", "regression"]
    rows: int = 0
    """Training rows of an epoch; a schedule reckons its steps with them."""
    epochs: int = 0
    """The most epochs that the configuration may train; a schedule ends there."""

    @property
    def output_activation(self) -> str:
        """``softmax`` for classes, ``linear`` for a regression."""
        return "softmax" if self.task == "classification" else "linear"
