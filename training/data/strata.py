"""What rows are drawn by, so that a part of them is like the whole: classes, or combinations of labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .trees import Tree, row_count

if TYPE_CHECKING:
    from .tasks import Task

FEWEST_OF_A_COMBINATION = 10
"""Rows below which a combination of labels is rare, where no number of folds says so."""


def row_strata(y: Tree, task: Task, fewest: int = FEWEST_OF_A_COMBINATION) -> np.ndarray:
    """Return each row's stratum, int64 ``(rows,)``: its class, its combination of labels; 0 where it has neither.

    Args:
        y: Targets as a dataset stores them.
        task: Of the dataset.
        fewest: See ``label_strata``.
    """
    if task == "classification":
        return np.asarray(y)
    return label_strata(y, fewest) if task == "multilabel" else np.zeros(row_count(y), np.int64)


def label_strata(y: np.ndarray, fewest: int = FEWEST_OF_A_COMBINATION) -> np.ndarray:
    """Return a stratum for each row of several labels: its combination of them, where enough rows have the same.

    Rows of rare combinations are pooled by the rarest label that they have, which is the one that a draw by chance would
    miss; pools that are still small become one, and that one, where it is small, joins the largest stratum. Strata depend
    on which rows there are, not on their order.

    Source: Sechidis et al. 2011, On the Stratification of Multi-Label Data: labelset-based stratification, which
    suffers from rare combinations; the rarest label goes first, as in their iterative stratification.

    Args:
        y: 0 and 1, ``(rows, labels)``.
        fewest: Rows that a stratum needs.

    Returns:
        Codes from 0, int64 ``(rows,)``; each has at least ``fewest`` rows, if there are as many at all.
    """
    _, codes, counts = np.unique(y, axis=0, return_inverse=True, return_counts=True)
    codes = codes.reshape(-1)
    rare = counts[codes] < fewest
    rows_of_labels = y.sum(axis=0, dtype=np.int64)
    rarest = np.where(y == 1, rows_of_labels, len(y) + 1).argmin(axis=1)
    codes = np.where(rare, len(counts) + np.where(y.any(axis=1), rarest, y.shape[1]), codes)
    _, codes, counts = np.unique(codes, return_inverse=True, return_counts=True)
    small = counts < fewest
    rest = len(counts) if counts[small].sum() >= fewest else counts.argmax()
    codes = np.where(small[codes], rest, codes)
    return np.unique(codes, return_inverse=True)[1].astype(np.int64)
