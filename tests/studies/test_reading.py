"""Read-back: what plain SQL reads is what ``optuna.load_study`` holds, whoever made the study."""

from __future__ import annotations

import json
import math
import sqlite3
import statistics
import subprocess
import sys
from contextlib import closing

import optuna
import pytest
from kerasweep.errors import DamagedError, StudyError
from kerasweep.studies import (
    best_trial,
    best_trials,
    find_study,
    read_details,
    read_studies,
    read_study,
    read_trial,
    read_trials,
    trials_frame,
)
from kerasweep.studies.lifecycle import create_study
from kerasweep.studies.records import DUPLICATE, RESULT
from optuna.trial import TrialState, create_trial

STATES = {
    TrialState.COMPLETE: "complete",
    TrialState.PRUNED: "pruned",
    TrialState.FAIL: "failed",
    TrialState.RUNNING: "running",
    TrialState.WAITING: "waiting",
}


def assert_same(study, url: str) -> None:
    """Hold a study that was read against the one that Optuna loads."""
    stored = optuna.load_study(study_name=study.name, storage=url)
    assert study.direction == stored.direction.name.lower()
    trials = read_trials(study)
    assert len(trials) == len(stored.trials)
    for found, trial in zip(trials, stored.trials, strict=True):
        assert found.number == trial.number
        assert found.state == STATES[trial.state]
        assert found.value == (None if trial.values is None else trial.values[0])
        assert list(found.configuration.items()) == list(trial.params.items())
        assert [type(value) for value in found.configuration.values()] == [
            type(value) for value in trial.params.values()
        ]
        assert found.started == trial.datetime_start
        assert found.duplicate_of == trial.user_attrs.get(DUPLICATE)
        assert read_trial(study, trial.number) == found
    for state, name in STATES.items():
        assert study.counts.get(name, 0) == len(stored.get_trials(states=(state,)))


def test_a_study_of_ours(filled, samples) -> None:
    (study,) = read_studies(filled.url)
    assert_same(study, filled.url)
    assert (study.name, study.spec, study.about) == ("first", samples.spec, samples.about)
    assert (study.metric, study.model, study.source) == ("val_accuracy", "ann", "digits")
    assert study.refits == {0: {"test": {"accuracy": 0.5}}}
    assert study.trained == 12
    assert set(study.counts) == {"complete", "pruned", "failed", "running", "waiting"}
    assert {"host", "pid", "since"} == set(study.driver)


def test_results_are_whole(filled, samples) -> None:
    trials = read_trials(read_study("first", filled.url))
    complete = trials[0]
    for key, value in samples.result.items():
        assert getattr(complete, key) == (tuple(value) if isinstance(value, list) else value)
    assert complete.standard_error == pytest.approx(statistics.stdev([0.1, 0.2, 1 / 3]) / math.sqrt(3))
    assert trials[1].failure == samples.failure
    assert (trials[3].duplicate_of, trials[3].value) == (0, complete.value)
    assert trials[2].fold_scores == tuple(samples.result["fold_scores"])
    assert trials[12].state == "running"
    assert trials[13].configuration.keys() == {"optimizer"}


def test_the_trainer_of_a_study_of_an_earlier_version_has_its_name_of_today(
    sqlite_url: str, fill_study, samples
) -> None:
    fill_study(sqlite_url, trials=1)
    written = json.dumps({**samples.result, "trainer": "hyperfit"})
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as connection, connection:
        change = "UPDATE trial_user_attributes SET value_json = ? WHERE key = ?"
        assert connection.execute(change, (written, RESULT)).rowcount >= 1
    assert read_trial(read_study("first", sqlite_url), 0).trainer == "hypermodel"


def test_two_readings_are_equal_and_not_the_same(filled) -> None:
    first, second = (read_study("first", filled.url) for _ in range(2))
    assert first == second
    assert first is not second
    assert first.spec is not second.spec
    assert read_trials(first) == read_trials(second)
    assert read_trials(first)[0] is not read_trials(second)[0]


def test_details_are_read_on_demand(filled, samples) -> None:
    study = read_study("first", filled.url)
    details = read_details(study, [0, 1, 2, 999])
    assert set(details) == {0, 2}
    assert details[0].curves == samples.details["curves"]
    assert (details[0].summary, details[0].notes) == ("층 one", ("a note",))


def test_the_best_come_first_without_repeats(filled) -> None:
    study = read_study("first", filled.url)
    best = best_trials(study, 3)
    ranked = sorted(
        (trial for trial in read_trials(study) if trial.state == "complete" and trial.duplicate_of is None),
        key=lambda trial: (-trial.value, trial.number),
    )
    assert best == ranked[:3]
    assert best_trial(study) == ranked[0]


@pytest.mark.parametrize("direction", ["minimize", "maximize"])
def test_a_study_that_kerasweep_did_not_make(sqlite_url: str, direction: str) -> None:
    theirs = optuna.create_study(storage=sqlite_url, study_name="남의 것", direction=direction)
    distributions = {
        "a": optuna.distributions.FloatDistribution(0, 1, step=0.25),
        "b": optuna.distributions.IntDistribution(1, 9),
        "c": optuna.distributions.CategoricalDistribution((None, True, "x", 2.5)),
    }
    values = [3.0, math.inf, -math.inf, 0.0, -2.0, 5e-324, 1.7976931348623157e308]
    for number, value in enumerate(values):
        theirs.add_trial(
            create_trial(
                state=TrialState.COMPLETE,
                value=value,
                params={"a": 0.75, "b": number + 1, "c": (None, True, "x", 2.5)[number % 4]},
                distributions=distributions,
                intermediate_values={1: math.inf, 2: math.nan, 3: 0.5},
            )
        )
    theirs.add_trial(create_trial(state=TrialState.FAIL))
    theirs.add_trial(create_trial(state=TrialState.PRUNED, intermediate_values={2: 0.5}))
    study = read_study("남의 것", sqlite_url)
    assert_same(study, sqlite_url)
    assert (study.spec, study.about, study.driver, study.refits) == ({}, {}, {}, {})
    assert (study.metric, study.model, study.source) == ("value", "", "")
    trial = read_trial(study, 0)
    assert (trial.fold_scores, trial.epochs, trial.standard_error, trial.failure) == ((), None, None, {})
    ranked = [found.value for found in best_trials(study, 20)]
    assert ranked == sorted(values, reverse=direction == "maximize")
    assert best_trial(study).value == theirs.best_value


def test_studies_in_the_order_in_which_they_were_made(sqlite_url: str, samples) -> None:
    for name in ("b", "a", "c"):
        samples.fill(sqlite_url, name, trials=1)
    assert [study.name for study in read_studies(sqlite_url)] == ["b", "a", "c"]
    assert read_study(None, sqlite_url).name == "c"


def test_a_damaged_study_keeps_nobody_from_the_others(sqlite_url: str) -> None:
    with create_study(sqlite_url, "whole", "maximize", {}, {"metric": "val_accuracy"}):
        pass
    with create_study(sqlite_url, "damaged", "maximize", {}, {"metric": 3}):
        pass
    with create_study(sqlite_url, "later", "maximize", {}, {"metric": "val_accuracy"}):
        pass
    assert read_study(None, sqlite_url).name == "later"
    assert read_study("whole", sqlite_url).name == "whole"
    assert find_study("free", sqlite_url) is None
    for ask in (read_study, find_study):
        with pytest.raises(DamagedError, match="The study 'damaged' is damaged"):
            ask("damaged", sqlite_url)


def test_questions_without_an_answer(filled, sqlite_url: str) -> None:
    study = read_study("first", filled.url)
    with pytest.raises(StudyError) as caught:
        read_study("frist", filled.url)
    assert (
        str(caught.value)
        == f"There is no study 'frist' in {filled.url.removeprefix('sqlite:///')}. Did you mean 'first'?"
    )
    with pytest.raises(
        StudyError, match=r"^The study 'first' has no trial 99\. It has 15, numbered from 0\.$"
    ):
        read_trial(study, 99)
    optuna.create_study(storage=sqlite_url, study_name="empty")
    empty = read_study("empty", sqlite_url)
    with pytest.raises(StudyError, match=r"^The study 'empty' has no complete trial yet \(0 ended\)\.$"):
        best_trial(empty)
    with pytest.raises(StudyError, match=r"^The study 'empty' has no trial 0\. It has none\.$"):
        read_trial(empty, 0)
    assert read_trials(empty) == []
    assert list(trials_frame([]).columns) == ["state", "value", "standard_error", "epochs", "seconds"]


def test_a_frame_has_a_row_a_trial_and_a_column_a_hyperparameter(filled, samples) -> None:
    trials = read_trials(read_study("first", filled.url))
    frame = trials_frame(trials)
    assert list(frame.index) == [trial.number for trial in trials]
    assert set(samples.space.names) < set(frame.columns)
    assert frame.loc[0, "units"] == trials[0].configuration["units"]
    assert frame["momentum"].isna().sum() == sum("momentum" not in trial.configuration for trial in trials)


def test_browsing_a_thousand_trials_imports_nothing_heavy(sqlite_url: str, samples) -> None:
    study = optuna.create_study(storage=sqlite_url, study_name="large", direction="maximize")
    distributions = {"rate": optuna.distributions.FloatDistribution(0, 1)}
    study.add_trials(
        [
            create_trial(
                value=number / 1000,
                params={"rate": number / 1000},
                distributions=distributions,
                user_attrs={"kerasweep:result": samples.result},
            )
            for number in range(1000)
        ]
    )
    code = """
import json, sys, time
started = time.perf_counter()
from kerasweep.studies import best_trials, read_study, read_trials
study = read_study("large", sys.argv[1])
trials = read_trials(study)
best = best_trials(study)
heavy = [name for name in ("optuna", "sqlalchemy", "pandas", "numpy", "tensorflow", "keras", "sklearn") if name in sys.modules]
print(json.dumps([len(trials), best[0].number, trials[999].configuration, heavy, time.perf_counter() - started]))
"""
    done = subprocess.run(
        [sys.executable, "-c", code, sqlite_url], capture_output=True, text=True, check=True, timeout=60
    )
    count, number, configuration, heavy, seconds = json.loads(done.stdout)
    assert (count, number, configuration, heavy) == (1000, 999, {"rate": 0.999}, [])
    assert seconds < 5, "half a second on a machine with nothing else to do"
