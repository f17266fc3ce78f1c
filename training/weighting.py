"""Classes that weigh more because they are rare: the hyperparameters ``class_weight`` and ``class_weight_power``."""

from __future__ import annotations

import numpy as np

from ..errors import TrainingError
from ..spaces import Configuration
from .data import TASKS, Dataset

CLASS_WEIGHTS = (None, "none", "balanced")


def class_weights(
    configuration: Configuration, dataset: Dataset, codes: np.ndarray
) -> dict[int, float] | None:
    """Return the weight of each class in training, by its code; None where all weigh the same.

    ``balanced`` gives every class the same sum: rows / (classes * rows of the class), as in King and Zeng 2001,
    Logistic Regression in Rare Events Data, and in scikit-learn. ``class_weight_power`` is an exponent on these
    weights, for less than full balance; a row's mean weight stays 1, so that the learning rate means the same.

    Args:
        configuration: Its ``class_weight`` is ``balanced`` or ``none``.
        dataset: Says what the classes are.
        codes: Of the rows to train, shape (rows,); of no matter without classes.

    Raises:
        TrainingError: A value is unknown, or there are no classes.
    """
    asked = configuration.get("class_weight")
    if asked not in CLASS_WEIGHTS:
        raise TrainingError("model", f"class_weight must be balanced or none, got {asked!r}")
    if asked != "balanced":
        return None
    if dataset.task != "classification":
        raise TrainingError("model", f"class_weight is for classes, and {TASKS[dataset.task].no_classes}")
    counts = np.bincount(codes, minlength=dataset.outputs)
    weights = {code: len(codes) / (dataset.outputs * max(1, int(count))) for code, count in enumerate(counts)}
    power = _power(configuration)
    if power == 1:
        return weights
    powers = {code: weight**power for code, weight in weights.items()}
    mean = sum(powers[code] * int(count) for code, count in enumerate(counts)) / len(codes)
    return {code: weight / mean for code, weight in powers.items()}


def _power(configuration: Configuration) -> float:
    power = configuration.get("class_weight_power", 1.0)
    if isinstance(power, bool) or not isinstance(power, int | float) or not 0 < power <= 1:
        raise TrainingError(
            "model", f"class_weight_power must be a number above 0 and at most 1, got {power!r}"
        )
    return float(power)


def training_weights(weights: dict[int, float] | None, dataset: Dataset) -> np.ndarray | None:
    """Return each training row's weight, float32: its own times its class's; None where all weigh the same."""
    of_classes = row_weights(weights, dataset.y)
    if of_classes is None or dataset.weights is None:
        return dataset.weights if of_classes is None else of_classes
    return np.asarray(of_classes * dataset.weights)


def row_weights(weights: dict[int, float] | None, codes: np.ndarray) -> np.ndarray | None:
    """Return each row's weight, float32, by the weight of its class."""
    if weights is None:
        return None
    by_code = np.array([weights[code] for code in range(len(weights))], dtype=np.float32)
    return np.take(by_code, codes)
