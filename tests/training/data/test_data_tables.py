"""Rules for columns of tables."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from kerasweep.errors import DataError
from kerasweep.training.data import (
    choose_preparation,
    describe_preparation,
    fit_preparation,
    load_dataset,
)

ROWS = 40
LABEL = ["yes", "no"] * (ROWS // 2)


def load(test_split="random", **columns):
    return load_dataset(pd.DataFrame({**columns, "label": LABEL}), target="label", test_split=test_split)


def numbers():
    return np.random.default_rng(0).normal(size=ROWS)


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        (np.arange(ROWS) * 3, "int64"),
        (np.arange(ROWS, dtype=np.uint8), "uint8"),
        (numbers().astype(np.float32), "float32"),
        ([True, False] * (ROWS // 2), "bool"),
        (pd.array([1, 2, None, 4] * 10, dtype="Int64"), "float64"),
        (pd.array([1, 2, 3, 4] * 10, dtype="Int64"), "int64"),
        (pd.array([True, None] * (ROWS // 2), dtype="boolean"), "category-or-float"),
        (pd.array([True, None, False, True] * 10, dtype="boolean"), "float64"),
        ([True, None, False, True] * 10, "float64"),
        (pd.Series([True, False] * (ROWS // 2), dtype=object), "bool"),
        ([Decimal("1.5"), Decimal("2.5")] * (ROWS // 2), "float64"),
        (pd.Series([1.0, 2, None, 4] * 10, dtype="float64[pyarrow]"), "float64"),
        (["a", "b", None, "c"] * 10, "category"),
        (pd.Categorical(["a", "b", "a", "c"] * 10), "category"),
        (pd.Categorical([1, 2, 1, 3] * 10), "category"),
        ([1, "a"] * (ROWS // 2), "category"),
    ],
)
def test_column_types(values, dtype):
    data = load(base=numbers(), column=values)
    if dtype == "category-or-float":
        assert list(data.x.columns) == ["base"], (
            "one value and missing ones: a number column that never varies"
        )
        return
    assert str(data.x["column"].dtype) == dtype
    prepared = fit_preparation(choose_preparation(data, "flat"), data.x, data.y).transform(data.x_test)
    assert np.isfinite(prepared).all()


def test_vocabulary_is_that_of_all_training_rows_naturally_sorted():
    data = load(size=["size 10", "size 2", "size 1", None] * 10)
    assert list(data.x["size"].cat.categories) == ["size 1", "size 2", "size 10"]


def test_word_of_the_test_rows_only_is_encoded_as_zeros():
    city = ["a", "b"] * (ROWS // 2 - 1) + ["z", "z"]
    data = load(city=city, test_split="last")
    assert list(data.x["city"].cat.categories) == ["a", "b"]
    assert list(data.x_test["city"].cat.categories) == ["a", "b", "z"]
    out = fit_preparation(choose_preparation(data, "flat"), data.x, data.y).transform(data.x_test)
    assert out[-1].tolist() == [0, 0]
    assert out[:-2].sum(axis=1).tolist() == [1] * (len(out) - 2)


@pytest.mark.parametrize(
    ("column", "values", "why"),
    [
        ("fixed", [7] * ROWS, "the same value in every row"),
        ("fixed", ["x"] * ROWS, "the same value in every row"),
        ("empty", [None] * ROWS, "the same value in every row"),
        ("nan", [np.nan] * ROWS, "the same value in every row"),
        ("name", [f"n{row}" for row in range(ROWS)], "a different text in every row"),
        ("Unnamed: 0", range(ROWS), "only numbers the rows"),
        ("ID", range(1, ROWS + 1), "only numbers the rows"),
    ],
)
def test_useless_columns_are_dropped_and_noted(column, values, why):
    data = load(base=numbers(), **{column: list(values)})
    assert list(data.x.columns) == ["base"]
    assert list(data.x_test.columns) == ["base"]
    assert any(f"'{column}'" in note and why in note for note in data.notes)


@pytest.mark.parametrize(("column", "values"), [("id", np.arange(ROWS)[::-1]), ("year", np.arange(ROWS))])
def test_amounts_that_look_like_row_numbers_are_kept(column, values):
    assert column in load(base=numbers(), **{column: values}).x.columns


def test_a_text_with_gaps_says_something():
    assert "pool" in load(base=numbers(), pool=["yes", None] * (ROWS // 2)).x.columns


@pytest.mark.parametrize(
    "texts",
    [
        [f"그 영화는 정말 좋았다 {row % 150}" for row in range(200)],
        [f"この映画は本当によかった{row}" for row in range(200)],
        [f"a good film {row}" for row in range(200)],
        [f"film {row}" for row in range(200)],
        [None, *(f"a fine film, {row} of 5" for row in range(199))],
    ],
    ids=["Korean, some repeated", "Japanese", "all different", "two words", "one missing"],
)
def test_words_are_text_which_families_of_numbers_leave_out(texts):
    frame = pd.DataFrame({"base": np.arange(200.0) ** 2, "review": texts, "label": ["yes", "no"] * 100})
    data = load_dataset(frame, target="label", test_size=0.01)
    assert list(data.x.columns) == ["base", "review"]
    assert set(map(type, [*data.x["review"], *data.x_test["review"]])) == {str}
    assert "column 'review' taken for text" in data.notes
    plan = choose_preparation(data, "flat")
    assert plan.input_shape == (1,)
    assert "column 'review' left out: text, which the family 'text' reads" in describe_preparation(plan)


def test_text_alone_is_for_the_family_that_reads_it():
    frame = pd.DataFrame({"review": [f"a good film {row}" for row in range(20)], "label": ["yes", "no"] * 10})
    data = load_dataset(frame, target="label")
    with pytest.raises(DataError, match=r"holds no more than text \('review'\).*the family 'text' reads it"):
        choose_preparation(data, "flat")
    with pytest.raises(DataError, match="no column holds text, which the family 'text' reads"):
        choose_preparation(load(base=numbers()), "text")
    with pytest.raises(
        DataError, match=r"categories alone are for other families \(here 'city'; --text city takes"
    ):
        choose_preparation(load(city=["a", "b"] * (ROWS // 2)), "text")


def test_nothing_left():
    with pytest.raises(DataError, match="no usable feature column: column 'fixed' dropped"):
        load(fixed=[1] * ROWS)
    with pytest.raises(DataError, match="no usable feature column"):
        load()


DAYS = [dt.date(2024, 1, 1) + dt.timedelta(days=7 * (row % 20)) for row in range(ROWS)]


@pytest.mark.parametrize(
    "values",
    [
        pd.Series(pd.to_datetime(DAYS) - pd.Timestamp("2024-01-01")),
        pd.Series([dt.time(row % 24) for row in range(ROWS)]),
    ],
)
def test_durations_are_refused_with_a_way_out(values):
    with pytest.raises(DataError, match=r"column 'when' holds complex numbers.*--drop when"):
        load_dataset(pd.DataFrame({"when": np.arange(20) + 1j, "y": [0, 1] * 10}), target="y")
    with pytest.raises(DataError, match=r"column 'when' holds durations or times of day.*--drop when"):
        load(base=numbers(), when=values)


@pytest.mark.parametrize(
    "words",
    [["2023", "2024"], ["1.2.3", "1.2.4"], ["may", "june"], ["1-2", "3-4"], ["a/b", "c"], ["3.5 m", "4 m"]],
)
def test_texts_that_are_no_dates(words):
    assert load(version=words * (ROWS // 2)).x.shape[1] == 1


def test_too_many_categories():
    rows = 400
    frame = pd.DataFrame(
        {"street": [f"s{row % 150}" for row in range(rows)], "label": ["yes", "no"] * (rows // 2)}
    )
    with pytest.raises(
        DataError, match=r"'street' holds 1.. different texts, at most 100.*group rare values"
    ):
        load_dataset(frame, target="label")


def test_infinite_numbers_are_counted_per_column():
    with pytest.raises(DataError, match="column 'area' holds 3 infinite numbers"):
        load(area=[np.inf] * 3 + list(numbers()[3:]), test_split="last")
    with pytest.raises(DataError, match="column 'area' holds 1 infinite number:"):
        load(area=[*numbers()[1:], -np.inf], test_split="last")


def test_all_bad_columns_in_one_message():
    with pytest.raises(
        DataError, match=r"'when' holds durations.*; column 'tags' holds list objects"
    ) as caught:
        load(when=pd.to_timedelta(range(ROWS)), tags=[[1]] * ROWS)
    assert "\n" not in str(caught.value)


def test_repeated_columns():
    frame = pd.DataFrame([[1, 2, 0], [3, 4, 1]] * 5, columns=["a", "a", "label"])
    with pytest.raises(DataError, match="'a' appears more than once"):
        load_dataset(frame, target="label")
    with pytest.raises(DataError, match="'a' appears more than once"):
        load_dataset((frame[["a"]], frame["label"]))


def test_number_names_become_text():
    data = load_dataset(pd.DataFrame({0: numbers(), 1: numbers() * 2, 2: LABEL}), target="2")
    assert list(data.x.columns) == ["0", "1"]


def test_columns_are_called_by_numbers_where_these_are_their_names():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({0: np.arange(60) % 2, 1: np.arange(60) % 10, 2: rng.random(60), 3: rng.random(60)})
    found = load_dataset(frame, target=0, group=1, drop=2)
    assert (list(found.x.columns), found.task, len(found.groups)) == (["3"], "classification", found.rows)
    assert load_dataset(frame, target=np.int64(3)).task == "regression"


def test_given_test_rows_follow_the_training_rows():
    train = pd.DataFrame({"a": numbers(), "b": ["x", "y"] * 20})
    test = train.iloc[:8, ::-1]
    labels = np.array([0, 1] * 20)
    data = load_dataset(((train, labels), (test, labels[:8])))
    assert list(data.x_test.columns) == ["a", "b"]
    with pytest.raises(DataError, match="the test rows lack column 'b'"):
        load_dataset(((train, labels), (test[["a"]], labels[:8])))
    with pytest.raises(DataError, match="numbers in the training rows but text"):
        load_dataset(((train, labels), (test.assign(a="many"), labels[:8])))
    with pytest.raises(DataError, match="x_test must be a DataFrame"):
        load_dataset(((train, labels), (np.zeros((8, 2)), labels[:8])))


def test_the_callers_frame_is_not_changed(houses):
    frame = houses()
    before = frame.copy()
    load_dataset(frame, target="price", group="street")
    pd.testing.assert_frame_equal(frame, before)


def people(**columns):
    rows = 40
    frame = pd.DataFrame({"age": np.arange(rows) % 7, "city": ["a", "b"] * 20, "when": DAYS, "label": LABEL})
    return frame.assign(**columns)


@pytest.mark.parametrize("drop", ["when", ["when"], ("when", "when")])
def test_columns_are_dropped(drop):
    assert list(load_dataset(people(), target="label", drop=drop).x.columns) == ["age", "city"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"drop": "wen"}, r"has no column 'wen'. Did you mean 'when'\?"),
        ({"drop": ["label"]}, "column 'label' cannot be both target and dropped"),
        ({"drop": ["city"], "group": "city"}, "column 'city' cannot be both group and dropped"),
        ({"group": "label"}, "column 'label' cannot be both target and group"),
        ({"drop": ["when", "age", "city"]}, "has no usable feature column"),
    ],
)
def test_columns_that_cannot_be_dropped(options, message):
    with pytest.raises(DataError, match=message):
        load_dataset(people(), target="label", **options)


def codes_file(folder):
    path = folder / "codes.csv"
    people(when="b", zip=["01234", "1234", "07000", None] * 10, tag=LABEL).to_csv(path, index=False)
    return path


def test_a_column_is_what_somebody_says_it_is(tmp_path):
    path = codes_file(tmp_path)
    plain = load_dataset(path, target="label")
    assert plain.x["zip"].dtype == float
    asked = load_dataset(path, target="label", text="city", categorical=["zip", "age"])
    assert asked.x["city"].dtype == object
    assert list(asked.x["zip"].cat.categories) == ["01234", "1234", "07000"], "as they are written"
    assert list(asked.x["age"].cat.categories) == list("0123456")
    assert "column 'city' taken for text, as asked" in asked.notes
    assert "column 'zip' taken for categories, as asked" in asked.notes
    frame = load_dataset(
        people(code=[1.0, 2.0, 10.0, np.nan] * 10).drop(columns="when"), target="label", categorical=["code"]
    )
    assert list(frame.x["code"].cat.categories) == ["1", "2", "10"]
    days = load_dataset(people(), target="label", text=["when"])
    assert list(days.x.columns) == ["age", "city", "when"]
    assert not days.formats.dates


def test_numbers_that_only_count_rows_may_be_categories():
    frame = people(row=np.arange(40)).drop(columns="when")
    with pytest.raises(
        DataError, match="column 'row' holds 30 different values: at most 1,000, and fewer than rows"
    ):
        load_dataset(frame, target="label", categorical=["row"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"text": ["ctiy"]}, r"has no text column 'ctiy'. Did you mean 'city'\?"),
        ({"categorical": "label"}, "column 'label' cannot be both target and categorical"),
        ({"text": ["city"], "categorical": ["city"]}, "column 'city' cannot be both text and categorical"),
        ({"text": ["age"]}, "column 'age' holds numbers, which are no text"),
        ({"text": ["city"], "window": 3}, "a window is of numbers and categories, not of text"),
    ],
)
def test_what_no_column_can_be(options, message):
    with pytest.raises(DataError, match=message):
        load_dataset(people(), target="label", **options)


@pytest.mark.parametrize(
    ("label", "task"),
    [
        ([None, "yes", "no", "yes"] * 10, "classification"),
        (["?", "1.5", "2", "0"] * 10, "regression"),
        (["  ", "yes", "no", "yes"] * 10, "classification"),
        (pd.array([None, 1, 0, 1] * 10, dtype="Int64"), "classification"),
        ([np.nan, 1.5, 2, 0] * 10, "regression"),
        (pd.Categorical([None, "yes", "no", "yes"] * 10), "classification"),
    ],
)
def test_rows_without_a_target_are_dropped_where_asked_for(label, task):
    frame = people(label=label, row=np.arange(1, 41)).drop(columns="when")
    with pytest.raises(DataError, match=r"target is missing.* in 10 rows: .*--drop-missing-target"):
        load_dataset(frame, target="label")
    data = load_dataset(frame, target="label", drop_missing_target=True)
    assert (data.task, data.rows + len(data.y_test)) == (task, 30)
    assert "10 rows without a target dropped" in data.notes
    assert "row" not in data.x.columns, "it numbers the rows of the file, those without a target among them"


def test_a_question_mark_may_be_a_class_and_is_none_where_rows_without_one_are_to_go():
    frame = people(label=["?", "+", "-", "+"] * 10).drop(columns="when")
    said = "class '?' may stand for a missing target: --drop-missing-target leaves its rows out"
    data = load_dataset(frame, target="label")
    assert data.classes == ("+", "-", "?")
    assert said in data.notes
    data = load_dataset(frame, target="label", drop_missing_target=True)
    assert data.classes == ("+", "-")
    assert (data.rows + len(data.y_test), said in data.notes) == (30, False)
    assert "10 rows without a target dropped" in data.notes


def test_groups_go_with_their_rows():
    frame = people(label=[None, "yes", "no", "yes"] * 10).drop(columns="when")
    data = load_dataset(frame, target="label", group="age", drop_missing_target=True)
    assert len(data.groups) == data.rows


def test_no_row_has_a_target():
    with pytest.raises(DataError, match="the target is missing in every row"):
        load_dataset(people(label=None), target="label", drop_missing_target=True)


@pytest.mark.parametrize("option", [{"drop": ["a"]}, {"drop_missing_target": True}, {"text": ["a"]}])
def test_only_tables_have_columns_to_drop(option, tmp_path):
    np.savez(tmp_path / "rows.npz", x=np.zeros((9, 2)), y=np.arange(9))
    for source in ("digits", tmp_path / "rows.npz", (np.zeros((9, 2)), np.arange(9))):
        with pytest.raises(DataError, match=f"takes no {next(iter(option)).replace('_', ' ')}"):
            load_dataset(source, **option)
