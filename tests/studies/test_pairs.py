"""Two trials in words: who is ahead, by how much, how sure that is, and what is the same in practice."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import pytest
from kerasweep import api
from kerasweep.cli.app import app
from kerasweep.errors import SpecError, StudyError
from kerasweep.studies import StudyRecord, TrialRecord, read_trials
from kerasweep.studies.comparison import compare_pair, compare_runners_up, compare_trials, ranked
from kerasweep.studies.comparison.scales import scale_of
from kerasweep.texts import percent_text
from kerasweep.training.metric_names import KERAS, SKLEARN, snake_case
from synthetic import make_study
from typer.testing import CliRunner


def trial(number: int, *scores: float, **fields: Any) -> TrialRecord:
    return TrialRecord(number, "complete", {}, sum(scores) / len(scores), scores, **fields)


def study(metric: str = "val_accuracy", direction: Any = "maximize", name: str = "s") -> StudyRecord:
    return StudyRecord(name, "sqlite:///x.db", 1, direction, {}, {}, {"metric": metric}, {}, {})


BEST = trial(17, 0.970, 0.962, 0.968, 0.975, 0.965)
CLOSE = trial(4, 0.9655, 0.954, 0.9645, 0.968, 0.9585)
FAR = trial(9, 0.9605, 0.969, 0.957, 0.978, 0.961)


def test_one_that_is_ahead_by_more_than_noise_beats_the_other() -> None:
    found = compare_pair(study(), BEST, CLOSE)
    assert found.sentence == "Trial 17 beats trial 4 by 0.6 points (95 % interval 0.2 to 0.9)."
    assert found.in_practice == (
        "Probabilities: trial 17 better by more than 1 point: 1 %; the same in practice: 98 %; trial 4 better: less than 1 %."
    )
    assert repr(found) == f"<{found.sentence} {found.in_practice}>"


def test_the_words_begin_with_the_one_that_is_ahead_and_the_numbers_stay_as_asked() -> None:
    found = compare_pair(study(), CLOSE, BEST)
    assert found.sentence == compare_pair(study(), BEST, CLOSE).sentence
    assert (found.first, found.second) == (4, 17)
    assert found.difference.mean == pytest.approx(-0.0059)
    assert found.interval[1] < 0
    assert found.probabilities.worse == pytest.approx(compare_pair(study(), BEST, CLOSE).probabilities.better)
    data = found.as_dict()
    assert data["difference"] == found.difference.mean
    assert data["better"] + data["equivalent"] + data["worse"] == pytest.approx(1)
    json.dumps(data)


def test_folds_that_disagree_tell_nothing_apart() -> None:
    assert compare_pair(study(), BEST, FAR).sentence == (
        "Trial 17 is ahead of trial 9 by 0.3 points (95 % interval -1.2 to 1.7): they cannot be told apart."
    )


def test_a_loss_is_said_in_plain_numbers_and_judged_by_a_share_of_itself() -> None:
    found = compare_pair(
        study("val_loss", "minimize"), trial(0, 12.0, 14.0, 13.0), trial(1, 16.0, 19.0, 17.5)
    )
    assert found.sentence == "Trial 0 beats trial 1 by 4.5 (95 % interval 2.5 to 6.5)."
    assert found.scale.margin == pytest.approx(0.01 * (13 + 17.5) / 2)
    assert "by more than 1 % (0.15)" in found.in_practice


def test_of_an_unknown_metric_only_the_better_one_is_told() -> None:
    found = compare_pair(study("val_profit"), BEST, FAR)
    assert found.sentence.startswith("Trial 17 is ahead of trial 9 by 0.003 (95 % interval -0.012 to 0.017)")
    assert found.in_practice == "Probabilities: trial 17 better: 70 %; trial 9 better: 30 %."


def test_two_studies_are_named() -> None:
    found = compare_pair(study(name="a"), CLOSE, BEST, study(name="b"))
    assert found.sentence.startswith("Trial 17 of 'b' beats trial 4 of 'a' by 0.6 points")


@pytest.mark.parametrize(
    ("one", "other", "sentence"),
    [
        (trial(0, 0.9), trial(1, 0.8), "Trial 0 is ahead of trial 1 by 10.0 points; with a single fold, noise cannot be judged."),
        (trial(0, 0.9, 0.9), trial(1, 0.8), "Trial 0 is ahead of trial 1 by 10.0 points; without paired folds, noise cannot be judged."),
        (trial(0, 0.9, 0.8), trial(1, 0.9, 0.8), "Trial 0 and trial 1 score the same on every fold."),
        (trial(0, 0.8, 0.7), trial(1, 0.9, 0.8), "Trial 1 beats trial 0 by 10.0 points, the same on every fold."),
        (trial(0, 0.9, 0.8), trial(1, 0.8, 0.9), "Trial 0 and trial 1 score the same on average (95 % interval -220.1 to 220.1)."),
        (trial(0, 0.9, 0.8), trial(1, 0.8, math.inf), "Trial 1 and trial 0 cannot be compared: not both have a finite score."),
    ],
)  # fmt: skip
def test_what_is_special_is_said(one: TrialRecord, other: TrialRecord, sentence: str) -> None:
    found = compare_pair(study(), one, other)
    assert found.sentence == sentence
    assert found.in_practice == "" or "220.1" in sentence


def test_metrics_are_of_the_kind_that_they_are() -> None:
    """Of all that Keras and scikit-learn name: points for what is a share, a margin for all but sums, counts and bounds."""
    told = {"points": set(), "plain": set(), "share": set(), "unknown": set()}
    for name, metric in {**{snake_case(one): found for one, found in KERAS.items()}, **SKLEARN}.items():
        positive = -2.0 if name.startswith("neg_") else 2.0
        scale = scale_of(f"val_{name}", metric.direction, positive, positive)
        kind = (
            "points"
            if scale.points
            else "share"
            if scale.relative
            else "plain"
            if scale.margin
            else "unknown"
        )
        told[kind].add(name)
    assert told["unknown"] == {"true_positives", "true_negatives"}
    assert told["plain"] == {
        "cosine_similarity", "r2_score", "r2", "pearson_correlation", "concordance_correlation", "matthews_corrcoef",
        "explained_variance", "d2_log_loss_score", "d2_brier_score", "d2_absolute_error_score",
    }  # fmt: skip
    assert {
        "accuracy",
        "f1_score",
        "f_beta_score",
        "binary_io_u",
        "roc_auc_ovr",
        "recall_macro",
        "auc",
    } <= told["points"]
    assert {"neg_log_loss", "mean_squared_error", "huber", "poisson"} <= told["share"]
    assert scale_of("val_BinaryAccuracy", "maximize", 0.5, 0.6).points
    assert scale_of("error_rate", "minimize", 0.5, 0.6).points
    assert scale_of("val_loss", "minimize", -1.0, 1.0).margin == 0, "a share of what may be nothing"
    assert scale_of("val_loss", "minimize", math.inf, 1.0).margin == 0


def test_differences_of_any_size_are_short() -> None:
    scale = scale_of("val_loss", "minimize", 1.0, 1.0)
    assert scale.texts(9.7e59, -1.1e61, width=1e61) == ("9.7e+59", "-1.1e+61")
    assert scale.texts(2.5e-13, width=1e-13) == ("2.5e-13",)
    assert scale.texts(0.25, width=0.1) == ("0.25",)


def test_percentages_are_never_surer_than_they_are() -> None:
    assert [percent_text(share) for share in (0.0, 0.002, 0.01, 0.876, 0.99, 0.9997)] == [
        "0 %", "less than 1 %", "1 %", "88 %", "99 %", "more than 99 %",
    ]  # fmt: skip


def test_those_that_cannot_be_told_apart_need_not_be_the_first() -> None:
    ahead = replace(BEST, parameters=100)
    behind = replace(CLOSE, parameters=10)
    found = compare_runners_up(study(), [ahead, behind, replace(FAR, parameters=50)])
    assert found.within_noise == (9,)
    assert found.sentence == (
        "Trial 17 cannot be told apart from trial 9; what is smaller is more than a standard error behind."
    )


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> StudyRecord:
    return make_study(f"sqlite:///{tmp_path_factory.mktemp('pairs') / 'kerasweep.db'}", "one", trials=14)


class TestWherePeopleMeetIt:
    def run(self, study: StudyRecord, *words: str) -> Any:
        return CliRunner().invoke(app, [*words, "--storage", study.storage], env={"COLUMNS": "300"})

    def test_the_command_line_compares_the_best_with_each(self, found: StudyRecord) -> None:
        first, second, third = (one.number for one in ranked(read_trials(found), found.direction)[:3])
        done = self.run(found, "compare", "one", "--trials", f"{third}, {first},{second}")
        pairs = compare_trials(found, [first, second, third])
        assert [(pair.first, pair.second) for pair in pairs] == [(first, second), (first, third)]
        for pair in pairs:
            assert f"{pair.sentence} {pair.in_practice}" in done.output
        assert "learning_rate" in done.output
        last = self.run(found, "compare", "--trials", f"{first},{second}", "--json")
        (row,) = json.loads(last.output)
        assert row["sentence"] == pairs[0].sentence
        assert row["interval"] == pytest.approx(list(pairs[0].interval))

    def test_python_compares_two(self, found: StudyRecord) -> None:
        first, second = (one.number for one in ranked(read_trials(found), found.direction)[:2])
        study = api.load("one", storage=found.storage)
        told = study.compare(second, first)
        assert (told.first, told.second) == (second, first)
        assert told.sentence == compare_trials(found, [first, second])[0].sentence
        assert told.difference.mean <= 0

    @pytest.mark.parametrize(
        ("words", "told"),
        [
            (("one", "--trials", "3"), "Name two trials or more"),
            (("one", "--trials", "3,3"), "Name two trials or more"),
            (("one", "--trials", "3,a"), "--trials must list whole numbers"),
            (("one", "two", "--trials", "3,4"), "name that one alone"),
            ((), "Name the studies to compare"),
        ],
    )
    def test_misuse_is_told_in_a_line(self, found: StudyRecord, words: tuple[str, ...], told: str) -> None:
        done = self.run(found, "compare", *words)
        assert isinstance(done.exception, SpecError)
        assert told in str(done.exception)

    def test_trials_without_a_whole_score_compare_with_none(self, found: StudyRecord) -> None:
        states = {one.state: one.number for one in read_trials(found)}
        best = ranked(read_trials(found), found.direction)[0].number
        with pytest.raises(StudyError, match="is failed and compares with no other: it has no score"):
            compare_trials(found, [best, states["failed"]])
        with pytest.raises(
            StudyError, match="is pruned and compares with no other: its score is of fewer epochs"
        ):
            compare_trials(found, [best, states["pruned"]])
        with pytest.raises(StudyError, match="no trial 99"):
            compare_trials(found, [best, 99])


@pytest.mark.parametrize(
    ("low", "high", "texts"),
    [
        (14_695_590.2, 132_797_496.4, ("14,695,590", "132,797,496")),
        (-9_000.4, 12_000.2, ("-9000", "12,000")),
        (2.5e9, 3.25e25, ("2.5e+09", "3.25e+25")),
        (-0.04, 0.02, ("-0.040", "0.020")),
    ],
)
def test_differences_of_amounts_are_written_as_amounts(
    low: float, high: float, texts: tuple[str, str]
) -> None:
    scale = scale_of("val_loss", "minimize", 3e8, 2e8)
    assert scale.texts(low, high, width=(high - low) / 2) == texts
