"""The one write path: what each call leaves in the study."""

from __future__ import annotations

import optuna
import pytest
from kerasweep.errors import StorageError, StudyError
from kerasweep.studies import read_details, read_study, read_trials
from kerasweep.studies.records import ABOUT, DETAILS, DRIVER, DUPLICATE, FAILURE, FORMAT, RESULT, SPEC
from kerasweep.studies.writing import StudyWriter, create_study, delete_study, drive_study, find_study
from optuna.trial import TrialState


@pytest.fixture
def writer(sqlite_url: str, samples):
    with create_study(sqlite_url, "first", "minimize", samples.spec, samples.about) as made:
        made.optuna.pruner = optuna.pruners.NopPruner()
        yield made


def stored(writer: StudyWriter, number: int = -1) -> optuna.trial.FrozenTrial:
    """Return a trial as a fresh reader of the database gets it."""
    url = writer.optuna._storage._backend.url
    return optuna.load_study(study_name="first", storage=url).trials[number]


def begin(writer: StudyWriter, samples):
    trial = writer.new_trial(samples.space.recommended())
    assert samples.space.suggest(trial) == samples.space.recommended()
    return trial


def test_a_new_study(writer, samples, sqlite_url: str) -> None:
    study = optuna.load_study(study_name="first", storage=sqlite_url)
    assert study.user_attrs.keys() == {DRIVER, FORMAT, ABOUT, SPEC}
    assert study.metric_names == ["val_accuracy"]
    assert study.direction.name == "MINIMIZE"
    assert writer.next_number() == 0
    assert find_study("first", sqlite_url).spec == samples.spec


def test_finish(writer, samples) -> None:
    trial = begin(writer, samples)
    writer.report(trial, 3, 0.5)
    assert not trial.should_prune()
    writer.finish(trial, 0.25, samples.result, samples.details)
    found = stored(writer)
    assert (found.state, found.value, found.intermediate_values) == (TrialState.COMPLETE, 0.25, {3: 0.5})
    assert found.user_attrs == {RESULT: samples.result, DETAILS: samples.details}
    assert writer.next_number() == 1


def test_prune(writer, samples) -> None:
    trial = begin(writer, samples)
    writer.report(trial, 3, 0.5)
    writer.prune(trial, 0.5, samples.result, samples.details)
    found = stored(writer)
    assert (found.state, found.value, found.user_attrs[RESULT]) == (TrialState.PRUNED, 0.5, samples.result)
    trial = begin(writer, samples)
    writer.prune(trial, 0.75, samples.result, samples.details)
    assert (stored(writer).state, stored(writer).value) == (TrialState.PRUNED, 0.75)


def test_fail(writer, samples) -> None:
    writer.fail(begin(writer, samples), samples.failure)
    found = stored(writer)
    assert (found.state, found.value, found.user_attrs) == (TrialState.FAIL, None, {FAILURE: samples.failure})


@pytest.mark.parametrize("end", ["finish", "prune", "fail"])
def test_repeat_copies_how_the_original_ended(writer, samples, end: str) -> None:
    trial = begin(writer, samples)
    writer.report(trial, 3, 0.5)
    if end == "fail":
        writer.fail(trial, samples.failure)
    else:
        getattr(writer, end)(trial, 0.5, samples.result, samples.details)
    writer.finish_as_duplicate(begin(writer, samples), 0)
    original, copy = stored(writer, 0), stored(writer, 1)
    assert (copy.state, copy.value, copy.params) == (original.state, original.value, original.params)
    assert copy.user_attrs[DUPLICATE] == 0
    assert copy.user_attrs.get(RESULT) == original.user_attrs.get(RESULT)
    assert copy.user_attrs.get(FAILURE) == original.user_attrs.get(FAILURE)
    assert writer.is_duplicate(copy)
    assert not writer.is_duplicate(original)


def test_requeue_keeps_the_number_and_the_question_and_nothing_else(writer, samples) -> None:
    writer.optuna.pruner = optuna.pruners.SuccessiveHalvingPruner(min_resource=1)
    trial = begin(writer, samples)
    writer.report(trial, 1, 0.5)
    writer.report(trial, 3, 0.25)
    trial.set_user_attr(RESULT, {})
    trial.set_user_attr("theirs", 1)
    writer.requeue(trial)
    found = stored(writer)
    assert found.state == TrialState.WAITING
    assert (found.number, found.params) == (0, samples.space.recommended())
    assert found.intermediate_values == {}
    assert found.system_attrs == {"fixed_params": samples.space.recommended()}
    assert found.user_attrs == {"theirs": 1}
    again = writer.new_trial()
    assert again.number == 0
    assert samples.space.suggest(again) == samples.space.recommended()
    writer.report(again, 1, 0.75)
    writer.flush()
    assert stored(writer).intermediate_values == {1: 0.75}


def test_only_running_trials_are_requeued(writer, samples) -> None:
    writer.finish(begin(writer, samples), 1.0, samples.result, samples.details)
    begin(writer, samples)
    writer.fail(begin(writer, samples), samples.failure)
    half = writer.new_trial()
    half.suggest_categorical("optimizer", ("adam", "sgd", None))
    writer.requeue_running()
    states = [trial.state.name for trial in writer.trials()]
    assert states == ["COMPLETE", "WAITING", "FAIL", "WAITING"]
    assert [writer.new_trial().number for _ in range(3)] == [1, 3, 4]


def test_restart_lets_a_running_trial_report_again(writer, samples) -> None:
    trial = begin(writer, samples)
    writer.report(trial, 1, 0.5)
    writer.restart(trial)
    writer.report(trial, 1, 0.75)
    writer.flush()
    assert (stored(writer).state, stored(writer).intermediate_values) == (TrialState.RUNNING, {1: 0.75})


def test_the_study_is_whole_after_each_call(writer, samples, sqlite_url: str) -> None:
    for number, end in enumerate(("finish", "prune", "fail", "finish_as_duplicate")):
        trial = begin(writer, samples)
        arguments = {
            "finish": (1.0, samples.result, samples.details),
            "prune": (1.0, samples.result, samples.details),
            "fail": (samples.failure,),
            "finish_as_duplicate": (0,),
        }[end]
        getattr(writer, end)(trial, *arguments)
        study = read_study("first", sqlite_url)
        trials = read_trials(study)
        assert len(trials) == sum(study.counts.values()) == number + 1
        assert set(read_details(study, range(10))) == {0, 1} & set(range(number + 1))
        assert trials[-1].state == ("complete", "pruned", "failed", "complete")[number]
        assert trials[-1].fold_scores == ((0.1, 0.2, 1 / 3) if end != "fail" else ())


def test_refits_are_kept_by_trial(writer, sqlite_url: str) -> None:
    writer.set_refit(3, {"test": {"accuracy": 0.5}})
    writer.set_refit(4, {"test": {"accuracy": 0.6}})
    writer.set_refit(3, {"test": {"accuracy": 0.7}})
    assert read_study("first", sqlite_url).refits == {
        3: {"test": {"accuracy": 0.7}},
        4: {"test": {"accuracy": 0.6}},
    }


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


def test_a_database_that_fails_while_it_is_written(sqlite_url: str, samples) -> None:
    with pytest.raises(
        StorageError, match=r"^The storage /.* failed: .*no such table: trial_user_attributes"
    ):
        write_into_what_is_broken(sqlite_url, samples)


def write_into_what_is_broken(url: str, samples) -> None:
    with create_study(url, "first", "minimize", samples.spec, samples.about) as writer:
        trial = begin(writer, samples)
        with writer.optuna._storage._backend.engine.begin() as connection:
            connection.exec_driver_sql("DROP TABLE trial_user_attributes")
        writer.finish(trial, 1.0, samples.result, samples.details)
