"""``tf.data.Dataset`` and ``PyDataset`` as sources."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from kerasweep.errors import DataError
from kerasweep.training.data import load_dataset

X = np.random.default_rng(0).normal(size=(50, 4)).astype("float32")
Y = np.arange(50) % 2


@pytest.fixture(scope="module")
def tf() -> Any:
    from kerasweep.training.quiet import import_tensorflow

    import_tensorflow()
    import tensorflow

    return tensorflow


def py_dataset(count: int | None, size: int = 20, parts: int = 2) -> Any:
    import keras

    class Rows(keras.utils.PyDataset):
        @property
        def num_batches(self) -> int | None:
            return count

        def __getitem__(self, number: int) -> tuple[np.ndarray, ...]:
            rows = slice(number * size, (number + 1) * size)
            return (X[rows], Y[rows], np.ones(len(X[rows])))[:parts]

    return Rows()


def sources(tf: Any) -> dict[str, Any]:
    rows = tf.data.Dataset.from_tensor_slices((X, Y))
    return {
        "rows": rows,
        "batches": rows.batch(20),
        "no length": rows.filter(lambda x, y: True).batch(7),
        "generator": tf.data.Dataset.from_generator(
            lambda: zip(X, Y, strict=True), output_signature=(tf.TensorSpec(4), tf.TensorSpec((), tf.int64))
        ),
        "PyDataset": py_dataset(3),
    }


@pytest.mark.parametrize("kind", ["rows", "batches", "no length", "generator", "PyDataset"])
def test_all_rows_arrive_as_if_they_were_arrays(tf, kind):
    read, arrays = load_dataset(sources(tf)[kind]), load_dataset((X, Y))
    assert read.fingerprint == arrays.fingerprint
    assert any(note.startswith("50 rows of a ") and note.endswith("of one pass") for note in read.notes)


def test_one_for_training_and_one_for_the_test(tf):
    rows = tf.data.Dataset.from_tensor_slices((X, Y)).batch(8)
    read = load_dataset((rows.take(5), rows.skip(5)))
    np.testing.assert_array_equal(read.x, X[:40])
    np.testing.assert_array_equal(read.x_test, X[40:])


def test_weights_of_rows_come_along(tf):
    weights = np.linspace(1, 2, 50)
    given = load_dataset(tf.data.Dataset.from_tensor_slices((X, Y, weights)).batch(8))
    assert given.weights is not None
    np.testing.assert_allclose(np.sort([*given.weights, *given.weights_test]), weights, rtol=1e-6)
    np.testing.assert_allclose(load_dataset(py_dataset(3, parts=3)).weights, 1)


@pytest.mark.parametrize("nest", [dict, tuple])
def test_several_inputs_keep_their_nest(tf, nest):
    x = {"left": X[:, :1], "right": X[:, 1:]} if nest is dict else (X[:, :1], X[:, 1:])
    read = load_dataset(tf.data.Dataset.from_tensor_slices((x, Y)).batch(9))
    assert read.fingerprint == load_dataset((x, Y)).fingerprint


def batches(give: Any) -> Any:
    """Return a ``PyDataset`` of five batches, of which ``give`` returns one by its number and its rows."""
    import keras

    class Batches(keras.utils.PyDataset):
        def __len__(self) -> int:
            return 5

        def __getitem__(self, number: int) -> Any:
            return give(number, slice(10 * number, 10 * number + 10))

    return Batches()


def test_inputs_are_told_apart_by_their_names_in_whatever_order_a_batch_has_them(tf):
    def give(number: int, rows: slice) -> Any:
        parts = [("left", X[rows]), ("right", -X[rows])]
        return dict(parts if number % 2 else parts[::-1]), Y[rows]

    read = load_dataset(batches(give), test_size=0)
    np.testing.assert_array_equal(read.x["left"], X)
    np.testing.assert_array_equal(read.x["right"], -X)


def test_what_fit_takes_for_a_batch_is_taken(tf):
    arrays = load_dataset((X, Y)).fingerprint
    assert load_dataset(batches(lambda _, rows: [X[rows], Y[rows]])).fingerprint == arrays
    assert load_dataset(batches(lambda _, rows: (X[rows], Y[rows], None))).fingerprint == arrays
    rows = tf.data.Dataset.from_tensor_slices((X, Y)).batch(8)
    assert load_dataset(rows.map(lambda x, y: (x, y, None))).fingerprint == arrays


def faults(tf: Any) -> dict[str, tuple[Any, str]]:
    rows = tf.data.Dataset.from_tensor_slices((X, Y))

    def fails() -> Any:
        yield X[0], 1
        raise ValueError("the disk is gone")

    signature = (tf.TensorSpec(4), tf.TensorSpec((), tf.int64))
    ragged = tf.data.Dataset.from_tensor_slices((tf.ragged.constant([[1.0], [1.0, 2.0]]), [0, 1]))
    return {
        "no end": (rows.repeat(), r"has no end: leave \.repeat\(\) out"),
        "no number": (py_dataset(None), "has no end: give it a number of batches"),
        "x alone": (rows.map(lambda x, y: x), r"got x alone"),
        "four parts": (rows.map(lambda x, y: (x, y, y, y)), "got 4 parts"),
        "weights of test rows": (
            (py_dataset(2), py_dataset(1, parts=3)),
            r"test rows weigh the same: give \(x, y\) of them",
        ),
        "empty": (rows.take(0), "gives no rows"),
        "rows or batches": (rows.batch(50, drop_remainder=True), "may be rows or batches"),
        "ragged": (ragged.batch(1), "gives ragged rows"),
        "unknown shapes": (
            tf.data.Dataset.from_generator(lambda: [(X[0], 1)], output_types=("float32", "int64")),
            "unknown shapes: say them in its output_signature",
        ),
        "raises": (tf.data.Dataset.from_generator(fails, output_signature=signature), "the disk is gone"),
        "weights once": (
            batches(lambda number, rows: (X[rows], Y[rows], Y[rows] + 1)[: 2 + (number > 0)]),
            "all batches must hold the same inputs, targets and weights",
        ),
        "other inputs": (
            batches(lambda number, rows: ({"left" if number else "right": X[rows]}, Y[rows])),
            "all batches must hold the same inputs",
        ),
        "other widths": (
            batches(lambda number, rows: (X[rows, : number + 1], Y[rows])),
            r"rows of shape \(1,\) in the first batch are of shape \(2,\) in another",
        ),
        "weights by output": (
            batches(lambda _, rows: (X[rows], {"a": Y[rows], "b": Y[rows]}, {"a": Y[rows], "b": Y[rows]})),
            "weights by output are not taken: give one number a row",
        ),
        "two lengths": (rows.batch(10).map(lambda x, y: (x, y[:3])), "must have as many rows"),
    }


FAULTS = (
    "no end",
    "no number",
    "x alone",
    "four parts",
    "weights of test rows",
    "empty",
    "rows or batches",
    "ragged",
    "unknown shapes",
    "raises",
    "weights once",
    "other inputs",
    "other widths",
    "weights by output",
    "two lengths",
)


@pytest.mark.parametrize("fault", FAULTS)
def test_what_cannot_be_read_is_refused_in_one_line(tf, fault):
    source, message = faults(tf)[fault]
    with pytest.raises(DataError, match=message) as raised:
        load_dataset(source)
    assert "\n" not in str(raised.value)


def test_more_than_memory_holds(tf, monkeypatch):
    monkeypatch.setattr("kerasweep.training.data.batched_sources.free_memory", lambda: 1000)
    with pytest.raises(DataError, match="more than the memory that is free"):
        load_dataset(sources(tf)["batches"])


def test_a_target_column_is_for_tables(tf):
    with pytest.raises(DataError, match="target"):
        load_dataset(sources(tf)["batches"], target="y")
