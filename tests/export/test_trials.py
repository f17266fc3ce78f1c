"""All trials of a study as a table: nothing is lost in Parquet, nothing is run from CSV."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pandas as pd
import pytest
from kerasweep.errors import SpecError
from kerasweep.export import FORMATS
from kerasweep.export.trials import to_csv, to_parquet, trial_columns
from kerasweep.spaces import Categorical, Int, Space
from kerasweep.studies import StudyObjective, StudyRecord, TrialRecord, read_trials
from kerasweep.study import Study
from synthetic import hostile_space, make_study

FORMULA = "=HYPERLINK(1)"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"sqlite:///{tmp_path_factory.mktemp('trials') / 'a.db'}"


def frames(study: StudyRecord) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The table as both formats hold it."""
    return pd.read_csv(io.StringIO(to_csv(study)), index_col="number"), pd.read_parquet(
        io.BytesIO(to_parquet(study))
    ).set_index("number")


def test_both_formats_hold_what_the_study_says(url: str) -> None:
    record = make_study(url, "집값", trials=30, folds=3)
    shown = Study(record).trials
    for frame in frames(record):
        assert list(frame.index) == list(shown.index)
        assert list(frame["state"]) == list(shown["state"])
        for name in ("value", "standard_error", "epochs", "seconds", "learning_rate", "units"):
            pd.testing.assert_series_equal(
                frame[name].astype(float), shown[name].astype(float), check_exact=True
            )
        assert list(frame["optimizer"]) == list(shown["optimizer"])
        for trial in read_trials(record):
            row = frame.loc[trial.number]
            folds = [row[f"fold_{fold}"] for fold in (1, 2, 3)]
            assert folds[: len(trial.fold_scores)] == list(trial.fold_scores)
            assert pd.isna(folds[len(trial.fold_scores) :]).all()
            if trial.parameters is not None:
                assert row["parameters"] == trial.parameters
            if "message" in trial.failure:
                assert row["failure"] == trial.failure["message"]
    assert {"failed", "pruned"} <= set(shown["state"])


def test_a_study_without_trials_has_the_columns(url: str) -> None:
    record = make_study(url, "empty", trials=0)
    for frame in frames(record):
        assert len(frame) == 0
        assert {"state", "value", "seconds"} <= set(frame.columns)


def test_hostile_names_and_values_do_not_become_formulas(url: str) -> None:
    record = make_study(url, "hostile", space=hostile_space(), trials=8)
    rows = list(csv.reader(io.StringIO(to_csv(record))))
    assert len({len(row) for row in rows}) == 1
    for cell in (cell for row in rows for cell in row):
        assert not cell.lstrip().startswith(("=", "+", "@")), cell
    names = {name for trial in read_trials(record) for name in trial.configuration}
    assert names <= set(pd.read_parquet(io.BytesIO(to_parquet(record))).columns), "as they are"


def records(configurations: list[dict[str, Any]], **more: Any) -> list[TrialRecord]:
    return [
        TrialRecord(number, "complete", one, 0.5, (0.4, 0.6), started=datetime(2026, 1, 2, 3, 4, 5), **more)
        for number, one in enumerate(configurations)
    ]


@pytest.fixture
def stub(
    record_of: Callable[..., StudyRecord], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., StudyRecord]:
    """A study whose trials are given."""

    def make(trials: list[TrialRecord], **more: Any) -> StudyRecord:
        monkeypatch.setattr("kerasweep.export.trials.read_trials", lambda _: trials)
        return record_of({"study": "s", "model": "dnn"}, {"metric": "val_loss"}, **more)

    return make


def test_tuples_infinite_scores_and_values_of_several_kinds(stub: Callable[..., StudyRecord]) -> None:
    trials = records(
        [
            {"kernel": (3, 3), "mixed": 1, "rate": 1, "word": FORMULA, "huge": 2**70},
            {"kernel": (5, 5), "mixed": "둘", "rate": 0.5, "flag": True, "huge": 1},
        ]
    )
    trials[0] = TrialRecord(0, "complete", trials[0].configuration, -math.inf, (0.1, -math.inf))
    loose, typed = frames(stub(trials, direction="minimize"))
    assert list(loose["value"]) == list(typed["value"]) == [-math.inf, 0.5]
    assert loose["fold_2"][0] == typed["fold_2"][0] == -math.inf
    assert list(loose["kernel"]) == list(typed["kernel"]) == ["(3, 3)", "(5, 5)"]
    assert list(loose["mixed"]) == list(typed["mixed"]) == ["1", "둘"]
    assert list(typed["huge"]) == [str(2**70), "1"]
    assert list(typed["rate"]) == [1.0, 0.5]
    assert typed["flag"][1] is True
    assert (loose["word"][0], typed["word"][0]) == (f"'{FORMULA}", FORMULA)
    assert typed["started"][1] == pd.Timestamp("2026-01-02 03:04:05")


def test_a_name_that_is_taken_gets_a_prefix(stub: Callable[..., StudyRecord]) -> None:
    trials = records([{"epochs": 7, "units": 8}], epochs=5, measured={"params": 10.0, "bytes": 40.0})
    columns = trial_columns(stub(trials), trials)
    assert (columns["epochs"], columns["params_epochs"], columns["bytes"]) == ([5], [7], [40.0])


def test_several_objectives_have_a_column_each(stub: Callable[..., StudyRecord]) -> None:
    more = {"values": (0.5, 10.0), "measured": {"params": 10.0}}
    trials = records([{"units": 8}], **more)
    columns = trial_columns(stub(trials, further=(StudyObjective("params", "minimize"),)), trials)
    assert (columns["values_val_loss"], columns["values_params"]) == ([0.5], [10.0])
    assert not {"value", "params"} & set(columns)


@pytest.mark.parametrize("name", [name for name, one in FORMATS.items() if getattr(one, "all_trials", False)])
def test_a_trial_cannot_be_picked_of_a_table(name: str, stub: Callable[..., StudyRecord]) -> None:
    with pytest.raises(SpecError, match=f"^The format '{name}' holds all trials; leave out the trial 3.$"):
        FORMATS[name].content(stub([]), 3)


def test_every_type_of_value_is_a_column(url: str) -> None:
    space = Space(
        (Categorical("shape", ((3, 3), (1, 5))), Categorical("none", (None, 2)), Int("state", 1, 3))
    )
    record = make_study(url, "typed", space=space, trials=5)
    loose, typed = frames(record)
    assert set(typed["shape"]) <= {"(3, 3)", "(1, 5)"}
    assert set(typed["params_state"]) <= {1, 2, 3}
    assert loose.columns.tolist() == typed.columns.tolist()
