"""Delimited files as they are found: endings, compression, separators, encodings."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kerasweep.errors import DataError
from kerasweep.training.data import load_dataset
from kerasweep.training.data.delimited import ALIGNED, first_rows
from kerasweep.training.data.text_encodings import likely_encoding

ROWS = [
    [f"{row % 7}.5", ("서울", "부산")[row % 2], str(row % 3), ("예", "아니요")[row % 3 % 2]]
    for row in range(30)
]
NAMES = ["나이", "도시", "n", "y"]


def write(path: Path, separator: str = ",", encoding: str = "utf-8", rows: list[list[str]] = ROWS) -> Path:
    text = "".join(separator.join(row) + "\n" for row in [NAMES, *rows])
    data = text.encode(encoding)
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


@pytest.mark.parametrize("separator", [",", ";", "\t", "|", "   "])
@pytest.mark.parametrize(
    "name", ["a.csv", "a.tsv", "a.data", "a.txt", "a.csv.gz", "a.TSV.gz", "a.data.gz", "a.txt.gz"]
)
def test_endings_and_separators(tmp_path, name, separator):
    aligned = separator.isspace() and separator != "\t"
    if aligned and ".data" not in name and ".txt" not in name:
        return
    data = load_dataset(write(tmp_path / name, separator), target="y")
    assert list(data.x.columns) == NAMES[:3]
    assert data.x["나이"].dtype == "float64"
    own = "\t" if "tsv" in name.lower() else ","
    assert any("values separated by" in note for note in data.notes) == (separator != own)


def test_columns_that_spaces_align_with_a_tab_among_them(tmp_path):
    lines = [
        f'{row % 9}.0   {row % 4}      {130 + row}.0  {row % 2}\t"chevrolet model {row % 5}"'
        for row in range(30)
    ]
    (tmp_path / "auto-mpg.data").write_text("\n".join(lines))
    data = load_dataset(tmp_path / "auto-mpg.data", target="0", header=False)
    assert list(data.x.columns) == ["c1", "c2", "c3", "c4"]
    assert str(data.x["c4"].iloc[0]).startswith("chevrolet model")


@pytest.mark.parametrize(
    ("text", "separator"),
    [
        ("1,5;2,5\n3,5;4,5\n", ";"),
        ("1.234,5;2\n3,5;4\n", ";"),
        ("a;b,c\n1;2,3\n4;5,6\n", ","),
        ('name,tags\nx,"a;b"\ny,"c;d;e"\n', ","),
        ("a;b\n1;2\n", ";"),
        ("a|b;c|d\n1|2;3|4\n", "|"),
        ("a,b\n1,2,3\n", ","),
        ("one column\n1\n", ","),
        ("", ","),
    ],
)
def test_what_separates_values(tmp_path, text, separator):
    (tmp_path / "a.csv").write_text(text)
    assert first_rows(tmp_path / "a.csv", "utf-8")[1] == separator


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(",;\t|"),
    st.integers(2, 5).flatmap(
        lambda width: st.lists(
            st.lists(st.text("abc 가나1.5-", max_size=6), min_size=width, max_size=width),
            min_size=2,
            max_size=8,
        )
    ),
)
def test_any_separator_is_found_where_no_other_one_stands(tmp_path, separator, rows):
    rows = [["x", *row] for row in rows]
    (tmp_path / "a.csv").write_text("\n".join(separator.join(row) for row in rows), encoding="utf-8")
    assert first_rows(tmp_path / "a.csv", "utf-8")[1] == separator


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_encodings_that_a_file_tells(tmp_path, encoding):
    data = load_dataset(write(tmp_path / "a.csv", encoding=encoding), target="y")
    assert data.classes == ("아니요", "예")
    assert list(data.x.columns) == NAMES[:3]
    assert any("read as UTF" in note for note in data.notes) == encoding.startswith(("utf-1", "utf-3"))


TEXTS = {
    "cp949": "이름,도시,성별,값\n김철수,서울특별시,남,1\n박똠방,부산,여,2\n",
    "shift_jis": "名前,都市,性別\n山田太郎,東京,男\nさくら,大阪市,女\n",
    "cp932": "名前,都市\n①山田,東京\nさくら,大阪市\n",
    "latin-1": "név,città\nMüller Größe,Orléans\naño,São Paulo\ndésir général,Ärger\n",
    "cp1252": "name,price\ncafé,“5 €”\n",
}


@pytest.mark.parametrize("name", TEXTS)
def test_other_encodings_are_refused_with_the_word_that_reads_them(tmp_path, name):
    encoding = {"latin-1": "cp1252"}.get(name, name)
    assert likely_encoding("".join(line for line in TEXTS[name].splitlines(True)).encode(encoding)) == name
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(("가,b,y\n" + TEXTS[name] * 9).replace("가", "a").encode(encoding)))
    with pytest.raises(
        DataError, match=rf"line \d is not UTF-8 text \(byte 0x..\); perhaps --encoding {name}$"
    ):
        load_dataset(path, target="y")


@pytest.mark.parametrize("encoding", ["cp949", "utf-16-le", "utf-16-be", "euc_kr", "UTF8", "utf-8"])
def test_an_encoding_that_is_given_is_taken(tmp_path, encoding):
    data = load_dataset(write(tmp_path / "a.csv", encoding=encoding), target="y", encoding=encoding)
    assert data.classes == ("아니요", "예")


@pytest.mark.parametrize(
    ("given", "written", "message"),
    [
        (None, "utf-16-le", "not UTF-8 text, but UTF-16 by its null bytes: --encoding utf-16-le"),
        (None, "utf-16-be", "not UTF-8 text, but UTF-16 by its null bytes: --encoding utf-16-be"),
        ("shift_jis", "cp949", r"a.csv: .*not shift_jis text"),
        ("ascii", "cp949", r"line 1 is not ascii text \(byte 0x..\); perhaps --encoding cp949"),
        ("utf-9", "utf-8", "there is no encoding 'utf-9'; known are utf-8, utf-16, cp949"),
        ("rot13", "utf-8", "there is no encoding 'rot13'"),
        ("", "cp949", "perhaps --encoding cp949"),
        ("유니코드", "cp949", "there is no encoding '유니코드'"),
        ("../x\0", "cp949", "there is no encoding"),
    ],
)
def test_an_encoding_that_cannot_be(tmp_path, given, written, message):
    with pytest.raises(DataError, match=message) as caught:
        load_dataset(write(tmp_path / "a.csv", encoding=written), target="y", encoding=given)
    assert "\n" not in str(caught.value)


def test_letters_that_nobody_knows_get_no_guess():
    assert likely_encoding("Привет,мир\nгорода,Москва\n".encode("cp1251")) is None
    assert likely_encoding(b"") is None
    assert likely_encoding(np.random.default_rng(0).bytes(4000)) in (None, "cp1252", "latin-1")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty"),
        (b"a,b\n1,2\n", "cannot be read: .*gzip"),
        (gzip.compress(b"a,b,y\n" + b"1,2,3\n" * 999, mtime=0)[:-20], "cannot be read"),
        (gzip.compress(b"a,b,y\n" + b"1,2,3\n" * 999, mtime=0)[:30] + b"\xff" * 30, "cannot be read"),
        (gzip.compress(b"", mtime=0), "is empty"),
        (gzip.compress(b"a,b,y\n", mtime=0), "no rows"),
    ],
    ids=["an empty file", "no archive", "cut off", "damaged", "an empty text", "a header alone"],
)
def test_broken_archives(tmp_path, data, message):
    (tmp_path / "a.csv.gz").write_bytes(data)
    with pytest.raises(DataError, match=message) as caught:
        load_dataset(tmp_path / "a.csv.gz", target="y")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("option", [{"encoding": "cp949"}, {"header": True}])
def test_only_text_has_an_encoding(tmp_path, option):
    np.savez(tmp_path / "a.npz", x=np.zeros((9, 2)), y=np.arange(9))
    for source in ("iris", tmp_path / "a.npz", (np.zeros((9, 2)), np.arange(9))):
        with pytest.raises(DataError, match=f"takes no {next(iter(option))}"):
            load_dataset(source, **option)


def test_spaces_separate_no_csv(tmp_path):
    (tmp_path / "a.csv").write_text("a b\n1 2\n")
    assert first_rows(tmp_path / "a.csv", "utf-8")[1] != ALIGNED
