"""The matrix products of training a dense network, in NumPy and nothing else: a floor for what a trial can take."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from common import Split


def products_of_trial(
    splits: Sequence[Split], widths: Sequence[int], *, epochs: int, batch_size: int
) -> float:
    """Return the seconds of the products of one trial, on one thread: all steps of all epochs of all folds.

    Args:
        splits: The folds; after every epoch the validation rows go forward once.
        widths: Of the layers, input to output.
        epochs: Epochs of each fold.
        batch_size: Rows a step; the last step of an epoch has fewer.
    """
    from threadpoolctl import threadpool_limits

    generator = np.random.default_rng(0)
    weights = [generator.normal(size=shape).astype("float32") * 0.1 for shape in pairwise(widths)]
    with threadpool_limits(1):
        started = time.perf_counter()
        for split in splits:
            for _ in range(epochs):
                for start in range(0, len(split.x), batch_size):
                    step(split.x[start : start + batch_size], weights)
                forward(split.x_validation, weights)
        return time.perf_counter() - started


def forward(x: np.ndarray, weights: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Return the input of every layer, and the output."""
    passed = [x]
    for weight in weights:
        passed.append(passed[-1] @ weight)
    return passed


def step(x: np.ndarray, weights: Sequence[np.ndarray]) -> None:
    """Go forward, then backward: the gradient of every weight, and of every layer's input but the first's."""
    passed = forward(x, weights)
    gradient = passed[-1]
    for number in reversed(range(len(weights))):
        _ = passed[number].T @ gradient
        if number:
            gradient = gradient @ weights[number].T
