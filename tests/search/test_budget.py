"""When a sweep is over: after so many epochs, or once it has converged; and that a killed one ends at the same trial."""

from __future__ import annotations

import math
from dataclasses import replace

import kerasweep as ks
import pytest
from kerasweep.cli.tables import state_text
from kerasweep.errors import SpecError
from kerasweep.search.spec import make_spec
from kerasweep.spaces import Categorical, Space
from kerasweep.studies.convergence import gain_of_doubling, gain_of_second_half, has_converged
from kerasweep.training.events import Task

SEARCHES = [("random", "none"), ("bayes", "median"), ("random", "asha"), ("knowhow", "knowhow")]


class Killed(BaseException):
    """Stands for SIGKILL."""


def noisy(task: Task, fold: int, epoch: int) -> float:
    """Scores of which some folds' are lower, by more than configurations differ."""
    rate = float(task.configuration["learning_rate"])
    return 0.6 + 0.2 * fold + 0.01 * epoch - 0.01 * abs(math.log10(rate) + 1.5)


def trained(picture: list) -> int:
    """Epochs of single folds that a study's trials have trained, duplicates aside."""
    results = [trial[6]["kerasweep:result"] for trial in picture if "kerasweep:duplicate_of" not in trial[6]]
    return sum(result["epochs_trained"] * len(result["fold_scores"]) for result in results)


@pytest.mark.parametrize(("method", "scheduler"), SEARCHES)
def test_a_budget_of_epochs_is_kept(lab, method, scheduler) -> None:
    made = lab(method=method, scheduler=scheduler, trials=math.inf, epochs=4, total_epochs=100)
    assert made.run() == "epochs"
    spent = trained(made.picture)
    assert 100 - 12 < spent <= 100
    assert made.progress[-1].epochs == spent
    assert made.progress[-1].seconds_left == pytest.approx(0, abs=1)
    assert made.run() == "epochs"
    assert trained(made.picture) == spent


@pytest.mark.parametrize(
    ("method", "scheduler", "budget"),
    [
        ("bayes", "median", {"total_epochs": 90}),
        ("random", "asha", {"total_epochs": 90}),
        ("knowhow", "knowhow", {"total_epochs": 90}),
        ("random", "none", {"until_converged": True}),
        ("knowhow", "knowhow", {"until_converged": True}),
    ],
)
def test_a_killed_sweep_ends_at_the_same_trial(lab, fake, tmp_path, method, scheduler, budget) -> None:
    settings = {"method": method, "scheduler": scheduler, "trials": 40, "epochs": 4, **budget}
    whole = lab(**settings)
    reason = whole.run(fake(epochs=4, scores=noisy))
    assert reason in ("epochs", "converged")
    for kill_at in (9, 70, 130):
        killed = replace(lab(**settings), folder=tmp_path / str(kill_at))
        killed.folder.mkdir()

        def die(event: int, at: int = kill_at) -> None:
            if event == at:
                raise Killed

        executor = fake(epochs=4, before_event=die, scores=noisy)
        try:
            killed.run(executor, killed=True)
        except Killed:
            assert killed.run(fake(epochs=4, scores=noisy)) == reason
        assert killed.picture == whole.picture


def test_it_ends_once_it_has_converged(lab, fake) -> None:
    made = lab(method="random", scheduler="none", trials=200, epochs=4, until_converged=True)
    assert made.run(fake(epochs=4, scores=noisy)) == "converged"
    assert 10 <= len(made.picture) < 100
    assert made.run(fake(epochs=4, scores=noisy)) == "converged"
    assert made.read().concluded == "converged"
    made.until_converged = False
    made.trials = len(made.picture) + 1
    assert made.run(fake(epochs=4, scores=noisy)) == "trials"


def test_convergence_is_read_from_the_scores() -> None:
    assert gain_of_doubling([1.0, 0.0]) == 0.25
    assert gain_of_second_half([0.5, None, 0.75, 0.5]) == 0.25
    assert gain_of_second_half([None, None, 0.75, 0.5]) == math.inf
    level = [0.9, 0.9, 0.89, 0.9, None, None, 0.9, 0.89, None, None]
    noisy, certain = (0.8, 0.9, 1.0), (0.9, 0.9, 0.9)

    def ends(scores: list[float | None], folds: tuple[float, ...]) -> bool:
        return has_converged(scores, dict.fromkeys(range(len(scores)), folds))

    assert ends(level, noisy)
    assert ends([0.9] * 10, certain)
    assert not ends(level[:-1], noisy)
    assert not ends(level, certain)
    assert not ends([*level[:-1], 1.2], noisy)
    assert not ends([None] * 7 + level[:3], noisy)
    assert not ends(level, (0.9,))
    assert has_converged(
        level, {0: certain, 1: noisy, 3: noisy, 6: noisy}
    )  # as the others show, its noise is not zero


def test_what_cannot_converge_is_refused() -> None:
    spec = {"model": "dnn", "data": {"source": "digits"}, "search": {"until_converged": True}}
    with pytest.raises(SpecError, match="single holdout"):
        make_spec({**spec, "cv": {"method": "holdout"}})
    with pytest.raises(SpecError, match="several"):
        make_spec({**spec, "training": {"objective": ["val_accuracy", "params"]}})


@pytest.mark.parametrize(
    ("settings", "trials", "covers"),
    [
        ({"search": "grid"}, 6, True),
        ({"search": "grid", "trials": 500}, 6, True),
        ({"search": "grid", "trials": 5}, 5, False),
        ({"search": "random", "trials": 500}, 500, False),
        ({"search": "random", "trials": 500, "space": {"optimizer": ["adam", "sgd"]}}, 2, True),
        ({"search": "sensitivity"}, None, False),
    ],
)
def test_a_budget_knows_whether_it_suffices_for_the_space(settings, trials, covers) -> None:
    """Of changes, noise decides how often each is trained."""
    budget = ks.plan_sweep("digits", "ann", **settings).budget
    assert trials in (None, budget.trials)
    assert budget.covers_space is covers


@pytest.mark.parametrize(
    ("why", "asked"),
    [
        ("target", {}),
        ("epochs", {"total_epochs": 40}),
        ("exhausted", {"space": Space((Categorical("a", ("x", "y")),))}),
        ("trials", {"trials": 2}),
        ("interrupted", {}),
    ],
)
def test_what_was_asked_for_is_done_in_fewer_trials_than_were_allowed(
    lab, fake, why: str, asked: dict
) -> None:
    made = lab(method="random", epochs=4, **{"trials": 50, **asked})
    executor = fake(
        epochs=4, before_event=lambda event: why == "interrupted" and event == 6 and made.sweep.stop()
    )
    assert made.run(executor, target=-100.0 if why == "target" else None) == why
    done = why not in ("trials", "interrupted")
    assert state_text(replace(made.read(), spec={"search": {"trials": 50}})) == (
        "done" if done else "unfinished"
    )
    if why in ("target", "epochs"):
        made.trials, made.total_epochs = len(made.picture) + 2, None
        assert made.run(fake(epochs=4)) == "trials"
        assert made.read().concluded == ""
