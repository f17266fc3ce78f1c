"""Columns of dates: what they become, what is refused, and rows in order of time."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kerasweep.errors import DataError
from kerasweep.training.data import load_dataset
from kerasweep.training.data.dates import find_dates, iso_text, read_moments, with_dates

ROWS = 40
DAYS = [dt.date(2023, 12, 30) + dt.timedelta(days=7 * (row * 7 % 20) + row % 2) for row in range(ROWS)]


def load(frame=None, **columns):
    base = np.random.default_rng(0).normal(size=ROWS)
    frame = (
        pd.DataFrame({"base": base, **columns, "label": ["yes", "no"] * (ROWS // 2)})
        if frame is None
        else frame
    )
    return load_dataset(frame, target="label", test_split="last")


WRITTEN = {
    "dates": DAYS,
    "datetimes": pd.to_datetime(DAYS),
    "time zone": pd.to_datetime(DAYS).tz_localize("Asia/Seoul"),
    "days": pd.PeriodIndex(pd.to_datetime(DAYS), freq="D"),
    "categories": pd.Categorical([str(day) for day in DAYS]).astype(str),
    **{
        form: [day.strftime(form) for day in DAYS]
        for form in (
            "%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y. %m. %d.", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%m-%d-%Y", "%d %B %Y",
            "%b %d, %Y", "%Y년 %m월 %d일", "%Y%m%dT000000", "'%Y-%m-%d'",
        )
    },
}  # fmt: skip


@pytest.mark.parametrize("form", WRITTEN)
def test_dates_become_numbers_however_they_are_written(form):
    data = load(when=WRITTEN[form])
    made = [f"when_{part}" for part in ("year", "month_sin", "month_cos", "weekday_sin", "weekday_cos")]
    assert list(data.x.columns) == ["base", *made]
    turn = np.array([(day.month - 1) / 6 * np.pi for day in DAYS[:30]])
    np.testing.assert_allclose(data.x["when_month_sin"], np.sin(turn), atol=1e-12)
    np.testing.assert_allclose(data.x["when_month_cos"], np.cos(turn), atol=1e-12)
    assert data.x["when_year"].tolist() == [day.year for day in DAYS[:30]]
    assert any(
        "column 'when' read as dates" in note and "year, month, weekday" in note for note in data.notes
    )


@pytest.mark.parametrize("zone", ["", "Z", "+09:00", " UTC"])
@pytest.mark.parametrize("form", ["{day}T{hour:02}:30:00", "{day} {hour:02}:30", "{day} {hour:02}:30:00.000"])
def test_times_are_hours_as_the_clock_shows_them(form, zone):
    data = load(when=[form.format(day=day, hour=row % 24) + zone for row, day in enumerate(DAYS)])
    turn = np.array([(row % 24 + 0.5) / 12 * np.pi for row in range(30)])
    np.testing.assert_allclose(data.x["when_hour_sin"], np.sin(turn), atol=1e-12)


def test_months_have_no_day_of_the_week():
    data = load(when=[f"{2020 + row % 4}-{row % 12 + 1:02}" for row in range(ROWS)])
    assert list(data.x.columns) == ["base", "when_year", "when_month_sin", "when_month_cos"]


@pytest.mark.parametrize(
    ("when", "message"),
    [
        (
            ["03/04/2024", "05/06/2024"],
            r"whose day and month cannot be told apart \('03/04/2024'\).*--drop when",
        ),
        (["13/04/2024", "04/13/2024"], r"with the day first \('13/04/2024'\) and second \('04/13/2024'\)"),
        (["1/22/20", "1/23/20"], r"with years of two digits \('1/22/20'\)"),
    ],
)
def test_dates_that_can_be_read_in_two_ways_are_refused(when, message):
    with pytest.raises(DataError, match=message) as caught:
        load(when=when * (ROWS // 2), other=["01/02/2024"] * ROWS)
    assert "column 'when' holds dates" in str(caught.value)
    assert "column 'other'" in str(caught.value), "all in one message"
    assert (
        load_dataset(
            pd.DataFrame({"when": when * 20, "base": range(40), "label": [0, 1] * 20}),
            target="label",
            drop="when",
        ).x.shape[1]
        == 1
    )


def test_what_is_no_date_among_dates_is_missing_and_said():
    data = load(when=[None, "unknown", "2024-13-45", *map(str, DAYS[3:])])
    assert data.x["when_year"].isna().sum() == 3
    assert any("'unknown', '2024-13-45' in 2 rows taken for a missing date" in note for note in data.notes)


def test_dates_that_never_differ_are_dropped_and_said():
    data = load(when=["2024-01-01", "2024-01-08"] * (ROWS // 2))
    assert list(data.x.columns) == ["base"]
    assert any("column 'when' dropped: its dates are the same" in note for note in data.notes)


def test_a_name_that_is_taken_is_refused():
    with pytest.raises(DataError, match="'when_year' is a column already"):
        load(when=WRITTEN["dates"], when_year=1)


def test_test_rows_are_read_as_training_rows_are():
    frame = pd.DataFrame({"when": [day.strftime("%d/%m/%Y") for day in DAYS]})
    y = np.arange(ROWS) % 2
    data = load_dataset(((frame, y), (pd.DataFrame({"when": ["03/04/2024", None]}), y[:2])))
    assert data.x_test["when_month_sin"].iloc[0] == pytest.approx(1), "April, as days come first"
    assert data.x_test["when_year"].isna().tolist() == [False, True]


@settings(deadline=None)
@given(
    st.lists(st.datetimes(dt.datetime(1000, 1, 1), dt.datetime(9999, 12, 31)), min_size=1, max_size=20),
    st.sampled_from([("%Y-%m-%d %H:%M:%S", "ymd"), ("%d/%m/%Y %H:%M", "dmy"), ("%m/%d/%Y %I:%M %p", "mdy")]),
)
def test_a_date_reads_as_it_was_written(moments, form):
    cells = pd.Series([moment.strftime(form[0]) for moment in moments], dtype=object)
    assert [str(read)[:16] for read in read_moments(cells, form[1])] == [
        moment.strftime("%Y-%m-%d %H:%M") for moment in moments
    ]


@settings(deadline=None)
@given(st.text(max_size=20), st.sampled_from(["ymd", "dmy", "mdy"]))
def test_any_text_is_a_date_or_none(text, order):
    read = read_moments(pd.Series([text, None], dtype=object), order)
    assert iso_text(text, order) is not None or read.isna().all()


def test_no_rows_and_no_dates():
    frame = pd.DataFrame({"a": pd.Series([], dtype=object), "when": pd.Series([], dtype="datetime64[ns]")})
    found, _ = find_dates(frame.loc[:, ["a"]], "empty")
    assert found == ()
    assert len(with_dates(frame, [("when", "ymd", ("year",))])) == 0


IN_ORDER = sorted(map(str, DAYS))


@pytest.mark.parametrize(
    ("columns", "by", "newest_first"),
    [
        ({"when": IN_ORDER}, ("when",), False),
        ({"when": IN_ORDER[::-1]}, ("when",), True),
        ({"when": [None, *IN_ORDER[1:]]}, ("when",), False),
        (
            {"Year": np.arange(ROWS) // 24 + 2020, "month": np.arange(ROWS) // 2 % 12},
            ("Year", "month"),
            False,
        ),
        ({"hour": np.arange(ROWS) % 24, "day": np.arange(ROWS) // 24, "z": 0}, None, False),
        ({"hr": np.arange(ROWS) % 10, "일": np.arange(ROWS) // 10}, ("일", "hr"), False),
        ({"year": np.arange(ROWS) // 9}, ("year",), False),
        ({"hour": np.arange(ROWS) // 9}, None, False),
        ({"year": np.arange(ROWS) % 9}, None, False),
        ({"when": list(map(str, DAYS))}, None, False),
    ],
)
def test_rows_in_order_of_time_are_noticed(columns, by, newest_first):
    order = load(**columns).time_order
    if by is None and "z" in columns:
        by = ("day", "hour")
    assert (order.columns if order else None) == by
    assert order is None or order.newest_first == newest_first
