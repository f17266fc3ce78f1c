"""Trials of one configuration, and trials that somebody has enqueued, in a whole sweep over the fake executor."""

from __future__ import annotations

import pytest
from kerasweep.spaces import Categorical, Float, Int, Space
from kerasweep.studies import read_trials


def test_a_duplicate_is_not_trained_again(lab, fake, finite) -> None:
    made = lab(method="random", space=finite, trials=1)
    made.run(fake())
    made.enqueue(finite.recommended(), {"a": "z", "b": 3})
    made.trials = 2
    executor = fake()
    made.run(executor)
    assert [task.configuration for task in executor.trained] == [{"a": "z", "b": 3}]
    first, second, third = read_trials(made.read())
    assert (second.duplicate_of, third.duplicate_of) == (0, None)
    assert (second.state, second.value, second.fold_scores) == ("complete", first.value, first.fold_scores)


@pytest.mark.parametrize("kind", [None, "diverged"])
def test_twins_of_a_running_trial_share_its_result(lab, fake, finite, kind) -> None:
    made = lab(method="random", space=finite, trials=2)
    made.run(fake(), target=-1.0)
    twin = {"a": "y", "b": 2}
    made.enqueue(twin, twin, twin)
    made.trials = 3
    executor = fake(capacity=3, fails=lambda configuration: kind if configuration == twin else None)
    made.run(executor)
    assert [task.number for task in executor.trained] == [1, 4]
    original, *copies = read_trials(made.read())[1:4]
    assert original.duplicate_of is None
    assert [copy.duplicate_of for copy in copies] == [original.number] * 2
    for copy in copies:
        assert (copy.state, copy.value, copy.failure) == (original.state, original.value, original.failure)
    assert original.state == ("failed" if kind else "complete")


def test_waiting_trials_come_first(lab, fake, finite) -> None:
    made = lab(method="grid", space=finite, trials=9)
    made.run(fake(), target=-1.0)
    made.enqueue({"a": "z", "b": 1}, {"a": "x", "b": 3})
    executor = fake()
    made.run(executor)
    assert [task.configuration for task in executor.trained][:2] == [{"a": "z", "b": 1}, {"a": "x", "b": 3}]
    assert [task.number for task in executor.trained] == list(range(1, 9))


@pytest.mark.filterwarnings("error")  # a value outside of the space comes to no word of Optuna's
@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"batch_size": -1, "kind": "a"}, "batch_size must be a whole number in 8..64, got -1"),
        ({"batch_size": 8, "kind": "a", "rate": 2.0}, "rate must be a number in 0.1..1, got 2.0"),
        ({"rate": float("nan")}, "rate must be a number in 0.1..1, got nan"),
        ({"rate": "0.5"}, "rate must be a number in 0.1..1, got '0.5'"),
        ({"batch_size": 8.5, "kind": "a"}, "batch_size must be a whole number in 8..64, got 8.5"),
        ({"batch_size": True}, "batch_size must be a whole number in 8..64, got True"),
        ({"batch_size": None}, "batch_size must be a whole number in 8..64, got None"),
        ({"batch_size": 8, "kind": "c"}, "kind must be one of a,b, got 'c'"),
        ({"kind": ["a", {"b": 1}]}, "kind must be one of a,b, got"),
        (
            {"batch_size": "many", "kind": "c"},
            "batch_size must be a whole number in 8..64, got 'many'. kind must",
        ),
        ({"bach_size": 8}, "There is no hyperparameter 'bach_size'. Did you mean 'batch_size'?"),
        ({"batch_size": 8.0, "rate": 1}, None),
    ],
)
def test_what_is_enqueued_and_cannot_be_fails_and_the_sweep_goes_on(lab, fake, values, told) -> None:
    space = Space((Int("batch_size", 8, 64), Categorical("kind", ("a", "b")), Float("rate", 0.1, 1.0)))
    made = lab(method="random", space=space, trials=1)
    made.run(fake())
    made.enqueue(values)
    made.trials = 3
    executor = fake()
    assert made.run(executor) == "trials"
    _, asked, last = read_trials(made.read())
    assert last.state == "complete"
    assert (asked.state, len(executor.trained)) == (("failed", 1) if told else ("complete", 2))
    if told:
        assert asked.failure["kind"] == "configuration"
        assert asked.failure["message"].startswith(f"what was enqueued is not of this space: {told}")
        made.trials = 4
        assert made.run(fake()) == "trials"
        assert made.states() == "CFCC", "a resumed sweep takes it for an end"


def test_a_twin_that_waits_when_the_budget_is_spent_is_ended_all_the_same(lab, fake, finite) -> None:
    """Its original is the last trial that the budget allows, and so nothing is started after it."""
    made = lab(method="random", space=finite, trials=2)
    made.run(fake(), target=-1.0)
    twin = {"a": "y", "b": 2}
    made.enqueue(twin, twin)
    made.trials = 3
    made.run(fake(capacity=2, before_event=lambda event: event == 2 and made.sweep.stop()))
    assert made.states() == "CWWW", "the original, its twin, and one more"
    made.trials = 2
    executor = fake(capacity=2)
    assert made.run(executor) == "trials"
    assert [task.number for task in executor.trained] == [1]
    assert made.states() == "CCCW"
    assert read_trials(made.read())[2].duplicate_of == 1


def test_a_trial_that_a_user_enqueues_meanwhile_comes_next(lab, fake) -> None:
    made = lab(method="random", trials=5)
    theirs = {"optimizer": "adam", "learning_rate": 0.5, "units": 9}
    executor = fake(before_event=lambda event: event == 7 and made.enqueue(theirs))
    assert made.run(executor) == "trials"
    assert executor.trained[2].configuration == theirs
    assert [trial.number for trial in made.load().trials] == list(range(5))
    assert made.states() == "CCCCC"
