"""Several inputs, outputs or labels a row: one line says that they cannot be searched yet, whatever brings them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from kerasweep.errors import DataError, TrainingError
from kerasweep.training.data import load_dataset

if TYPE_CHECKING:
    from pathlib import Path

ROWS = 30
RNG = np.random.default_rng(0)
X, OTHER = RNG.normal(size=(ROWS, 4)), RNG.normal(size=(ROWS, 3))
Y = np.arange(ROWS) % 2
LABELS = (RNG.random((ROWS, 3)) < 0.5).astype(int)
SEVERAL = {
    "a list of inputs": ([X, OTHER], Y),
    "a tuple of equal inputs": ((X, X), Y),
    "a dict of inputs": ({"left": X, "right": OTHER}, Y),
    "a list of outputs": (X, [Y, OTHER]),
    "a dict of outputs": (X, {"left": Y, "right": OTHER}),
    "inputs and outputs": ([X, OTHER], [Y, Y]),
    "five inputs": ([X] * 5, Y),
    "frames": ([pd.DataFrame(X), pd.DataFrame(OTHER)], Y),
    "a dict in a dict": {"x": {"left": X, "right": OTHER}, "y": Y},
    "with test rows": {"x_train": [X, OTHER], "y_train": Y, "x_test": [X, OTHER], "y_test": Y},
}
MANY_LABELS = {
    "whole numbers": (X, LABELS),
    "decimals": (X, LABELS.astype(float)),
    "true and false": (X, LABELS.astype(bool)),
    "a dict": {"x": X, "y": LABELS},
}


@pytest.mark.parametrize("kind", SEVERAL)
def test_several_inputs_or_outputs_are_refused_in_one_line(kind: str) -> None:
    message = r"(x|y) is \d arrays, one for each of several (inputs|outputs): models of one input"
    with pytest.raises(DataError, match=message) as caught:
        load_dataset(SEVERAL[kind])
    assert "\n" not in str(caught.value)


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
def test_several_labels_a_row_are_refused_unless_asked_for_as_numbers(kind: str, tmp_path: Path) -> None:
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
    with pytest.raises(DataError, match=r"columns of 0 and 1 with several labels a row.*--task regression"):
        load_dataset(data, **named)
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

    with pytest.raises(TrainingError, match=f"the model has 2 {what}s; models of one input and one output"):
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
