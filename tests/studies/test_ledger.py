"""The driver's storage: what Optuna reads afterwards, and in how many transactions it was written."""

from __future__ import annotations

import copy
import gc
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import optuna
import pytest
import sqlalchemy
from held import as_held, of_result
from kerasweep.studies import held_attributes, read_details, read_log, read_study
from kerasweep.studies.held_attributes import HeldResult, Unheld
from kerasweep.studies.held_rows import HeldRows
from kerasweep.studies.lifecycle import create_study, drive_study
from kerasweep.studies.records import DETAILS, FAILURE, PAUSED, RESULT
from kerasweep.studies.study_writer import StudyWriter
from optuna.trial import TrialState

MOST_HELD = 1300
"""Bytes of a trial of six hyperparameters; less is left of it when others like it have ended."""


@pytest.fixture
def writer(sqlite_url: str, samples):
    with create_study(sqlite_url, "first", "maximize", samples.spec, samples.about) as made:
        made.optuna.sampler = optuna.samplers.RandomSampler(seed=1)
        made.optuna.pruner = optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=2)
        yield made


def loaded(writer: StudyWriter) -> optuna.Study:
    """Return the study as another process reads it."""
    return optuna.load_study(study_name="first", storage=writer.ledger._backend.url)


def begin(writer: StudyWriter, samples, configuration=None) -> optuna.Trial:
    with writer.transaction():
        trial = writer.new_trial(configuration)
        samples.space.suggest(trial)
    return trial


@contextmanager
def counting(writer: StudyWriter) -> Iterator[Counter[str]]:
    """Count transactions, and statements by their first word."""
    engine, counts = writer.ledger._backend.engine, Counter()

    def on_commit(_: object) -> None:
        counts["commit"] += 1

    def on_statement(connection, cursor, statement, *_: object) -> None:
        counts[statement.split()[0].lower()] += 1

    sqlalchemy.event.listen(engine, "commit", on_commit)
    sqlalchemy.event.listen(engine, "before_cursor_execute", on_statement)
    try:
        yield counts
    finally:
        sqlalchemy.event.remove(engine, "commit", on_commit)
        sqlalchemy.event.remove(engine, "before_cursor_execute", on_statement)


@pytest.mark.parametrize("given", [True, False], ids=["given", "suggested"])
def test_a_trial_is_begun_in_one_transaction_and_ended_in_another(writer, samples, given) -> None:
    begin(writer, samples)
    configuration = samples.space.recommended() if given else None
    with counting(writer) as counts:
        trial = begin(writer, samples, configuration)
    # Others' trials are looked for, and whether the study is still its driver's; the trial, what was asked, its parameters.
    expected = (
        {"commit": 1, "select": 2, "insert": 3, "update": 1}
        if given
        else {"commit": 1, "select": 2, "insert": 2}
    )
    assert counts == expected
    with counting(writer) as counts:
        writer.report(trial, 1, 0.5)
        assert not trial.should_prune()
    assert counts == {}
    with counting(writer) as counts:
        writer.finish(trial, 0.5, samples.result, samples.details)
    # The report, the pruner's note, two attributes, the value; the state comes last. The driver is looked for.
    assert counts == {"commit": 1, "select": 1, "insert": 4, "update": 1}


@pytest.mark.parametrize("end", ["fail", "prune", "finish_as_duplicate", "requeue"])
def test_every_end_is_one_transaction(writer, samples, end) -> None:
    writer.finish(begin(writer, samples), 0.5, samples.result, samples.details)
    trial = begin(writer, samples)
    arguments = {
        "fail": (samples.failure,),
        "prune": (0.5, samples.result, samples.details),
        "finish_as_duplicate": (0,),
        "requeue": (),
    }[end]
    with counting(writer) as counts:
        getattr(writer, end)(trial, *arguments)
    assert (counts["commit"], counts["select"]) == (1, 1)


def _is_pruned(writer, trial, value: float) -> bool:
    writer.report(trial, 1, value)
    return trial.should_prune()


def test_optuna_reads_what_the_driver_holds(writer, samples) -> None:
    """Numbers, ids, states, values, parameters and their types, distributions, reports, times and attributes."""
    for number in range(24):
        trial = begin(writer, samples, samples.space.recommended() if number == 3 else None)
        if number % 6 == 1:
            writer.fail(trial, samples.failure)
        elif number % 6 == 2 and number > 6:
            writer.finish_as_duplicate(trial, number - 6)
        elif _is_pruned(writer, trial, (number * 7 % 5) / 3):
            writer.prune(trial, (number * 7 % 5) / 3, samples.result, samples.details)
        elif number % 6 != 5:
            writer.finish(
                trial, float("inf") if number == 6 else 0.1 * number, samples.result, samples.details
            )
        elif number > 12:
            writer.requeue(trial)
    writer.optuna.enqueue_trial(samples.space.recommended(), user_attrs={"theirs": [1]})
    writer.optuna.add_trial(optuna.create_trial(value=1.0, intermediate_values={1: -float("inf")}))
    writer.flush()
    held, read = writer.trials(), loaded(writer).trials
    assert {trial.state for trial in held} == set(TrialState)
    written = [trial.user_attrs.get(DETAILS) for trial in read]
    assert samples.details in written
    assert held == [as_held(trial) for trial in read]
    for mine, theirs in zip(held, read, strict=True):
        assert mine._trial_id == theirs._trial_id
        assert list(mine.params) == list(theirs.params)


def test_a_report_is_written_with_what_comes_next(writer, samples) -> None:
    first, second = begin(writer, samples), begin(writer, samples)
    writer.report(first, 1, 0.5)
    writer.flush(after=60.0)
    assert loaded(writer).trials[0].intermediate_values == {}
    writer.fail(second, samples.failure)
    assert loaded(writer).trials[0].intermediate_values == {1: 0.5}
    writer.report(first, 2, 0.6)
    writer.flush()
    assert loaded(writer).trials[0].intermediate_values == {1: 0.5, 2: 0.6}


def interrupted(writer: StudyWriter, samples) -> None:
    with writer.transaction():
        samples.space.suggest(writer.new_trial())
        raise KeyboardInterrupt


def test_a_trial_that_cannot_be_begun_leaves_nothing(writer, samples) -> None:
    begin(writer, samples)
    with pytest.raises(KeyboardInterrupt):
        interrupted(writer, samples)
    assert [trial.number for trial in loaded(writer).trials] == [0]
    assert [trial.number for trial in writer.trials()] == [0]
    assert begin(writer, samples).number == 1
    assert loaded(writer).trials == writer.trials() == [writer.trial(number) for number in (0, 1)]


def test_trials_that_others_add_are_heeded(writer, samples) -> None:
    begin(writer, samples)
    assert not writer.has_waiting()
    loaded(writer).enqueue_trial(samples.space.recommended())
    assert writer.has_waiting()
    theirs = begin(writer, samples)
    assert (theirs.number, theirs.params) == (1, samples.space.recommended())
    loaded(writer).enqueue_trial(samples.space.recommended())  # after the driver has looked
    proposed = {**samples.space.recommended(), "units": 16}
    begin(writer, samples, proposed)
    begin(writer, samples)
    assert [trial.params["units"] for trial in loaded(writer).trials[2:]] == [
        samples.space.recommended()["units"],
        16,
    ]
    assert loaded(writer).trials == writer.trials() == [writer.trial(number) for number in range(4)]
    assert writer.next_number() == 4


def test_a_ledger_is_of_one_study(writer) -> None:
    with pytest.raises(NotImplementedError):
        optuna.create_study(storage=writer.ledger, study_name="second")
    with pytest.raises(NotImplementedError):
        optuna.delete_study(storage=writer.ledger, study_name="first")


LONG = {"curves": {}, "summary": "층" * 50_000, "notes": []}
"""Details that take several rows, more of them than the samples'."""


@pytest.mark.parametrize("anew", [False, True], ids=["one driver", "another driver"])
def test_what_only_reports_read_is_written_and_not_held(sqlite_url: str, samples, anew: bool) -> None:
    with create_study(sqlite_url, "first", "maximize", samples.spec, samples.about) as writer:
        trial = begin(writer, samples)
        writer.log(trial, "one ")
        writer.pause(trial, samples.result, LONG)
        assert len(writer.trials()[0].user_attrs[DETAILS].keys) > 2
        if not anew:
            end_paused(writer, samples)
    if anew:
        with drive_study(read_study("first", sqlite_url), samples.spec) as writer:
            assert isinstance(writer.trials()[0].user_attrs[DETAILS], Unheld)
            end_paused(writer, samples)
    study = read_study("first", sqlite_url)
    with drive_study(study, samples.spec) as writer:
        assert writer.trials()[0].user_attrs == {**of_result({RESULT: samples.result}), PAUSED: False}
        stored = loaded(writer).trials[0].user_attrs
    assert sum(key.startswith(DETAILS) for key in stored) == 1
    assert (read_details(study, [0])[0].summary, read_log(study, 0)) == ("층 one", "one two")


def end_paused(writer: StudyWriter, samples) -> None:
    trial = writer.open_trial(writer.trials()[0])
    writer.go_on(trial)
    writer.log(trial, "two")
    writer.finish(trial, 0.5, samples.result, samples.details)
    assert writer.trials()[0].user_attrs == {**of_result({RESULT: samples.result}), PAUSED: False}


def test_a_study_is_read_in_parts(monkeypatch: pytest.MonkeyPatch, sqlite_url: str, samples) -> None:
    samples.fill(sqlite_url, trials=13)
    study = read_study("first", sqlite_url)
    with drive_study(study, samples.spec) as writer:
        at_once = writer.trials()
    monkeypatch.setattr(held_attributes, "BATCH", 4)
    with drive_study(study, samples.spec) as writer:
        assert writer.trials() == at_once
        assert [trial.number for trial in at_once] == list(range(16))
        assert len({id(trial.distributions) for trial in at_once if len(trial.distributions) == 6}) < 4


def test_a_trial_that_another_driver_ends_meanwhile_has_its_value_or_has_not_ended(
    monkeypatch: pytest.MonkeyPatch, writer, samples, sqlite_url: str
) -> None:
    """Rows are read by several statements, between which others write."""
    trial, read, left = begin(writer, samples), HeldRows._by_trial, [True]

    def read_and_end(self: HeldRows, *arguments: Any) -> Any:
        found = read(self, *arguments)
        if left and left.pop():
            writer.finish(trial, 0.5, samples.result, samples.details)
        return found

    monkeypatch.setattr(HeldRows, "_by_trial", read_and_end)
    engine = sqlalchemy.create_engine(sqlite_url)
    (found,) = held_attributes.read_held(engine, writer.study_id, -1)
    assert not left
    assert found.state == TrialState.RUNNING
    (found,) = held_attributes.read_held(engine, writer.study_id, -1)
    assert (found.state, found.value) == (TrialState.COMPLETE, 0.5)


def test_little_memory_is_held_of_a_trial_that_has_ended(writer, samples) -> None:
    """A day of short trials must not fill the driver."""
    tracemalloc.start()
    try:
        run_trials(writer, samples, 60)
        gc.collect()
        before, _ = tracemalloc.get_traced_memory()
        run_trials(writer, samples, 200)
        gc.collect()
        assert (tracemalloc.get_traced_memory()[0] - before) / 200 < MOST_HELD
    finally:
        tracemalloc.stop()


def run_trials(writer: StudyWriter, samples, count: int) -> None:
    for _ in range(count):
        trial = begin(writer, samples, samples.space.recommended())
        writer.report(trial, 1, 0.5)
        writer.finish(trial, 0.5, samples.result, samples.details)


def test_the_result_that_is_held_answers_as_what_was_written(samples) -> None:
    held = HeldResult(samples.result)
    assert held == of_result({RESULT: samples.result})[RESULT]
    assert held["fold_scores"] == samples.result["fold_scores"]
    assert held.get("parameters") is None
    assert copy.deepcopy(held) == held
    assert HeldResult({"fold_scores": "damaged"})["fold_scores"] == "damaged"
    assert list(HeldResult({"seconds": 1.5, "seed": 3})) == ["seconds"]


def test_a_trial_that_has_ended_is_copied_without_growing(writer, samples) -> None:
    """An instance whose ``__dict__`` was asked for, as ``copy`` does, keeps it for good."""
    trial = begin(writer, samples)
    writer.finish(trial, 0.5, samples.result, samples.details)
    (held,) = writer.trials()
    assert writer.ledger.get_trial(held._trial_id) is not held
    assert writer.ledger.get_trial(held._trial_id) == held


def test_what_was_read_takes_no_more_than_what_was_run(sqlite_url: str, samples) -> None:
    """Trials of an earlier run share what is equal of them: their hyperparameters' distributions, and names."""
    samples.fill(sqlite_url, trials=24)
    with drive_study(read_study("first", sqlite_url), samples.spec) as writer:
        ended = [trial for trial in writer.trials() if trial.state.is_finished() and len(trial.params) == 6]
        assert len(ended) > 2
        assert len({id(trial.distributions) for trial in ended}) == 1
        assert not any(FAILURE in trial.user_attrs or DETAILS in trial.user_attrs for trial in ended)
