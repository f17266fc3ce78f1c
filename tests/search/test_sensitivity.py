"""Small changes, one hyperparameter at a time: what is trained, how often, and what is said of it."""

from __future__ import annotations

import math
import random
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from kerasweep.errors import StudyError
from kerasweep.reports.overview import study_cards
from kerasweep.reports.view import load_view
from kerasweep.search.methods import trials_at_most
from kerasweep.spaces import (
    Categorical,
    Condition,
    Float,
    Int,
    Space,
    changed_name,
    configuration_key,
    small_changes,
    space_to_dict,
)
from kerasweep.studies import StudyRecord, TrialRecord, read_trials
from kerasweep.studies.comparison import sensitivity
from kerasweep.studies.comparison.sensitivity import MOST_REPEATS, STARTS, noise_of, seeds_needed, shift
from kerasweep.study import Study
from kerasweep.training.events import Task
from space_strategies import spaces

SPACE = Space(
    (
        Categorical("kind", ("a", "b", "c")),
        Float("strong", 0.0, 1.0, recommended=0.5),
        Float("slight", 0.0, 1.0, recommended=0.5),
        Float("none", 0.001, 1.0, log=True, recommended=0.001),
        Int("child", 1, 8, conditions=(Condition("kind", ("b",)),)),
        Categorical("batch", (16, 32, 64), recommended=32),
    )
)
SPREAD = 0.004
"""Deviation of a score between seeds."""


def score(task: Task, fold: int, epoch: int) -> float:
    """A strong effect, one that shows with several seeds, none, and chance."""
    one = task.configuration
    effect = 0.5 * one["strong"] + 0.045 * one["slight"]
    chance = random.Random(f"{configuration_key(one)} {task.seed} {fold}").gauss(0.0, SPREAD)
    return 0.3 + effect + 0.05 * fold + chance + 1e-6 * epoch


def run(lab, fake, **settings):
    made = lab(method="sensitivity", space=SPACE, trials=math.inf, epochs=1, **settings)
    executor = fake(epochs=1, scores=score)
    reason = made.run(executor)
    return made, executor, reason


def record(made) -> StudyRecord:
    """The study as a launched one says of itself."""
    spec = {"search": {"method": "sensitivity"}, "space": {"define": space_to_dict(made.space)}}
    return replace(made.read(), spec=spec)


def test_changes_are_small_and_of_one_hyperparameter() -> None:
    start = SPACE.recommended()
    changes = small_changes(SPACE)
    assert [(change.name, change.configuration[change.name]) for change in changes] == [
        ("kind", "b"),
        ("strong", 0.6),
        ("slight", 0.6),
        ("none", 0.002),
        ("batch", 64),
        ("kind", "c"),
        ("strong", 0.4),
        ("slight", 0.4),
        ("batch", 16),
    ]
    assert changes[0].configuration["child"] == SPACE["child"].recommended
    for change in changes:
        assert changed_name(start, change.configuration) == change.name


def test_a_step_on_a_narrow_range_is_not_rounded_away() -> None:
    space = Space((Float("far", -6.775e16, -6.725e16, recommended=-6.75e16),))
    values = [change.configuration["far"] for change in small_changes(space)]
    assert values == pytest.approx([-6.745e16, -6.755e16], rel=1e-9)


@given(spaces())
@settings(max_examples=40)
def test_changes_lie_in_the_space_and_differ(space: Space) -> None:
    start = space.recommended()
    found = [change.configuration for change in small_changes(space)]
    keys = {configuration_key(one) for one in (start, *found)}
    assert len(keys) == 1 + len(found)
    for change in small_changes(space):
        assert space.check(change.configuration) == change.configuration
        assert change.name in start


def test_the_start_comes_first_then_each_change_then_what_the_noise_asks_for(lab, fake) -> None:
    made, executor, reason = run(lab, fake)
    assert reason == "exhausted"
    changes = small_changes(SPACE)
    tasks = executor.trained
    start = SPACE.recommended()
    assert [task.configuration for task in tasks[:STARTS]] == [start] * STARTS
    assert [task.seed for task in tasks[:STARTS]] == [made.seed + 1 + repeat for repeat in range(STARTS)]
    first = tasks[STARTS : STARTS + len(changes)]
    assert [task.configuration for task in first] == [change.configuration for change in changes]
    assert {task.seed for task in first} == {made.seed + 1}
    counts = Counter(changed_name(start, task.configuration) for task in tasks)
    assert counts["strong"] == 2, "both ways, and once each: a large difference is told at once"
    assert counts["slight"] > 2, "a smaller one needs further seeds"
    assert max(Counter(configuration_key(task.configuration) for task in tasks).values()) <= MOST_REPEATS
    assert len({(configuration_key(task.configuration), task.seed) for task in tasks}) == len(tasks)
    assert len(tasks) < trials_at_most("sensitivity", SPACE)
    assert set(made.states()) == {"C"}
    again = fake(epochs=1, scores=score)
    assert made.run(again) == "exhausted"
    assert again.trained == []


def test_what_moves_the_score_is_told_from_noise(lab, fake) -> None:
    made, _, _ = run(lab, fake)
    study = record(made)
    found = sensitivity(study, read_trials(study))
    assert found is not None
    ranking = [(effect.name, effect.is_told) for effect in found.ranking]
    assert ranking[:2] == [("strong", True), ("slight", True)]
    assert not any(told for _, told in ranking[2:])
    assert {name for name, _ in ranking} == {"kind", "strong", "slight", "none", "batch"}
    effects = {(effect.name, effect.after): effect for effect in found.changes}
    up = effects["strong", 0.6]
    assert up.shift.mean == pytest.approx(0.05, abs=3 * SPREAD)
    assert effects["strong", 0.4].shift.mean == pytest.approx(-0.05, abs=3 * SPREAD)
    assert up.standard_error == pytest.approx(SPREAD * math.sqrt(2 / 3), rel=0.8)
    assert found.sentence.startswith(
        "A small change of strong, slight moves val_accuracy by more than noise; "
    )
    assert found.sentence.endswith(" cannot be told from it.")


def test_a_small_budget_has_every_hyperparameter_changed_first(lab, fake) -> None:
    made = lab(method="sensitivity", space=SPACE, trials=STARTS + 5, epochs=1)
    assert made.run(fake(epochs=1, scores=score)) == "trials"
    study = record(made)
    found = sensitivity(study, read_trials(study))
    assert {effect.name for effect in found.ranking} == {"kind", "strong", "slight", "none", "batch"}
    made.trials = math.inf
    assert made.run(fake(epochs=1, scores=score)) == "exhausted"
    whole, _, _ = run(lambda **more: lab(**more).copy(made.folder / "whole", Path("none")), fake)
    assert made.picture == whole.picture


@pytest.mark.parametrize("capacity", [3])
def test_several_workers_train_nothing_twice(lab, fake, capacity: int) -> None:
    made = lab(method="sensitivity", space=SPACE, trials=math.inf, epochs=1)
    executor = fake(epochs=1, scores=score, capacity=capacity)
    assert made.run(executor) == "exhausted"
    assert len({(configuration_key(task.configuration), task.seed) for task in executor.trained}) == len(
        executor.trained
    )
    study = record(made)
    assert [effect.name for effect in sensitivity(study, read_trials(study)).ranking][:2] == [
        "strong",
        "slight",
    ]


@pytest.mark.parametrize("scheduler", ["median", "hyperband", "asha"])
def test_every_scheduler_combines_with_it(lab, fake, scheduler: str) -> None:
    made = lab(method="sensitivity", space=SPACE, trials=16, epochs=9, scheduler=scheduler)
    made.run(fake(epochs=9, scores=score))
    study = record(made)
    assert sensitivity(study, read_trials(study)) is not None


def test_changes_that_fail_are_said_to(lab, fake) -> None:
    made = lab(method="sensitivity", space=SPACE, trials=math.inf, epochs=2)
    fails = lambda configuration: "diverged" if configuration["strong"] > 0.5 else None  # noqa: E731
    assert made.run(fake(epochs=2, scores=score, fails=fails)) == "exhausted"
    study = record(made)
    found = {(one.name, one.after): one for one in sensitivity(study, read_trials(study)).changes}
    assert found["strong", 0.6].text == "not trained whole"
    assert len(found["strong", 0.6].trials) == 1
    assert found["strong", 0.4].is_told


def test_a_start_that_fails_leaves_nothing_to_compare(lab, fake) -> None:
    made = lab(method="sensitivity", space=SPACE, trials=math.inf, epochs=2)
    start = configuration_key(SPACE.recommended())
    fails = lambda configuration: "diverged" if configuration_key(configuration) == start else None  # noqa: E731
    assert made.run(fake(epochs=2, scores=score, fails=fails)) == "exhausted"
    study = record(made)
    found = sensitivity(study, read_trials(study))
    assert found.sentence == "No change has been trained yet with a seed of the start."
    assert not any(effect.is_told for effect in found.changes)


def test_a_report_ranks_the_changes(lab, fake) -> None:
    made, _, _ = run(lab, fake)
    cards = {card.key: card.content for card in study_cards(load_view(record(made)))}
    content = cards["sensitivity"]
    assert content.ready
    assert content.reading.startswith("A small change of strong, slight")
    assert [row.cells[0] for row in content.table.rows][:3] == ["strong", "strong", "slight"]
    (figure,) = content.figures
    assert list(figure.plot.data[0].y)[-2:] == ["slight", "strong"]
    assert "importances" not in cards
    ordinary = {card.key for card in study_cards(load_view(made.read()))}
    assert "sensitivity" not in ordinary
    assert "importances" in ordinary


def test_a_frame_of_the_changes(lab, fake) -> None:
    made, _, _ = run(lab, fake)
    frame = Study(record(made)).sensitivity
    assert list(frame.hyperparameter)[:3] == ["strong", "strong", "slight"]
    assert frame.more_than_noise.tolist()[:3] == [True] * 3
    with pytest.raises(
        StudyError, match=r"^The study 'study' did not change each hyperparameter a little; launch one"
    ):
        _ = Study(made.read()).sensitivity


def test_chance_is_what_the_seeds_of_the_start_say() -> None:
    start = {0: (0.5, 0.6), 1: (0.52, 0.6), 2: (0.54, 0.6)}
    noise = noise_of(start)
    assert noise.variance == pytest.approx(0.0004)  # twice the mean of 0.0004 and 0
    assert noise.degrees == 4
    assert noise_of({0: (0.5, 0.6)}) is None
    found = shift(start, {0: (0.55, 0.65)}, "maximize")
    assert found.mean == pytest.approx(0.05)
    assert found.of_rows == 0.0, "both folds rise alike"
    assert found.error(1) == pytest.approx(math.sqrt(0.0004 / 2))
    assert found.error(4) == pytest.approx(found.error(1) / 2)
    assert shift(start, {0: (0.55, 0.65)}, "minimize").mean == pytest.approx(-0.05)
    assert shift(start, {7: (0.55, 0.65)}, "maximize") is None


def test_without_other_seeds_only_folds_say_what_is_noise() -> None:
    found = shift({0: (0.5, 0.6, 0.7)}, {0: (0.51, 0.62, 0.73)}, "maximize")
    assert found.of_chance == 0.0
    assert found.error(1) == pytest.approx(math.sqrt((1 / 3 + 1 / 2) * 0.0001))
    assert seeds_needed(found) == 1
    alone = shift({0: (0.5,)}, {0: (0.6,)}, "maximize")
    assert not alone.is_judged


@pytest.mark.parametrize(("mean", "needed"), [(0.06, 1), (0.04, 2), (0.03, 4), (0.02, 1), (0.0, 1)])
def test_as_many_seeds_as_a_difference_needs(mean: float, needed: int) -> None:
    start = {0: (0.5, 0.5), 1: (0.52, 0.52), 2: (0.48, 0.48)}
    changed = {0: (0.5 + mean, 0.5 + mean)}
    assert seeds_needed(shift(start, changed, "maximize")) == needed


def test_a_change_that_varies_more_than_the_start_is_trained_again() -> None:
    start = {0: (0.5, 0.5), 1: (0.51, 0.51), 2: (0.49, 0.49)}
    first = shift(start, {0: (0.5, 0.1)}, "maximize")
    assert not first.is_told(MOST_REPEATS), "the rows of the second fold seem to be to blame"
    assert seeds_needed(first) == 2
    second = shift(start, {0: (0.5, 0.1), 1: (0.11, 0.5)}, "maximize")
    assert second.of_rows == 0.0, "it was chance"
    assert second.of_chance > 100 * first.of_chance
    assert second.noise_degrees == 2


def test_a_trial_that_the_user_enqueued_does_not_mislead(lab, fake) -> None:
    made, _, _ = run(lab, fake)
    made.enqueue({**SPACE.recommended(), "strong": 1.0, "slight": 0.0})
    made.run(fake(epochs=1, scores=score))
    study = record(made)
    found = sensitivity(study, [*read_trials(study), TrialRecord(99, "running", {}, None)])
    assert all(effect.after != 1.0 for effect in found.changes)
