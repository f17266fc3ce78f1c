"""Large attributes, in pieces that any database holds."""

from __future__ import annotations

import json
from typing import Any

import pytest
import sqlalchemy
from hypothesis import given
from hypothesis import strategies as st
from kerasweep.studies import chunks, read_details, read_studies, read_study, read_trials
from kerasweep.studies.chunks import join, split
from kerasweep.studies.lifecycle import create_study, drive_study

MYSQL = 65_535
"""Bytes of its columns of text."""
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(VALUES, st.integers(4, 40))
def test_what_is_split_comes_back(value: Any, most: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunks, "MAX_BYTES", most)
        rows = split("kerasweep:x", value)
        assert len(rows) == 1 or all(len(text) <= most + 2 for text in list(rows.values())[1:])
        shuffled = {key: json.loads(text) for key, text in reversed(rows.items())}
        others = {"a": 1, "kerasweep:xy": [2]}
        assert join({**shuffled, **others}, "A study") == {"kerasweep:x": value, **others}


def test_small_attributes_are_rows_as_ever() -> None:
    value = {"a": [1, "ü"]}
    assert split("kerasweep:x", value) == {"kerasweep:x": json.dumps(value)}


@pytest.mark.parametrize("unit", ["abc", '"', "\\", "層"])
def test_a_study_with_large_attributes_reads_as_one_with_small_ones(
    sqlite_url: str, samples, unit: str
) -> None:
    large = unit * 70_000
    spec = {**samples.spec, "space": large}
    about = {**samples.about, "note": large}
    details = {**samples.details, "summary": large}
    failure = {**samples.failure, "traceback": large}
    with create_study(sqlite_url, "first", "maximize", spec, about) as writer:
        for end in ("finish", "fail"):
            trial = writer.new_trial(samples.space.recommended())
            samples.space.suggest(trial)
            arguments = (0.5, samples.result, details) if end == "finish" else (failure,)
            getattr(writer, end)(trial, *arguments)
        writer.set_refit(0, {"test": {}, "note": large})
        writer.set_refit(0, {"test": {}, "note": large + unit})
    with sqlalchemy.create_engine(sqlite_url).connect() as connection:
        for table in ("study_user_attributes", "trial_user_attributes"):
            sizes = connection.execute(
                sqlalchemy.text(f"SELECT MAX(LENGTH(value_json)) FROM {table}")
            ).scalar()
            assert 10_000 < sizes < MYSQL
    (study,) = read_studies(sqlite_url)
    assert (study.spec, study.about, study.refits) == (spec, about, {0: {"test": {}, "note": large + unit}})
    assert [trial.failure for trial in read_trials(study)] == [{}, failure]
    assert read_details(study, [0, 1])[0].summary == large
    with drive_study(study, {**spec, "more": 1}) as writer:
        writer.finish_as_duplicate(writer.new_trial(samples.space.recommended()), 1)
    study = read_study("first", sqlite_url)
    assert study.spec == {**spec, "more": 1}
    assert read_trials(study)[2].failure == failure
    with drive_study(study, samples.spec):
        pass
    assert read_study("first", sqlite_url).spec == samples.spec
