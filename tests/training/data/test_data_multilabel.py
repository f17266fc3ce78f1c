"""Several labels a row: recognised by rule, and split so that parts have their proportions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kerasweep.errors import DataError
from kerasweep.training.data import load_dataset, make_folds, row_strata
from kerasweep.training.data.strata import label_strata

if TYPE_CHECKING:
    from pathlib import Path

ROWS = 60
RNG = np.random.default_rng(0)
X = RNG.normal(size=(ROWS, 4))
Y = (RNG.random((ROWS, 3)) < (0.5, 0.3, 0.2)).astype(int)
ONE_HOT = np.eye(3, dtype=int)[np.arange(ROWS) % 3]


def table(y: np.ndarray = Y) -> pd.DataFrame:
    return pd.DataFrame(X, columns=list("abcd")).assign(red=y[:, 0], green=y[:, 1], blue=y[:, 2])


def test_labels_keep_the_names_of_their_columns(tmp_path: Path) -> None:
    table().to_csv(tmp_path / "colours.csv", index=False)
    np.savez(tmp_path / "colours.npz", x=X, y=Y)
    names = ["red", "green", "blue"]
    for source in (table(), tmp_path / "colours.csv"):
        dataset = load_dataset(source, target=names)
        assert dataset.classes == tuple(names)
        assert dataset.task_text == "3 labels, any number of them a row"
        assert list(dataset.x.columns) == list("abcd")
    assert load_dataset((X, table()[names])).classes == tuple(names)
    assert load_dataset(tmp_path / "colours.npz").classes == ("label_0", "label_1", "label_2")


def test_labels_are_stored_as_0_and_1_and_given_as_they_came() -> None:
    for given_type, known in ((bool, "bool"), (float, "float32"), (np.int8, "int8")):
        dataset = load_dataset((X, Y.astype(given_type)))
        assert dataset.y.dtype == np.uint8
        assert dataset.outputs == 3
        assert dataset.target_format.shape == "multi-hot"
        as_given = dataset.target_format.numbers(dataset.y)
        assert as_given.dtype == known
        np.testing.assert_array_equal(as_given, dataset.y)


def test_one_hot_rows_are_classes_unless_asked_otherwise() -> None:
    assert load_dataset((X, ONE_HOT)).task == "classification"
    dataset = load_dataset((X, ONE_HOT), task="multilabel")
    assert dataset.task == "multilabel"
    assert dataset.notes[0] == "multilabel, as asked"
    assert load_dataset((X, Y), task="regression").y.dtype == np.float32


def test_one_hot_columns_that_no_row_is_of_are_classes() -> None:
    y = np.eye(5, dtype=np.float32)[np.arange(len(X)) % 2 * 2]
    dataset = load_dataset((X, y))
    assert dataset.classes == ("0", "1", "2", "3", "4")
    assert set(dataset.y) == {0, 2}
    assert "one-hot labels of 5 classes decoded, no row of which is of '1', '3', '4'" in dataset.notes
    assert len(make_folds(dataset, folds=3)) == 3
    with pytest.raises(DataError, match="every row is of class '3'"):
        load_dataset((X, np.eye(5)[np.full(len(X), 3)]))


def test_one_hot_columns_of_a_frame_are_classes_by_their_names() -> None:
    codes = np.arange(ROWS) % 3
    frame = pd.DataFrame({"yes": codes == 0, "no": codes == 1, "maybe": codes == 2})
    test = X[:6], frame[["maybe", "yes", "no"]][:6]
    dataset = load_dataset(((X, frame), test))
    assert dataset.classes == ("yes", "no", "maybe")
    assert dataset.y.tolist() == codes.tolist()
    assert dataset.y_test.tolist() == codes[:6].tolist()
    assert dataset.target_format.shape == "one-hot"
    assert load_dataset(((X, frame), (X[:6], frame[:6].to_numpy()))).y_test.tolist() == codes[:6].tolist()
    assert load_dataset((X, frame.to_numpy())).classes == ("0", "1", "2")


def test_a_label_that_never_changes_is_told() -> None:
    y = np.hstack([Y, np.zeros((ROWS, 1), int)])
    assert any(
        note == "1 label the same in every row, which any model predicts: 'label_3'"
        for note in load_dataset((X, y)).notes
    )


@pytest.mark.parametrize(
    ("data", "settings", "message"),
    [
        ((X, Y), {"task": "classification"}, r"y has 3 columns, .* --task multilabel, if a row has several"),
        ((X, Y[:, 0]), {"task": "multilabel"}, "need a column of 0 and 1 for each, and there is one column"),
        ((X, Y * 2), {"task": "multilabel"}, "columns of 0 and 1; these hold '2.0', too"),
        ((X, np.ones((ROWS, 2))), {}, "every label is the same in every row: there is nothing to learn"),
        ((X, pd.DataFrame(Y, columns=["a", "b", "b"])), {}, "y has the column 'b' more than once"),
        (
            (X, Y),
            {"rare_classes": "drop"},
            "--rare-classes is for classes, and a row may have several labels",
        ),
        (((X, Y), (X, Y[:, :2])), {}, r"y_test has shape \(60, 2\), y_train \(60, 3\)"),
        (((X, Y), (X, Y * 3)), {}, "these hold '3.0', too"),
        (((X, ONE_HOT), (X, Y)), {}, "rows of y_test are not one-hot, and those of y_train are"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(data: Any, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        load_dataset(data, **settings)
    assert "\n" not in str(caught.value)


LABELS = st.integers(1, 4).flatmap(
    lambda labels: st.lists(
        st.lists(st.integers(0, 1), min_size=labels + 1, max_size=labels + 1), min_size=4, max_size=80
    )
)


@settings(max_examples=60, deadline=None)
@given(rows=LABELS, fewest=st.integers(2, 10), seed=st.integers(0, 9))
def test_strata_are_large_enough_and_hang_on_no_order(rows: Any, fewest: int, seed: int) -> None:
    y = np.array(rows, np.uint8)
    strata = label_strata(y, fewest)
    counts = np.bincount(strata)
    assert counts.min() >= min(fewest, len(y))
    order = np.random.default_rng(seed).permutation(len(y))
    np.testing.assert_array_equal(label_strata(y[order], fewest), strata[order])
    for combination in np.unique(y, axis=0):  # each lies in one stratum
        assert len(np.unique(strata[(y == combination).all(axis=1)])) == 1


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 99), labels=st.integers(2, 5), folds=st.integers(2, 5))
def test_each_label_has_its_proportion_in_every_fold(seed: int, labels: int, folds: int) -> None:
    rng = np.random.default_rng(seed)
    y = (rng.random((120, labels)) < rng.uniform(0.1, 0.6, labels)).astype(int)
    dataset = load_dataset((rng.normal(size=(120, 2)), y), task="multilabel")
    made = make_folds(dataset, folds=folds, seed=seed)
    strata = row_strata(dataset.y, "multilabel", folds)
    # A stratum gives each fold its rows but for one; the labels of a pool of rare combinations are a matter of chance.
    for label in range(labels):
        has = dataset.y[:, label] == 1
        shares = [(has & (strata == stratum)).sum() / (strata == stratum).sum() for stratum in set(strata)]
        pooled = sum(
            (has & (strata == stratum)).sum()
            for stratum, share in zip(set(strata), shares, strict=True)
            if 0 < share < 1
        )
        allowed = sum(share == 1 for share in shares) + pooled
        for fold in made:
            assert abs(has[fold.validation].sum() - has.sum() / folds) <= allowed


def test_stratified_folds_are_nearer_to_the_proportions_than_shuffled_ones() -> None:
    def distance(method: Any) -> float:
        found: list[float] = []
        for seed in range(8):
            rng = np.random.default_rng(seed)
            y = (rng.random((100, 4)) < (0.5, 0.3, 0.2, 0.1)).astype(int)
            dataset = load_dataset((rng.normal(size=(100, 2)), y))
            whole = dataset.y.mean(axis=0)
            found += [
                np.abs(dataset.y[fold.validation].mean(axis=0) - whole).mean()
                for fold in make_folds(dataset, method=method, folds=5, seed=seed)
            ]
        return float(np.mean(found))

    assert distance("stratified") < 0.7 * distance("kfold")
    assert distance("auto") == distance("stratified")


@pytest.mark.parametrize("method", ["kfold", "stratified", "repeated", "time", "holdout", "group"])
def test_every_method_cuts_rows_of_several_labels(method: Any) -> None:
    data = {"x": X, "y": Y, "g": np.arange(ROWS) // 3}
    dataset = load_dataset(data, group="g" if method == "group" else None)
    made = make_folds(dataset, method=method, folds=3, repeats=2 if method == "repeated" else 1)
    assert len(made) == {"repeated": 6, "holdout": 1}.get(method, 3)
    for fold in made:
        assert not set(fold.train) & set(fold.validation)
    if method in ("kfold", "stratified", "group"):
        assert sorted(np.concatenate([fold.validation for fold in made])) == list(range(dataset.rows))


def test_the_test_split_and_a_subset_keep_the_proportions() -> None:
    y = np.repeat([[0, 0, 1], [0, 1, 1], [1, 1, 1]], [200, 120, 80], axis=0)
    dataset = load_dataset((RNG.normal(size=(400, 2)), y), limit=150)
    assert dataset.y_test.mean(axis=0) == pytest.approx([0.2, 0.5, 1.0])
    assert dataset.y.mean(axis=0) == pytest.approx([0.2, 0.5, 1.0])
    assert "label proportions kept" in " ".join(dataset.notes)
