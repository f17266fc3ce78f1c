"""What an uncompiled model is compiled with: the loss that fits its task, its configuration and its last layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras

from ...errors import TrainingError, UnfitError
from ...spaces import Configuration
from ...texts import count_text
from ..data import TASKS, Task
from .heads import activation_of, output_shape_of
from .signature import Signature

CROSS_ENTROPY = "sparse_categorical_crossentropy"
SQUARED_ERROR = "mean_squared_error"
_LOGITS = ("linear", "log_softmax")
LABEL_LOSSES = ("crossentropy", "focal", "squared_error")
"""Of several labels a row. Not ``hinge``: outputs from 0 to 1 never reach its margin, and blended labels are none of its."""


@dataclass(frozen=True)
class Head:
    """The last layer of a model for a task."""

    units: int
    activation: str
    """``softmax``, ``sigmoid``, ``linear``, ...: see ``activation_of``."""

    @property
    def gives_logits(self) -> bool:
        """Whether a classifier's outputs become probabilities in the loss."""
        return self.activation in _LOGITS


def head_of(model: keras.Model, signature: Signature) -> Head:
    """Return an uncompiled model's last layer.

    Raises:
        UnfitError: No loss fits it and the task.
    """
    shape = output_shape_of(model, signature.input_shape)
    units = int(shape[-1] or 0) if len(shape) > 1 else 1
    head = Head(units, activation_of(model, signature.input_shape))
    trouble_of = {"classification": _trouble_of_classes, "multilabel": _trouble_of_labels}
    trouble = trouble_of.get(signature.task, _trouble_of_numbers)(head, signature)
    if len(shape) > 2:
        targets = "one target" if signature.task != "multilabel" else f"{signature.outputs} labels"
        trouble = f"its outputs have shape {shape} and a row has {targets}; end it with a layer such as Flatten or Dense"
    if trouble is not None:
        raise UnfitError(f"{trouble}; or compile the model with a loss of your own")
    return head


def _trouble_of_classes(head: Head, signature: Signature) -> str | None:
    classes = signature.outputs
    if head.units == 1 and classes == 2:
        if head.activation == "sigmoid" or head.gives_logits:
            return None
        return f"its last layer has 1 unit with {head.activation}; give it sigmoid for two classes"
    if head.units != classes:
        units = count_text(head.units, "unit")
        return f"its last layer has {units} and there are {classes} classes; give it {classes} with softmax"
    if head.activation in ("softmax", "sigmoid") or head.gives_logits:
        return None
    return f"its last layer ends with {head.activation}, and no loss for classes reads that; give it softmax"


def _trouble_of_labels(head: Head, signature: Signature) -> str | None:
    labels = signature.outputs
    if head.units != labels:
        units = count_text(head.units, "unit")
        return f"its last layer has {units} and there are {labels} labels; give it {labels} with sigmoid"
    if head.activation in ("sigmoid", "linear"):
        return None
    return f"its last layer ends with {head.activation}, which is for one class a row; give it sigmoid for several labels"


def _trouble_of_numbers(head: Head, signature: Signature) -> str | None:
    targets = signature.outputs
    if head.units != targets:
        units, row = count_text(head.units, "unit"), count_text(targets, "target")
        return f"its last layer has {units} and a row has {row}; give it {targets}"
    if "softmax" in head.activation:
        return f"its last layer ends with {head.activation}, which is for classes; leave it linear for a regression"
    return None


def make_loss(configuration: Configuration, task: Task, head: Head | None = None) -> Any:
    """Return what ``compile`` takes as the loss: cross-entropy for classes and labels, squared error for numbers, by default.

    Args:
        configuration: May name another one, and have its hyperparameters.
        task: Of the dataset.
        head: The model's last layer; one of probabilities, a unit a class, where None.
    """
    if task == "regression":
        return _of_numbers(configuration)
    head = head or Head(0, TASKS[task].activation)
    if task == "multilabel" and (name := configuration.get("loss", LABEL_LOSSES[0])) not in LABEL_LOSSES:
        raise TrainingError("model", f"loss={name} is for one class a row; take {', '.join(LABEL_LOSSES)}")
    return _of_classes(configuration, head, binary=head.units == 1 or task == "multilabel")


def make_metrics(signature: Signature, head: Head) -> list[Any]:
    """Return the metrics of a task; the accuracy of a logit that stands for itself has its threshold at 0."""
    if signature.task == "regression":
        return ["mae"]
    name = TASKS[signature.task].metric
    if head.gives_logits and (head.units == 1 or signature.task == "multilabel"):
        return [keras.metrics.BinaryAccuracy(name=name, threshold=0.0)]
    return [name]


def _of_classes(configuration: Configuration, head: Head, *, binary: bool) -> Any:
    """Return the loss of classes or labels.

    Args:
        configuration: May name another one than cross-entropy, and have its hyperparameters.
        head: The last layer.
        binary: Whether each unit says for itself how likely something is: the second of two classes, or a label.
    """
    name, losses = configuration.get("loss", "crossentropy"), keras.losses
    smoothing = _number(configuration, "label_smoothing", 0.0)
    if name == "focal":
        options: dict[str, Any] = {
            "alpha": _number(configuration, "focal_alpha", 0.25),
            "gamma": _number(configuration, "focal_gamma", 2.0),
            "from_logits": head.gives_logits,
            "label_smoothing": smoothing,
        }
        if binary:
            return losses.BinaryFocalCrossentropy(apply_class_balancing=True, **options)
        return losses.CategoricalFocalCrossentropy(**options)
    if name == "squared_error":
        return losses.MeanSquaredError()
    if name == "hinge":
        return losses.Hinge() if binary else losses.CategoricalHinge()
    if binary or head.activation == "sigmoid":
        return losses.BinaryCrossentropy(from_logits=head.gives_logits, label_smoothing=smoothing)
    return _of_several_classes(head, smoothing, mixed=configuration.get("mixing", "none") != "none")


def _of_several_classes(head: Head, smoothing: float, *, mixed: bool) -> Any:
    """Return a cross-entropy that reads codes where that is all it needs, and else one that reads one-hot rows."""
    if smoothing or mixed:
        return keras.losses.CategoricalCrossentropy(from_logits=head.gives_logits, label_smoothing=smoothing)
    return (
        keras.losses.SparseCategoricalCrossentropy(from_logits=True) if head.gives_logits else CROSS_ENTROPY
    )


def _of_numbers(configuration: Configuration) -> Any:
    name = configuration.get("regression_loss", "squared_error")
    if name == "huber":
        return keras.losses.Huber(_number(configuration, "huber_delta", 1.0))
    return {"absolute_error": "mean_absolute_error", "log_cosh": "log_cosh"}.get(str(name), SQUARED_ERROR)


def _number(configuration: Configuration, name: str, default: float) -> float:
    return float(configuration.get(name, default))  # type: ignore[arg-type]
