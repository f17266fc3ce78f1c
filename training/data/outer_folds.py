"""Nested cross-validation: one outer fold of the training rows stands in for the test split.

A search on the other rows chooses without it, so that the score of its winner's refit on the fold is one of the whole way
of searching: Varma and Simon 2006, "Bias in error estimation when using cross-validation for model selection"; Cawley and
Talbot 2010, "On over-fitting in model selection".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ...errors import DataError
from ...texts import count_text
from .folds import make_folds
from .trees import take

if TYPE_CHECKING:
    from .dataset import Dataset


@dataclass(frozen=True)
class OuterFold:
    """Which of how many folds is held out."""

    number: int
    """From 1."""
    folds: int

    @property
    def text(self) -> str:
        """``2/5``."""
        return f"{self.number}/{self.folds}"


def parse_outer(text: str) -> OuterFold:
    """Return the fold that ``2/5`` means.

    Raises:
        ValueError: It is none.
    """
    number, slash, folds = text.partition("/")
    if slash and number.isdecimal() and folds.isdecimal() and 1 <= int(number) <= int(folds) >= 2:
        return OuterFold(int(number), int(folds))
    raise ValueError(f"'{text}' is no fold of several; write the second of five as 2/5")


def hold_out_fold(dataset: Dataset, outer: str | None, seed: int) -> Dataset:
    """Return a dataset whose test rows are one fold of its training rows; its own test rows take no part.

    Folds are cut as those of a search are: class proportions and groups are kept.

    Args:
        dataset: With all of its training rows: a ``limit`` is drawn from what this leaves.
        outer: Which fold, ``2/5``; None for the dataset as it is.
        seed: Of the shuffling.

    Raises:
        DataError: The rows are steps of time or have their folds, which outer ones would cut through; or they cannot be cut.
    """
    if outer is None:
        return dataset
    if dataset.series is not None or dataset.fold_labels is not None:
        why = "windows of a series overlap" if dataset.series is not None else "its folds are given"
        raise DataError(
            f"{dataset.name}: no outer folds can be cut for nested cross-validation, because {why}"
        )
    chosen = parse_outer(outer)
    fold = make_folds(dataset, folds=chosen.folds, seed=seed)[chosen.number - 1]
    test = fold.validation
    own = f"; its own {count_text(dataset.test_rows, 'test row')} take no part" if dataset.test_rows else ""
    note = f"fold {chosen.number} of {chosen.folds} is held out, {count_text(len(test), 'row')}{own}"
    return replace(
        dataset.taken(fold.train),
        x_test=take(dataset.x, test),
        y_test=take(dataset.y, test),
        weights_test=None if dataset.weights is None else dataset.weights[test],
        notes=(*dataset.notes, note),
    )
