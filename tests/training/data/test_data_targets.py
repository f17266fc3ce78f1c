"""Classification or regression, and the codes of classes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from kerasweep.errors import DataError
from kerasweep.training.data import load_dataset
from kerasweep.training.data.given_targets import as_labels
from kerasweep.training.data.source_data import SourceData
from kerasweep.training.data.targets import read_target

RNG = np.random.default_rng(0)


def load(y, **options):
    return load_dataset((np.arange(len(y) * 2.0).reshape(-1, 2), y), **options)


@pytest.mark.parametrize(
    ("y", "task"),
    [
        (["a", "b"] * 10, "classification"),
        ([True, False] * 10, "classification"),
        (pd.Series(["a", "b"] * 10, dtype="category"), "classification"),
        (np.array([b"a", b"b"] * 10), "classification"),
        (np.arange(100) % 10, "classification"),
        (pd.array([0, 1] * 10, dtype="Int64"), "classification"),
        (np.arange(100) % 20, "classification"),
        (np.arange(100) % 21, "regression"),
        (np.arange(20) % 10, "regression"),
        (np.arange(20), "regression"),
        (np.arange(20.0), "regression"),
        (np.arange(20) % 2.0, "regression"),
        (RNG.normal(size=(20, 3)), "regression"),
        (np.eye(4)[np.arange(20) % 4], "classification"),
        ((np.arange(20) % 2).reshape(-1, 1), "classification"),
    ],
)
def test_rule_for_the_task(y, task):
    data = load(y)
    assert data.task == task
    assert any(task in note or "one-hot" in note for note in data.notes), "what was decided is told"
    if task == "classification":
        assert data.y.dtype == np.int64
        assert data.y.ndim == 1
        assert set(data.y) == set(range(len(data.classes)))
    else:
        assert data.y.dtype == np.float32
        assert data.classes == ()


def test_many_codes_of_images_are_classes():
    y = np.arange(600) % 100
    assert load_dataset((np.zeros((600, 8, 8), np.uint8), y)).outputs == 100
    assert load_dataset((np.zeros((600, 8), np.float32), y)).task == "regression"


def test_task_as_asked():
    assert load(np.arange(20) % 2, task="regression").y.dtype == np.float32
    assert load(np.arange(20) % 10.0, task="classification").classes == tuple("0123456789")
    assert load([1.5, 2.5] * 10, task="classification").classes == ("1.5", "2.5")
    assert any("as asked" in note for note in load(np.arange(20) % 2, task="regression").notes)


@pytest.mark.parametrize(
    ("y", "classes"),
    [
        ([10, 9, -1, 2] * 5, ("-1", "2", "9", "10")),
        (["10", "9", "2", "1"] * 5, ("1", "2", "9", "10")),
        (["class 10", "class 2", "B", "a"] * 5, ("B", "a", "class 2", "class 10")),
        ([True, False] * 10, ("False", "True")),
    ],
)
def test_classes_are_sorted_naturally(y, classes):
    data = load(y)
    assert data.classes == classes
    x = np.concatenate([data.x, data.x_test])[:, 0] / 2
    codes = np.concatenate([data.y, data.y_test])
    assert [data.classes[code] for code in codes] == [str(y[int(row)]) for row in x]


def test_outputs():
    assert load(["a", "b", "c", "d"] * 5).outputs == 4
    assert load(np.arange(20.0)).outputs == 1
    assert load(RNG.normal(size=(20, 3))).outputs == 3


def test_several_target_columns():
    frame = pd.DataFrame(RNG.normal(size=(20, 4)), columns=list("abcd"))
    data = load_dataset(frame, target=["c", "d"])
    assert data.outputs == 2
    assert list(data.x.columns) == ["a", "b"]
    for other in ("x", frame["d"] + 1j):
        with pytest.raises(DataError, match="must all be real numbers; 'd' is not"):
            load_dataset(frame.assign(d=other), target=["c", "d"])
    with pytest.raises(DataError, match="different columns"):
        load_dataset(frame, target=["c", "c"])


@pytest.mark.parametrize("kind", [np.array, pd.Series, lambda y, dtype: pd.array(y, dtype="UInt64")])
def test_whole_numbers_that_int64_does_not_hold_stay_what_they_are(kind):
    large = kind([2**63 + 5, 7] * 10, dtype="uint64")
    assert load(large, task="regression", test_size=0).y.min() == 7
    assert load(large).classes == ("7", "9223372036854775813")


def test_what_float32_rounds_away_is_told():
    told = "float32 tells only 2 of the target's 60 values apart"
    assert any(note.startswith(told) for note in load(1e9 + np.arange(60.0), test_size=0).notes)
    for other in (1e6 + np.arange(60.0), np.stack([np.arange(60.0), np.full(60, 0.1)], 1)):
        assert not any("float32" in note for note in load(other).notes)


@pytest.mark.parametrize("kind", [np.array, pd.Series])
def test_floats_of_more_bits_are_amounts(kind):
    y = kind(np.arange(20).astype(np.longdouble))
    assert load(y).task == "regression"
    frame = pd.DataFrame({"a": np.arange(20.0), "y": y})
    assert load_dataset(frame, target="y", drop_missing_target=True, test_size=0).y.max() == 19


@pytest.mark.parametrize(
    "cell", [[1, 2], {"a": 1}, {1, 2}, np.arange(2)], ids=["list", "dict", "set", "array"]
)
@pytest.mark.parametrize("drop", [False, True])
def test_cells_of_several_values_are_no_targets(cell, drop):
    frame = pd.DataFrame({"a": np.arange(20.0), "y": pd.Series([None, *[cell] * 19], dtype=object)})
    with pytest.raises(DataError, match=f"the target holds {type(cell).__name__} objects, expected a label"):
        load_dataset(frame, target="y", drop_missing_target=drop)


@pytest.mark.parametrize("part", ["x", "y", "x_test", "y_test", "groups", "weights"])
def test_what_is_masked_is_not_taken_for_data(part):
    rows = {"x": RNG.normal(size=(20, 2)), "y": np.arange(20.0), "groups": None, "weights": None}
    SourceData("d", **{**rows, part: np.ma.masked_array(np.arange(20.0), False)})
    for wrap in (lambda one: one, lambda one: {"left": [one]}, lambda one: (one, one)):
        with pytest.raises(DataError, match=rf"^d: {part} is a masked array: call \.filled"):
            SourceData("d", **{**rows, part: wrap(np.ma.masked_greater(np.arange(20.0), 5))})


@pytest.mark.parametrize(
    ("y", "classes"),
    [
        ([b"a", b"b"], ("a", "b")),
        (["a", b"b"], ("a", "b")),
        (["\uac00".encode(), b"'b '"], ("b", "\uac00")),
        ([b"1", b"2"], ("1", "2")),
    ],
)
@pytest.mark.parametrize(
    "wrap", [lambda y: np.array(y, object), pd.Series, list], ids=["array", "series", "list"]
)
def test_bytes_among_objects_are_texts(y, classes, wrap):
    """As HDF5 files hand them over."""
    assert load_dataset((np.zeros((40, 2)) + np.arange(40)[:, None], wrap(y * 20))).classes == classes
    frame = pd.DataFrame(
        {"word": wrap(y * 20), "number": np.arange(40) % 7, "kind": ["p", "q", "q", "p"] * 10}
    )
    assert set(load_dataset(frame, target="kind", test_size=0).x["word"].astype(str)) == set(classes)


def test_a_class_is_called_by_its_name():
    with pytest.raises(DataError, match="every row is of class 'dog'"):
        read_target(np.ones(9, int), name="d", kind="image", task=None, classes=("cat", "dog"), decided=True)


@pytest.mark.parametrize(
    ("y", "options", "message"),
    [
        (["a"] * 20, {}, "every row is of class 'a': a classification needs at least two"),
        ([1] * 20, {}, "every row is of class '1'"),
        ([1.5] * 20, {}, r"the same in every row \(1\.5\)"),
        ([f"n{row}" for row in range(20)], {}, "a class of its own"),
        (["a", "b"] * 10, {"task": "regression"}, "needs numbers, but the target holds text such as 'a'"),
        ([1e300, 1.0] * 10, {}, "too large for float32"),
        (2**60 + np.arange(20), {}, "float32 does not tell the target's values apart"),
        (np.array([b"\xff", b"a"] * 10), {}, "y holds bytes that are no UTF-8: decode them first"),
        (RNG.normal(size=(20, 3)), {"task": "classification"}, "y has 3 columns"),
        (pd.date_range("2024-01-01", periods=20), {}, "dates or durations"),
        ([None, "a", "b", "a"] * 5, {}, "target is missing in 5 rows"),
        (np.array([b"", b"a", b"b", b"a"] * 5, object), {}, "target is missing .* in 5 rows"),
        ([1j, 2j] * 10, {}, "complex"),
        (
            [[1, 2], [3]] * 10,
            {},
            "rows of y have different lengths: several labels a row are a column of 0 and 1 for each",
        ),
    ],
)
def test_bad_targets(y, options, message):
    with pytest.raises(DataError, match=message):
        load(y, **options)


@pytest.mark.parametrize("task", [None, "regression", "classification", "multilabel"])
def test_rows_without_any_target(task):
    with pytest.raises(DataError, match="y has no rows"):
        load_dataset((np.zeros((20, 2)), np.zeros(0)), task=task)


def test_missing_targets_of_a_table(houses):
    frame = houses()
    frame.loc[[1, 4], "price"] = np.nan
    with pytest.raises(DataError, match="the target is missing in 2 rows: fill or remove them"):
        load_dataset(frame, target="price")


@pytest.mark.parametrize(
    "y",
    [
        [["a"], ["a", "b"]] * 10,
        [{"a"}, {"a", "b"}] * 10,
        pd.Series([("a",), ("a", "b")] * 10),
        pd.Series([["a"], ["b"]] * 10),
        pd.Series([frozenset("a"), frozenset("ab")] * 10),
        pd.Series(["a", ("a", ["b"])] * 10),
    ],
    ids=["lists", "sets", "tuples", "lists of one", "frozen sets", "some tuples"],
)
def test_labels_in_lists_are_said_to_be_columns(y: Any) -> None:
    with pytest.raises(
        DataError, match="several labels a row are a column of 0 and 1 for each, as scikit-learn's"
    ):
        as_labels(y, "y")
