"""Rules for targets: classification or regression, which classes, and their codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import DataError
from ...texts import count_text, names_text, natural_key
from .given_targets import class_name
from .multilabel import are_indicators, check_labels, is_one_hot, read_indicators
from .target_format import Shape, TargetFormat

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .dataset import Kind
    from .tasks import Task

MOST_INTEGER_CLASSES = 20
"""Integers with more distinct values than this are amounts, not classes, unless the user says otherwise."""

MOST_DOUBTED_CLASSES = 100
"""More distinct integers than this are nobody's classes, and nothing is said about it."""

ROWS_PER_CLASS = 5
"""Integers are classes only where each has this many rows on average."""


@dataclass(frozen=True)
class Target:
    """A training target, ready for a `Dataset`."""

    task: Task
    y: np.ndarray
    """int64 codes ``(rows,)``, uint8 ``(rows, labels)``, or float32 ``(rows,)`` or ``(rows, targets)``."""
    classes: tuple[str, ...]
    """Of labels, their names."""
    notes: tuple[str, ...]


def target_format_of(y: Any, task: Task, classes: Sequence[str], *, coded: bool) -> TargetFormat:
    """Return the form of targets.

    Args:
        y: As they came from their source.
        task: What they are.
        classes: Names in the order of their codes; none for a regression.
        coded: They are codes for which the source has names.
    """
    array = np.asarray(y)
    columns = array.shape[1] if array.ndim == 2 else 0
    shape: Shape = "column" if columns == 1 else "flat"
    dtype = "float32" if array.dtype.kind == "f" else array.dtype.name
    if task == "multilabel":
        return TargetFormat("multi-hot", (0.0, 1.0), dtype if array.dtype.kind in "biuf" else "int64")
    if not classes or array.dtype.kind not in "biuf":
        return TargetFormat(shape)
    if columns > 1:
        return TargetFormat("one-hot", dtype=dtype)
    if coded:
        return TargetFormat(shape, tuple(range(len(classes))), dtype)
    numbers = {class_name(value): float(value) for value in np.unique(array)}
    if not set(classes) <= numbers.keys():
        return TargetFormat(shape)
    return TargetFormat(shape, tuple(numbers[name] for name in classes), dtype)


def read_target(
    labels: np.ndarray,
    *,
    name: str,
    kind: Kind,
    task: Task | None,
    classes: tuple[str, ...],
    decided: bool,
    label_names: tuple[str, ...] = (),
    column_names: tuple[str, ...] = (),
) -> Target:
    """Decide the task and encode the training labels.

    Args:
        labels: What `as_labels` returned, training rows (and those a test split is still to be made from).
        name: How messages call the data.
        kind: Integer labels of images are codes more often than amounts.
        task: The user's or the source's word; None to decide by rule.
        classes: Names of the codes 0, 1, ... where the source knows them.
        decided: The task is the source's own; no note is needed.
        label_names: What the columns of several labels a row are called.
        column_names: What those of one-hot rows are called; empty where nobody called them anything.

    Raises:
        DataError: No labels, one class only, constant or non-numeric values for a regression.
    """
    if not len(labels):
        raise DataError(f"{name}: y has no rows")
    if labels.ndim == 2 and task in (None, "classification") and is_one_hot(labels):
        return _of_one_hot(labels, column_names or tuple(map(str, range(labels.shape[1]))), name)
    if task is None:
        task, reason = choose_task(labels, kind)
    else:
        reason = "" if decided else f"{task}, as asked"
    notes = (reason,) if reason else ()
    if task == "regression":
        y = _amounts(labels, name)
        return Target("regression", y, (), (*notes, *_merged_by_rounding(labels, y)))
    if task == "multilabel":
        y = read_indicators(labels, name)
        return Target("multilabel", y, label_names, (*notes, *check_labels(y, label_names, name)))
    return _of_classes(labels, classes, notes, name)


def _of_one_hot(labels: np.ndarray, names: tuple[str, ...], name: str) -> Target:
    """Return one-hot rows as codes of all classes, also of those that no row is of: a model has an output for each."""
    empty = [names[place] for place in np.flatnonzero(~labels.any(axis=0))]
    without = f", no row of which is of {names_text(empty)}" if empty else ""
    note = f"one-hot labels of {count_text(len(names), 'class', 'classes')} decoded{without}"
    codes = labels.argmax(axis=1).astype(np.int64)
    _check_classes(codes, names, name)
    return Target("classification", codes, names, (note,))


def _of_classes(labels: np.ndarray, classes: tuple[str, ...], notes: tuple[str, ...], name: str) -> Target:
    """Return labels as codes: of the classes, where they are such, else of the values that there are."""
    if labels.ndim == 2:
        several = "; --task multilabel, if a row has several labels or none" if are_indicators(labels) else ""
        raise DataError(
            f"{name}: y has {labels.shape[1]} columns, expected one column of classes or one-hot rows{several}"
        )
    uniques = np.unique(labels)
    coded = bool(classes) and labels.dtype.kind == "i" and uniques[0] >= 0 and uniques[-1] < len(classes)
    names = classes if coded else _class_names(uniques)
    codes = encode(labels, names, name, coded=coded)
    _check_classes(codes, names, name)
    return Target("classification", codes, names, notes)


def _class_names(uniques: np.ndarray) -> tuple[str, ...]:
    """Return the names of distinct labels; numbers are in their order, and text needs 'class 10' after 'class 2'."""
    names = tuple(dict.fromkeys(class_name(value) for value in uniques))
    return tuple(sorted(names, key=natural_key)) if uniques.dtype.kind == "O" else names


def _check_classes(codes: np.ndarray, names: tuple[str, ...], name: str) -> None:
    distinct = len(np.unique(codes))
    if distinct < 2:
        raise DataError(
            f"{name}: every row is of class '{names[codes[0]]}': a classification needs at least two classes"
        )
    if distinct == len(codes):
        raise DataError(
            f"{name}: every row has a class of its own: is the target an identifier, or a regression?"
        )


def encode(labels: np.ndarray, names: tuple[str, ...], name: str, *, coded: bool = False) -> np.ndarray:
    """Return int64 codes of labels into class names.

    Args:
        labels: Raw labels from `as_labels`.
        names: Class names in the order of their codes.
        name: How messages call the data.
        coded: The labels are codes already.

    Raises:
        DataError: A label that the training rows do not have.
    """
    if labels.ndim == 2:
        if not is_one_hot(labels):
            raise DataError(f"{name}: rows of y_test are not one-hot, and those of y_train are")
        labels, coded = labels.argmax(axis=1), labels.shape[1] == len(names)
    uniques, where = np.unique(labels, return_inverse=True)
    codes = class_codes(uniques, [str(code) for code in range(len(names))] if coded else names)
    if (codes < 0).any():
        unknown = [class_name(value) for value in uniques[codes < 0]]
        raise DataError(f"{name}: class {names_text(unknown)} appears in the test rows only")
    return np.asarray(codes[where.reshape(-1)])


def class_codes(labels: Iterable[Any], classes: Sequence[str]) -> np.ndarray:
    """Return each label's position among the classes, int64; -1 where it is none of them."""
    codes = {name: code for code, name in enumerate(classes)}
    return np.array([codes.get(class_name(label), -1) for label in labels], np.int64)


def amounts(labels: np.ndarray, name: str) -> np.ndarray:
    """Return float32 targets of a regression.

    Raises:
        DataError: The labels are text.
    """
    if labels.dtype.kind == "O":
        raise DataError(
            f"{name}: a regression needs numbers, but the target holds text such as '{labels[0]}'"
        )
    with np.errstate(over="ignore"):
        y = labels.astype(np.float32)
    if not np.isfinite(y).all():
        raise DataError(f"{name}: the target is too large for float32: divide it by a constant")
    return y


def _amounts(labels: np.ndarray, name: str) -> np.ndarray:
    y = amounts(labels, name)
    if (labels == labels[:1]).all():
        raise DataError(
            f"{name}: the target is the same in every row ({y.flat[0]:g}): there is nothing to learn"
        )
    if (y == y[:1]).all():
        raise DataError(
            f"{name}: float32 does not tell the target's values apart ({y.flat[0]:g}): subtract a constant from them"
        )
    return y


def _merged_by_rounding(labels: np.ndarray, y: np.ndarray) -> tuple[str, ...]:
    """Return what is said of targets that float32 rounds by more than a hundredth of their deviation."""
    exact = labels.astype(np.float64)
    error, deviation = np.abs(exact - y).max(axis=0), exact.std(axis=0)
    varies = np.ptp(exact, axis=0) > 0
    if not (varies & (error > deviation / 100)).any():
        return ()
    told, there = (len(np.unique(part, axis=0)) for part in (y, exact))
    return (
        f"float32 tells only {told:,} of the target's {there:,} values apart: subtract a constant from it, or divide it by one",
    )


def choose_task(labels: np.ndarray, kind: Kind) -> tuple[Task, str]:
    """Return the task by rule, and the reason as a sentence."""
    if are_indicators(labels):
        return "multilabel", (
            f"multilabel: {labels.shape[1]} columns of 0 and 1, of which a row has several ones or none; "
            "--task regression, if they are amounts"
        )
    if labels.ndim == 2:
        return "regression", f"regression: {labels.shape[1]} target columns of numbers"
    if labels.dtype.kind in "Ob":
        what = "text" if labels.dtype.kind == "O" else "true or false"
        return "classification", f"classification: the target is {what}"
    uniques = np.unique(labels)
    distinct = len(uniques)
    whole = bool((uniques == np.floor(uniques)).all())
    if labels.dtype.kind == "f":
        doubt = "; --task classification, if they are classes"
        few = whole and distinct <= MOST_INTEGER_CLASSES
        return "regression", (
            f"regression: the target is decimal numbers with {count_text(distinct, 'distinct value')}{doubt if few else ''}"
        )
    enough_rows = distinct <= 2 or distinct * ROWS_PER_CLASS <= len(labels)
    codes = kind == "image" and uniques[0] == 0 and uniques[-1] == distinct - 1
    if enough_rows and (distinct <= MOST_INTEGER_CLASSES or codes):
        return "classification", (
            f"classification: the target is whole numbers with {count_text(distinct, 'distinct value')}; "
            "--task regression, if they are amounts"
        )
    doubt = "; --task classification, if they are classes" if distinct <= MOST_DOUBTED_CLASSES else ""
    return "regression", (
        f"regression: the target is whole numbers with {count_text(distinct, 'distinct value')}{doubt}"
    )
