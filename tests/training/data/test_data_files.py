"""CSV, Parquet and npz files: good ones, and each way in which one can be bad."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from kerasweep.errors import DataError
from kerasweep.training.data import load_dataset

if TYPE_CHECKING:
    from pathlib import Path


def write(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


BODY = "".join(f"{row},{row % 3},{'yes' if row % 2 else 'no'}\n" for row in range(20, 0, -1))


def test_csv(tmp_path, houses):
    houses().to_csv(tmp_path / "houses.csv", index=False)
    data = load_dataset(tmp_path / "houses.csv", target="price")
    assert (data.kind, data.task, data.name) == ("table", "regression", "houses.csv")
    assert list(data.x.columns) == ["area", "rooms", "garden", "city", "street"]
    assert data.x["city"].dtype == "category"
    assert data.rows + len(data.x_test) == 60


def test_csv_and_parquet_are_equal_data(tmp_path, houses):
    frame = houses()
    frame.to_csv(tmp_path / "a.csv", index=False)
    frame.to_parquet(tmp_path / "a.parquet")
    csv, parquet = (load_dataset(str(tmp_path / name), target="price") for name in ("a.csv", "a.parquet"))
    assert csv.fingerprint == parquet.fingerprint
    assert csv.fingerprint == load_dataset(frame, target="price").fingerprint


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_other_separators(tmp_path, separator):
    path = write(tmp_path / "a.csv", "a,b,label\n".replace(",", separator) + BODY.replace(",", separator))
    assert load_dataset(path, target="label").classes == ("no", "yes")


def test_tsv(tmp_path):
    path = write(tmp_path / "a.tsv", ("a,b,label\n" + BODY).replace(",", "\t"))
    assert load_dataset(path, target="label").x.shape[1] == 2


def test_byte_order_mark(tmp_path):
    path = write(tmp_path / "a.csv", b"\xef\xbb\xbf" + f"label2,b,label\n{BODY}".encode())
    assert list(load_dataset(path, target="label").x.columns) == ["label2", "b"]


def test_blank_lines_at_the_start(tmp_path):
    assert load_dataset(write(tmp_path / "a.csv", f"\n\na,b,label\n{BODY}"), target="label").rows == 15


def test_tilde_is_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    write(tmp_path / "a.csv", "a,b,label\n" + BODY)
    assert load_dataset("~/a.csv", target="label").rows == 15


@pytest.mark.parametrize(
    ("content", "target", "message"),
    [
        ("", "label", "is empty"),
        ("a,b,label\n", "label", "no rows"),
        ("a,b,label\n" + BODY, None, "say which column is the target: 'a', 'b', 'label'"),
        ("a,b,label\n" + BODY, "lable", r"no target column 'lable'\. Did you mean 'label'\?"),
        (
            "a,b,label\n" + BODY,
            "a,b",
            r"no target column 'a,b'\. Give each by itself: --target a --target b\.",
        ),
        ("a,b,label\n" + BODY, "a, label,", r"Give each by itself: --target a --target label\."),
        ("a,b,label\n" + BODY, "a,zzz", "'a', 'b', 'label'|Known: a, b, label"),
        ("a,b,label\n" + BODY, "zzz", "'a', 'b', 'label'|Known: a, b, label"),
        ("a,b,label\n1,2,yes\n1,2,no,4\n" + BODY, "label", "line 3 has 4 values, expected 3"),
        ('a,b,label\n1,2,yes\n"1,2,no\n' + BODY, "label", "quote opened near line 3 is never closed"),
        ("a,a,label\n" + BODY, "label", "column 'a' appears more than once"),
        ("a,b\n" + BODY, "b", "more values than the first line has names"),
        ("5.1,3.5,0\n4.9,3.0,1\n4.7,3.2,0\n4.6,3.1,1\n5.0,3.6,0\n", "label", "first line looks like data"),
        ("a,b,label\n".encode("utf-16-le") + BODY.encode("utf-16-le"), "label", "UTF-16"),
        (
            b"a,caf\xe9,label\n" + BODY.encode(),
            "label",
            r"line 1 is not UTF-8 text \(byte 0xe9\); perhaps --encoding latin-1",
        ),
        (b"a,b,label\n" + BODY.encode() + b"1,2,s\xed\n", "label", "line 22 is not UTF-8"),
    ],
    ids=lambda value: None if isinstance(value, str | bytes) else "",
)
def test_bad_csv(tmp_path, content, target, message):
    path = write(tmp_path / "bad.csv", content)
    with pytest.raises(DataError, match=message) as caught:
        load_dataset(path, target=target)
    assert "bad.csv" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_file_suggests_a_neighbour(tmp_path):
    write(tmp_path / "houses.csv", "a\n1\n")
    with pytest.raises(DataError, match=r"no file or folder .*house\.csv'\. Did you mean 'houses\.csv'\?"):
        load_dataset(tmp_path / "house.csv", target="a")
    with pytest.raises(DataError, match=r"no file or folder 'nowhere\.csv'"):
        load_dataset("nowhere.csv", target="a")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a.xlsx", r"cannot read '\.xlsx' files"),
        ("a.py", "a.py:load"),
        ("rows", r"rows: cannot read a file whose name has no ending; known: \.csv"),
    ],
)
def test_unreadable_kinds_of_file(tmp_path, name, message):
    with pytest.raises(DataError, match=message):
        load_dataset(write(tmp_path / name, "x"))


@pytest.mark.parametrize("name", ["", " "])
def test_an_empty_name_is_not_this_folder(name, tmp_path, monkeypatch):
    """A variable of a shell that is not set."""
    monkeypatch.chdir(tmp_path)
    for kind in ("good", "bad"):
        (tmp_path / kind).mkdir()
        write(tmp_path / kind / "0.txt", "words")
    with pytest.raises(DataError, match=r"the data have an empty name; '\.' is this folder"):
        load_dataset(name)


def test_bad_parquet(tmp_path, houses):
    with pytest.raises(DataError, match="cannot be read as Parquet"):
        load_dataset(write(tmp_path / "a.parquet", "not parquet"), target="a")
    houses().iloc[:0].to_parquet(tmp_path / "b.parquet")
    with pytest.raises(DataError, match="no rows"):
        load_dataset(tmp_path / "b.parquet", target="price")


def test_parquet_keeps_a_named_index_as_a_column(tmp_path, houses):
    houses().set_index("rooms").to_parquet(tmp_path / "a.parquet")
    assert "rooms" in load_dataset(tmp_path / "a.parquet", target="price").x.columns


def test_group_column_is_no_feature(tmp_path, houses):
    houses().to_csv(tmp_path / "houses.csv", index=False)
    data = load_dataset(tmp_path / "houses.csv", target="price", group="street")
    assert "street" not in data.x.columns
    assert len(data.groups) == data.rows
    assert any("by groups" in note for note in data.notes)


@pytest.mark.parametrize(
    ("group", "message"),
    [("stret", "no group column 'stret'.*Did you mean 'street'"), ("price", "both target and group")],
)
def test_bad_group(group, message, houses):
    with pytest.raises(DataError, match=message):
        load_dataset(houses(), target="price", group=group)


def test_missing_group_labels(houses):
    frame = houses()
    frame.loc[:2, "street"] = None
    with pytest.raises(DataError, match="group is missing in 3 rows"):
        load_dataset(frame, target="price", group="street")


def test_npz_with_and_without_split(tmp_path, two_classes):
    x, y = two_classes()
    np.savez(tmp_path / "a.npz", x=x, y=y)
    np.savez(tmp_path / "b.npz", x_train=x, y_train=y, x_test=x[:7], y_test=y[:7])
    whole, split = load_dataset(tmp_path / "a.npz"), load_dataset(tmp_path / "b.npz")
    assert (whole.rows, len(whole.x_test)) == (30, 10)
    assert (split.rows, len(split.x_test)) == (40, 7)
    assert whole.kind == "array"


def test_npz_groups(tmp_path, two_classes):
    x, y = two_classes()
    np.savez(tmp_path / "a.npz", x=x, y=y, groups=np.arange(40) // 4, patient=np.arange(40) // 2)
    assert len(np.unique(load_dataset(tmp_path / "a.npz").groups)) < 10
    assert len(np.unique(load_dataset(tmp_path / "a.npz", group="patient").groups)) > 10
    with pytest.raises(DataError, match=r"no array 'patiant'.*Did you mean 'patient'"):
        load_dataset(tmp_path / "a.npz", group="patiant")


def _npz(tmp_path, **arrays):
    np.savez(tmp_path / "a.npz", **arrays)
    return tmp_path / "a.npz"


def test_npz_without_the_arrays(tmp_path):
    with pytest.raises(DataError, match=r"must hold x_train, y_train.*it has 'images', 'labels'"):
        load_dataset(_npz(tmp_path, images=np.zeros(3), labels=np.zeros(3)))
    with pytest.raises(DataError, match="must hold"):
        load_dataset(_npz(tmp_path, x_train=np.zeros(3), y_train=np.zeros(3), x_test=np.zeros(3)))


def test_npz_that_is_none(tmp_path):
    with pytest.raises(DataError, match=r"cannot be read as an \.npz"):
        load_dataset(write(tmp_path / "a.npz", "nonsense"))
    with pytest.raises(DataError, match=r"cannot be read as an \.npz"):
        load_dataset(write(tmp_path / "b.npz", b"PK\x03\x04 cut off"))


def test_npz_of_objects(tmp_path):
    with pytest.raises(DataError, match="holds Python objects"):
        load_dataset(_npz(tmp_path, x=np.array([[1], [None]], dtype=object), y=np.zeros(2)))


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (np.zeros((9, 2)), np.arange(8), "x has 9 rows, y has 8"),
        (np.zeros((3, 2)), np.arange(3) % 2, "has 3 rows: at least 4"),
        (np.full((9, 2), np.inf), np.arange(9) % 2, "18 infinite values"),
        (np.full((9, 2), "a"), np.arange(9) % 2, "holds text, expected numbers"),
        (np.zeros((9, 2), complex), np.arange(9) % 2, "complex numbers"),
        (np.zeros((9, 0)), np.arange(9) % 2, "no features"),
        (np.float64(3), np.arange(9) % 2, "expected an array"),
        (np.full((9, 8, 8, 1), np.nan), np.arange(9) % 2, "576 missing pixels"),
        (np.zeros((9, 2)), np.where(np.arange(9) > 6, np.nan, 1.5), "target is missing in 2 rows"),
        (np.zeros((9, 2)), np.where(np.arange(9) > 6, np.inf, 1.5), "target has 2 infinite values"),
    ],
)
def test_bad_arrays(tmp_path, x, y, message):
    with pytest.raises(DataError, match=message):
        load_dataset(_npz(tmp_path, x=x, y=y))


def test_test_rows_must_match(tmp_path, two_classes):
    x, y = two_classes()
    with pytest.raises(DataError, match=r"x_test has rows of shape \(2,\), x_train of \(3,\)"):
        load_dataset(_npz(tmp_path, x_train=x, y_train=y, x_test=x[:5, :2], y_test=y[:5]))
    with pytest.raises(DataError, match="x_test has 5 rows, y_test has 4"):
        load_dataset(_npz(tmp_path, x_train=x, y_train=y, x_test=x[:5], y_test=y[:4]))
    with pytest.raises(DataError, match="class '7' appears in the test rows only"):
        load_dataset(_npz(tmp_path, x_train=x, y_train=y, x_test=x[:5], y_test=np.full(5, 7)))


def test_npz_takes_no_target(tmp_path):
    with pytest.raises(DataError, match="takes no target"):
        load_dataset(_npz(tmp_path, x=np.zeros((9, 1)), y=np.arange(9) % 2), target="y")


def test_empty_frame():
    with pytest.raises(DataError, match="0 rows: at least 4"):
        load_dataset(pd.DataFrame({"a": [1.0], "b": ["x"]}).iloc[:0], target="b")
    with pytest.raises(DataError, match="0 rows: at least 4"):
        load_dataset((np.zeros((0, 2)), np.zeros(0)))
