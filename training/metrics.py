"""The objective: which number of a fold is compared, and which way is better."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import SpecError, did_you_mean
from .data import TASKS, Task
from .metric_names import (
    ACCURACIES,
    INSTEAD,
    KERAS_WITH_ARGUMENTS,
    NAMES,
    Direction,
    KnownMetric,
    known_metric,
    snake_case,
)

DEFAULT_OBJECTIVE = "default_objective"
"""KerasTuner's name for a number that a ``HyperModel.fit`` returns and nobody has named; it is minimized."""
_OTHER_WORDS = {"multilabel": "several labels a row"}
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
    scoring: KnownMetric | None = None
    """How it is computed from predictions; None where the model computes it."""
    kind: str = field(default="", compare=False)
    """What it measures, as a class of Keras or a scorer of scikit-learn; empty for what only the user knows."""

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


@dataclass(frozen=True)
class ComputedMetrics:
    """What models compute on validation rows."""

    metrics: Mapping[str, Direction | None]
    """Name, without ``val_`` -> which way is better; None where that is not known."""
    known: Mapping[str, str]
    """Name -> the class of Keras's that computes it, where that is one."""
    meanings: Mapping[str, str] = field(default_factory=dict)
    """Name -> what it measures, in words, where its name means something else of Keras's or scikit-learn's."""
    remarks: tuple[str, ...] = ()
    """What else was seen of a user's model that the user should know, a sentence each."""
    more: bool = False
    """Whether there may be others, which are known only once a model is trained (``HyperModel.fit``)."""


def family_metrics(task: Task, *, losses_differ: bool) -> ComputedMetrics:
    """Return what the models of families compute.

    Args:
        task: Of the dataset.
        losses_differ: Whether configurations differ in their loss or its penalties: regressions then compute ``mse``,
            and the loss is none that has a name.
    """
    if task == "classification":
        known = {"accuracy": "SparseCategoricalAccuracy"}
        loss = {} if losses_differ else {"loss": "SparseCategoricalCrossentropy"}
        return ComputedMetrics({"loss": "minimize", "accuracy": "maximize"}, known | loss)
    if task == "multilabel":
        known = {"binary_accuracy": "BinaryAccuracy"}
        loss = {} if losses_differ else {"loss": "BinaryCrossentropy"}
        return ComputedMetrics({"loss": "minimize", "binary_accuracy": "maximize"}, known | loss)
    known = {"mae": "MeanAbsoluteError", ("mse" if losses_differ else "loss"): "MeanSquaredError"}
    return ComputedMetrics({"loss": "minimize", **dict.fromkeys(known, "minimize")}, known)


def choose_objective(
    metric: str | None,
    direction: Direction | None,
    task: Task,
    classes: int,
    computed: ComputedMetrics,
    *,
    losses_differ: bool = False,
    others: Sequence[str] = (),
) -> Objective:
    """Return the objective that a specification means.

    What the model computes comes first. Any other metric is Keras's or scikit-learn's, by its name there, and is
    computed from the predictions of whole validation parts. Names of scorers mean what they mean in scikit-learn: more
    is better, and ``neg_log_loss`` is a negative number that is maximized.

    Args:
        metric: As given, with or without ``val_``; the task's own where None.
        direction: As given; the metric's usual one where None.
        task: Of the dataset.
        classes: How many there are, or labels.
        computed: What the model computes.
        losses_differ: Whether configurations differ in their loss or its penalties, so that it compares nothing.
        others: What else may be meant by a name that is no metric's.

    Raises:
        SpecError: There is no such metric, it does not fit the data, or which way is better is not known.
    """
    if metric is None:
        return _objective_of(task, direction, computed, losses_differ=losses_differ)
    if metric == DEFAULT_OBJECTIVE:
        return Objective(metric, direction or "minimize")
    name = metric.removeprefix("val_")
    if name in ("acc", "accuracy") and name not in computed.metrics:
        # Keras has two words for it, and others where its class is named
        name = (own_accuracy(task, computed) if task == "classification" else None) or "accuracy"
    # Of several outputs, nothing says which one a metric that the model does not compute would be of.
    found = None if name in computed.metrics or task == "outputs" else known_metric(name)
    if found is not None:
        name = next(
            (own for own, kind in computed.known.items() if kind == found.name and own != "loss"),
            _spelled(name, found),
        )
    if name in computed.metrics:
        way = direction or computed.metrics[name] or _ask_direction(metric)
        return Objective(f"val_{name}", way, kind=computed.known.get(name, ""))
    if found is not None:
        _check_fits(metric, found, task, classes)
        return Objective(f"val_{name}", direction or found.direction, found, found.name)
    if computed.more:
        way = direction or ("minimize" if name == "loss" else _ask_direction(metric))
        return Objective(f"val_{name}", way)
    raise SpecError(_why_unknown(metric, task, classes, computed, others))


def own_accuracy(task: Task, computed: ComputedMetrics) -> str | None:
    """Return what a model calls the accuracy that its task is compared by; None where it computes none."""
    name = TASKS[task].metric
    if name != "loss" and name in computed.metrics:
        return name
    return next((own for own, kind in computed.known.items() if kind in ACCURACIES.get(task, ())), None)


def _objective_of(
    task: Task, direction: Direction | None, computed: ComputedMetrics, *, losses_differ: bool
) -> Objective:
    """Return a task's own objective, or the loss, where the model does not compute that."""
    traits = TASKS[task]
    name = traits.metric_whatever_the_loss if losses_differ else traits.metric
    if name not in computed.metrics and computed.metrics:
        name = own_accuracy(task, computed) or "loss"
    way = direction or computed.metrics.get(name) or _of_default(name)
    return Objective(f"val_{name}", way, kind=computed.known.get(name, ""))


def _why_unknown(
    metric: str, task: Task, classes: int, computed: ComputedMetrics, others: Sequence[str]
) -> str:
    """Return why nothing computes a metric, and which one may be meant."""
    name = metric.removeprefix("val_")
    if task == "outputs":
        return f"The model computes no metric '{metric}'.{did_you_mean(name, [*others, *computed.metrics])}"
    if name in KERAS_WITH_ARGUMENTS or any(snake_case(one) == name for one in KERAS_WITH_ARGUMENTS):
        return f"The metric '{metric}' needs arguments; compile it in a model of your own."
    known = [*others, *computed.metrics, *(one for one in NAMES if _fits(one, task, classes))]
    return f"There is no metric '{metric}' for {task}.{did_you_mean(name, known)}"


def _of_default(name: str) -> Direction:
    return "maximize" if name.endswith("accuracy") else "minimize"


def _spelled(name: str, metric: KnownMetric) -> str:
    """Return a name as trials keep it: Keras's classes as Keras names their objects."""
    return name if name == name.lower() else name.lower() if name.isupper() else snake_case(metric.name)


class UnknownDirectionError(SpecError):
    """Nothing says which way a metric is better."""


def _ask_direction(metric: str) -> Direction:
    raise UnknownDirectionError(
        f"Which direction of '{metric}' is better is not known: add --direction maximize or minimize."
    )


def _fits(name: str, task: str, classes: int) -> bool:
    metric = known_metric(name)
    return (
        metric is not None
        and metric.measures(task)
        and (task != "classification" or classes == 2 or not metric.two_classes)
    )


def _check_fits(name: str, metric: KnownMetric, task: str, classes: int) -> None:
    if not metric.measures(task):
        if task == "multilabel" and metric.name in INSTEAD:
            raise SpecError(
                f"The metric '{name}' is for two classes, and a row may have several labels; take {INSTEAD[metric.name]}."
            )
        other = next(other for other in TASKS if metric.measures(other))
        this = "these are several labels a row" if task == "multilabel" else f"this is a {task}"
        raise SpecError(f"The metric '{name}' is for {_OTHER_WORDS.get(other, other)}, and {this}.")
    if metric.two_classes and task == "classification" and classes != 2:
        raise SpecError(
            f"The metric '{name}' is for two classes, and there are {classes}; take {INSTEAD[metric.name]}."
        )


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
    return {metric: as_number(value) * scale ** unit_power(metric, loss) for metric, value in logs.items()}


def as_number(value: Any) -> float:
    """Return a metric's value; of several numbers, one a class, their mean."""
    return float(value) if isinstance(value, int | float) else float(np.mean(value))
