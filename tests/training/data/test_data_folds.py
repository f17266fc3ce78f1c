"""Folds: every method, and what cannot be cut."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kerasweep.errors import DataError
from kerasweep.training.data import make_folds


@pytest.fixture(scope="session")
def rows_with(dataset_of):
    def build(y, groups=None):
        y = np.asarray(y)
        regression = y.dtype.kind == "f"
        task = "regression" if regression else "classification"
        classes = 0 if regression else int(y.max()) + 1
        return dataset_of(
            np.zeros((len(y), 1)), y.astype(np.float32 if regression else np.int64), task, classes, groups
        )

    return build


def check(folds, rows):
    for fold in folds:
        assert fold.train.dtype == fold.validation.dtype == np.int64
        assert not set(fold.train) & set(fold.validation)
        assert len(np.unique(fold.train)) == len(fold.train) > 0
        assert len(np.unique(fold.validation)) == len(fold.validation) > 0
        assert (np.diff(fold.train) > 0).all()
        assert max(fold.train.max(), fold.validation.max()) < rows


@given(rows=st.integers(20, 80), folds=st.integers(2, 8), seed=st.integers(0, 99), classes=st.integers(2, 3))
@settings(max_examples=40, deadline=None)
@pytest.mark.parametrize("method", ["auto", "kfold", "stratified", "repeated"])
def test_folds_partition_the_rows(rows_with, method, rows, folds, seed, classes):
    y = np.arange(rows) % classes
    data = rows_with(y)
    if np.bincount(y).min() < folds:
        return
    made = make_folds(data, method=method, folds=folds, seed=seed)
    check(made, rows)
    assert len(made) == folds
    assert sorted(np.concatenate([fold.validation for fold in made])) == list(range(rows))
    assert all(len(fold.train) + len(fold.validation) == rows for fold in made)
    if method != "kfold":
        shares = [np.bincount(y[fold.validation], minlength=classes) for fold in made]
        assert np.ptp(shares, axis=0).max() <= 1, "class proportions are kept"


def test_auto(rows_with):
    y = np.arange(60) % 2
    grouped = make_folds(rows_with(y, groups=np.arange(60) // 6))
    assert all(not set(fold.train // 6) & set(fold.validation // 6) for fold in grouped)
    assert len(make_folds(rows_with(y / 7))) == 5
    assert len(make_folds(rows_with(y), repeats=3)) == 15


def test_repeats_differ(rows_with):
    made = make_folds(rows_with(np.arange(40) % 2), method="repeated", folds=4, repeats=3)
    assert len(made) == 12
    for start in (0, 4, 8):
        assert sorted(np.concatenate([fold.validation for fold in made[start : start + 4]])) == list(
            range(40)
        )
    assert made[0].validation.tolist() != made[4].validation.tolist()
    assert len(make_folds(rows_with(np.arange(40) / 7), method="repeated", folds=4, repeats=2)) == 8


@pytest.mark.parametrize("values", [np.arange(60) % 2, np.arange(60) / 7])
@pytest.mark.parametrize("folds", [2, 5])
def test_groups_stay_together(rows_with, values, folds):
    groups = np.array([f"g{row // 4}" for row in range(60)])
    made = make_folds(rows_with(values, groups), method="group", folds=folds)
    check(made, 60)
    assert sorted(np.concatenate([fold.validation for fold in made])) == list(range(60))
    assert all(not set(groups[fold.train]) & set(groups[fold.validation]) for fold in made)


def test_a_class_rarer_than_the_folds_may_be_grouped(rows_with):
    y = np.arange(60) % 2
    y[[0, 30]] = 2
    assert len(make_folds(rows_with(y, np.arange(60) // 4), folds=5)) == 5


def test_time_goes_forward(rows_with):
    made = make_folds(rows_with(np.arange(60) / 7), method="time", folds=4)
    check(made, 60)
    assert all(fold.train.max() < fold.validation.min() for fold in made)


@pytest.mark.parametrize("values", [np.arange(60) % 3, np.arange(60) / 7])
def test_holdout(rows_with, values):
    (fold,) = make_folds(rows_with(values), method="holdout", holdout=0.2)
    check([fold], 60)
    assert len(fold.validation) == 12
    if values.dtype.kind == "i":
        assert np.bincount(values[fold.validation]).tolist() == [4, 4, 4]


def test_holdout_by_groups(rows_with):
    (fold,) = make_folds(rows_with(np.arange(60) % 2, np.arange(60) // 6), method="holdout", holdout=0.3)
    assert not set(fold.train // 6) & set(fold.validation // 6)
    assert len(fold.validation) == 18


@pytest.mark.parametrize("method", ["auto", "kfold", "stratified", "repeated", "group", "holdout"])
def test_seeded(rows_with, method):
    data = rows_with(np.arange(60) % 2, np.arange(60) // 3 if method == "group" else None)
    first, again, other = (make_folds(data, method=method, seed=seed) for seed in (1, 1, 2))
    assert [fold.validation.tolist() for fold in first] == [fold.validation.tolist() for fold in again]
    assert [fold.validation.tolist() for fold in first] != [fold.validation.tolist() for fold in other]


Y = np.arange(40) % 2
RARE = np.where(np.arange(40) < 3, 2, Y)
GROUPS = np.arange(40) // 10


@pytest.mark.parametrize(
    ("y", "groups", "options", "message"),
    [
        (Y, None, {"folds": 1}, "at least 2 folds, got 1"),
        (Y, None, {"method": "stratifed"}, "Did you mean 'stratified'"),
        (Y, None, {"method": "group"}, "has no groups: name a group column"),
        (Y, None, {"method": "holdout", "holdout": 0}, "between 0 and 1, got 0"),
        (Y, None, {"method": "holdout", "holdout": 1.0}, "between 0 and 1, got 1"),
        (Y, None, {"method": "holdout", "holdout": 0.01}, "a side with fewer rows than 2 classes"),
        (Y / 7, None, {"method": "holdout", "holdout": 0.999}, "fewer rows than one"),
        (Y, None, {"method": "kfold", "folds": 41}, "40 training rows: too few for 41 folds"),
        (Y, None, {"method": "time", "folds": 40}, "40 training rows: too few for 40 folds"),
        (RARE, None, {}, "class '2' has 3 training rows, too few for 5 folds"),
        (RARE, None, {"method": "repeated"}, "class '2' has 3 training rows"),
        (np.where(np.arange(40) < 1, 2, Y), None, {"method": "holdout"}, "class '2' has 1 training row,"),
        (Y / 7, None, {"method": "stratified"}, "without classes to stratify by: use method 'kfold'"),
        (Y, GROUPS, {}, "has 4 groups, too few for 5 folds"),
        (Y, GROUPS, {"method": "kfold"}, "which method 'kfold' would cut in two"),
        (Y, GROUPS, {"repeats": 2}, "repeats is for method 'repeated'"),
        (Y, np.zeros(40, int), {"method": "holdout"}, "has one group"),
        (Y, None, {"method": "kfold", "repeats": 2}, "repeats is for method 'repeated', not 'kfold'"),
        (Y, None, {"repeats": 0}, "repeats must be at least 1"),
    ],
)
def test_what_cannot_be_cut(rows_with, y, groups, options, message):
    with pytest.raises(DataError, match=message):
        make_folds(rows_with(y, groups), **options)


def test_folds_of_many_sizes_of_groups(rows_with):
    rng = np.random.default_rng(0)
    groups = rng.choice(10, 60, p=np.array([20, 10, 5, 5, 5, 5, 3, 3, 2, 2]) / 60)
    folds = make_folds(rows_with(np.arange(60) % 2, groups), folds=5)
    check(folds, 60)
    for fold in folds:
        assert not set(groups[fold.train]) & set(groups[fold.validation])
