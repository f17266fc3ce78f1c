"""The report of a space with too many hyperparameters for its figures: it chooses, says so, and keeps all values."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING

import pytest
from kerasweep.reports.axis_selection import AXES, BARS, COLUMNS
from kerasweep.reports.cards import Content
from kerasweep.reports.overview import comparison_cards, study_cards
from kerasweep.reports.theme import labels
from kerasweep.spaces import preset
from synthetic import wide_space

if TYPE_CHECKING:
    from conftest import Shelf

WIDE = ("full", "넓은 탐색")


@lru_cache
def cards_of(shelf: Shelf, name: str) -> dict[str, Content]:
    return {card.key: card.content for card in study_cards(shelf.view(name))}


@pytest.fixture(params=WIDE)
def wide(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_no_card_stumbles_and_no_figure_shows_too_much(shelf: Shelf, wide: str) -> None:
    for key, content in cards_of(shelf, wide).items():
        assert "could not be made" not in content.reading
        assert len(content.figures) <= AXES
        for figure in content.figures:
            assert figure.plot.layout.height <= 90 + 34 * BARS
            assert len(figure.plot.to_json()) < 200_000, key


def test_figures_say_that_they_choose(shelf: Shelf, wide: str) -> None:
    cards = cards_of(shelf, wide)
    for key in ("parallel", "slices"):
        assert cards[key].note.startswith(f"Shown are {AXES} of ")
        assert "those that set the best trials apart most" in cards[key].note
    axes = cards["parallel"].figures[0].plot.layout.xaxis.ticktext
    assert len(axes) == AXES + 1
    bars = cards["importances"].figures[0].plot.data[0]
    assert len(bars.y) == BARS
    assert "that are not shown have" in cards["importances"].note


def test_figures_show_the_most_important(shelf: Shelf) -> None:
    view = shelf.view("full")
    leaders = list(view.shares)[:AXES]
    assert [figure.label for figure in cards_of(shelf, "full")["slices"].figures] == leaders
    having = {name: sum(name in trial.configuration for trial in view.scored) for name in view.shares}
    assert min(having.values()) >= view.complete / 2


def test_the_leaderboard_keeps_all_values_within_reach(shelf: Shelf, wide: str) -> None:
    view, content = shelf.view(wide), cards_of(shelf, wide)["leaderboard"]
    assert content.table is not None
    assert len(content.table.columns) == 6 + COLUMNS
    (every,) = content.more
    assert {row.cells[0] for row in every.rows} == {
        name for trial in view.best for name in trial.configuration
    }
    assert [column.name for column in every.columns[1:]] == [f"trial {trial.number}" for trial in view.best]
    assert f"{COLUMNS} of the " in content.note


def test_the_leaderboard_of_a_family_shows_its_basic_hyperparameters(shelf: Shelf) -> None:
    table = cards_of(shelf, "full")["leaderboard"].table
    assert table is not None
    assert [column.name for column in table.columns[6:]] == [
        name for name in preset("dnn", "full").names if name in preset("dnn").names
    ]


def test_recommended_values_are_all_there(shelf: Shelf, wide: str) -> None:
    content = cards_of(shelf, wide)["recommended"]
    assert content.table is not None
    assert len(content.table.rows) == BARS
    names = [row.cells[0] for table in (content.table, *content.more) for row in table.rows]
    space = preset("dnn", "full") if wide == "full" else wide_space()
    assert sorted(names) == sorted(space.names)


def test_the_summary_counts_a_large_space(shelf: Shelf) -> None:
    table = cards_of(shelf, "full")["summary"].table
    assert table is not None
    (text,) = [row.cells[1] for row in table.rows if row.cells[0] == "Space"]
    assert text.startswith(f"{len(preset('dnn', 'full'))} hyperparameters: optimizer ")
    assert len(text) < 300


def test_a_comparison_names_a_few_settings(shelf: Shelf) -> None:
    cards = {
        card.key: card.content
        for card in comparison_cards([shelf.view(name) for name in (*WIDE, "ordinary")])
    }
    table = cards["studies"].table
    assert table is not None
    for row in table.rows[:2]:
        assert row.cells[-1].endswith(" more")
        assert row.cells[-1].count(",") == COLUMNS - 1
    assert "more" not in table.rows[2].cells[-1]


def test_small_studies_have_nothing_to_open(shelf: Shelf) -> None:
    for name in ("ordinary", "regression", "large"):
        assert not any(
            content.more or "Shown are" in content.note for content in cards_of(shelf, name).values()
        )


def test_names_that_begin_alike_have_labels_of_their_own() -> None:
    names = wide_space().names
    found = labels(names)
    assert list(found) == list(names)
    assert len(set(found.values())) == len(names)


def test_labels_reach_the_copy_for_plots(shelf: Shelf) -> None:
    trial = shelf.view("넓은 탐색").plots.get_trials(deepcopy=False)[0]
    assert len(trial.params) == 500
    assert json.dumps(trial.params, ensure_ascii=False).count("층") > 100
