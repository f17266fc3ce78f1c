"""Cards say what is true, and never raise."""

from __future__ import annotations

import json
import logging
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from kerasweep.errors import StudyError
from kerasweep.reports.all_trials import all_trials
from kerasweep.reports.cards import Card, Content, card, not_yet
from kerasweep.reports.data import data
from kerasweep.reports.overview import comparison_cards, study_cards
from kerasweep.reports.summary import data_text, tiles
from kerasweep.reports.theme import unplain
from kerasweep.studies import read_studies
from kerasweep.studies.comparison import compare_runners_up

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conftest import Shelf


def by_key(cards: Sequence[Card]) -> dict[str, Content]:
    return {card.key: card.content for card in cards}


def test_no_card_stumbles_over_an_awkward_study(
    shelf: Shelf, awkward: str, caplog: pytest.LogCaptureFixture
) -> None:
    view = shelf.view(awkward)
    for found in (*study_cards(view), all_trials(view)):
        assert found.content.reading
        assert "could not be made" not in found.content.reading
        for figure in found.content.figures:
            json.loads(figure.plot.to_json())
    assert not caplog.records


@pytest.mark.parametrize("length", [16, 299])
def test_no_card_stumbles_over_long_or_hostile_names(shelf: Shelf, length: int) -> None:
    names = [study.name for study in read_studies(shelf.url) if len(study.name) > length]
    assert names
    for name in names:
        for found in study_cards(shelf.view(name)):
            assert "could not be made" not in found.content.reading


def test_a_malformed_study_is_said_to_be_one(shelf: Shelf, caplog: pytest.LogCaptureFixture) -> None:
    found = by_key(study_cards(shelf.view("spoiled")))
    wrong = [one for one in found.values() if "has an unexpected form" in one.reading]
    assert wrong
    assert not any(one.ready for one in wrong)
    assert found["history"].ready
    assert any(record.exc_info for record in caplog.records)


@pytest.mark.parametrize("name", ["ordinary", "second", "regression"])
def test_all_cards_are_ready_where_there_is_data(shelf: Shelf, name: str) -> None:
    for found in study_cards(shelf.view(name)):
        assert found.content.ready, (found.key, found.content.reading)


def test_every_pair_of_studies_can_be_compared(shelf: Shelf) -> None:
    views = [shelf.view(study.name) for study in read_studies(shelf.url)]
    for pair in ([views[0], *views[1:]], list(reversed(views))):
        for found in comparison_cards(pair):
            assert "could not be made" not in found.content.reading


def test_the_leaderboard_ranks_and_marks_noise(shelf: Shelf) -> None:
    view = shelf.view("ordinary")
    content = by_key(study_cards(view))["leaderboard"]
    assert content.table is not None
    assert [row.cells[1] for row in content.table.rows] == [str(trial.number) for trial in view.best]
    assert [row.highlighted for row in content.table.rows] == [True] + [False] * (len(view.best) - 1)
    assert all(len(row.cells) == len(content.table.columns) for row in content.table.rows)
    assert content.reading.startswith(compare_runners_up(view.study, view.scored).sentence)


def test_settings_that_do_not_vary_are_said_once(shelf: Shelf) -> None:
    content = by_key(study_cards(shelf.view("one value")))["leaderboard"]
    assert content.table is not None
    assert "optimizer" not in [column.name for column in content.table.columns]
    assert "The same in all of these: optimizer adam." in content.note


def test_failures_are_grouped(shelf: Shelf) -> None:
    content = by_key(study_cards(shelf.view("large")))["failures"]
    assert content.reading == "8 of 400 trials failed: diverged."
    assert content.table is not None
    assert content.table.rows[0].cells[2] == "8"
    failed = by_key(study_cards(shelf.view("only failed")))
    assert failed["failures"].table is not None
    assert "line two" in " ".join(" ".join(row.cells) for row in failed["failures"].table.rows)
    assert failed["leaderboard"].reading == "Not yet: no trial is complete."


def test_recommended_values_are_shown(shelf: Shelf) -> None:
    content = by_key(study_cards(shelf.view("regression")))["recommended"]
    assert content.table is not None
    rows = {row.cells[0]: row.cells for row in content.table.rows}
    assert rows["optimizer"][1] == "adam"
    assert rows["learning_rate"][1] == "0.01"


def test_few_trials_give_no_importances(shelf: Shelf) -> None:
    cards = by_key(study_cards(shelf.view("one trial")))
    assert cards["importances"].reading.startswith("Not yet: 4 complete trials")
    assert "nothing to rank" in by_key(study_cards(shelf.view("one hyperparameter")))["importances"].reading


def test_names_in_readings_are_the_users(shelf: Shelf) -> None:
    content = by_key(study_cards(shelf.view("foreign")))["importances"]
    assert "<b>x</b> & %{y} $z$" in content.reading
    assert content.reading == unplain(content.reading)


def test_comparison_says_who_leads_and_what_does_not_compare(shelf: Shelf) -> None:
    views = [shelf.view(name) for name in ("ordinary", "large", "regression")]
    cards = by_key(comparison_cards(views))
    side = cards["studies"]
    assert re.match(
        r"Trial \d+ of 'large' (beats|is ahead of) trial \d+ of 'ordinary' by \d+\.\d points \(95 % ",
        side.reading,
    )
    assert "1 of 3 studies cannot be compared with the first." in side.reading
    assert "regression: other metric (val_loss, not val_accuracy)" in side.note
    assert side.table is not None
    assert [row.highlighted for row in side.table.rows] == [False, True, False]
    assert len(cards["races"].figures) == 1


def test_tiles_show_value_error_and_test_score(shelf: Shelf) -> None:
    found = {tile.label: tile for tile in tiles(shelf.view("ordinary"))}
    assert "±" in found["best val_accuracy"].value
    assert found["test score of the refit"].hint == "accuracy"
    assert found["trials"].value == "24"
    assert "test score of the refit" not in {tile.label for tile in tiles(shelf.view("second"))}
    assert [tile.label for tile in tiles(shelf.view("foreign empty"))] == ["trials"]


def test_a_card_turns_what_is_expected_into_words_and_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    def failing(error: Exception) -> Any:
        @card("key", "Title")
        def build(_: object) -> Content:
            raise error

        return build

    with caplog.at_level(logging.ERROR):
        assert failing(StudyError("gone"))(None).content.reading == "This could not be made: gone"
    assert caplog.records
    assert "unexpected form" in failing(KeyError("x"))(None).content.reading
    with pytest.raises(KeyboardInterrupt):
        failing(KeyboardInterrupt())(None)  # type: ignore[arg-type]
    with pytest.raises(MemoryError):
        failing(MemoryError())(None)


def test_content_can_be_not_ready_and_is_replaceable() -> None:
    assert not not_yet("x.").ready
    assert replace(Content("a"), note="b").note == "b"


@pytest.mark.parametrize(
    ("shape", "text"),
    [
        ([8, 8, 1], "each 8 × 8 × 1"),
        ({"tokens": [16], "features": [2]}, "each tokens 16 and features 2"),
        ([[3], [6, 6, 1]], "each 3 and 6 × 6 × 1"),
        ({"left": [[3], [5]], "right": {"flag": []}}, "each left 3 and 5 and right flag one number"),
    ],
)
def test_a_row_of_several_inputs_is_told_in_words(shape: Any, text: str) -> None:
    assert data_text({"name": "x", "shape": shape}) == f"x, {text}"


def test_the_data_are_told_in_words(shelf: Shelf) -> None:
    pictures = by_key(study_cards(shelf.view("ordinary")))["data"]
    assert pictures.reading == (
        "mnist has 5,000 training rows and 1,000 held out for the test. Its 10 classes have 450 to 540 rows each."
    )
    assert [one.caption for one in pictures.pictures] == [str(digit) for digit in range(10)]
    table = by_key(study_cards(shelf.view("regression")))["data"]
    assert table.reading.endswith(
        "Of its 3 columns, 1 of numbers, 1 of categories, 1 of text; 1 column lacks values."
    )
    assert table.table is not None
    assert [row.cells for row in table.table.rows][:2] == [
        ("age", "numbers", "12", "–"),
        ("한국어", "categories", "0", "7"),
    ]
    older = by_key(study_cards(shelf.view("second")))["data"]
    assert older.note == "The study was made before such things were kept."
    assert not by_key(study_cards(shelf.view("foreign")))["data"].ready


def test_uneven_classes_are_named(shelf: Shelf) -> None:
    kept = {"class_counts": [["rare", 12], ["frequent", 900]]}
    content = data(replace(shelf.view("ordinary"), profile=kept)).content
    assert content.reading.endswith("The largest class, frequent, has 900 rows, the smallest, rare, 12.")


def test_predictions_of_a_refit_are_told(shelf: Shelf) -> None:
    cards = by_key(study_cards(shelf.view("ordinary")))
    number = shelf.view("ordinary").best[0].number
    told = cards["predictions"]
    assert told.reading == (
        f"The refit of trial {number} is wrong on 40 of 1,000 test rows (4.0%); most often it takes 0 for 1."
    )
    (matrix,) = told.figures
    assert matrix.plot.data[0].z[3][3] == 0.96
    assert (
        cards["mistakes"].reading
        == "The surest mistake is test row 0: it is taken for 8, 99.0% sure, and is 3."
    )
    assert len(cards["mistakes"].pictures) == 20
    assert cards["scores"].reading == f"On the test rows the refit of trial {number} has f1_macro 0.9597."
    assert cards["scores"].table is not None
    assert [row.cells for row in cards["scores"].table.rows][1] == ("neg_log_loss", "-0.1310")
    older = replace(shelf.view("ordinary"), predictions={number: {"kind": "labels", "labels": []}})
    assert not by_key(study_cards(older))["scores"].ready
    errors = by_key(study_cards(shelf.view("regression")))
    assert "errs by -2.0000 to 6.0000; on average it is 1.5000 too high." in errors["predictions"].reading
    assert errors["mistakes"].table is not None
    assert errors["mistakes"].table.rows[0].cells == ("17", "11.5000")
    assert "predictions" not in by_key(study_cards(shelf.view("second")))


@pytest.mark.parametrize(
    ("kept", "words"),
    [
        ({"kind": "labels", "rows": 9, "labels": [["a", 5, 1, 0, 3], ["b", 1, 0, 3, 5]]}, "weakest at b: 1 found, 3 missed"),
        ({"kind": "classes", "rows": 9, "wrong": 2, "pairs": [["a", "b", 2]], "worst": []}, "most often it takes a for b."),
        ({"kind": "classes", "rows": 9, "wrong": 0, "labels": ["a"], "counts": [[9]], "worst": []}, "wrong on 0 of 9"),
    ],
)  # fmt: skip
def test_other_predictions_are_told(shelf: Shelf, kept: dict[str, Any], words: str) -> None:
    view = shelf.view("ordinary")
    cards = by_key(study_cards(replace(view, predictions={view.best[0].number: kept})))
    assert words in cards["predictions"].reading
    assert "could not be made" not in cards["mistakes"].reading


def test_a_refit_that_kept_nothing_says_so(shelf: Shelf) -> None:
    cards = by_key(study_cards(replace(shelf.view("ordinary"), predictions={})))
    assert cards["predictions"].reading.startswith("The refit kept nothing of its predictions")
    spoiled = by_key(study_cards(shelf.view("spoiled")))
    assert "has an unexpected form" in spoiled["predictions"].reading
    assert spoiled["data"].ready


@pytest.mark.parametrize("name", ["ordinary", "large", "several", "only failed", "running", "constrained"])
def test_all_trials_are_listed_the_best_first(shelf: Shelf, name: str) -> None:
    view = shelf.view(name)
    table = all_trials(view).content.table
    assert table is not None
    assert table.searchable
    numbers = [int(row.cells[0]) for row in table.rows]
    assert sorted(numbers) == [trial.number for trial in view.trials]
    best = view.front or view.scored
    assert numbers[: len(best)] == [trial.number for trial in best]
    assert [row.highlighted for row in table.rows][:1] == [bool(view.winner)]
    assert all(len(row.cells) == len(table.columns) for row in table.rows)
    states = {trial.number: trial for trial in view.trials}
    for row in table.rows:
        trial = states[int(row.cells[0])]
        words = trial.state if trial.duplicate_of is None else f"same as {trial.duplicate_of}"
        assert row.cells[1].startswith(words)


def test_a_table_of_very_many_trials_ends_and_says_so(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kerasweep.reports.all_trials.MOST_ROWS", 50)
    content = all_trials(shelf.view("large")).content
    assert content.table is not None
    assert len(content.table.rows) == 50
    assert content.note == "The first 50 of 400 trials; kerasweep export --format csv writes all."


def test_each_finding_is_a_card_and_the_last_one_says_what_was_looked_for(shelf: Shelf) -> None:
    view = shelf.view("ordinary")
    cards = [found for found in study_cards(view) if found.group == "Health"]
    assert [found.key for found in cards] == [*(f"health-{one.kind}" for one in view.findings), "checks"]
    assert [found.content.tone for found in cards[:-1]] == [one.severity for one in view.findings]
    assert cards[-1].content.reading.startswith(
        f"{sum(one.severity != 'good' for one in view.findings)} findings on"
    )
    assert by_key(study_cards(shelf.view("empty")))["checks"].reading == "Not yet: no trial has ended."


def test_several_objectives_are_a_front_and_have_no_winner(shelf: Shelf) -> None:
    for name, metrics in (
        ("several", ["val_accuracy", "params", "seconds"]),
        ("foreign several", ["values_0", "values_1"]),
    ):
        view = shelf.view(name)
        cards = by_key(study_cards(view))
        assert list(cards) == ["summary", "front", "data", "cost", "failures", "checks"]
        assert view.winner is None
        assert [column.name for column in cards["front"].table.columns][1 : 1 + len(metrics)] == metrics
        assert [figure.label for figure in cards["front"].figures] == [
            f"{metrics[0]} by {metric}" for metric in metrics[1:]
        ]
        found = {tile.label: tile for tile in tiles(view)}
        assert found["Pareto front"].value == f"{len(view.front)} trials"
        assert not any(label.startswith("best") for label in found)


def test_a_front_leaves_out_what_breaks_a_constraint(shelf: Shelf) -> None:
    view = shelf.view("several")
    content = by_key(study_cards(view))["front"]
    assert [row.cells[0] for row in content.table.rows] == ["4", "1", "3", "0"]
    assert content.reading.startswith(
        "4 of 4 complete trials that keep all constraints are on the Pareto front"
    )
    assert content.note.startswith("2 of all trials break a constraint")
    assert [trace.name for trace in content.figures[0].plot.data] == ["breaks a constraint", "Pareto front"]
    facts = {row.cells[0]: row.cells[1] for row in by_key(study_cards(view))["summary"].table.rows}
    assert (
        facts["Objectives"]
        == "val_accuracy, higher is better; params, lower is better; seconds, lower is better"
    )
    assert facts["Constraints"] == "params<500"


def test_constrained_studies_have_a_feasible_winner_or_none(shelf: Shelf) -> None:
    view = shelf.view("constrained")
    assert [trial.number for trial in view.best] == [2, 1, 0]
    best = by_key(study_cards(view))["history"].figures[0].plot.data
    assert (
        max(value for trace in best if trace.name == "best so far" for value in trace.y if value == value)
        == 0.3
    )
    assert shelf.view("none feasible").winner is None


def test_studies_of_several_objectives_compare_with_none(shelf: Shelf) -> None:
    side = by_key(comparison_cards([shelf.view(name) for name in ("ordinary", "several", "large")]))[
        "studies"
    ]
    assert re.match(
        r"Trial \d+ of 'large' (beats|is ahead of) trial \d+ of 'ordinary' by \d+\.\d points \(95 % ",
        side.reading,
    )
    assert (
        "several: several objectives (maximize val_accuracy and minimize params and minimize seconds)"
        in side.note
    )
