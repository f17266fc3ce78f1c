"""Columns that are pointed out: identifiers, and what gives the target away."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from kerasweep.training.data import load_dataset
from kerasweep.training.data.suspicious import MOST_ROWS

ROWS = 60
RNG = np.random.default_rng(0)
CLASSES = RNG.choice(["예", "아니요"], ROWS)
AMOUNTS = RNG.normal(100, 20, ROWS)
NOISE = RNG.normal(size=ROWS)


def notes_of(target, **columns):
    frame = pd.DataFrame({"base": NOISE, **columns, "y": target})
    data = load_dataset(frame, target="y")
    assert set(columns) <= set(data.x.columns), "nothing is dropped"
    return [note for note in data.notes if "--drop" in note]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("id", RNG.permutation(ROWS)),
        ("Unnamed: 0", np.delete(np.arange(ROWS + 3), [5, 20, 33])),
        ("no", np.arange(ROWS) * 2),
        ("customer_id", RNG.permutation(ROWS) + 10**6),
        ("customerId", RNG.permutation(ROWS)),
        ("Order Number", RNG.permutation(ROWS)),
        ("고객번호", RNG.permutation(ROWS)),
    ],
)
def test_identifiers_are_pointed_out(name, values):
    (note,) = notes_of(CLASSES, **{name: values})
    flag = f"'{name}'" if " " in name or not name.isascii() else name
    assert note == (
        f"column '{name}' has another number in every row and may be no more than an identifier: --drop {flag} leaves it out"
    )


@pytest.mark.parametrize("first", [0, 1, 4000])
def test_what_numbers_the_rows_is_pointed_out_whatever_it_is_called(first):
    (note,) = notes_of(CLASSES, serial=np.arange(first, first + ROWS))
    assert (
        note
        == "column 'serial' numbers the rows and may be no more than an identifier: --drop serial leaves it out"
    )


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("serial", np.arange(ROWS)[::-1]),
        ("serial", np.arange(ROWS) * 2),
        ("serial", np.arange(ROWS) * 1.0),
        ("id", np.arange(ROWS) // 2),
        ("idea", RNG.permutation(ROWS)),
        ("area", RNG.permutation(ROWS)),
        ("id", NOISE),
    ],
)
def test_what_is_no_identifier(name, values):
    assert notes_of(CLASSES, **{name: values}) == []


@pytest.mark.parametrize(
    "values",
    [
        CLASSES,
        CLASSES == "예",
        np.where(CLASSES == "예", 7, 3),
        np.where(CLASSES == "예", "alive", "dead"),
        pd.Series(np.where(CLASSES == "예", "x", None), dtype=object),
    ],
)
def test_what_stands_for_the_classes_is_pointed_out(values):
    if isinstance(values, pd.Series):
        values = values.fillna("?")
    (note,) = notes_of(CLASSES, leak=values)
    assert note.startswith(
        "column 'leak' gives the target away, with one value for each class: --drop leak leaves it out"
    )


def test_every_class_of_several_must_have_its_value():
    classes = np.arange(ROWS) % 3
    assert len(notes_of(classes.astype(str), leak=np.array([5.0, 9.0, 1.0])[classes])) == 1
    assert notes_of(classes.astype(str), part=np.array([5.0, 5.0, 1.0])[classes]) == []
    assert notes_of(classes.astype(str), finer=classes * 10 + np.arange(ROWS) // 3 % 2) == []


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (AMOUNTS, True),
        (AMOUNTS * -1350 + 7, True),
        (AMOUNTS.round(1), True),
        (np.where(np.arange(ROWS) % 9, AMOUNTS, np.nan), True),
        (AMOUNTS + NOISE * 3, False),
        (np.where(np.arange(ROWS) < 55, np.nan, AMOUNTS), False),
        (np.float64(1e300) * (NOISE > 0), False),
    ],
)
def test_a_correlation_of_one_is_pointed_out(values, found):
    notes = notes_of(AMOUNTS, leak=values)
    assert [note.split(":")[0] for note in notes] == (
        ["column 'leak' gives the target away, with a correlation above 0.999"] if found else []
    )


def test_one_line_for_all_of_a_kind():
    (note,) = notes_of(AMOUNTS, copy=AMOUNTS, pence=AMOUNTS * 100)
    assert "each of the columns 'copy', 'pence' gives" in note
    assert "--drop copy --drop pence" in note


def test_a_few_rows_say_nothing():
    frame = pd.DataFrame({"a": [1, 2, 1, 2] * 3, "y": ["x", "z", "x", "z"] * 3})
    assert not [note for note in load_dataset(frame, target="y").notes if "--drop" in note]


def test_a_column_among_many_rows_and_columns():
    rows = 3 * MOST_ROWS
    wide = pd.DataFrame(np.random.default_rng(0).normal(size=(rows, 30))).add_prefix("c")
    wide["y"] = wide["c3"] * 2
    assert any("'c3' gives the target away" in note for note in load_dataset(wide, target="y").notes)
