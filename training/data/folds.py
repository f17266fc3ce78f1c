"""Folds: which training rows each of a trial's models trains on, and which score it."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from ...errors import DataError, did_you_mean
from ...texts import count_text, names_text
from .splits import draw_in_proportion
from .strata import label_strata, row_strata

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .dataset import Dataset

FoldMethod = Literal["auto", "kfold", "stratified", "repeated", "group", "time", "holdout"]


@dataclass(frozen=True, eq=False)
class Fold:
    """One split of the training rows; indices are int64, sorted, and never name the same row twice."""

    train: np.ndarray
    """Rows that the fold's model, scaling and encoding learn from."""
    validation: np.ndarray
    """Rows that score it."""


def make_folds(
    dataset: Dataset,
    *,
    method: FoldMethod = "auto",
    folds: int = 5,
    repeats: int = 1,
    holdout: float = 0.2,
    seed: int = 0,
) -> tuple[Fold, ...]:
    """Cut the training rows into folds.

    Args:
        dataset: Its test rows take no part.
        method: ``kfold``: shuffled; ``stratified``: class proportions kept; ``repeated``: several shuffles of one of
            these two; ``group``: rows of one group stay together; ``time``: each fold validates on rows after those it
            trains on; ``holdout``: one split; ``auto``: ``group`` where the dataset has groups, ``repeated`` where
            ``repeats`` asks for it, ``time`` for windows of a series, else ``kfold`` for a regression and ``stratified``
            for the others. Several labels a row are stratified by their combinations, as far as these have rows enough (``label_strata``).
        folds: Number of folds, of each repetition; ``holdout`` makes one.
        repeats: How many shuffles ``repeated`` makes.
        holdout: Part of the rows that ``holdout`` validates on, between 0 and 1.
        seed: Seed of the shuffling; ``time`` does not shuffle.

    Returns:
        ``folds * repeats`` folds for ``repeated``, one for ``holdout``, else ``folds``.

    Raises:
        DataError: The data cannot be cut that way; the message says what can be.
    """
    if method not in get_args(FoldMethod):
        raise DataError(
            f"unknown way of making folds '{method}'.{did_you_mean(str(method), get_args(FoldMethod))}"
        )
    if dataset.fold_labels is not None:
        if method != "auto":
            raise DataError(
                f"{dataset.name}: the folds are given, which method '{method}' would cut anew: leave one out"
            )
        return _given(dataset)
    if method == "auto":
        method = "time" if dataset.series is not None else _automatic(dataset, repeats)
    _check(dataset, method, folds, repeats, holdout)
    if method == "group":
        pairs = _group(dataset, folds, seed)
    elif method == "holdout":
        pairs = _holdout(dataset, holdout, seed)
    else:
        splitter = _splitter(dataset, method, folds, repeats, seed)
        pairs = splitter.split(np.zeros(dataset.rows), fold_strata(dataset, folds))
    made = tuple(
        Fold(np.sort(train).astype(np.int64), np.sort(validation).astype(np.int64))
        for train, validation in pairs
    )
    if any(not len(fold.train) or not len(fold.validation) for fold in made):
        raise DataError(f"{dataset.name}: a fold would be empty: use fewer folds than {folds}")
    return made


def disjoint_folds(folds: Sequence[Fold]) -> tuple[tuple[int, ...], ...]:
    """Return for each fold the others that validate on none of its rows: those of its own repetition; none in a hold-out."""
    rows = max((int(fold.validation.max()) + 1 for fold in folds), default=0)
    found = []
    for fold in folds:
        own = np.zeros(rows, bool)
        own[fold.validation] = True
        found.append(tuple(number for number, other in enumerate(folds) if not own[other.validation].any()))
    return tuple(found)


def _given(dataset: Dataset) -> tuple[Fold, ...]:
    """Return the folds that the data say: each label's rows validate, and all others train."""
    labels = np.asarray(dataset.fold_labels)
    if labels.ndim == 2:
        found = [Fold(np.flatnonzero(column == 0), np.flatnonzero(column == 1)) for column in labels.T]
    else:
        found = [
            Fold(np.flatnonzero(labels != label), np.flatnonzero(labels == label))
            for label in np.unique(labels[labels >= 0])
        ]
    if not found or any(not len(fold.train) or not len(fold.validation) for fold in found):
        raise DataError(f"{dataset.name}: the folds given leave no row to train on, or none to validate on")
    if len(found) == 1 and dataset.task == "classification":
        unknown = np.setdiff1d(dataset.y[found[0].validation], dataset.y[found[0].train])
        if len(unknown):
            names = names_text([dataset.classes[code] for code in unknown])
            raise DataError(f"{dataset.name}: class {names} has validation rows but none to train")
    return tuple(found)


def folds_of_a_partition(folds: Sequence[Fold], rows: int) -> int:
    """Return how many folds validate on each row once, on average: fewer than there are where folds are repeated.

    Args:
        folds: However they were cut; splitters that draw validation rows anew for each fold repeat them, too.
        rows: Training rows of the dataset.
    """
    validating = sum(len(fold.validation) for fold in folds) / len(folds)
    return max(1, min(len(folds), round(rows / validating)))


def _automatic(dataset: Dataset, repeats: int) -> FoldMethod:
    if dataset.groups is not None:
        return "group"
    if repeats > 1:
        return "repeated"
    return "kfold" if dataset.fold_codes is None else "stratified"


def fold_strata(dataset: Dataset, folds: int) -> np.ndarray | None:
    """Return what folds keep the proportions of; combinations of labels that each fold can have a row of."""
    return label_strata(dataset.y, folds) if dataset.task == "multilabel" else dataset.fold_codes


def _check(dataset: Dataset, method: FoldMethod, folds: int, repeats: int, holdout: float) -> None:
    """Refuse what cannot be cut, in words of classes, groups and rows."""
    name = dataset.name
    if dataset.series is not None and method not in ("time", "holdout"):
        raise DataError(
            f"{name} is a series: windows overlap, so that method '{method}' would score models on what they trained on: "
            "use 'time', or 'holdout' for the last ones"
        )
    if method == "holdout":
        if not 0 < holdout < 1:
            raise DataError(f"holdout must be between 0 and 1, got {holdout:g}")
    elif folds < 2:
        raise DataError(
            f"cross-validation needs at least 2 folds, got {folds}; one split is method 'holdout'"
        )
    if repeats < 1:
        raise DataError(f"repeats must be at least 1, got {repeats}")
    if repeats > 1 and method != "repeated":
        raise DataError(f"repeats is for method 'repeated', not '{method}'")
    if dataset.groups is None and method == "group":
        raise DataError(f"{name} has no groups: name a group column when loading, or use another method")
    if dataset.groups is not None and method not in ("group", "holdout"):
        raise DataError(
            f"{name} has groups, which method '{method}' would cut in two: use 'group' or 'holdout'"
        )
    if method == "stratified" and dataset.fold_codes is None:
        what = (
            "is a regression, without classes to stratify by"
            if dataset.task == "regression"
            else "has several outputs"
        )
        way = "" if dataset.task == "regression" else ", or name an output of classes with stratify"
        raise DataError(f"{name} {what}: use method 'kfold'{way}")
    if method != "holdout" and dataset.rows < folds + (method == "time"):
        raise DataError(f"{name} has {count_text(dataset.rows, 'training row')}: too few for {folds} folds")
    stratifies = method in ("stratified", "repeated") or (method == "holdout" and dataset.groups is None)
    if stratifies and dataset.fold_codes is not None:
        _check_classes(dataset, 2 if method == "holdout" else folds, holdout=method == "holdout")


def _check_classes(dataset: Dataset, least: int, *, holdout: bool = False) -> None:
    codes = dataset.fold_codes
    if codes is None or dataset.task == "multilabel":  # rare combinations of labels are pooled
        return
    counts = np.bincount(codes, minlength=len(dataset.classes))
    classes = dataset.classes or tuple(map(str, range(len(counts))))
    # A class that no row is of, as a column of one-hot rows may be, is in no fold.
    counted = {name: int(count) for name, count in zip(classes, counts, strict=True) if count}
    rarest = min(counted.values())
    if rarest >= least:
        return
    rare = [name for name, count in counted.items() if count < least]
    has = f"class '{min(rare, key=lambda name: counted[name])}' has {count_text(rarest, 'training row')}"
    if len(rare) > 1:
        has += f", the least of {len(rare)} rare classes"
    needs = "a holdout needs one on each side" if holdout else f"too few for {count_text(least, 'fold')}"
    ways = ["--rare-classes drop leaves rare classes out", "--rare-classes merge makes one class of them"]
    ways = [f"--folds {rarest} keeps them in every fold", *ways] if rarest > 1 else ways
    raise DataError(f"{dataset.name}: {has}, {'and ' if holdout else ''}{needs}: {'; '.join(ways)}")


def _splitter(dataset: Dataset, method: FoldMethod, folds: int, repeats: int, seed: int) -> Any:
    from sklearn import model_selection as ways

    if method == "time":
        gap = 0 if dataset.series is None else dataset.series.gap
        if dataset.rows - gap <= folds * (dataset.rows // (folds + 1)):
            raise DataError(
                f"{dataset.name} has {count_text(dataset.rows, 'window')}, too few for {count_text(folds, 'fold')} in order "
                f"of time with {gap} left out between training and validation: use fewer folds"
            )
        return ways.TimeSeriesSplit(folds, gap=gap)
    if method == "kfold":
        return ways.KFold(folds, shuffle=True, random_state=seed)
    if method == "stratified":
        return ways.StratifiedKFold(folds, shuffle=True, random_state=seed)
    if dataset.fold_codes is not None:
        return ways.RepeatedStratifiedKFold(n_splits=folds, n_repeats=repeats, random_state=seed)
    return ways.RepeatedKFold(n_splits=folds, n_repeats=repeats, random_state=seed)


def _group(dataset: Dataset, folds: int, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    from sklearn.model_selection import GroupKFold, StratifiedGroupKFold

    distinct = len(np.unique(np.asarray(dataset.groups)))
    if distinct < folds:
        raise DataError(f"{dataset.name} has {count_text(distinct, 'group')}, too few for {folds} folds")
    rows = np.zeros(dataset.rows)
    if dataset.fold_codes is None:
        return iter(GroupKFold(folds, shuffle=True, random_state=seed).split(rows, groups=dataset.groups))
    _check_classes(dataset, 2)
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        # Groups make exact strata impossible anyway; a class rarer than the folds is then no surprise.
        warnings.filterwarnings("ignore", message="The least populated class")
        try:
            return iter(list(splitter.split(rows, fold_strata(dataset, folds), dataset.groups)))
        except ValueError as error:
            raise DataError(
                f"{dataset.name}: every class has fewer rows than {folds} folds: use fewer"
            ) from error


def _holdout(dataset: Dataset, holdout: float, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    from sklearn.model_selection import GroupShuffleSplit, ShuffleSplit, StratifiedShuffleSplit

    rows = np.zeros(dataset.rows)
    if dataset.groups is not None:
        distinct = len(np.unique(dataset.groups))
        if distinct < 2:
            raise DataError(f"{dataset.name} has one group: a split by groups needs two")
        share = min(max(holdout, 1 / distinct), 1 - 1 / distinct)
        return iter(
            GroupShuffleSplit(1, test_size=share, random_state=seed).split(rows, groups=dataset.groups)
        )
    # Rounded up as scikit-learn does, but not for the sake of the last binary digit of, say, 60 * 0.7.
    kept = dataset.rows - math.ceil(round(dataset.rows * holdout, 6))
    if dataset.series is not None:
        trained = max(0, kept - dataset.series.gap)  # nothing of them lies in the rows of the others
        return iter([(np.arange(trained), np.arange(kept, dataset.rows))])
    codes = dataset.fold_codes
    parts = (
        1 if codes is None or dataset.task == "multilabel" else len(dataset.classes) or len(np.unique(codes))
    )
    if min(kept, dataset.rows - kept) < parts:
        raise DataError(
            f"{dataset.name}: a holdout of {holdout:g} of {count_text(dataset.rows, 'row')} leaves a side with fewer rows "
            f"than {count_text(parts, 'class', 'classes') if parts > 1 else 'one'}"
        )
    if dataset.task == "multilabel":
        held = draw_in_proportion(
            row_strata(dataset.y, "multilabel"), dataset.rows - kept, np.random.default_rng(seed)
        )
        return iter([(np.setdiff1d(np.arange(dataset.rows), held), held)])
    way = ShuffleSplit if codes is None else StratifiedShuffleSplit
    return iter(way(1, test_size=dataset.rows - kept, random_state=seed).split(rows, codes))
