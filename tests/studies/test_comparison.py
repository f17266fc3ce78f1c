"""Exact numbers of comparisons, against hand calculation and against SciPy."""

from __future__ import annotations

import math
import statistics
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from fresh_process import modules_after
from kerasweep.spaces import preset, space_to_dict
from kerasweep.studies import StudyRecord, TrialRecord, read_trials
from kerasweep.studies.comparison import (
    against_recommended,
    baseline_sentence,
    compare_runners_up,
    compare_studies,
    cost,
    paired_difference,
    ranked,
    refit_score,
    score_sentence,
    study_space,
)
from kerasweep.studies.comparison.optimism import estimate_optimism
from kerasweep.studies.comparison.side_by_side import incomparable
from synthetic import make_study

if TYPE_CHECKING:
    from pathlib import Path


def trial(number: int, *scores: float, **fields: Any) -> TrialRecord:
    value = sum(scores) / len(scores) if scores else fields.pop("value", None)
    return TrialRecord(
        number, fields.pop("state", "complete"), fields.pop("configuration", {}), value, scores, **fields
    )


def study(**fields: Any) -> StudyRecord:
    about = {"metric": "val_accuracy", "folds": 5, "epochs": 10, "seed": 0, "cv": "stratified, 5 folds"}
    base = StudyRecord(
        "s", "sqlite:///x.db", 1, "maximize", {}, {}, {**about, "data": {"fingerprint": "a"}}, {}, {}
    )
    return replace(base, **fields)


def test_ranked_puts_the_best_first_and_leaves_out_what_has_no_finite_value() -> None:
    trials = [
        trial(0, 0.5),
        trial(1, 0.9),
        trial(2, math.inf),
        trial(3, 0.9),
        trial(4, 0.99, state="pruned"),
        trial(5, 0.95, duplicate_of=1),
        TrialRecord(6, "complete", {}, math.nan),
    ]
    assert [t.number for t in ranked(trials, "maximize")] == [1, 3, 0]
    assert [t.number for t in ranked(trials, "minimize")] == [0, 1, 3]


def test_paired_difference_is_the_corrected_resampled_test() -> None:
    best, other = trial(0, 0.95, 0.96, 0.97, 0.98, 0.99), trial(1, 0.94, 0.95, 0.95, 0.97, 0.97)
    found = paired_difference(best, other, "maximize")
    # Differences 1, 1, 2, 1, 2 hundredths: mean 1.4, sample variance 0.3; error sqrt((1/5 + 1/4) * 0.3).
    assert found.mean == pytest.approx(0.014)
    assert found.standard_error == pytest.approx(math.sqrt(0.45 * 0.3) / 100)
    assert found.distinct
    assert found.text() == "0.0140 ± 0.0037"


def test_repeated_folds_count_as_one_partition_in_the_correction() -> None:
    best, other = trial(0, 1.0, 2.0, 3.0, 4.0), trial(1, 0.5, 1.6, 2.4, 3.7)
    plain = paired_difference(best, other, "maximize").standard_error
    repeated = paired_difference(replace(best, partition=2), other, "maximize").standard_error
    assert plain is not None
    assert repeated is not None
    assert repeated / plain == pytest.approx(math.sqrt((1 / 4 + 1) / (1 / 4 + 1 / 3)))


@pytest.mark.parametrize("count", [2, 3, 5, 10, 31, 32, 60])
def test_the_threshold_is_students(count: int) -> None:
    from scipy import stats

    differences = [0.01 * (1 + (position % 3)) for position in range(count)]
    mean = sum(differences) / count
    variance = sum((d - mean) ** 2 for d in differences) / (count - 1)
    error = math.sqrt((1 / count + 1 / (count - 1)) * variance)
    edge = stats.t.ppf(0.975, count - 1) * error

    def ahead_by(distance: float) -> bool:
        best = trial(0, *(d + distance - mean for d in differences))
        return paired_difference(best, trial(1, *[0.0] * count), "maximize").distinct

    assert ahead_by(1.01 * edge)
    assert not ahead_by(0.99 * edge)


def test_minimizing_a_smaller_value_is_ahead() -> None:
    found = paired_difference(trial(0, 0.1, 0.2, 0.3), trial(1, 0.4, 0.5, 0.61), "minimize")
    assert found.mean == pytest.approx(0.91 / 3)
    assert found.distinct


@pytest.mark.parametrize("scores", [(0.5,), (), (0.5, 0.6, 0.7), (0.5, math.nan)])
def test_folds_that_cannot_be_paired_say_nothing_of_noise(scores: tuple[float, ...]) -> None:
    best = trial(0, 0.9, 0.91) if len(scores) != 1 else trial(0, 0.9)
    found = paired_difference(best, replace(trial(1, *scores), value=0.6), "maximize")
    assert found.standard_error is None
    assert not found.distinct


def test_standing_names_the_runner_up_where_it_is_clearly_behind() -> None:
    found = compare_runners_up(study(), [trial(3, 0.95, 0.96, 0.97), trial(7, 0.85, 0.87, 0.86)])
    # Differences 10, 9, 11 hundredths: error sqrt((1/3 + 1/2) * 1).
    assert found.sentence == "Trial 3 beats trial 7 by 10.0 points (95 % interval 6.1 to 13.9)."
    assert found.within_noise == ()
    assert found.best == 3


def test_standing_prefers_the_cheaper_within_noise() -> None:
    trials = [
        trial(3, 0.95, 0.96, 0.97, parameters=9000),
        trial(9, 0.96, 0.95, 0.96, parameters=5000),
        trial(1, 0.95, 0.96, 0.96, parameters=1200),
        trial(4, 0.5, 0.51, 0.52, parameters=10),
    ]
    found = compare_runners_up(study(), trials)
    assert found.within_noise == (9, 1)
    assert found.cheaper == 1
    assert found.sentence == (
        "The first three cannot be told apart; trial 1 is the smallest of them (1,200 parameters, not 9,000)."
    )


def test_standing_does_not_recommend_what_is_not_cheaper() -> None:
    trials = [trial(3, 0.95, 0.96, 0.97, parameters=10), trial(9, 0.96, 0.95, 0.96, parameters=5000)]
    assert (
        compare_runners_up(study(), trials).sentence
        == "The first two cannot be told apart; none of the others is smaller."
    )


def test_standing_does_not_recommend_what_two_folds_cannot_tell_from_the_best() -> None:
    trials = [
        trial(0, 0.85, 0.79, parameters=9000),
        trial(4, 0.82, 0.79, parameters=8000),
        trial(2, 0.11, 0.30, parameters=10),
    ]
    found = compare_runners_up(study(), trials)
    assert found.within_noise == (4, 2)
    assert found.cheaper == 4
    assert found.sentence == (
        "The first three cannot be told apart; trial 4 is the smallest of those within a standard error of the best "
        "(8,000 parameters, not 9,000)."
    )
    assert compare_runners_up(study(), [trials[0], trials[2]]).sentence == (
        "The first two cannot be told apart; what is smaller is more than a standard error behind."
    )


def test_standing_of_few_trials() -> None:
    assert compare_runners_up(study(), []).sentence == "No trial is complete yet."
    assert compare_runners_up(study(), [trial(2, 0.5)]).sentence == "Trial 2 is the only complete trial."
    alone = compare_runners_up(study(), [trial(2, 0.5), trial(1, 0.4)])
    assert (
        alone.sentence
        == "Trial 2 is ahead of trial 1 by 10.0 points; with a single fold, noise cannot be judged."
    )
    assert alone.within_noise == ()


def test_against_recommended() -> None:
    space = preset("nn")
    winner = {**space.recommended(), "learning_rate": 0.02, "hidden_layers": 0}
    winner = {name: value for name, value in winner.items() if name not in ("units", "activation")}
    trials = [
        trial(0, 0.90, 0.91, 0.92, configuration=space.recommended()),
        trial(1, 0.95, 0.96, 0.98, configuration=winner),
    ]
    found = against_recommended(study(spec={"space": {"define": space_to_dict(space)}}), trials)
    assert found is not None
    assert {row.hyperparameter.name: row.difference for row in found.rows} == {
        "optimizer": "same",
        "learning_rate": "× 2",
        "batch_size": "same",
        "hidden_layers": "-1",
        "units": "not used",
        "activation": "not used",
    }
    assert found.recommended_trial is not None
    assert found.recommended_trial.number == 0
    assert found.difference is not None
    assert found.difference.mean == pytest.approx(0.16 / 3)
    assert found.sentence.startswith(
        "The winner keeps 2 of 6 recommended values. It is ahead of the recommended"
    )


def test_the_recommended_configuration_can_win_or_be_absent() -> None:
    space = preset("ann")
    spec = {"space": {"define": space_to_dict(space)}}
    won = against_recommended(study(spec=spec), [trial(0, 0.9, 0.9, configuration=space.recommended())])
    assert won is not None
    assert won.sentence == "The recommended configuration itself won."
    other = {**space.recommended(), "units": 16}
    absent = against_recommended(study(spec=spec), [trial(0, 0.9, 0.9, configuration=other)])
    assert absent is not None
    assert absent.sentence == (
        "The winner keeps 4 of 5 recommended values. No trial ran the recommended configuration itself."
    )
    pruned = trial(1, 0.5, 0.5, configuration=space.recommended(), state="pruned")
    stopped = against_recommended(study(spec=spec), [trial(0, 0.9, 0.9, configuration=other), pruned])
    assert stopped is not None
    assert stopped.sentence.endswith("The recommended configuration was trial 1, which is pruned.")


@pytest.mark.parametrize(
    "spec", [{}, {"space": None}, {"space": {"define": {"a": 3}}}, {"space": {"define": "x"}}]
)
def test_a_space_that_is_not_known_is_none(spec: dict[str, Any]) -> None:
    assert study_space(study(spec=spec)) is None
    assert against_recommended(study(spec=spec), [trial(0, 0.5)]) is None


def test_cost_adds_up_to_what_was_planned() -> None:
    five = (0.5,) * 5
    trials = [
        trial(0, *five, epochs_trained=10, seconds=2.0),
        trial(1, *five, epochs_trained=6, seconds=1.0),
        trial(2, *five, state="pruned", epochs_trained=2, seconds=0.5),
        trial(3, state="failed"),
        trial(4, *five, epochs_trained=10, seconds=2.0, duplicate_of=0),
        trial(5, state="running"),
    ]
    found = cost(study(), trials)
    assert (found.trials, found.epochs_spent, found.epochs_planned) == (5, 90, 250)
    assert (found.saved_by_stopping, found.saved_by_pruning) == (20, 40)
    assert (found.saved_by_duplicates, found.lost_to_failures) == (50, 50)
    assert found.seconds == 3.5
    assert found.share_spent == pytest.approx(0.36)
    saved = (
        found.saved_by_stopping + found.saved_by_pruning + found.saved_by_duplicates + found.lost_to_failures
    )
    assert found.epochs_spent + saved == found.epochs_planned


def test_cost_of_a_foreign_study_is_unknown() -> None:
    found = cost(study(about={}), [trial(0, value=0.5)])
    assert found.epochs_planned is None
    assert found.share_spent is None


def test_studies_compare_only_on_the_same_data_metric_folds_and_seed() -> None:
    first = study()
    assert incomparable(first, first) == ()
    other = study(about={**first.about, "data": {"fingerprint": "b"}, "seed": 1})
    assert incomparable(other, first) == ("other data (fingerprints differ)", "other seed (1, not 0)")
    assert "metric unknown on one side" in incomparable(study(about={}), first)
    assert "data unknown" in incomparable(study(about={}), study(about={}))


def test_folds_are_the_same_where_their_fingerprints_are() -> None:
    def folds(of: str, **about: Any) -> StudyRecord:
        return study(about={**study().about, "folds_fingerprint": of, **about})

    assert incomparable(folds("a", seed=1), folds("a")) == (), "in order of time, a seed cuts nothing"
    assert incomparable(folds("a", cv="given, 5 folds"), folds("a")) == ()
    assert incomparable(folds("b"), folds("a")) == ("other folds (fingerprints differ)",)
    assert incomparable(folds("b", cv="shuffled, 5 folds"), folds("a")) == (
        "other folds (shuffled, 5 folds, not stratified, 5 folds)",
    )
    assert incomparable(study(), folds("a")) == (), "an earlier version's, of the same words and seed"


def test_studies_on_the_same_folds_are_compared_in_pairs_and_others_by_their_tests(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'studies.db'}"
    studies = [
        make_study(url, "a", trials=4, seed=0, failures=False),
        make_study(url, "b", trials=6, model="ann", seed=0, failures=False),
        make_study(url, "c", trials=4, seed=1, failures=False),
        make_study(url, "d", trials=4, seed=1, data="digits", failures=False),
    ]
    found = compare_studies(studies)
    a, b, c, d = found.rows
    leading, other = (a, b) if a.best.value > b.best.value else (b, a)
    assert leading.behind is None
    assert (other.behind.first, other.behind.second) == (leading.best.number, other.best.number)
    assert other.behind.studies == (leading.study.name, other.study.name)
    assert other.behind.sentence.startswith(f"Trial {leading.best.number} of '{leading.study.name}' ")
    assert other.as_dict()["behind"] == other.behind.difference.mean
    assert (c.behind, d.behind) == (None, None)
    assert found.notes == (
        "c: other seed (1, not 0). Its test score compares, which is of the same test rows.",
        "d: other data (fingerprints differ); other seed (1, not 0).",
    )


@pytest.mark.parametrize(
    ("folds", "words"),
    [
        (5, {}),
        (6, {"method": "repeated", "folds": 3, "repeats": 2}),
        (5, {"method": "kfold", "folds": 5}),
    ],
)
def test_folds_of_one_partition_are_those_that_validate_on_each_row_once(
    folds: int, words: dict[str, Any]
) -> None:
    from kerasweep.training.data import folds_of_a_partition, load_dataset, make_folds

    dataset = load_dataset("iris")
    cut = make_folds(dataset, **words)
    assert len(cut) == folds
    assert folds_of_a_partition(cut, dataset.rows) == words.get("folds", 5)


def test_a_splitter_that_draws_anew_has_the_folds_of_its_share() -> None:
    from kerasweep.training.data import folds_of_a_partition, folds_of_splitter, load_dataset
    from sklearn.model_selection import KFold, RepeatedKFold, ShuffleSplit, TimeSeriesSplit

    dataset = load_dataset("iris")

    def told(splitter: Any) -> int:
        return folds_of_a_partition(folds_of_splitter(splitter, dataset), dataset.rows)

    assert told(KFold(10)) == 10
    assert told(RepeatedKFold(n_splits=4, n_repeats=3, random_state=0)) == 4
    assert told(ShuffleSplit(10, test_size=0.25, random_state=0)) == 4
    assert told(TimeSeriesSplit(5)) == 5
    assert told(ShuffleSplit(1, test_size=0.2, random_state=0)) == 1
    assert (
        study(
            about={**study().about, "folds": 10, "partition_folds": 10}, spec={"cv": {"folds": 5}}
        ).partition_folds
        == 10
    )


def test_folds_of_a_partition() -> None:
    assert study().partition_folds == 5
    assert study(spec={"cv": {"folds": 3}}).partition_folds == 3
    assert study(about={}, spec={"cv": 5}).partition_folds is None


def test_a_trial_says_where_it_was_scored() -> None:
    assert "where the mean of the others is best" in trial(0, 0.1, 0.2, trainer="fused").scored_where
    assert "chosen on the rows that score it" in trial(0, 0.1, trainer="fit").scored_where
    assert trial(0, 0.1, 0.2, trainer="KerasTuner").scored_where == ""
    assert trial(0, 0.1, 0.2, trainer="fused", state="pruned").scored_where == ""


def test_repetitions_do_not_shrink_the_standard_error() -> None:
    plain = trial(0, 0.1, 0.2, 0.4)
    assert plain.standard_error == pytest.approx(statistics.stdev([0.1, 0.2, 0.4]) / math.sqrt(3))
    twice = trial(0, 0.1, 0.2, 0.4, 0.4, 0.1, 0.2, partition=3)
    assert twice.standard_error == pytest.approx(
        statistics.stdev([0.1, 0.2, 0.4, 0.4, 0.1, 0.2]) / math.sqrt(3)
    )
    assert trial(0, 0.5, partition=5).standard_error is None, "a hold-out"


def test_refit_score() -> None:
    refits: dict[int, dict[str, Any]] = {2: {"test": {"loss": 0.1, "accuracy": 0.97}}, 3: {"test": None}}
    assert refit_score(study(refits=refits), 2) == 0.97
    assert refit_score(study(refits=refits), 3) is None
    assert refit_score(study(refits=refits), 4) is None


def test_compare_studies_reads_them(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'studies.db'}"
    one = make_study(url, "one", trials=6, seed=0)
    two = make_study(url, "two", trials=3, model="ann", data="fashion_mnist")
    found = compare_studies([one, two])
    best = ranked(read_trials(one), "maximize")[0]
    assert found.rows[0].best == best
    assert found.rows[0].remarks == ()
    assert found.rows[0].test_score == pytest.approx((best.value or 0) - 0.0031, abs=1e-4)
    assert found.notes == ("two: other data (fingerprints differ).",)
    assert found.rows[0].cost.epochs_spent > 0
    flat = found.rows[1].as_dict()
    assert (flat["study"], flat["model"], flat["data"], flat["trials"]) == ("two", "ann", "fashion_mnist", 3)
    assert flat["configuration"] == (found.rows[1].best and found.rows[1].best.configuration)
    assert flat["remarks"] == "other data (fingerprints differ)"
    assert compare_studies([]).rows == ()


@pytest.mark.parametrize(
    ("scores", "sentence"),
    [
        ((0.7, 0.7, 0.7), "Always predicting the majority class scores 0.7000: trial 4 is ahead of it by 0.2000 ± 0.0091, more than noise."),
        ((0.9, 0.8, 1.0), "Always predicting the majority class scores 0.9000: trial 4 is no better."),
        ((0.85, 0.82, 0.94), "Always predicting the majority class scores 0.8700: trial 4 is ahead of it by 0.030 ± 0.048, within noise."),
    ],
)  # fmt: skip
def test_the_winner_beside_a_prediction_that_looks_at_no_row(scores, sentence: str) -> None:
    value = sum(scores) / 3
    kept = {"predictor": "majority class", "value": value, "fold_scores": list(scores)}
    found = study(about={**study().about, "baseline": kept})
    assert found.baseline is not None
    assert baseline_sentence(found, trial(4, 0.9, 0.89, 0.91)) == sentence


@pytest.mark.parametrize("kept", [None, {}, {"predictor": "mean", "value": "x", "fold_scores": [1]}, 3])
def test_a_study_without_a_baseline_says_nothing_of_it(kept: object) -> None:
    found = study(about={**study().about, "baseline": kept})
    assert found.baseline is None
    assert baseline_sentence(found, trial(0, 0.5, 0.6)) == ""


def test_comparing_imports_nothing_heavy() -> None:
    heavy = {"pandas", "scipy", "optuna", "numpy", "plotly", "tensorflow"}
    assert not heavy & modules_after("import kerasweep.studies.comparison")


@pytest.mark.parametrize(
    ("count", "folds", "spread"), [(30, 5, 0.0), (30, 5, 0.3), (100, 5, 1.0), (20, 2, 0.3)]
)
def test_optimism_is_what_the_choice_adds_to_the_score(count: int, folds: int, spread: float) -> None:
    generator = np.random.default_rng(1)
    naive, estimated = [], []
    for _ in range(150):
        truth = generator.normal(0, spread, count)
        scores = truth[:, None] + generator.normal(size=(count, folds))
        trials = ranked([trial(number, *row) for number, row in enumerate(scores.tolist())], "maximize")
        found = estimate_optimism(trials, "maximize")
        assert found is not None
        assert found.trials == count
        naive.append(found.score - truth[trials[0].number])
        estimated.append(found.expected - truth[trials[0].number])
    assert np.mean(naive) > 0.2
    assert abs(np.mean(estimated)) < 0.35 * np.mean(naive)


def test_optimism_is_said_in_one_line() -> None:
    trials = [trial(0, 0.99, 0.90, 0.90), trial(1, 0.90, 0.94, 0.94), trial(2, 0.5, 0.5, 0.5)]
    found = estimate_optimism(trials, "maximize")
    assert found is not None
    assert found.expected == pytest.approx((0.90 + 0.90 + 0.90) / 3)
    assert found.sentence == (
        "Chosen as the best of 3 trials trained whole, its score flatters by about 0.0300: expect 0.9000, which winners of the other "
        "folds reach on the fold left out."
    )
    losses = [trial(0, 0.1, 0.2), trial(1, 0.3, 0.4)]
    assert estimate_optimism(losses, "minimize").sentence == (
        "Chosen as the best of 2 trials trained whole, its score does not seem to flatter: 0.1500, which winners of the other folds reach "
        "on the fold left out, is no less."
    )


@pytest.mark.parametrize(
    ("direction", "rows", "sentence"),
    [
        ("maximize", [(0.99, 0.90, 0.90), (0.90, 0.94, 0.94)], "Trial 0: validation 0.9300, of which about 0.0300 is luck of choosing among 2 trials; test 0.9100."),
        ("minimize", [(0.01, 0.10, 0.10), (0.10, 0.06, 0.06)], "Trial 0: validation 0.0700, which luck of choosing among 2 trials makes smaller by about 0.0300; test 0.9100."),
        ("maximize", [(0.9, 0.9, 0.9), (0.5, 0.5, 0.5)], "Trial 0: validation 0.9000, which luck of choosing among 2 trials does not seem to flatter; test 0.9100."),
        ("maximize", [(0.9, 0.8, 0.7)], "Trial 0: validation 0.8000; test 0.9100."),
    ],
)  # fmt: skip
def test_the_luck_of_the_choice_is_said_beside_the_test_score(
    direction: Any, rows: list[tuple[float, ...]], sentence: str
) -> None:
    trials = [trial(number, *row) for number, row in enumerate(rows)]
    refits = {0: {"test": {"accuracy": 0.91}}}
    assert score_sentence(study(direction=direction, refits=refits), trials[0], trials) == sentence
    assert score_sentence(study(direction=direction), trials[0], trials, test=0.91) == sentence
    found = estimate_optimism(trials, direction)
    assert score_sentence(study(direction=direction), trials[0], trials) == (found.sentence if found else "")
    if len(trials) > 1:
        assert "luck" not in score_sentence(
            study(direction=direction, refits={1: refits[0]}), trials[1], trials
        )


def test_optimism_needs_a_choice_and_a_fold_to_leave_out() -> None:
    assert estimate_optimism([], "maximize") is None
    assert estimate_optimism([trial(0, 0.9, 0.8)], "maximize") is None
    assert estimate_optimism([trial(0, 0.9), trial(1, 0.8)], "maximize") is None
    assert estimate_optimism([trial(0, 0.9, 0.8), trial(1, 0.8)], "maximize") is None


def test_repetitions_are_left_out_one_by_one() -> None:
    trials = [trial(0, 1.0, 0.0, 1.0, 0.0, partition=2), trial(1, 0.0, 0.9, 0.0, 0.9, partition=2)]
    assert estimate_optimism(trials, "maximize").expected == 0.0
