"""Texts: as they are given, as they are read, and whose words a model knows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from kerasweep.api import plan_sweep
from kerasweep.errors import DataError, TrainingError, UsageError
from kerasweep.training.data import (
    choose_preparation,
    configure_preparation,
    fit_preparation,
    load_dataset,
)
from kerasweep.training.data.free_text import plain_texts

ROWS = 40
LABELS = ["yes", "no"] * (ROWS // 2)
TEXTS = [f"A film of row{row}, which is {'good' if row % 2 else 'bad'}!" for row in range(ROWS)]
HOSTILE = [
    "",
    None,
    float("nan"),
    "...!?",
    "x" * 1_000_000,
    "한국어 문장입니다. 정말 좋아요！",
    "한국어".encode().decode(),  # composed
    "e\u0301tude et CAF\u00c9",
    "\ud800 alone",
    "a\x00b\u3000c\u00a0d",
    "🎬🎬 great",
    "[UNK] and (missing)",
]


def text_plan(x=TEXTS, y=LABELS, **settings):
    return plan_sweep((x, y[: len(x)]), "text", **{"folds": 4, "epochs": 1, **settings})


@pytest.mark.trains
def test_no_word_of_a_validation_row_or_test_row_is_in_the_vocabulary() -> None:
    """Each row has a word of its own: it is unknown wherever the row does not train."""
    workload = text_plan().workload
    for configuration in ({}, {"max_tokens": 10_000}, {"sequence_length": 5}, {"ngrams": 2}):
        rows = [text.split()[3].strip(",") for text in workload.dataset.x["text"]]
        for fold, data in zip(workload.folds, workload.data_of(configuration), strict=True):
            words = fit_preparation(
                configure_preparation(workload.preparation, configuration),
                workload.dataset.x.iloc[fold.train],
                workload.dataset.y[fold.train],
            ).vocabulary
            assert {rows[row] for row in fold.train} < set(words)
            assert not {rows[row] for row in fold.validation} & set(words)
            assert (data.x[fold.validation, 3] == 1).all()
            assert len(set(data.x[fold.train, 3])) == len(fold.train)
    fitted = fit_preparation(workload.preparation, workload.dataset.x, workload.dataset.y)
    assert (fitted.transform(workload.dataset.x_test)[:, 3] == 1).all()


@pytest.mark.trains
@pytest.mark.parametrize(
    ("configuration", "arguments"),
    [
        ({"max_tokens": 12, "sequence_length": 4}, {"max_tokens": 12, "output_sequence_length": 4}),
        ({"token_unit": "character"}, {"split": "character", "output_sequence_length": 34}),
        ({"ngrams": 2}, {"ngrams": 2, "output_sequence_length": 13}),
        (
            {"ngrams": 3, "token_unit": "character", "max_tokens": 50},
            {"ngrams": 3, "split": "character", "max_tokens": 50, "output_sequence_length": 99},
        ),
    ],
)
def test_tokens_are_those_of_keras(configuration, arguments) -> None:
    import keras

    data = load_dataset((TEXTS, LABELS))
    plan = configure_preparation(choose_preparation(data, "text"), configuration)
    fitted = fit_preparation(plan, data.x, data.y)
    layer = keras.layers.TextVectorization(**arguments)
    layer.adapt(data.x["text"].tolist())
    for part in (data.x, data.x_test):
        expected = np.asarray(layer(part["text"].tolist()))
        found = fitted.transform(part)
        assert found.dtype == np.int32
        assert found.tolist() == expected[:, : found.shape[1]].tolist()
        assert not expected[:, found.shape[1] :].any()


@pytest.mark.trains
def test_whatever_is_a_text_becomes_tokens() -> None:
    data = load_dataset((HOSTILE * 4, LABELS + LABELS[:8]), test_size=0.25)
    for configuration in ({}, {"token_unit": "character"}, {"ngrams": 2}):
        plan = configure_preparation(choose_preparation(data, "text"), configuration)
        fitted = fit_preparation(plan, data.x, data.y)
        tokens = fitted.transform(data.x)
        assert tokens.shape == (data.rows, *plan.input_shape)
        assert tokens.max() < plan.recipe.text.max_tokens
        assert tokens.any(axis=1).all(), "a text without words is one unknown word"


def test_lower_case_and_spaces_are_those_of_unicode() -> None:
    frame = pd.DataFrame({"a": ["ÄRGER\u3000Im  Büro", None, "e\u0301"], "b": ["Σ", "x", 5]})
    assert plain_texts(frame, ["a", "b"]).tolist() == ["ärger im büro σ", "x", "é 5"]
    assert plain_texts(frame.iloc[:0], ["a"]).tolist() == []
    assert plain_texts(frame, ["a"], longest=3).tolist() == ["ärg im bür", "", "é"]


@pytest.mark.parametrize(
    "x",
    [
        TEXTS,
        tuple(TEXTS),
        np.array(TEXTS),
        np.array(TEXTS, object)[:, None],
        np.array(TEXTS, np.dtypes.StringDType()),
        [text.encode() for text in TEXTS],
        pd.Series(TEXTS, name="text"),
        pd.DataFrame({"text": TEXTS}),
    ],
    ids=["a list", "a tuple", "an array", "a column", "NumPy's strings", "bytes", "a series", "a table"],
)
def test_texts_come_in_many_forms(x) -> None:
    data = load_dataset((x, LABELS))
    assert data.kind == "table"
    assert data.fingerprint == load_dataset((TEXTS, LABELS)).fingerprint
    assert choose_preparation(data, "text").input_shape == (7,)


def test_short_texts_that_are_given_alone_are_text_whatever_they_say() -> None:
    data = load_dataset((["1", "2.5", "2020-01-01", "red"] * 10, LABELS))
    assert data.x["text"].iloc[0] == "1"
    with pytest.raises(DataError, match="every text is empty"):
        load_dataset(([""] * ROWS, LABELS))


def test_texts_of_an_archive_and_test_rows_of_their_own(tmp_path) -> None:
    parts = {"x_train": TEXTS, "y_train": LABELS, "x_test": TEXTS[:8], "y_test": LABELS[:8]}
    np.savez(tmp_path / "texts.npz", **parts)
    data = load_dataset(tmp_path / "texts.npz")
    assert data.x_test["text"].tolist() == TEXTS[:8]


def test_words_are_no_hyperparameters_of_other_data() -> None:
    """A user's model may have hyperparameters of these names."""
    plan = choose_preparation(load_dataset((np.ones((ROWS, 2)) * np.arange(ROWS)[:, None], LABELS)), "flat")
    assert configure_preparation(plan, {"max_tokens": 5, "sequence_length": "long"}) is plan


@pytest.mark.parametrize(
    "configuration", [{"max_tokens": 2}, {"sequence_length": 0}, {"token_unit": "verse"}, {"ngrams": 0}]
)
def test_what_no_text_can_become(configuration) -> None:
    plan = choose_preparation(load_dataset((TEXTS, LABELS)), "text")
    with pytest.raises(TrainingError, match=next(iter(configuration))):
        configure_preparation(plan, configuration)


def test_a_fold_without_a_word_is_refused_in_the_plan() -> None:
    wordless = (["...!", " -- "] * 20, LABELS)
    with pytest.raises(
        DataError, match=r"the training rows of fold 1 of 1 hold no word: 40 of 70 rows have any"
    ):
        plan_sweep(wordless, "text", validation=(TEXTS, LABELS))


HALF = "\ud800"


def a_frame(**columns):
    """A table whose texts may be such as pandas' own type of texts refuses."""
    given = {"stars": np.arange(ROWS) % 3, "label": LABELS, **columns}
    kinds = [None if name == "stars" else object for name in given]
    parts = [pd.Series(values, dtype=kind) for values, kind in zip(given.values(), kinds, strict=True)]
    return pd.concat(parts, axis=1).set_axis(pd.Index(list(given), dtype=object), axis=1)


@pytest.mark.parametrize(
    ("data", "settings", "message"),
    [
        (
            lambda: a_frame(c=["x", HALF] * 20),
            {},
            r"column 'c' holds half of a pair of surrogates.*'\\ud800'",
        ),
        (lambda: a_frame(label=["x", HALF] * 20), {}, "column 'label' holds half"),
        (lambda: a_frame(**{HALF: LABELS}), {}, r"the name of column '\\ud800' holds half"),
        (lambda: (np.eye(ROWS), np.array(["x", HALF] * 20)), {"target": None}, "y: a text holds half"),
        (lambda: (np.eye(ROWS), ["x", HALF] * 20), {"target": None}, "y: a text holds half"),
        (
            lambda: ({HALF: np.eye(ROWS), "b": np.eye(ROWS)}, LABELS),
            {"target": None},
            "its names: a text holds half",
        ),
        (a_frame, {"target": HALF}, r"data.target: '\\ud800' holds half"),
        (a_frame, {"study": HALF}, r"study: '\\ud800' holds half"),
    ],
)
def test_half_of_a_pair_of_surrogates_is_one_line(data, settings, message) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        plan_sweep(data(), "dnn", **{"target": "label", **settings})
    assert len(str(caught.value).splitlines()) == 1
    str(caught.value).encode()


def test_a_plan_says_what_becomes_of_texts() -> None:
    frame = pd.DataFrame(
        {"title": TEXTS, "review": TEXTS[::-1], "stars": np.arange(ROWS) % 3 / 2, "label": LABELS}
    )
    plan = plan_sweep(frame, "text", target="label", folds=2)
    assert "columns 'title', 'review', one after the other, in lower case" in " ".join(plan.prepared)
    assert plan.workload.preparation.input_shape == {"tokens": (14,), "features": (1,)}
    assert "1 numeric column standardised" in " ".join(plan.prepared)
    assert "scaling" in plan_sweep(frame, "text", target="label", preset="standard").space
    alone = plan_sweep(frame[["title", "label"]], "text", target="label", preset="standard")
    assert "scaling" not in alone.space


def test_scaling_needs_something_to_scale() -> None:
    with pytest.raises(DataError, match="holds no more than text, and nothing to scale: leave scaling out"):
        text_plan(scaling="minmax")


def test_windows_of_a_series_leave_text_out() -> None:
    frame = pd.DataFrame({"said": TEXTS, "value": np.arange(ROWS) ** 1.5})
    data = load_dataset(frame, target="value", window=3)
    assert data.series.numeric == ("value",)
    assert any("'said' left out: a window is of numbers and categories" in note for note in data.notes)


def write_texts(root, parts=("",), encoding="utf-8"):
    for part in parts:
        for name, rows in (("bad", TEXTS[::2]), ("좋음", TEXTS[1::2])):
            (root / part / name).mkdir(parents=True)
            for number, text in enumerate(rows):
                (root / part / name / f"{number}.txt").write_text(
                    f"{text} 정말 좋은 영화였다\n", encoding=encoding
                )
    return root


def test_a_folder_of_texts_is_one_of_classes(tmp_path) -> None:
    data = load_dataset(write_texts(tmp_path))
    assert data.classes == ("bad", "좋음")
    assert data.rows + data.test_rows == ROWS
    parts = load_dataset(write_texts(tmp_path / "parts", ("train", "test")))
    assert (parts.rows, parts.test_rows) == (ROWS, ROWS)


def test_a_folder_of_texts_in_another_encoding(tmp_path) -> None:
    root = write_texts(tmp_path, encoding="cp949")
    with pytest.raises(DataError, match=r"bad.0\.txt: line 1 is not UTF-8 text.*perhaps --encoding cp949"):
        load_dataset(root)
    assert load_dataset(root, encoding="cp949").x["text"].str.endswith("영화였다\n").all()
    with pytest.raises(DataError, match="takes no target"):
        load_dataset(root, target="label")


def test_what_a_folder_of_texts_passes_over(tmp_path) -> None:
    root = write_texts(tmp_path)
    (root / "bad" / "notes.md").write_text("none")
    data = load_dataset(root)
    assert any("1 file below" in note and "not a text file by its name" in note for note in data.notes)
    (root / "empty").mkdir()
    with pytest.raises(DataError, match="empty holds no text files"):
        load_dataset(root)
