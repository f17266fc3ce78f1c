"""Rules that take a trial: on records made for it, and where people give them."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, get_args

import pytest
from kerasweep import api
from kerasweep.cli.app import app
from kerasweep.errors import SpecError, StudyError
from kerasweep.studies import StudyObjective, StudyRecord, TrialRecord, read_trials
from kerasweep.studies.comparison import RULES, Rule, choose_by_rule, compare_runners_up, ranked
from kerasweep.studies.comparison.rules import training_seconds
from synthetic import make_study
from typer.testing import CliRunner

if TYPE_CHECKING:
    from pathlib import Path

STUDY = StudyRecord("s", "sqlite:///x.db", 1, "maximize", {}, {}, {"metric": "val_accuracy"}, {}, {})


def trial(number: int, *scores: float, seconds: float = 10.0, **fields: Any) -> TrialRecord:
    given = {"epochs": 10, "epochs_trained": 20, **fields}
    return TrialRecord(number, "complete", {}, sum(scores) / len(scores), scores, seconds=seconds, **given)


BEST = trial(3, 0.95, 0.96, 0.97, 0.96, 0.96, parameters=9000, seconds=8.0)
"""Its standard error is 0.0032."""
NEAR = trial(5, 0.952, 0.957, 0.966, 0.961, 0.957, parameters=4000, seconds=9.0)
"""0.0014 behind: not to be told apart."""
STEADY = trial(7, 0.948, 0.958, 0.968, 0.9575, 0.9575, parameters=1000, seconds=7.0)
"""0.0022 behind on every fold: within the standard error, and told apart by pairing."""
QUICK = trial(9, 0.952, 0.955, 0.966, 0.962, 0.958, parameters=9500, seconds=2.0)
POOR = trial(11, 0.90, 0.89, 0.91, 0.90, 0.90, parameters=10, seconds=0.1)
TRIALS = (POOR, QUICK, NEAR, STEADY, BEST)


def test_every_rule_is_described() -> None:
    assert tuple(RULES) == get_args(Rule)


@pytest.mark.parametrize(
    ("rule", "taken", "among", "sentence"),
    [
        (
            "one-se",
            7,
            (3, 5, 9, 7),
            (
                "By the rule one-se trial 7 is taken (1,000 parameters, not 9,000): it is the smallest of the 4 that are within "
                "one standard error of the best."
            ),
        ),
        (
            "smallest",
            5,
            (3, 5, 9),
            (
                "By the rule smallest trial 5 is taken (4,000 parameters, not 9,000): it is the smallest of the 3 that are "
                "within one standard error of the best and cannot be told apart from it."
            ),
        ),
        (
            "fastest",
            9,
            (3, 5, 9),
            (
                "By the rule fastest trial 9 is taken (0.2 s a fold, not 0.8 s): it is the fastest of the 3 that are within one "
                "standard error of the best and cannot be told apart from it."
            ),
        ),
    ],
)
def test_rules_take_the_cheapest_that_is_as_good(
    rule: str, taken: int, among: tuple[int, ...], sentence: str
) -> None:
    found = choose_by_rule(STUDY, rule, TRIALS)
    assert (found.trial.number, found.best.number, found.among) == (taken, 3, among)
    assert found.sentence == sentence
    assert found.pair is not None
    assert found.pair.sentence.startswith("Trial 3 ")


def test_the_line_below_the_table_names_what_the_rule_takes() -> None:
    order = ranked(TRIALS, "maximize")
    assert compare_runners_up(STUDY, order).cheaper == choose_by_rule(STUDY, "smallest", TRIALS).trial.number


def test_equal_sizes_are_told_apart_by_time_and_equal_times_by_rank() -> None:
    slower, quicker = replace(BEST, seconds=9.0), replace(NEAR, parameters=9000, seconds=3.0)
    found = choose_by_rule(STUDY, "one-se", [slower, quicker])
    assert found.trial is quicker
    assert "(0.3 s a fold, not 0.9 s)" in found.sentence
    found = choose_by_rule(STUDY, "one-se", [replace(slower, seconds=3.3), quicker])
    assert "(0.3 s a fold, not 0.33 s)" in found.sentence
    same = replace(NEAR, parameters=9000, seconds=9.0)
    found = choose_by_rule(STUDY, "one-se", [same, slower])
    assert found.trial is slower
    assert found.pair is None
    assert found.sentence == (
        "By the rule one-se trial 3 is taken, the best: it is the smallest of the 2 that are within one standard error of "
        "the best."
    )


def test_losses_are_ranked_the_other_way() -> None:
    losses = [
        replace(one, value=-one.value, fold_scores=tuple(-score for score in one.fold_scores))
        for one in TRIALS
    ]
    found = choose_by_rule(replace(STUDY, direction="minimize"), "one-se", losses)
    assert found.trial.number == 7


def test_what_breaks_a_constraint_repeats_another_or_is_not_whole_is_passed_over() -> None:
    out = (
        replace(STEADY, excesses={"params<500": 1.0}),
        replace(NEAR, duplicate_of=3),
        replace(QUICK, state="pruned", parameters=1),
    )
    found = choose_by_rule(STUDY, "one-se", [BEST, *out])
    assert found.among == (3,)
    assert found.sentence == "By the rule one-se trial 3 is taken, the best: no other is as good."


def test_two_folds_do_not_make_a_poor_model_as_good() -> None:
    best, poor = trial(0, 0.85, 0.79, parameters=9000), trial(1, 0.11, 0.30, parameters=10)
    for rule in ("one-se", "smallest", "fastest"):
        assert choose_by_rule(STUDY, rule, [best, poor]).trial is best


def test_repetitions_do_not_narrow_the_standard_error() -> None:
    twice = replace(BEST, fold_scores=BEST.fold_scores * 2, partition=5)
    other = replace(STEADY, fold_scores=STEADY.fold_scores * 2, partition=5)
    assert choose_by_rule(STUDY, "one-se", [twice, other]).trial is other


def test_trials_that_do_not_say_what_they_cost_come_last() -> None:
    silent = replace(NEAR, parameters=None)
    assert choose_by_rule(STUDY, "smallest", [BEST, silent]).trial is BEST
    assert choose_by_rule(STUDY, "smallest", [replace(BEST, parameters=None), NEAR]).trial is NEAR
    with pytest.raises(StudyError, match="says how many parameters its model has; take the best: --rule max"):
        choose_by_rule(STUDY, "smallest", [replace(BEST, parameters=None), silent])
    with pytest.raises(StudyError, match="says how long it trained"):
        choose_by_rule(STUDY, "fastest", [replace(BEST, seconds=0.0), replace(NEAR, epochs=None)])


def test_a_single_fold_tells_nothing_as_good() -> None:
    with pytest.raises(
        StudyError, match=r"needs scores of several folds .* trial 0 of 's' has 1 fold; take the best"
    ):
        choose_by_rule(STUDY, "one-se", [trial(0, 0.9), trial(1, 0.8)])


def test_an_unknown_rule_is_refused_with_the_nearest() -> None:
    with pytest.raises(SpecError, match=r"There is no rule .smalest.. Did you mean 'smallest'"):
        choose_by_rule(STUDY, "smalest", TRIALS)


def test_seconds_are_of_what_is_trained_again() -> None:
    assert training_seconds(trial(0, 0.9, 0.8, seconds=40.0)) == 10.0, "of 2 folds of 20 epochs 10 in one"
    assert training_seconds(trial(0, 0.9, 0.8, seconds=40.0, taken_over=10)) == 20.0
    assert training_seconds(trial(0, 0.9, 0.8, seconds=math.nan)) == math.inf


class TestWherePeopleMeetIt:
    @pytest.fixture
    def run(self, shelf: StudyRecord) -> Any:
        def run(*words: str) -> Any:
            return CliRunner().invoke(app, [*words, "--storage", shelf.storage], env={"COLUMNS": "200"})

        return run

    def test_best_and_export_take_the_same_trial(self, run: Any, shelf: StudyRecord, tmp_path: Path) -> None:
        choice = choose_by_rule(shelf, "one-se", read_trials(shelf))
        assert choice.trial.number != choice.best.number, "else nothing is tested here"
        (row,) = json.loads(run("best", "one", "--rule", "one-se", "-n", "1", "--json").output)
        assert row["number"] == choice.trial.number
        shown = run("best", "one", "--rule", "one-se").output
        assert choice.sentence in shown
        assert choice.pair is not None
        assert choice.pair.sentence in shown
        numbers = [
            one["number"] for one in json.loads(run("best", "one", "--rule", "one-se", "--json").output)
        ]
        assert len(numbers) == len(set(numbers))
        assert numbers[1] == choice.best.number
        exported = json.loads(run("export", "one", "--rule", "one-se", "--format", "json").output)
        assert exported["provenance"]["trial"] == choice.trial.number
        study = api.load("one", storage=shelf.storage)
        assert study.best_by("one-se").number == choice.trial.number
        assert study.best_by("max") == study.best
        written = study.export(tmp_path / "small.json", "json", rule="one-se")
        assert json.loads(written.read_text())["provenance"]["trial"] == choice.trial.number

    def test_max_is_the_best_as_ever(self, run: Any) -> None:
        assert run("best", "one", "--rule", "max").output == run("best", "one").output

    def test_a_trial_and_a_rule_are_one_too_many(self, run: Any) -> None:
        for command in ("export", "refit"):
            done = run(command, "one", "--trial", "3", "--rule", "one-se")
            assert isinstance(done.exception, SpecError)
            assert "give one of the two" in str(done.exception)

    def test_several_objectives_have_no_rule(self, shelf: StudyRecord) -> None:
        several = replace(shelf, further=(StudyObjective("params", "minimize"),))
        for rule in RULES:
            with pytest.raises(StudyError, match="several objectives"):
                choose_by_rule(several, rule)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> StudyRecord:
    return make_study(f"sqlite:///{tmp_path_factory.mktemp('rules') / 'kerasweep.db'}", "one", trials=24)
