"""What is done to stored rows batch by batch, in place of a prepared copy of all of them for every fold.

It is what ``FittedPreparation.transform`` does, to the last bit: the same operations, in the same order and precision. Here
they are NumPy's; ``trainers/feeding.py`` has them in a graph.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

Operation = Literal["divide", "multiply", "subtract", "add", "columns", "fill", "match"]
ARITHMETIC: dict[str, Any] = {
    "divide": operator.truediv,
    "multiply": operator.mul,
    "subtract": operator.sub,
    "add": operator.add,
}
OTHERS: dict[str, Any] = {
    "columns": lambda rows, places: rows[:, places],
    "fill": lambda rows, by: np.where(np.isnan(rows), by, rows),
    "match": lambda rows, by: np.where(np.isnan(by), rows, rows == by),
}
"""What is done to rows of a table: columns are taken, each perhaps several times; a missing value becomes another; and a code
becomes 1 where it is the one of its column, else 0."""


@dataclass(frozen=True, eq=False)
class ByBatch:
    """Steps from rows as they are stored to rows as a model reads them, float32."""

    dtype: np.dtype
    """In which values are kept from step to step: float32 or float64."""
    steps: tuple[tuple[Operation, np.ndarray], ...]
    """Operations, each with a number, or with one for each value of a row in its shape; ``columns`` with their positions."""

    def apply(self, rows: np.ndarray) -> np.ndarray:
        """Return rows as a model reads them."""
        values = rows.astype(self.dtype)
        for operation, by in self.steps:
            values = {**ARITHMETIC, **OTHERS}[operation](values, by).astype(self.dtype, copy=False)
        return values.astype(np.float32, copy=False)


def divided(divisor: float) -> ByBatch:
    """Return the steps of pixels that are divided by a constant."""
    return ByBatch(np.dtype(np.float32), (("divide", np.array(divisor, np.float32)),))


def scaler_steps(scaler: Any, dtype: np.dtype) -> tuple[tuple[Operation, np.ndarray], ...] | None:
    """Return the steps of a fitted scaler of scikit-learn's on values of a type; None for what is no scaler of this kind."""
    steps: dict[str, tuple[tuple[Operation, str], ...]] = {
        "StandardScaler": (("subtract", "mean_"), ("divide", "scale_")),
        "MinMaxScaler": (("multiply", "scale_"), ("add", "min_")),
        "RobustScaler": (("subtract", "center_"), ("divide", "scale_")),
    }
    known = steps.get(type(scaler).__name__)
    if known is None:
        return None
    found = tuple((operation, np.asarray(getattr(scaler, name))) for operation, name in known)
    if (
        type(scaler).__name__ == "StandardScaler"
    ):  # the one that rounds what it learned to the type of the values
        found = tuple((operation, by.astype(dtype)) for operation, by in found)
    return found
