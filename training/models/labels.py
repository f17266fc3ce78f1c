"""In what form a compiled model reads its targets.

For Keras's own losses the class decides. A loss of the user's own gets what the user gave, if it tells right
predictions from wrong ones by that, and else the first other form by which it does.
"""

from __future__ import annotations

import inspect
import math
from typing import Any, Literal, TypeAlias

import keras
import numpy as np

from ...errors import UnfitError
from ...texts import count_text
from ..data import TargetFormat
from ..data.preparation import Shapes
from .heads import units_of
from .tracked_configuration import note

Labels: TypeAlias = Literal[
    "codes", "one-hot", "column", "values", "value column", "multi-hot", "numbers", "number column"
]
"""Classes: int64 ``codes`` of shape (rows,); float32 ``one-hot`` rows, or a ``column`` of codes; ``values``: the numbers
that were given, (rows,) or in a column. Several labels a row: float32 ``multi-hot`` rows, or ``values``. Regressions: ``numbers`` as they are stored, or one target in a column."""

_LOSSES = keras.losses
_KERAS = {one for name, one in vars(_LOSSES).items() if inspect.isfunction(one)} - {
    _LOSSES.get,
    _LOSSES.serialize,
    _LOSSES.deserialize,
}
_OF_CODES = {_LOSSES.sparse_categorical_crossentropy, _LOSSES.circle}
_OF_TWO_CLASSES = {
    _LOSSES.binary_crossentropy,
    _LOSSES.binary_focal_crossentropy,
    _LOSSES.hinge,
    _LOSSES.squared_hinge,
}
_OF_SEVERAL_UNITS = {
    _LOSSES.categorical_crossentropy,
    _LOSSES.categorical_focal_crossentropy,
    _LOSSES.categorical_hinge,
}
_METRICS_OF_CODES = (
    keras.metrics.SparseCategoricalAccuracy,
    keras.metrics.SparseCategoricalCrossentropy,
    keras.metrics.SparseTopKCategoricalAccuracy,
)
_METRICS_OF_ROWS = (
    keras.metrics.CategoricalAccuracy,
    keras.metrics.CategoricalCrossentropy,
    keras.metrics.FBetaScore,
    keras.metrics.TopKCategoricalAccuracy,
)
_FOLLOW = ("accuracy", "acc", "crossentropy", "ce")
"""Metrics that Keras chooses by the form of the targets."""
_IN_WORDS: dict[Labels, str] = {
    "codes": "class codes of shape (rows,)",
    "one-hot": "one-hot rows",
    "column": "a column of class codes",
    "values": "labels as given, of shape (rows,)",
    "value column": "labels as given, in a column",
}


def labels_of(
    model: keras.Model, task: str, classes: int, target_format: TargetFormat, input_shape: Shapes
) -> Labels:
    """Return the form of targets that a compiled model reads.

    Args:
        model: Compiled and built.
        task: Of the dataset.
        classes: How many there are, or labels.
        target_format: What the user gave.
        input_shape: Of one row.

    Raises:
        UnfitError: No form fits the model's loss, outputs and metrics.
    """
    if task == "outputs":
        return "numbers"  # each is the user's own affair
    if task == "regression":
        return _of_numbers(model, classes, target_format)
    if not model.loss:
        return _labels_as_given(target_format)  # it computes a loss of its own
    loss = keras.tree.flatten(model.loss)[0]
    loss = _LOSSES.get(loss) if isinstance(loss, str) else loss
    if task == "multilabel":
        _check_multi_hot(model, _keras_function(loss), units_of(model, input_shape), classes)
        return "multi-hot"
    units, asked = units_of(model, input_shape), _labels_of_metrics(model)
    function = _keras_function(loss)
    labels = (
        _by_trial(loss, units, classes, target_format, asked)
        if function is None
        else _of_keras(function, units, classes, target_format)
    )
    if asked is not None and (asked == "one-hot") != (labels == "one-hot") and units > 1:
        raise UnfitError(
            f"its loss reads {_IN_WORDS[labels]} and one of its metrics {_IN_WORDS[asked]}; "
            "compile a loss and metrics that read the same",
        )
    return labels


def encode_targets(y: np.ndarray, labels: Labels, classes: int, target_format: TargetFormat) -> np.ndarray:
    """Return stored targets, codes of shape (rows,), labels or amounts, in the form that a model reads."""
    if labels == "one-hot":
        return np.asarray(np.eye(classes, dtype=np.float32)[y])
    if labels == "column":
        return y.astype("float32")[:, None]
    if labels == "multi-hot":
        return y.astype("float32")
    if labels == "number column":
        return y.reshape(len(y), 1)
    if labels in ("values", "value column"):
        values = target_format.numbers(y)
        return values[:, None] if labels == "value column" else values
    return y


def _of_numbers(model: keras.Model, targets: int, target_format: TargetFormat) -> Labels:
    """Return the form of a regression's targets.

    Raises:
        UnfitError: A loss of Keras's would compare one target with each of several outputs.
    """
    losses = keras.tree.flatten(model.loss) if model.loss else []
    function = _keras_function(_LOSSES.get(losses[0])) if losses else None
    shape = (
        tuple(model.outputs[0].shape) if getattr(model, "outputs", None) else ()
    )  # a subclassed model has no graph
    if function is not None and len(shape) == 2 and shape[-1] not in (targets, None):
        units, row = count_text(shape[-1], "unit"), count_text(targets, "target")
        raise UnfitError(f"its last layer has {units} and a row has {row}; give it {targets}")
    return "number column" if target_format.shape == "column" else "numbers"


def pairs_remark(model: keras.Model) -> str:
    """Return what is said of a loss that compares every target with every output; nothing where it compares row by row.

    Keras gives an object of a user's own class of losses targets of shape (rows,) and outputs of shape (rows, 1) as they are,
    whose difference has rows times rows numbers.
    """
    losses = keras.tree.flatten(model.loss) if model.loss else []
    if (
        len(losses) != 1
        or not isinstance(losses[0], keras.losses.Loss)
        or _keras_function(losses[0]) is not None
    ):
        return ""
    three, one, other = np.arange(3, dtype=np.float32), np.zeros(1, np.float32), np.ones(1, np.float32)
    try:
        right, wrong, alone, amiss = (
            float(keras.ops.mean(losses[0].call(*map(keras.ops.convert_to_tensor, (y, predicted[:, None])))))
            for y, predicted in ((three, three), (three, np.roll(three, 1)), (one, one), (one, other))
        )
    except Exception:  # noqa: BLE001 - a user's loss may raise anything
        return ""
    if not np.isclose(right, wrong) or np.isclose(alone, amiss):
        return ""
    return (
        f"the loss {type(losses[0]).__name__} compares every target with every output, as Keras gives it shapes (rows,) and "
        "(rows, 1): give y as a column, or reshape it in the loss"
    )


def _check_multi_hot(model: keras.Model, function: Any, units: int, labels: int) -> None:
    """Refuse a loss or metrics that cannot read a row of 0 and 1 for each label.

    Raises:
        UnfitError: They cannot.
    """
    if function is not None and units != labels:
        raise UnfitError(
            f"its last layer has {count_text(units, 'unit')} and a row has {labels} labels; give it {labels}",
        )
    if function in _OF_CODES or _labels_of_metrics(model) == "codes":
        what = f"its loss {function.__name__}" if function in _OF_CODES else "one of its metrics"
        raise UnfitError(f"{what} reads {_IN_WORDS['codes']}, and a row has several labels; take binary ones")


def _labels_as_given(target_format: TargetFormat) -> Labels:
    if target_format.shape == "one-hot":
        return "one-hot"
    if target_format.shape == "column":
        return "value column" if target_format.values else "column"
    given = target_format.shape == "multi-hot" or (target_format.values and not target_format.are_codes)
    return "values" if given else "codes"


def loss_is_own(model: keras.Model) -> bool:
    """Tell whether a compiled model is trained by a loss of the user's own, which may want any number for a class."""
    losses = keras.tree.flatten(model.loss) if model.loss else []
    return not losses or _keras_function(_LOSSES.get(losses[0])) is None


def _keras_function(loss: Any) -> Any:
    """Return the function of Keras's that a loss is or wraps unchanged; None for a loss of the user's own."""
    if isinstance(loss, keras.losses.Loss):
        own_call = type(loss).call is not _LOSSES.MeanSquaredError.call
        is_keras = any(type(loss) is one for one in vars(_LOSSES).values())
        loss = getattr(loss, "fn", None) if is_keras or not own_call else None
    return loss if inspect.isfunction(loss) and loss in _KERAS else None


def _of_keras(function: Any, units: int, classes: int, target_format: TargetFormat) -> Labels:
    """Return the form that a loss of Keras's reads.

    Raises:
        UnfitError: The outputs are too few or too many for the classes.
    """
    if function in _OF_CODES:
        if units < classes and function is _LOSSES.sparse_categorical_crossentropy:
            raise _unfit(function, units, classes)
        return "value column" if target_format.shape == "column" and target_format.are_codes else "codes"
    if units == classes:
        return "one-hot"
    if units != 1 or function in _OF_SEVERAL_UNITS or (function in _OF_TWO_CLASSES and classes != 2):
        raise _unfit(function, units, classes)
    is_numeric = (
        bool(target_format.values) and not target_format.are_codes and function not in _OF_TWO_CLASSES
    )
    return "value column" if is_numeric else "column"


def _unfit(function: Any, units: int, classes: int) -> UnfitError:
    return UnfitError(
        f"its last layer has {count_text(units, 'unit')} and there are {classes} classes, "
        f"which the loss {function.__name__} cannot compare; give it {classes} units",
    )


def _by_trial(
    loss: Any, units: int, classes: int, target_format: TargetFormat, asked: Labels | None
) -> Labels:
    """Return the form by which a loss of the user's own tells right predictions from wrong ones.

    Raises:
        UnfitError: It takes none that its metrics take, too.
    """
    first = _labels_as_given(target_format)
    forms: list[Labels] = [first, *(("codes", "one-hot") if units > 1 else ("column", "codes"))]
    forms = [
        form for form in dict.fromkeys(forms) if asked is None or (form == "one-hot") == (asked == "one-hot")
    ]
    taken = []
    for form in forms:
        accepted = _accepts(loss, form, units, classes, target_format)
        if accepted:
            break
        taken += [form] if accepted is False else []
    else:
        if not taken and asked is None:
            taken = [first]  # what it takes cannot be told without training, where it will say what is wrong
        if not taken:
            words = " nor as ".join(_IN_WORDS[form] for form in forms)
            raise UnfitError(f"its loss raises an error for labels as {words}")
        form = taken[0]
    if form != first:
        note(f"the model's loss gets {_IN_WORDS[form]}, because it cannot learn from {_IN_WORDS[first]}")
    return form


def _accepts(loss: Any, labels: Labels, units: int, classes: int, target_format: TargetFormat) -> bool | None:
    """Tell whether a loss is smaller for right predictions than for wrong ones; None where it raises an error.

    Every class has as many rows, so that a loss that compares each label with each prediction sees no difference.
    """
    codes = np.tile(np.arange(classes), 3)
    y = np.asarray(
        encode_targets(codes, labels, classes, target_format), np.float32
    )  # as Keras hands them to a loss
    values = []
    for predicted in (codes, (codes + 1) % classes):
        predictions = _predictions(predicted, units, classes, target_format)
        same_rank = y[:, None] if y.ndim < predictions.ndim and units == 1 and inspect.isroutine(loss) else y
        try:
            tensors = map(keras.ops.convert_to_tensor, (same_rank, predictions))
            values.append(float(np.mean(keras.ops.convert_to_numpy(loss(*tensors)))))
        except Exception:  # noqa: BLE001 - a user's loss may raise anything
            return None
    right, wrong = values
    return math.isfinite(right) and wrong - right > 1e-6 * abs(right)


def _predictions(codes: np.ndarray, units: int, classes: int, target_format: TargetFormat) -> np.ndarray:
    """Return outputs that mean some classes: probabilities; numbers for one unit that means more than two classes."""
    if units > 1:
        return np.asarray(np.eye(max(units, classes), dtype=np.float32)[codes][:, :units] * 0.8 + 0.1)
    numbers = 0.1 + 0.8 * codes if classes == 2 else target_format.numbers(codes)
    return np.asarray(numbers, np.float32)[:, None]


def _labels_of_metrics(model: keras.Model) -> Labels | None:
    """Return the form that a compiled metric of Keras's asks for; None where all follow the loss."""
    compiled = getattr(model, "_compile_metrics", None)
    given = keras.tree.flatten(
        [getattr(compiled, part, None) for part in ("_user_metrics", "_user_weighted_metrics")]
    )
    for metric in given:
        if metric is None or metric in _FOLLOW:
            continue
        one = keras.metrics.get(metric)
        for kinds, labels in ((_METRICS_OF_CODES, "codes"), (_METRICS_OF_ROWS, "one-hot")):
            if isinstance(one, kinds):
                return labels  # type: ignore[return-value]
    return None
