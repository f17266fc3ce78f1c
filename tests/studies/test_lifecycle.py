"""Studies are made, driven again and deleted, whatever a crash has left of them."""

from __future__ import annotations

import optuna
import pytest
from kerasweep.errors import StorageError, StudyError, StudyLocked
from kerasweep.studies import DamagedStudy, find_study, read_all, read_study
from kerasweep.studies.lifecycle import create_study, delete_study, drive_study
from kerasweep.studies.records import ABOUT, DRIVER, FORMAT, SPEC


def test_a_new_study(writer, samples, sqlite_url: str) -> None:
    study = optuna.load_study(study_name="first", storage=sqlite_url)
    assert study.user_attrs.keys() == {DRIVER, FORMAT, ABOUT, SPEC}
    assert study.metric_names == ["val_accuracy"]
    assert study.direction.name == "MINIMIZE"
    assert writer.next_number() == 0
    assert find_study("first", sqlite_url).spec == samples.spec


def test_driving_again_names_the_driver_and_may_change_the_budget(sqlite_url: str, samples) -> None:
    samples.fill(sqlite_url, trials=1)
    record = read_study("first", sqlite_url)
    changed = {**samples.spec, "search": {"method": "bayes", "trials": 50}}
    with drive_study(record, changed):
        pass
    assert read_study("first", sqlite_url).spec == changed


def test_a_study_that_a_crash_left_without_its_specification_is_made_anew(sqlite_url: str, samples) -> None:
    crashed = optuna.create_study(storage=sqlite_url, study_name="first", direction="minimize")
    crashed.set_user_attr(DRIVER, {"host": "h", "pid": 1, "since": ""})
    assert find_study("first", sqlite_url) is None
    samples.fill(sqlite_url, trials=2)
    study = find_study("first", sqlite_url)
    assert (study.spec, study.direction, study.trained) == (samples.spec, "maximize", 2)


def test_a_study_of_someone_else_is_left_alone(sqlite_url: str, samples) -> None:
    optuna.create_study(storage=sqlite_url, study_name="first").add_trial(optuna.create_trial(value=1.0))
    assert find_study("first", sqlite_url).trained == 1
    with pytest.raises(
        StudyError, match=r"^The study 'first' was made in the meantime; resume it, or choose"
    ):
        samples.fill(sqlite_url)
    assert find_study("first", sqlite_url).trained == 1


def test_a_study_that_is_gone(sqlite_url: str, samples) -> None:
    samples.fill(sqlite_url, trials=1)
    record = read_study("first", sqlite_url)
    delete_study(record)
    assert find_study("first", sqlite_url) is None
    with pytest.raises(StudyError, match=r"^There is no study 'first' any more\.$"), drive_study(record):
        pass


def test_a_damaged_study_that_is_run_is_not_deleted(writer, sqlite_url: str) -> None:
    writer.ledger.write_study_attribute(ABOUT, "damaged")
    (damaged,) = read_all(sqlite_url)
    assert isinstance(damaged, DamagedStudy)
    with pytest.raises(StudyLocked, match="is being run by process"):
        delete_study(damaged)
    assert [one.name for one in read_all(sqlite_url)] == ["first"]


def test_a_database_that_fails_while_it_is_written(sqlite_url: str, samples) -> None:
    with pytest.raises(
        StorageError, match=r"^The storage /.* failed: .*no such table: trial_user_attributes"
    ):
        write_into_what_is_broken(sqlite_url, samples)


def write_into_what_is_broken(url: str, samples) -> None:
    with create_study(url, "first", "minimize", samples.spec, samples.about) as writer:
        trial = samples.begin(writer)
        with writer.optuna._storage._backend.engine.begin() as connection:
            connection.exec_driver_sql("DROP TABLE trial_user_attributes")
        writer.finish(trial, 1.0, samples.result, samples.details)
