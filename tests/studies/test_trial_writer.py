"""How trials end: what each call leaves in the study."""

from __future__ import annotations

import optuna
import pytest
from kerasweep.studies import read_details, read_log, read_study, read_trials
from kerasweep.studies.records import DETAILS, DUPLICATE, FAILURE, RESULT
from kerasweep.studies.study_writer import StudyWriter
from kerasweep.studies.trial_writer import MOST_LOG
from optuna.trial import TrialState


def stored(writer: StudyWriter, number: int = -1) -> optuna.trial.FrozenTrial:
    """Return a trial as a fresh reader of the database gets it."""
    url = writer.optuna._storage._backend.url
    return optuna.load_study(study_name="first", storage=url).trials[number]


def test_finish(writer, samples) -> None:
    trial = samples.begin(writer)
    writer.report(trial, 3, 0.5)
    assert not trial.should_prune()
    writer.finish(trial, 0.25, samples.result, samples.details)
    found = stored(writer)
    assert (found.state, found.value, found.intermediate_values) == (TrialState.COMPLETE, 0.25, {3: 0.5})
    assert found.user_attrs == {RESULT: samples.result, DETAILS: samples.details}
    assert writer.next_number() == 1


def test_prune(writer, samples) -> None:
    trial = samples.begin(writer)
    writer.report(trial, 3, 0.5)
    writer.prune(trial, 0.5, samples.result, samples.details)
    found = stored(writer)
    assert (found.state, found.value, found.user_attrs[RESULT]) == (TrialState.PRUNED, 0.5, samples.result)
    trial = samples.begin(writer)
    writer.prune(trial, 0.75, samples.result, samples.details)
    assert (stored(writer).state, stored(writer).value) == (TrialState.PRUNED, 0.75)


def test_fail(writer, samples) -> None:
    writer.fail(samples.begin(writer), samples.failure)
    found = stored(writer)
    assert (found.state, found.value, found.user_attrs) == (TrialState.FAIL, None, {FAILURE: samples.failure})


@pytest.mark.parametrize("end", ["finish", "prune", "fail"])
def test_repeat_copies_how_the_original_ended(writer, samples, end: str) -> None:
    trial = samples.begin(writer)
    writer.report(trial, 3, 0.5)
    if end == "fail":
        writer.fail(trial, samples.failure)
    else:
        getattr(writer, end)(trial, 0.5, samples.result, samples.details)
    writer.finish_as_duplicate(samples.begin(writer), 0)
    original, copy = stored(writer, 0), stored(writer, 1)
    assert (copy.state, copy.value, copy.params) == (original.state, original.value, original.params)
    assert copy.user_attrs[DUPLICATE] == 0
    assert copy.user_attrs.get(RESULT) == original.user_attrs.get(RESULT)
    assert copy.user_attrs.get(FAILURE) == original.user_attrs.get(FAILURE)
    assert writer.is_duplicate(copy)
    assert not writer.is_duplicate(original)


def test_requeue_keeps_the_number_and_the_question_and_nothing_else(writer, samples) -> None:
    writer.optuna.pruner = optuna.pruners.SuccessiveHalvingPruner(min_resource=1)
    trial = samples.begin(writer)
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


def test_restart_lets_a_running_trial_report_again(writer, samples) -> None:
    trial = samples.begin(writer)
    writer.report(trial, 1, 0.5)
    writer.restart(trial)
    writer.report(trial, 1, 0.75)
    writer.flush()
    assert (stored(writer).state, stored(writer).intermediate_values) == (TrialState.RUNNING, {1: 0.75})


def test_the_study_is_whole_after_each_call(writer, samples, sqlite_url: str) -> None:
    for number, end in enumerate(("finish", "prune", "fail", "finish_as_duplicate")):
        trial = samples.begin(writer)
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


def test_what_a_trial_prints_is_read_however_many_bytes_it_takes(writer, samples, sqlite_url: str) -> None:
    trial = samples.begin(writer)
    writer.log(trial, ("🎉" * 99 + "\n") * 90)
    writer.log(trial, "층")
    writer.fail(trial, samples.failure)
    log = read_log(read_study("first", sqlite_url), 0)
    assert log.endswith("\n층")
    assert 4000 < len(log) <= MOST_LOG
