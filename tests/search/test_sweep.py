"""The driver, over an analytic objective: hundreds of trials take seconds."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import pytest
import sqlalchemy
from kerasweep.errors import SweepError
from kerasweep.spaces import Categorical, Int, Space, configuration_key
from kerasweep.studies import best_trial, read_trials
from kerasweep.studies.study_writer import StudyWriter
from kerasweep.training.events import Answer
from kerasweep.training.metrics import Objective
from optuna.trial import FrozenTrial

KERAS_TUNERS = [
    pytest.param(f"kt-{method}", marks=pytest.mark.trains) for method in ("random", "grid", "bayes")
]
"""They import TensorFlow."""


@pytest.mark.parametrize("capacity", [1, 2, 3, 8])
def test_a_grid_trains_each_configuration_once(lab, fake, finite, capacity: int) -> None:
    made = lab(method="grid", space=finite, trials=100, epochs=2)
    executor = fake(capacity=capacity, epochs=2)
    assert made.run(executor) == "exhausted"
    expected = [configuration_key(configuration) for configuration in finite.grid()]
    assert [configuration_key(task.configuration) for task in executor.trained] == expected
    assert [task.number for task in executor.trained] == list(range(9))
    assert made.states() == "C" * 9
    again = fake(capacity=capacity)
    assert made.run(again) == "exhausted"
    assert again.trained == []


@pytest.mark.parametrize("method", ["random", "qmc", "bayes", "cmaes", *KERAS_TUNERS])
@pytest.mark.parametrize("capacity", [1, 4])
def test_a_finite_space_ends_when_all_of_it_was_tried(lab, fake, finite, method: str, capacity: int) -> None:
    made = lab(method=method, space=finite, trials=100, epochs=2)
    executor = fake(capacity=capacity, epochs=2)
    assert made.run(executor) == "exhausted"
    keys = [configuration_key(task.configuration) for task in executor.trained]
    assert sorted(keys) == sorted(
        configuration_key(configuration) for configuration in finite.configurations()
    )
    assert set(made.states()) == {"C"}


@pytest.mark.parametrize("method", ["random", "qmc", "bayes", "cmaes", *KERAS_TUNERS])
def test_the_recommended_configuration_comes_first(lab, fake, method: str) -> None:
    made = lab(method=method, trials=1)
    executor = fake()
    assert made.run(executor) == "trials"
    assert executor.trained[0].configuration == made.space.recommended()
    assert executor.trained[0].seed == made.seed


def test_many_trials(lab, fake) -> None:
    made = lab(method="random", trials=60, scheduler="median", epochs=3)
    fails = lambda configuration: "diverged" if configuration["learning_rate"] > 0.8 else None  # noqa: E731
    executor = fake(capacity=4, epochs=3, fails=fails)
    assert made.run(executor) == "trials"
    assert len(executor.trained) == 60
    states = made.states()
    assert len(states) == 60
    assert {"C", "P", "F"} == set(states)
    trials = read_trials(made.read())
    assert [trial.number for trial in trials] == list(range(60))
    assert best_trial(made.read()).value == max(trial.value for trial in trials if trial.state == "complete")


def test_stopping_leaves_nothing_running_and_resume_finishes(lab, fake, finite) -> None:
    made = lab(method="random", space=finite, trials=9)
    made.run(fake(), target=-1.0)
    twin = {"a": "y", "b": 2}
    made.enqueue(twin, twin)

    def stop(event: int) -> None:
        if event == 3:
            made.sweep.stop()

    executor = fake(capacity=4, before_event=stop)
    assert made.run(executor) == "interrupted"
    assert set(made.states()) == {"C", "W"}
    assert made.run(fake(capacity=4)) in ("trials", "exhausted")
    assert set(made.states()) == {"C"}
    assert len({configuration_key(trial.params) for trial in made.load().trials}) == 9


def test_a_target_ends_the_sweep(lab, fake) -> None:
    made = lab(method="random", trials=50)
    assert made.run(fake(capacity=2), target=0.5) == "target"
    trials = read_trials(made.read())
    assert max(trial.value for trial in trials if trial.state == "complete") >= 0.5
    assert all(trial.value < 0.5 for trial in trials[:-2] if trial.state == "complete")
    assert "R" not in made.states()
    executor = fake()
    assert made.run(executor, target=0.5) == "target"
    assert executor.trained == []


def test_time_ends_the_sweep_at_the_epoch_that_is_trained(lab, fake) -> None:
    made = lab(method="random", trials=6)
    executor = fake()
    assert made.run(executor, seconds=1e-9) == "time"
    assert executor.events == 2, "the first epoch, and the trial's end"
    assert made.states() == "W"
    assert made.run(fake(), seconds=3600) == "trials"
    assert made.states().count("C") + made.states().count("F") == 6


def test_the_budget_counts_the_whole_study(lab, fake) -> None:
    made = lab(method="random", trials=3)
    made.run(fake())
    made.trials = 5
    executor = fake()
    made.run(executor)
    assert [task.number for task in executor.trained] == [3, 4]
    assert made.progress[-1].done == 5
    assert made.progress[-1].ended_before == 3


def test_diverged_trials_do_not_end_the_sweep(lab, fake) -> None:
    made = lab(method="random", trials=6)
    assert made.run(fake(fails=lambda _: "diverged")) == "trials"
    assert made.states() == "F" * 6
    assert {trial.failure["kind"] for trial in read_trials(made.read())} == {"diverged"}


def test_three_hopeless_failures_do(lab, fake) -> None:
    made = lab(method="random", trials=6)
    with pytest.raises(SweepError, match=r"^The first 3 trials all failed; the last: it failed: model\.$"):
        made.run(fake(fails=lambda _: "model", capacity=2))
    assert made.states().count("F") == 3
    assert set(made.states()) <= {"F", "W"}


@pytest.mark.parametrize("capacity", [1, 3])
def test_a_failure_that_ends_the_sweep_ends_it_at_once(lab, fake, capacity: int) -> None:
    """Also after a success; what ran beside it waits for ``resume``, and the trial keeps its reason."""
    made = lab(trials=12)

    def fails(configuration) -> str | None:
        return (
            "fatal"
            if len(executor.trained) > 3 and configuration == executor.trained[3].configuration
            else None
        )

    executor = fake(capacity=capacity, fails=fails)
    with pytest.raises(SweepError, match=r"^Trial 3 ended the sweep: it failed: fatal\.$"):
        made.run(executor)
    states = made.states()
    assert states[3] == "F"
    assert "R" not in states
    assert len(executor.trained) < 12
    (failed,) = [trial for trial in read_trials(made.read()) if trial.failure.get("kind") == "fatal"]
    assert failed.failure["message"] == "it failed: fatal"


def test_failures_after_a_success_do_not(lab, fake) -> None:
    made = lab(method="random", trials=6)
    recommended = made.space.recommended()
    fails = lambda configuration: None if configuration == recommended else "crash"  # noqa: E731
    assert made.run(fake(fails=fails)) == "trials"
    assert made.states() == "CFFFFF"


@pytest.mark.parametrize("method", ["grid", "bayes", "random"])
def test_choices_that_are_tuples_are_searched_resumed_enqueued_and_read(lab, fake, method: str) -> None:
    space = Space((Categorical("widths", ((8,), (8, 4), (4, 4))), Int("depth", 1, 3)))
    made = lab(method=method, space=space, trials=1)
    made.run(fake())
    made.enqueue({"widths": (4, 4), "depth": 2}, {"widths": "(8,)", "depth": 3})
    made.trials = 5
    executor = fake()
    assert made.run(executor) == "trials"
    asked = [task.configuration["widths"] for task in executor.trained]
    assert asked[:2] == [(4, 4), (8,)]
    trials = read_trials(made.read())
    assert len([trial for trial in trials if trial.duplicate_of is None]) == 5
    assert all(space.check(trial.configuration) == trial.configuration for trial in trials)
    assert set(made.states()) == {"C"}


def test_a_trial_may_be_pruned_at_its_first_rung(lab, fake) -> None:
    made = lab(method="random", trials=40, scheduler="hyperband", epochs=9)
    made.run(fake(epochs=9))
    trials = read_trials(made.read())
    pruned = [trial for trial in trials if trial.state == "pruned"]
    assert {trial.epochs_trained for trial in pruned} == {1, 3}
    for trial, stored in zip(trials, made.load().trials, strict=True):
        rungs = list(stored.intermediate_values)
        assert rungs in ([], [1], [1, 3])
        if trial.state == "pruned":
            assert rungs[-1] == trial.epochs_trained
            assert trial.value == stored.intermediate_values[trial.epochs_trained]
    assert made.progress[-1].pruned == len(pruned)


def test_median_pruning_spares_the_first_and_the_best(lab, fake) -> None:
    made = lab(method="random", trials=30, scheduler="median", epochs=5)
    made.run(fake(epochs=5))
    assert "P" not in made.states()[:5]
    assert "P" in made.states()
    trials = read_trials(made.read())
    assert best_trial(made.read()).epochs_trained == 5
    assert all(trial.standard_error > 0 for trial in trials if trial.state == "complete")


def test_progress_adds_up(lab, fake) -> None:
    made = lab(method="random", trials=12, scheduler="median")
    made.run(fake(capacity=3))
    for before, after in itertools.pairwise(made.progress):
        assert after.done >= before.done
        assert after.epochs >= before.epochs
        assert len(after.running) <= 3
    last = made.progress[-1]
    assert (last.complete, last.pruned, last.failed) == tuple(made.states().count(state) for state in "CPF")
    assert last.done == last.total == 12
    assert last.seconds_left == 0
    assert last.best.value == best_trial(made.read()).value
    news = [progress.ended.number for progress in made.progress if progress.ended is not None]
    assert sorted(news) == list(range(12))


def test_what_trials_have_to_say_is_said_once(lab, fake) -> None:
    class Speaks(fake):
        def _outcome(self, running, ending: str):
            number = running.task.number
            return replace(super()._outcome(running, ending), notes=("each", f"only {number % 2}"))

    made = lab(method="random", trials=6)
    made.run(Speaks())
    said = [note for progress in made.progress if progress.ended for note in progress.ended.notes]
    assert sorted(said) == ["each", "only 0", "only 1"]


def test_minimizing_is_not_maximizing() -> None:
    objective = Objective("val_loss", "minimize")
    assert objective.best([3.0, 1.0, 2.0, 1.0]) == 1
    assert objective.reached(0.5, 0.5)
    assert not objective.reached(0.6, 0.5)
    assert objective.is_better(0.1, 0.2)


def test_a_sampler_that_is_stuck_gives_way_to_chance(lab, fake) -> None:
    """All ten duplicates in a row are kept as repeats, and the last configuration is found after all."""
    made = lab(method="bayes", space=Space((Categorical("a", ("x", "y")), Int("b", 1, 3))), trials=6)
    executor = fake()
    assert made.run(executor) == "trials"
    assert len(executor.trained) == 6
    repeats = [trial for trial in read_trials(made.read()) if trial.duplicate_of is not None]
    assert all(trial.duplicate_of < trial.number for trial in repeats)


@pytest.mark.parametrize(("method", "capacity"), [("random", 1), ("bayes", 4)])
def test_a_trial_costs_two_transactions(lab, fake, monkeypatch, method: str, capacity: int) -> None:
    """One when it begins and one when it ends; reports at rungs come along with these."""
    monkeypatch.setattr("kerasweep.search.driver.sweep.WRITE_SECONDS", math.inf)
    monkeypatch.setattr("kerasweep.search.driver.remote.TELL_SECONDS", math.inf)
    made = lab(method=method, trials=12, scheduler="hyperband", epochs=9)
    commits = []
    made.listen = lambda progress: progress.epoch and commits.append("epoch")
    listener = lambda _: commits.append("commit")  # noqa: E731
    sqlalchemy.event.listen(sqlalchemy.Engine, "commit", listener)
    try:
        made.run(fake(epochs=9, capacity=capacity))
    finally:
        sqlalchemy.event.remove(sqlalchemy.Engine, "commit", listener)
    first, last = commits.index("epoch"), len(commits) - commits[::-1].index("epoch")
    begun_before, ended_after = capacity, 1
    assert commits[first:last].count("commit") == 2 * 12 - begun_before - ended_after
    assert {1, 3} in [set(trial.intermediate_values) for trial in made.load().trials]


def test_a_report_is_answered_before_it_is_written(lab, fake, monkeypatch) -> None:
    monkeypatch.setattr("kerasweep.search.driver.sweep.WRITE_SECONDS", math.inf)
    monkeypatch.setattr(
        "kerasweep.search.driver.remote.TELL_SECONDS", math.inf
    )  # what it says is written with what waits
    made = lab(method="random", trials=3, scheduler="median", epochs=4)
    written: list[int] = []

    class Watched(fake):
        def answer(self, number: int, answer: Answer) -> None:
            super().answer(number, answer)
            written.append(len(made.load().trials[number].intermediate_values))

    made.run(Watched(epochs=4))
    assert written == [0, 0, 0] * 3


@pytest.mark.parametrize("method", ["grid", "random", "qmc", "bayes"])
def test_what_does_not_learn_from_trials_does_not_read_them(
    lab, fake, finite, monkeypatch, method: str
) -> None:
    """Studies become large, and would be read whole for each new trial."""

    def read(_: StudyWriter) -> list[FrozenTrial]:
        raise AssertionError("all trials were read")

    monkeypatch.setattr(StudyWriter, "searched", read)
    made = lab(method=method, space=finite, trials=4)
    assert made.run(fake(capacity=2)) == "trials"
    assert made.states() == "CCCC"
