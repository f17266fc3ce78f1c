"""Several inputs and outputs are read as they were given; several labels a row are refused in one line so far."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from kerasweep.errors import DataError, TrainingError
from kerasweep.training.data import leaves, load_dataset, make_folds
from kerasweep.training.data.trees import map_leaves, named_leaves

if TYPE_CHECKING:
    from pathlib import Path

ROWS = 30
RNG = np.random.default_rng(0)
X, OTHER = RNG.normal(size=(ROWS, 4)), RNG.normal(size=(ROWS, 3))
Y = np.arange(ROWS) % 2
LABELS = (RNG.random((ROWS, 3)) < 0.5).astype(int)
CLASSES = np.arange(60) % 3
OUTPUTS: dict[str, Any] = {
    "a list of outputs": (X, [Y, OTHER]),
    "a dict of outputs": (X, {"left": Y, "right": OTHER}),
    "inputs and outputs": ([X, OTHER], [Y, Y]),
}
INPUTS = {
    "a list": (([X, OTHER], Y), ["0", "1"]),
    "a tuple of equal arrays": (((X, X), Y), ["0", "1"]),
    "a dict": (({"left": X, "right": OTHER}, Y), ["left", "right"]),
    "one array in a dict": (({"left": X}, Y), ["left"]),
    "one array in a list": (([X], Y), ["0"]),
    "a nest": (({"left": [X, OTHER], "right": {"far": X}}, Y), ["left/0", "left/1", "right/far"]),
    "five": (([X] * 5, Y), ["0", "1", "2", "3", "4"]),
    "frames": (([pd.DataFrame(X), pd.DataFrame(OTHER)], Y), ["0", "1"]),
    "lists of rows in a dict": (({"left": X.tolist(), "right": OTHER}, Y), ["left", "right"]),
    "a dict in a dict": ({"x": {"left": X, "right": OTHER}, "y": Y}, ["left", "right"]),
    "with test rows": (
        {"x_train": [X, OTHER], "y_train": Y, "x_test": [X, OTHER], "y_test": Y},
        ["0", "1"],
    ),
}
MANY_LABELS = {
    "whole numbers": (X, LABELS),
    "decimals": (X, LABELS.astype(float)),
    "true and false": (X, LABELS.astype(bool)),
    "a dict": {"x": X, "y": LABELS},
}


@pytest.mark.parametrize("kind", OUTPUTS)
def test_several_outputs_are_a_nest_of_arrays_as_they_were_given(kind: str) -> None:
    dataset = load_dataset(OUTPUTS[kind])
    assert dataset.task == "outputs"
    assert dataset.classes == ()
    assert {leaf.dtype for leaf in leaves(dataset.y)} <= {np.dtype("float32"), np.dtype("int64")}
    assert {len(leaf) for leaf in leaves(dataset.y)} == {dataset.rows}
    assert {len(leaf) for leaf in leaves(dataset.y_test)} == {dataset.test_rows}
    assert map_leaves(lambda leaf: int(np.prod(leaf.shape[1:])), dataset.y) == dataset.outputs
    assert dataset.task_text.startswith(f"{len(leaves(dataset.y))} output")


@pytest.mark.parametrize("values", [CLASSES, CLASSES[:, None], np.eye(3)[CLASSES], CLASSES.astype(float)])
def test_splits_keep_the_proportions_of_an_output_that_holds_classes(values: Any) -> None:
    dataset = load_dataset((np.arange(60.0), {"price": np.arange(60.0), "kind": values}), stratify="kind")
    folds = make_folds(dataset, folds=3)
    assert np.bincount(dataset.fold_codes).tolist() == [15, 15, 15]
    for fold in folds:
        assert np.bincount(dataset.fold_codes[fold.validation]).tolist() == [5, 5, 5]


@pytest.mark.parametrize(
    ("stratify", "message"),
    [
        ("price", "the output 'price' holds amounts, and no classes to stratify by"),
        ("kindd", "has no output 'kindd' to stratify by. Did you mean 'kind'"),
        ("other", "has no output 'other' to stratify by. Known: price, kind"),
    ],
)
def test_an_output_without_classes_cannot_be_stratified_by(stratify: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        load_dataset((np.arange(60.0), {"price": np.arange(60.0), "kind": CLASSES}), stratify=stratify)
    with pytest.raises(DataError, match="stratify names one of several outputs, and there is one"):
        load_dataset((np.arange(60.0), CLASSES), stratify="kind")


def test_several_outputs_have_no_task_to_ask_for_and_no_strata_unless_named() -> None:
    data = (np.arange(60.0), {"price": np.arange(60.0), "kind": CLASSES})
    with pytest.raises(
        DataError, match="task is for a number or a label a row, and y is several outputs: leave it out"
    ):
        load_dataset(data, task="regression")
    with pytest.raises(DataError, match="several outputs: use method 'kfold', or name an output of classes"):
        make_folds(load_dataset(data), method="stratified")


@pytest.mark.parametrize("kind", INPUTS)
def test_several_inputs_are_a_nest_of_arrays_as_they_were_given(kind: str) -> None:
    data, names = INPUTS[kind]
    dataset = load_dataset(data)
    assert dataset.kind == "arrays"
    assert [name for name, _ in named_leaves(dataset.x)] == names
    for leaf in leaves(dataset.x):
        assert leaf.dtype == np.float32
        assert len(leaf) == dataset.rows
    assert type(dataset.x) is type(dataset.x_test)
    assert map_leaves(np.ndim, dataset.x) == map_leaves(np.ndim, dataset.x_test)


def test_a_fingerprint_of_several_inputs_depends_on_names_and_values() -> None:
    pairs = [
        {"left": X, "right": OTHER},
        {"left": X, "wrong": OTHER},
        {"left": X, "right": OTHER + 1},
        [X, OTHER],
    ]
    found = {load_dataset((x, Y)).fingerprint for x in pairs}
    assert len(found) == len(pairs)
    assert load_dataset((pairs[0], Y)).fingerprint == load_dataset(({**pairs[0]}, Y)).fingerprint


def test_fewer_rows_are_fewer_of_every_input() -> None:
    dataset = load_dataset(({"left": X, "right": OTHER}, Y), limit=8)
    assert {len(leaf) for leaf in leaves(dataset.x)} == {dataset.rows} == {8}


@pytest.mark.parametrize(
    "test",
    [{"left": X, "wrong": OTHER}, {"left": X, "right": X}, {"left": X}],
    ids=["names", "shapes", "fewer"],
)
def test_test_rows_have_the_same_inputs(test: Any) -> None:
    with pytest.raises(DataError, match=r"x_test holds left 4.*, expected left 4, right 3"):
        load_dataset((({"left": X, "right": OTHER}, Y), (test, Y)))


@pytest.mark.parametrize(
    "data",
    [
        ([list(row) for row in X], list(Y)),
        ([*X], Y),
        ([row.reshape(2, 2) for row in X], [*Y]),
        (RNG.normal(size=(ROWS, ROWS)), Y),
        ([*RNG.normal(size=(ROWS, ROWS))], Y),
    ],
    ids=["lists", "rows", "small rows", "a square", "rows of a square"],
)
def test_lists_of_rows_are_rows(data: Any) -> None:
    dataset = load_dataset(data)
    assert dataset.rows + len(dataset.x_test) == ROWS


@pytest.mark.parametrize("kind", [*MANY_LABELS, "npz", "columns of a table"])
def test_several_labels_a_row_are_recognised_and_may_be_asked_for_as_numbers(
    kind: str, tmp_path: Path
) -> None:
    named: dict[str, Any] = {}
    data: Any = MANY_LABELS.get(kind)
    if kind == "npz":
        data = str(tmp_path / "a.npz")
        np.savez(data, x=X, y=LABELS)
    elif kind == "columns of a table":
        data, named = (
            pd.DataFrame(X, columns=list("abcd")).assign(u=LABELS[:, 0], v=LABELS[:, 1]),
            {"target": ["u", "v"]},
        )
    dataset = load_dataset(data, **named)
    assert dataset.task == "multilabel"
    assert dataset.notes[0].startswith("multilabel: ")
    assert load_dataset(data, task="regression", **named).task == "regression"


def test_one_hot_rows_are_one_label_each() -> None:
    assert load_dataset((X, np.eye(3)[np.arange(ROWS) % 3])).classes == ("0", "1", "2")


@pytest.mark.parametrize("what", ["input", "output"])
def test_models_of_several_inputs_or_outputs_are_refused_in_one_line(what: str) -> None:
    import keras
    from kerasweep.training.models import Signature
    from kerasweep.training.models.building import build_model

    def build(config: Any, signature: Any) -> Any:
        one, two = keras.Input((4,)), keras.Input((3,))
        joined = keras.layers.Concatenate()([one, two])
        dense = keras.layers.Dense(2)
        return (
            keras.Model([one, two], dense(joined))
            if what == "input"
            else keras.Model(one, [dense(one), keras.layers.Dense(1)(one)])
        )

    with pytest.raises(
        TrainingError, match=f"the model has 2 {what}s, and . is 1 array: give one for each {what}"
    ):
        build_model(build, {}, Signature((4,), 2, "classification"), 0)


@pytest.mark.parametrize(
    ("y", "said"),
    [
        (np.minimum(np.arange(600), 580), "581 distinct values"),
        (np.arange(600) % 40, "40 distinct values; --task classification, if they are classes"),
        (np.arange(600) % 3, "3 distinct values; --task regression, if they are amounts"),
        (np.arange(600) % 3 / 1.0, "3 distinct values; --task classification, if they are classes"),
    ],
)
def test_a_guess_about_the_task_says_how_it_is_changed_where_it_may_be_wrong(y: Any, said: str) -> None:
    notes = load_dataset((RNG.normal(size=(600, 2)), y)).notes
    assert any(note.endswith(said) for note in notes), notes
