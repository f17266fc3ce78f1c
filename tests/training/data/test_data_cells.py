"""How cells read: first lines that are data, numbers with marks, spaces and quotes around words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kerasweep.cells import MARKS, comma_number, plain_number
from kerasweep.errors import DataError
from kerasweep.training.data import load_dataset

if TYPE_CHECKING:
    from pathlib import Path


def csv(folder: Path, header: str, rows: Any, name: str = "a.csv") -> Path:
    path = folder / name
    path.write_text("\n".join([header, *rows]).strip() + "\n", encoding="utf-8")
    return path


NUMBERS = [f"{row + 0.5},{row % 5},{'ab'[row % 2]}" for row in range(80)]
WORDS = [
    f"{'red' if row % 2 else 'blue'},{'big' if row % 3 else 'small'},{'yes' if row % 5 else 'no'}"
    for row in range(60)
]


@pytest.mark.parametrize(
    "rows",
    [NUMBERS, WORDS, ["1,1,0", *(f"{row},{row % 7},{row % 2}" for row in range(60))], ["?,1.5,a", *NUMBERS]],
    ids=["numbers", "words that occur below", "equal numbers", "a mark"],
)
def test_a_first_line_of_data_is_not_lost(tmp_path: Path, rows: list[str]) -> None:
    path = csv(tmp_path, "", rows)
    with pytest.raises(DataError, match=r"first line looks like data .*--no-header .*--header"):
        load_dataset(path, target="y")
    data = load_dataset(path, target="-1", header=False)
    assert data.rows + len(data.x_test) == len(rows)
    assert data.columns == ("c0", "c1", "c2")
    assert list(data.x.columns) == ["c0", "c1"]
    assert data.fingerprint == load_dataset(path, target="c2", header=False).fingerprint


@pytest.mark.parametrize(
    ("header", "rows"),
    [
        ("2019,2020,y", [f"{row},{row % 7},{row * 3.1}" for row in range(60)]),
        ("0,1,2", [f"{row},{row % 7},{row % 2}" for row in range(60)]),
        ("colour,size,y", WORDS),
        ("p,q,y", [f"{row},{'?' if row == 7 else row * 1.5},{row % 2}" for row in range(60)]),
    ],
    ids=["years beside a word", "as pandas numbers columns", "words", "a word above numbers and a mark"],
)
def test_names_are_taken_for_names(tmp_path: Path, header: str, rows: list[str]) -> None:
    names = header.split(",")
    data = load_dataset(csv(tmp_path, header, rows), target=names[-1])
    assert data.rows + len(data.x_test) == 60
    assert list(data.x.columns) == names[:-1]
    assert data.columns == ()


def test_names_that_look_like_data_can_be_told_to_be_names(tmp_path: Path) -> None:
    data = load_dataset(csv(tmp_path, "", NUMBERS), target="a", header=True)
    assert list(data.x.columns) == ["0.5", "0"]


def test_only_delimited_files_are_asked_for_a_header(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": range(20), "y": range(20)})
    frame.to_parquet(tmp_path / "a.parquet")
    for source in (tmp_path / "a.parquet", frame, "iris"):
        with pytest.raises(DataError, match="header"):
            load_dataset(source, target=None if source is frame else "y", header=False)


@pytest.mark.parametrize("mark", [*(mark for mark in MARKS if mark), "N/A", " ? ", "'?'"])
@pytest.mark.parametrize("rows", [(7,), (7, 8, 9, 50, 59)], ids=["one", "five"])
def test_a_column_is_numbers_in_spite_of_marks(tmp_path: Path, mark: str, rows: tuple[int, ...]) -> None:
    lines = [f"{row},{mark if row in rows else row * 1.5},{row % 2}" for row in range(60)]
    data = load_dataset(csv(tmp_path, "p,q,y", lines), target="y")
    assert data.x["q"].dtype == data.x_test["q"].dtype == np.float64
    missing = int(data.x["q"].isna().sum() + data.x_test["q"].isna().sum())
    assert missing == len(rows)
    numbers = np.sort(np.concatenate([data.x["q"].dropna(), data.x_test["q"].dropna()]))
    np.testing.assert_array_equal(numbers, [row * 1.5 for row in range(60) if row not in rows])
    said = [note for note in data.notes if "column 'q'" in note]
    pandas_own = {"na", "n/a", "#n/a", "<na>", "nan", "null", "none", "N/A"}
    assert said or mark in pandas_own
    frame = pd.DataFrame({"p": range(60), "q": [line.split(",")[1] for line in lines], "y": [0, 1] * 30})
    np.testing.assert_array_equal(load_dataset(frame, target="y").x["q"], data.x["q"])


def test_commas_between_thousands_are_said(tmp_path: Path) -> None:
    lines = [f'{row},"{1000 * row:,}",{row % 2}' for row in range(60)]
    data = load_dataset(csv(tmp_path, "p,q,y", lines), target="y")
    assert data.x["q"].max() > 50_000
    assert any("commas taken for separators of thousands" in note for note in data.notes)


@pytest.mark.parametrize(("header", "target"), [("p;q;r;y", "y"), ("p;y;r;q", "y"), ("", "-1")])
def test_decimal_commas_are_read_and_said(tmp_path: Path, header: str, target: str) -> None:
    rows = [f"{row};{row % 7}.{row:03},{row % 10};{row % 3},250;{row % 2}" for row in range(10, 70)]
    data = load_dataset(
        csv(tmp_path, header, rows),
        target=target,
        test_split="last",
        test_size=0.1,
        header=None if header else False,
    )
    numbers = [row % 7 * 1000 + row + row % 10 / 10 for row in range(10, 64)]
    column = data.x["q" if header else "c1"] if header != "p;y;r;q" else data.y
    np.testing.assert_allclose(column, numbers, rtol=1e-6)
    np.testing.assert_allclose(data.x["r" if header else "c2"], [row % 3 + 0.25 for row in range(10, 64)])
    assert any("commas taken for decimal commas" in note for note in data.notes)
    assert data.formats.decimal_commas


def test_decimal_commas_in_a_file_of_commas_and_in_a_frame(tmp_path: Path) -> None:
    lines = [f'"{row},5",{row % 2}' for row in range(60)]
    data = load_dataset(csv(tmp_path, "p,y", lines), target="y")
    frame = pd.DataFrame({"p": [f"{row},5" for row in range(60)], "y": [0, 1] * 30})
    assert data.x["p"].tolist() == load_dataset(frame, target="y").x["p"].tolist()
    assert set(data.x["p"] % 1) == {0.5}


def test_test_rows_have_the_decimal_commas_of_the_training_rows() -> None:
    frame = pd.DataFrame({"p": [f"{row},5" for row in range(20)]})
    y = np.arange(20) % 2
    data = load_dataset(((frame, y), (pd.DataFrame({"p": ["1,234", "3"]}), y[:2])))
    assert data.x_test["p"].tolist() == [1.234, 3]
    with pytest.raises(DataError, match=r"column 'p': '1\.5' is not a number with a decimal comma"):
        load_dataset(((frame, y), (pd.DataFrame({"p": ["1.5", "3,5"]}), y[:2])))


def test_points_beside_decimal_commas_are_refused_where_they_may_part_thousands(tmp_path: Path) -> None:
    rows = [f"{row % 9 + 1}.{row:03};{row},5;{row % 2}" for row in range(60)]
    with pytest.raises(
        DataError, match=r"column 'p' holds numbers such as 2\.001, where a point may be decimal"
    ):
        load_dataset(csv(tmp_path, "p;q;y", rows), target="y")
    rows = [f"{row % 9 + 1}.{row % 100:02};{row},5;{row % 2}" for row in range(60)]
    assert load_dataset(csv(tmp_path, "p;q;y", rows), target="y").x["p"].max() < 10


@given(st.decimals(-(10**9), 10**9, places=3), st.booleans())
def test_decimal_commas_say_the_number_that_points_say(number: Any, thousands: bool) -> None:
    text = f"{number:,}" if thousands else str(number)
    assert comma_number(text.translate(str.maketrans(",.", ".,"))) == plain_number(text.replace(",", ""))


@pytest.mark.parametrize("texts", [("00123", "04567", "?"), ("1_2", "3_4", "1_3")])
def test_codes_stay_categories(tmp_path: Path, texts: tuple[str, ...]) -> None:
    lines = [f"{row},{texts[row % 3]},{row % 2}" for row in range(60)]
    data = load_dataset(csv(tmp_path, "p,q,y", lines), target="y")
    assert set(data.x["q"].cat.categories) == set(texts)


def test_texts_of_digits_in_a_frame_stay_texts() -> None:
    frame = pd.DataFrame({"code": ["1", "2", "10"] * 20, "p": range(60), "y": [0, 1] * 30})
    assert list(load_dataset(frame, target="y").x["code"].cat.categories) == ["1", "2", "10"]


def test_words_among_numbers_are_said(tmp_path: Path) -> None:
    lines = [f"{row if row % 20 else 'many'},{row % 2}" for row in range(60)]
    data = load_dataset(csv(tmp_path, "p,y", lines), target="y")
    assert "column 'p' taken for categories: it holds numbers, but 'many' too" in data.notes


@pytest.mark.parametrize("around", ["{}", " {}", "{} ", "'{}'", '"{}"', ' "{}"', "' {} '"])
def test_spaces_and_quotes_are_no_part_of_words(tmp_path: Path, around: str) -> None:
    plain, other = (
        csv(
            tmp_path,
            "p,q,y",
            (
                f"{row},{form.format('ab c'[row % 2 :: 2] or 'd')},{form.format('<=5' if row % 3 else '>5')}"
                for row in range(60)
            ),
            name,
        )
        for form, name in (("{}", "a.csv"), (around, "b.csv"))
    )
    left, right = (load_dataset(path, target="y") for path in (plain, other))
    assert right.classes == ("<=5", ">5")
    assert left.fingerprint == right.fingerprint


def test_spaces_are_no_part_of_names(tmp_path: Path) -> None:
    lines = [f"{row} , 00{row % 3}, {row % 2}" for row in range(60)]
    plain, spaced = (
        load_dataset(csv(tmp_path, header, lines, name), target="y", categorical=("code",))
        for header, name in (("p,code,y", "a.csv"), (" p , code ,\ty ", "b.csv"))
    )
    assert list(spaced.x.columns) == ["p", "code"]
    assert list(spaced.x["code"].cat.categories) == ["000", "001", "002"]
    assert plain.fingerprint == spaced.fingerprint


def test_quoted_numbers_are_classes_without_quotes(tmp_path: Path) -> None:
    lines = [f"{row},'{-1 if row % 2 else 1}'" for row in range(60)]
    assert load_dataset(csv(tmp_path, "p,y", lines), target="y").classes == ("-1", "1")


def test_a_missing_target_is_refused_whatever_marks_it(tmp_path: Path) -> None:
    lines = [f"{row},{'?' if row == 3 else row * 2.5}" for row in range(60)]
    with pytest.raises(DataError, match=r"the target is missing \('\?'\) in 1 row"):
        load_dataset(csv(tmp_path, "p,y", lines), target="y")


@pytest.mark.parametrize(
    ("form", "sign"), [("{}%", "%"), ("${}.50", "$"), ("{} km", "km"), ("{}cc", "cc"), ("₩{}", "₩")]
)
def test_numbers_with_units_are_said_to_be_categories(tmp_path: Path, form: str, sign: str) -> None:
    lines = [f"{form.format(row % 9 + 1)},{row},{row % 2}" for row in range(60)]
    said = f"column 'p' taken for categories: its texts are numbers with '{sign}', without which it would be numbers"
    assert said in load_dataset(csv(tmp_path, "p,q,y", lines), target="y").notes


@pytest.mark.parametrize("form", ["Street {}", "p{}", "{}-{}", "1st {}"])
def test_names_with_numbers_are_no_measures(tmp_path: Path, form: str) -> None:
    lines = [f"{form.format(row % 9, row % 3)},{row},{row % 2}" for row in range(60)]
    assert not [
        note for note in load_dataset(csv(tmp_path, "p,q,y", lines), target="y").notes if "'p'" in note
    ]
