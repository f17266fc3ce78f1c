"""Tables whose rows are steps of time: their order, their windows, and that nothing of the future is in the past."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from kerasweep.errors import DataError, SpecError
from kerasweep.search.planning import make_plan
from kerasweep.search.spec import make_spec
from kerasweep.training.data import load_dataset, make_folds

ROWS = 120
WINDOW, HORIZON = 6, 3


def table(**columns: Any) -> pd.DataFrame:
    """Return a series whose ``clock`` is the number of the row, and whose target is ten times that."""
    clock = np.arange(ROWS)
    made = {
        "date": pd.date_range("2024-01-01", periods=ROWS, freq="h"),
        "clock": clock * 1.0,
        "y": clock * 10.0,
    }
    return pd.DataFrame({**made, "wind": np.array(["N", "S", "W"])[clock % 3], **columns})


def windows(frame: pd.DataFrame | None = None, **options: Any) -> Any:
    usual = {"target": "y", "window": WINDOW, "horizon": HORIZON, "time_column": "date", "task": "regression"}
    return load_dataset(table() if frame is None else frame, **{**usual, **options})


def feature(dataset: Any, name: str) -> int:
    return int(dataset.series.numeric.index(name))


def test_windows_see_the_past_of_all_columns_and_predict_what_comes_after_them() -> None:
    dataset = windows()
    clock, y = (dataset.x[..., feature(dataset, name)] for name in ("clock", "y"))
    assert (dataset.kind, dataset.x.shape[1]) == ("sequence", WINDOW)
    np.testing.assert_array_equal(np.diff(clock, axis=1), 1)
    np.testing.assert_array_equal(y, 10 * clock)
    np.testing.assert_array_equal(dataset.y, 10 * (clock[:, -1] + HORIZON))
    winds = dataset.x[..., -3:]
    np.testing.assert_array_equal(winds.argmax(-1), clock % 3)
    np.testing.assert_array_equal(winds.sum(-1), 1)


def test_no_window_reaches_over_a_split() -> None:
    dataset = windows()
    column = feature(dataset, "clock")
    last_known = dataset.y.max() / 10
    assert dataset.x_test[..., column].min() > last_known
    for method in ("auto", "holdout"):
        for fold in make_folds(dataset, method=method, folds=3):
            train, validation = (dataset.x[rows][..., column] for rows in (fold.train, fold.validation))
            learned = max(train.max(), dataset.y[fold.train].max() / 10)
            assert learned < validation.min(), method
            assert validation.min() - dataset.y[fold.train].max() / 10 == 1, (
                "no more rows are left out than must be"
            )


@pytest.mark.parametrize("method", ["kfold", "repeated"])
def test_a_random_split_is_refused(method: Any) -> None:
    with pytest.raises(DataError, match="windows overlap"):
        make_folds(windows(), method=method, folds=3)


def test_what_is_found_about_time_is_said() -> None:
    frame = table().drop(index=range(40, 44))
    frame.loc[7, "date"] = frame.loc[6, "date"]
    notes = " ".join(windows(frame.sample(frac=1, random_state=0)).notes)
    assert "rows sorted by 'date'" in notes
    assert "1 row of the same 'date' as the row before" in notes
    assert "rows are 01:00:00 apart, but for 2 gaps of up to 05:00:00" in notes
    assert "rows taken to be in order of time" in windows(time_column=None).notes


def test_rows_without_a_target_leave_gaps_that_are_told() -> None:
    said = "rows are dropped between others, in 2 gaps of up to 5 rows, which windows reach over"
    for rows, told in ((range(3), False), ([*range(20, 25), 40], True)):
        target = table()["y"].mask(np.isin(np.arange(ROWS), list(rows)))
        notes = windows(table(y=target), drop_missing_target=True).notes
        assert f"{len(rows)} rows without a target dropped" in notes
        assert (said in notes) is told


def test_rare_classes_that_are_dropped_leave_gaps_that_are_told() -> None:
    said = "rows are dropped between others, in 2 gaps of up to 2 rows, which windows reach over"
    for rows, told in ((range(2), False), ([30, 31, 50], True)):
        labels = np.where(
            np.isin(np.arange(ROWS), list(rows)), "rare", np.where(np.arange(ROWS) % 2, "a", "b")
        )
        notes = windows(table(y=labels), task=None, rare_classes="drop", fewest=5).notes
        assert f"1 rare class 'rare' ({len(rows)} rows) dropped" in notes
        assert (said in notes) is told


def test_rows_are_sorted_by_numbers_or_dates_and_a_count_of_time_is_no_feature() -> None:
    shuffled = table().sample(frac=1, random_state=0)
    by_date, by_number = windows(shuffled), windows(shuffled, time_column="clock")
    np.testing.assert_array_equal(by_date.y, windows().y)
    np.testing.assert_array_equal(by_number.y, by_date.y)
    assert "clock" not in by_number.series.numeric
    assert "date_hour_sin" in by_date.series.numeric


@pytest.mark.parametrize(
    ("options", "columns", "message"),
    [
        ({}, {"date": [None, *table()["date"][1:]]}, "the time column 'date' is empty in 1 row"),
        ({"time_column": "wind"}, {}, "the time column 'wind' holds neither numbers nor dates"),
        ({"time_column": "day"}, {}, "has no time column 'day'"),
        ({"window": 0}, {}, "window must be a number of rows, 1 or more, got 0"),
        ({"window": 40}, {}, "30 test rows: a window of 40 and a horizon of 3 need 43 and more"),
        ({"window": None}, {}, "horizon and time column goes with windows of a series"),
        ({"group": "wind"}, {}, "windows are of one series"),
    ],
)
def test_what_cannot_be_is_refused(options: Any, columns: Any, message: str) -> None:
    with pytest.raises(DataError) as caught:
        windows(table(**columns), **options)
    assert message in str(caught.value)


def test_too_few_windows_for_the_folds() -> None:
    dataset = windows(window=20)
    with pytest.raises(DataError, match="too few for 5 folds in order of time with 22 left out between"):
        make_folds(dataset, folds=5)


def test_a_limit_keeps_the_last_windows() -> None:
    np.testing.assert_array_equal(windows(limit=30).y, windows().y[-30:])


def test_several_targets_and_classes() -> None:
    assert windows(target=["y", "clock"]).series.targets == (1, 0)
    classes = windows(target="wind", task="classification")
    assert classes.series.targets == ()
    assert classes.classes == ("N", "S", "W")


def spec_of(**data: Any) -> Any:
    usual = {
        "source": "python:data",
        "target": "y",
        "window": WINDOW,
        "time_column": "date",
        "task": "regression",
    }
    return {"data": {**usual, **data}, "model": "rnn", "cv": {"folds": 2}}


def test_a_plan_says_the_order_and_keeps_the_last_value_as_a_baseline() -> None:
    plan = make_plan(make_spec(spec_of()), data=table())
    assert plan.spec.cv.method == "time"
    assert plan.cv_text() == "in order of time, 6 windows left out between, 2 folds"
    about = plan.about()
    assert about["last_value"]["predictor"] == "last value"
    assert about["last_value"]["fold_scores"] == pytest.approx(
        [100.0, 100.0]
    )  # each row is ten more than the last
    assert plan.hints == ()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"test_split": "random"}, "a random test split"),
        ({"window": None, "horizon": 2}, "give a window, too"),
        ({"rare_classes": "drop"}, "rare_classes would take rows out"),
    ],
)
def test_a_specification_that_cannot_be(data: dict[str, Any], words: str) -> None:
    with pytest.raises(SpecError, match=words):
        make_spec(spec_of(**data))


def test_a_model_of_ones_own_gets_windows_scaled_by_feature() -> None:
    def build(configuration: Any, signature: Any) -> None:
        raise AssertionError

    spec = spec_of() | {"training": {"metric": "loss"}}
    plan = make_plan(make_spec(spec), data=table(), model=build)
    assert (plan.workload.preparation.layout, plan.workload.preparation.input_shape[0]) == (
        "sequence",
        WINDOW,
    )
