"""What a compiled metric measures: what its name says, or something else that it is given to.

An area under the curve of precision and recall is called ``auc``, too, and so is a metric of the user's own that says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras

from ..metric_names import ACCURACIES, KERAS, MULTILABEL_ARGUMENTS, keras_class, known_metric
from .building import loss_name

_NO_NUMBERS = ("name", "dtype", "fn", "from_logits", "num_thresholds", "num_labels", "num_regressors")
"""Arguments of metrics that follow from the data, or make the same number more exact."""
_SCORERS = {"precision": ("Precision",), "recall": ("Recall",)}
"""Names of scikit-learn's that are also what Keras calls objects of a class."""


@dataclass(frozen=True)
class Reading:
    """What metrics are computed of."""

    task: str
    classes: int
    """Or labels, or targets."""
    units: int
    """How many numbers the model puts out for a row; 0 where it does not say."""
    logits: bool
    """Whether these become probabilities in the loss."""


def kind_of(metric: Any, reading: Reading) -> str | None:
    """Return the class of Keras's whose usual number a metric computes; None for one of the user's own, or another number."""
    name = _class_of(metric)
    if name is None or _is_pooled(metric, name, reading) or _unusual(metric, name, reading):
        return None
    return name


def kind_of_loss(model: keras.Model, reading: Reading) -> str | None:
    """Return the metric of Keras's that a compiled model's loss is; None for one of the user's own, or another number."""
    name = keras_class(loss_name(model))
    changed = getattr(model.loss, "_fn_kwargs", {}).get("label_smoothing")
    return None if name is None or changed or _is_pooled(model.loss, name, reading) else name


def meaning_of(metric: Any, reading: Reading) -> str | None:
    """Return what a metric computes, in words, where its name means something else; None where it does not."""
    claimed = _claimed_by(metric.name, reading)
    if claimed is None:
        return None
    name = _class_of(metric)
    if name is None:
        return f"its own {getattr(getattr(metric, '_fn', None), '__name__', type(metric).__name__)}"
    if _is_pooled(metric, name, reading):
        return f"{name} of all {reading.units} outputs together"
    unusual = _unusual(metric, name, reading)
    return _in_words(name, unusual, reading) if unusual or name not in claimed else None


def _in_words(name: str, unusual: dict[str, Any], reading: Reading) -> str:
    """Return a class of Keras's with its arguments, and what these mean where that is easily missed."""
    if not unusual:
        return name
    text = f"{name} with {', '.join(f'{argument}={value!r}' for argument, value in unusual.items())}"
    if unusual.get("threshold", 0) is None and reading.units == 1:
        return f"{text}, which takes every row for positive where there is one output"
    of_logits = reading.logits and not unusual.keys().isdisjoint(("threshold", "thresholds"))
    return f"{text} of logits, whose boundary is 0" if of_logits else text


def _claimed_by(name: str, reading: Reading) -> tuple[str, ...] | None:
    """Return the classes of Keras's that a metric's name stands for; None where it says nothing."""
    name = "accuracy" if name == "acc" else name
    found = known_metric(name)
    if found is None:
        return None
    if found.library == "keras":
        return (found.name,)
    if name == "accuracy":
        return ACCURACIES["classification"] if reading.task == "classification" else ()
    return _SCORERS.get(name, ()) if reading.classes == 2 else ()


def _class_of(metric: Any) -> str | None:
    """Return the class of Keras's that a metric is of, or that its function of Keras's belongs to."""
    if not is_of_keras(type(metric)):
        return None
    if type(metric) is not keras.metrics.MeanMetricWrapper:
        return type(metric).__name__
    function = metric._fn
    return keras_class(function.__name__) if is_of_keras(function) else None


def _unusual(metric: Any, name: str, reading: Reading) -> dict[str, Any]:
    """Return the arguments of a metric of Keras's by which it is another number than its class usually computes."""
    try:
        usual = _arguments(getattr(keras.metrics, name)(name=metric.name))
    except (AttributeError, TypeError):  # a function, or a class that is always given some
        usual = {}
    given, usual = _arguments(metric), usual | _usual_for(name, reading)
    return {key: value for key, value in given.items() if key not in usual or usual[key] != value}


def _is_pooled(metric: Any, name: str, reading: Reading) -> bool:
    """Tell whether a metric that is for the second of two classes takes each of several outputs for a row of its own."""
    of_column = name in KERAS and KERAS[name].reads == "column"
    several = reading.task == "classification" and reading.units > 1
    return of_column and several and getattr(metric, "class_id", None) != 1


def _arguments(metric: Any) -> dict[str, Any]:
    found = {**metric.get_config(), **getattr(metric, "_fn_kwargs", {})}
    if found.get("average", "") is None:
        found["average"] = "macro"  # a number for each class, of which the mean is taken
    return {key: value for key, value in found.items() if key not in _NO_NUMBERS}


def _usual_for(name: str, reading: Reading) -> dict[str, Any]:
    """Return what a class must be given for these outputs, to compute what its name says."""
    usual: dict[str, Any] = {}
    if reading.task == "multilabel":
        usual |= MULTILABEL_ARGUMENTS.get(name, ())
    elif reading.units > 1:
        usual |= {"class_id": 1}
    elif name in ("F1Score", "FBetaScore") and reading.task == "classification":
        usual["threshold"] = 0.5  # without, the only output is every row's largest
    if reading.logits and name in ("BinaryAccuracy", "BinaryIoU"):
        usual["threshold"] = 0.0
    elif reading.logits and name in ("Precision", "Recall"):
        usual["thresholds"] = 0.0
    return usual


def is_of_keras(thing: Any) -> bool:
    """Tell whether a class or a function is Keras's own."""
    return str(getattr(thing, "__module__", "")).startswith("keras.")
