"""The objective: which number of a fold is compared, and which way is better."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..errors import SpecError, did_you_mean

Direction = Literal["maximize", "minimize"]

_KNOWN = {"classification": ("val_accuracy", "val_loss"), "regression": ("val_loss", "val_mae")}
_DEFAULT = {"classification": "val_accuracy", "regression": "val_loss"}
_ERRORS = (
    *(
        "loss",
        "mae",
        "mse",
        "rmse",
        "mape",
        "msle",
        "error",
        "entropy",
        "divergence",
        "hinge",
        "huber",
        "poisson",
    ),
    *("cosh", "false_positives", "false_negatives"),
)
"""Parts of the names of those Keras metrics that should be small."""
_UNITS_OF_TARGET = {"loss": 2, "mae": 1}
"""Power of the target's unit in a metric of a regression that Kerasweep compiles: squared error and absolute error."""


@dataclass(frozen=True)
class Objective:
    """The metric that trials are compared by, on validation rows."""

    metric: str
    """With its prefix ``val_``, as Keras names it in a history."""
    direction: Direction

    def best(self, curve: list[float]) -> int:
        """Return the position of the best value of a curve; the first one of equals."""
        values = [-value for value in curve] if self.direction == "maximize" else curve
        return values.index(min(values))

    def reached(self, value: float, target: float) -> bool:
        """Tell whether a value is as good as a target."""
        return value >= target if self.direction == "maximize" else value <= target

    def is_better(self, value: float, other: float) -> bool:
        """Tell whether a value beats another."""
        return value > other if self.direction == "maximize" else value < other


def choose_objective(
    metric: str | None, direction: Direction | None, task: str, *, own_model: bool
) -> Objective:
    """Return the objective that a specification means.

    Args:
        metric: As given, with or without ``val_``; the task's own where None.
        direction: As given; told by the name where None (losses and errors are minimized).
        task: classification or regression.
        own_model: Whether the model may compile metrics of its own, so that any name may be right.

    Raises:
        SpecError: No model of this task computes the metric.
    """
    name = metric or _DEFAULT[task]
    name = name if name.startswith("val_") else f"val_{name}"
    if name not in _KNOWN[task] and not own_model:
        raise SpecError(f"There is no metric '{metric}' for {task}.{did_you_mean(name, _KNOWN[task])}")
    if direction is None:
        words = name.removeprefix("val_").lower()
        direction = "minimize" if any(error in words for error in _ERRORS) else "maximize"
    return Objective(name, direction)


def in_target_units(metric: str, value: float, scale: float) -> float:
    """Convert a metric of a standardised target to the target's own units.

    Args:
        metric: ``loss`` or ``mae``, with or without ``val_``.
        value: As computed on the scaled target.
        scale: Original units that one scaled unit is.
    """
    return value * scale ** _UNITS_OF_TARGET.get(metric.removeprefix("val_"), 0)
