"""The test split and ``limit``."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kerasweep.errors import DataError
from kerasweep.training.data import load_dataset


def rows_of(values) -> set[int]:
    return {int(value) for value in values[:, 0]}


def load(y, **options):
    return load_dataset((np.arange(len(y), dtype=float).reshape(-1, 1), np.asarray(y)), **options)


@given(
    counts=st.lists(st.integers(2, 40), min_size=2, max_size=6),
    size=st.sampled_from([0, 0.1, 0.25, 0.5]),
    seed=st.integers(0, 1000),
)
@settings(max_examples=50, deadline=None)
def test_split_partitions_rows_and_keeps_proportions(counts, size, seed):
    y = np.repeat([f"c{code}" for code in range(len(counts))], counts)
    data = load(y, test_size=size, seed=seed)
    train, test = rows_of(data.x), rows_of(data.x_test)
    assert not train & test
    assert train | test == set(range(len(y)))
    assert data.x[:, 0].tolist() == sorted(train), "rows stay in their source's order"
    held = np.bincount(data.y_test, minlength=len(counts))
    assert (np.bincount(data.y, minlength=len(counts)) > 0).all(), "training knows every class"
    assert np.abs(held - np.array(counts) * size).max() <= len(counts)


@given(
    counts=st.lists(st.integers(4, 60), min_size=2, max_size=6),
    limit=st.integers(6, 100),
    seed=st.integers(0, 99),
)
@settings(max_examples=50, deadline=None)
def test_limit_keeps_class_proportions(counts, limit, seed):
    y = np.repeat([f"c{code}" for code in range(len(counts))], counts)
    whole, part = load(y), load(y, limit=limit, seed=0)
    assert part.rows == min(limit, whole.rows)
    assert rows_of(part.x) <= rows_of(whole.x)
    assert part.x_test.tolist() == whole.x_test.tolist(), "test rows are not touched"
    before = np.bincount(whole.y, minlength=len(counts))
    after = np.bincount(part.y, minlength=len(counts))
    assert (after > 0).all()
    if limit < whole.rows and (before * limit / whole.rows >= 1).all():
        assert np.abs(after - before * limit / whole.rows).max() <= 1


def test_limit_says_what_it_takes_of_given_validation_rows():
    frame = pd.DataFrame({"x": np.arange(100) % 7, "checks": [1, 0, 0, 0] * 25, "y": ["a", "b"] * 50})
    note = next(
        note
        for note in load_dataset(frame, target="y", validation="checks", limit=40).notes
        if "drawn" in note
    )
    given = re.search(r"40 of 81 training rows drawn.*; (\d+) of the 25 that validate are among them", note)
    assert given
    assert 0 < int(given[1]) < 25
    few = pd.DataFrame({"x": np.arange(100) % 7, "checks": [1] + [0] * 99, "y": ["a", "b"] * 50})
    with pytest.raises(
        DataError, match=r"limit of 6 rows is too small for .*: none of the rows that validate is left"
    ):
        load_dataset(few, target="y", validation="checks", limit=6)
    folds = frame.assign(checks=np.arange(100) % 3)
    assert not any(
        "among them" in note for note in load_dataset(folds, target="y", fold_column="checks", limit=40).notes
    )


def test_limit_is_seeded():
    y = np.arange(200) % 2
    whole = load(y)
    assert (
        load_dataset(whole, limit=50, seed=1).fingerprint == load_dataset(whole, limit=50, seed=1).fingerprint
    )
    assert (
        load_dataset(whole, limit=50, seed=1).fingerprint != load_dataset(whole, limit=50, seed=2).fingerprint
    )


def test_limit_of_a_regression_and_of_groups(houses):
    data = load_dataset(houses(), target="price", group="street", limit=20)
    assert data.rows == len(data.x) == len(data.groups) == 20
    assert list(data.x.index) == list(range(20))
    assert any("20 of" in note for note in data.notes)


def test_limit_beyond_all_rows_is_noted():
    data = load(np.arange(40) % 2, limit=1000)
    assert data.rows == 30
    assert "no effect" in data.notes[-1]


def test_limit_too_small():
    with pytest.raises(DataError, match=r"limit of 5 rows is too small.*at least 10 rows, one of each class"):
        load_dataset("digits", limit=5)
    with pytest.raises(DataError, match="at least 4 rows"):
        load_dataset("diabetes", limit=2)


def test_rare_classes_stay_in_training():
    data = load(["rare"] + ["a", "b"] * 20)
    assert "rare" in {data.classes[code] for code in data.y}
    assert "rare" not in {data.classes[code] for code in data.y_test}


def test_groups_never_lie_on_both_sides():
    y = np.arange(80) % 2
    groups = np.arange(80) // 5
    x = groups[:, None].astype(float)
    data = load_dataset({"x": x, "y": y, "groups": groups})
    assert not rows_of(data.x) & rows_of(data.x_test)
    assert 0.15 < len(data.y_test) / 80 < 0.35
    assert data.groups.tolist() == data.x[:, 0].astype(int).tolist()


def test_groups_that_cannot_be_split():
    y = np.arange(40) % 2
    with pytest.raises(DataError, match="all rows are of one group"):
        load_dataset({"x": y, "y": y, "groups": np.zeros(40, int)})
    with pytest.raises(DataError, match="leave a class without training rows"):
        load_dataset({"x": y, "y": y, "groups": y})
    with pytest.raises(DataError, match="groups has 3 rows, y has 40"):
        load_dataset({"x": y, "y": y, "groups": y[:3]})


def test_last_rows_for_time():
    data = load(np.sin(np.arange(40.0)), test_split="last")
    assert data.x_test[:, 0].tolist() == list(range(30, 40))
    with pytest.raises(DataError, match="1 class would be in the last"):
        load(["a", "b"] * 15 + ["c"] * 10, test_split="last")
    y = np.arange(40) % 2
    with pytest.raises(DataError, match="cut groups in two"):
        load_dataset({"x": y, "y": y, "groups": np.arange(40) // 4}, test_split="last")


@pytest.mark.parametrize("y", [np.arange(12.0), ["a", "b"] * 6])
def test_no_rows_are_held_out_where_none_are_asked_for(y):
    frame = pd.DataFrame({"x": np.arange(12) % 5, "kind": ["u", "v", "w"] * 4, "y": y})
    for data in (frame, frame.assign(fold=[0, 1] * 6)):
        asked = {"fold_column": "fold"} if "fold" in data else {}
        loaded = load_dataset(data, target="y", test_size=0, **asked)
        assert (loaded.rows, loaded.test_rows) == (12, 0)
        assert list(loaded.x_test.columns) == list(loaded.x.columns)
        assert "no rows held out for a test, as asked: nothing scores a refit" in loaded.notes
    grouped = load_dataset(
        {"x": frame[["x"]].to_numpy(), "y": y, "groups": [1, 2, 3] * 4}, test_size=0, group="groups"
    )
    assert grouped.rows == 12
