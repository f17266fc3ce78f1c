"""What a plan tells of the data that the user may not have thought of, a sentence each."""

from __future__ import annotations

import numpy as np

from ..texts import count_text
from ..training.data import TASKS, Dataset
from ..training.metric_names import ACCURACIES
from ..training.metrics import Objective
from .spec import SweepSpec

RARE = 0.1
"""Share of the rows below which a class is rare, where it is also less than half of what equal classes have."""

NONE_WHOLE = "no trial can be trained whole unless it stops early"
"""What comes of a budget that one training exceeds."""


def time_hints(dataset: Dataset, spec: SweepSpec) -> tuple[str, ...]:
    """Return what is said where rows in order of time are split without regard to it."""
    order = dataset.time_order
    in_order = spec.cv.method == "time" and spec.test_split == "last"
    if order is None or dataset.series is not None or in_order:
        return ()
    if dataset.groups is not None:
        return (
            "rows in order of time are split by groups, so that models train on rows later than those that score them",
        )
    way = "--cv time keeps the order, with --test-split last for the test rows"
    if order.newest_first:
        way = f"sort them from old to new, then {way}"
    return (
        f"rows in order of time are split at random, so that models train on rows later than those that score them: {way}",
    )


def budget_hints(most: int | None, epochs: int, folds: int) -> tuple[str, ...]:
    """Return what is said where the most epochs of single folds are less than what one whole training takes."""
    if most is None or most >= epochs * folds:
        return ()
    whole = f"{count_text(epochs, 'epoch')} of {count_text(folds, 'fold')} are {epochs * folds:,}"
    return (f"--total-epochs {most} is less than one whole training, {whole}: {NONE_WHOLE}",)


def trials_hints(asked: int | None, most: float) -> tuple[str, ...]:
    """Return what is said where more trials are asked for than there are configurations."""
    if asked is None or asked <= most:
        return ()
    return (
        f"--trials {asked}: there are {count_text(int(most), 'configuration')}, each of which is trained once",
    )


def rare_class_hints(dataset: Dataset, objective: Objective) -> tuple[str, ...]:
    """Return what is said where accuracy is the objective, and a class is too rare for it to count."""
    metric = objective.metric.removeprefix("val_")
    if dataset.task not in ACCURACIES or not (
        metric == TASKS[dataset.task].metric or objective.kind in ACCURACIES[dataset.task]
    ):
        return ()
    several = dataset.task == "multilabel"
    if several:
        counts, few, instead = dataset.y.sum(axis=0, dtype=np.int64), RARE, "average_precision or f1_macro"
    else:
        counts, instead = np.bincount(dataset.y, minlength=len(dataset.classes)), "balanced_accuracy"
        few = min(RARE, 0.5 / len(counts))
        counts = np.where(counts > 0, counts, dataset.rows)  # of a class that no row is of, the data say so
    rare, share = int(counts.argmin()), counts.min() / dataset.rows
    if share >= few:
        return ()
    what = f"{TASKS[dataset.task].outputs[0]} '{dataset.classes[rare]}' is"
    of = "in" if several else "of"
    return (
        f"{what} {share:.1%} {of} the rows, which {metric} hardly counts: consider --objective {instead}",
    )
