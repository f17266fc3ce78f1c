"""Rows, targets, weights, folds and seeds as scikit-learn's estimators are given them, in the form that ``launch`` takes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.model_selection import check_cv
from sklearn.utils import check_array, check_random_state
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import _check_sample_weight, column_or_1d

from .errors import DataError
from .training.data.given_targets import as_labels
from .training.data.source_data import SourceData
from .training.data.targets import choose_task
from .training.data.tasks import Task


def seed_of(random_state: Any) -> int:
    """Return a seed of what scikit-learn takes for one."""
    if isinstance(random_state, Integral):
        return int(random_state)
    return int(check_random_state(random_state).randint(2**31 - 1))


def are_texts(x: Any) -> bool:
    """Tell whether rows are one text each, which a table needs no column names for."""
    if not isinstance(x, list | np.ndarray) and not hasattr(x, "to_numpy"):
        return False
    return np.ndim(x) == 1 and len(x) > 0 and all(isinstance(text, str) for text in x)


def as_target(y: Any, estimator: Any) -> np.ndarray:
    """Return a target as an array, ``(rows,)`` or ``(rows, targets)``, checked as scikit-learn does it."""
    y = check_array(y, ensure_2d=False, dtype=None, input_name="y", estimator=estimator)
    return np.asarray(column_or_1d(y, warn=True) if y.ndim == 2 and y.shape[1] == 1 else y)


def task_of(y: np.ndarray, x: Any) -> Task:
    """Return what a target that nobody has said anything of is, by the rules of ``launch``.

    Columns of 0 and 1 are labels, as scikit-learn has it, also where each row has one.
    """
    if y.ndim == 2:
        return "multilabel" if type_of_target(y) == "multilabel-indicator" else "regression"
    return choose_task(as_labels(y, "y"), "image" if getattr(x, "ndim", 2) > 2 else "array")[0]


def source_of(x: Any, y: np.ndarray, task: Task, groups: Any) -> tuple[SourceData, np.ndarray | None]:
    """Return rows as ``launch`` reads them, and the classes in the order of their codes.

    Numbers stay the numbers that they are; text becomes codes, in scikit-learn's order, with its names.
    """
    classes: np.ndarray | None = None
    names: tuple[str, ...] = ()
    if task == "multilabel":
        classes = np.tile((0, 1), (y.shape[1] if y.ndim == 2 else 1, 1))
    if task == "classification":
        check_classification_targets(y)
        classes, codes = np.unique(column_or_1d(y), return_inverse=True)
        if y.dtype.kind not in "biuf":
            y, names = codes, tuple(str(name) for name in classes)
    return SourceData("rows", x, y, groups=groups, classes=names, task=task), classes


def weighing(rows: SourceData, weights: Any) -> SourceData:
    """Return rows with their weights.

    Raises:
        ValueError: They are no weights of these rows, all are zero, or all but those of one class.
    """
    weights = _check_sample_weight(weights, rows.y, dtype=np.float64, ensure_non_negative=True)
    if not weights.any():
        raise DataError("sample_weight is zero in every row.")
    if rows.task == "classification" and len(np.unique(rows.y[weights > 0])) < 2:
        raise DataError("sample_weight is zero in all rows but those of one class: two classes are needed.")
    return replace(rows, weights=weights)


def splitter_of(cv: Any, y: np.ndarray, groups: Any, task: str) -> Any:
    """Return what cuts the folds as ``GridSearchCV`` would; one that draws others each time has drawn them."""
    if isinstance(cv, Iterable) and not hasattr(cv, "split"):
        return cv
    splitter = check_cv(cv, y, classifier=task == "classification")
    draws = getattr(splitter, "random_state", 0) is None and getattr(splitter, "shuffle", True)
    return list(splitter.split(np.zeros(len(y)), y, groups)) if draws else splitter
