"""The objective: which number of a fold is compared, and which way is better."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ..errors import SpecError, did_you_mean

Direction = Literal["maximize", "minimize"]

_KNOWN = {"classification": ("val_accuracy", "val_loss"), "regression": ("val_loss", "val_mae", "val_mse")}
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
_POWERS = {
    "mse": 2,
    "mean_squared_error": 2,
    "mae": 1,
    "mean_absolute_error": 1,
    "rmse": 1,
    "root_mean_squared_error": 1,
}


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
    metric: str | None,
    direction: Direction | None,
    task: str,
    *,
    own_model: bool,
    losses_differ: bool = False,
) -> Objective:
    """Return the objective that a specification means.

    Args:
        metric: As given, with or without ``val_``; the task's own where None.
        direction: As given; told by the name where None (losses and errors are minimized).
        task: classification or regression.
        own_model: Whether the model may compile metrics of its own, so that any name may be right.
        losses_differ: Whether configurations differ in their loss or its penalties, so that it compares nothing.

    Raises:
        SpecError: No model of this task computes the metric.
    """
    name = metric or ("val_mse" if losses_differ and task == "regression" else _DEFAULT[task])
    name = name if name.startswith("val_") else f"val_{name}"
    if name not in _KNOWN[task] and not own_model:
        raise SpecError(f"There is no metric '{metric}' for {task}.{did_you_mean(name, _KNOWN[task])}")
    if direction is None:
        words = name.removeprefix("val_").lower()
        direction = "minimize" if any(error in words for error in _ERRORS) else "maximize"
    return Objective(name, direction)


def unit_power(metric: str, loss: str) -> int:
    """Return the power of the target's unit in a regression's metric: 2 for squared errors, 1 for errors, else 0.

    Args:
        metric: As Keras names it, with or without ``val_``.
        loss: Name of the loss that the model is compiled with; ``loss`` and ``val_loss`` are in its units. A loss that
            is not homogeneous (Huber's) has no such power and stays in units of the standardised target.
    """
    name = metric.removeprefix("val_")
    return _POWERS.get(loss if name == "loss" else name, 0)


def in_target_units(logs: Mapping[str, float], loss: str, scale: float) -> dict[str, float]:
    """Convert metrics of a standardised target to the target's own units.

    Args:
        logs: As computed on the scaled target.
        loss: Name of the loss.
        scale: Original units that one scaled unit is.
    """
    return {metric: float(value) * scale ** unit_power(metric, loss) for metric, value in logs.items()}
