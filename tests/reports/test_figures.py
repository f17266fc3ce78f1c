"""What figures show, as numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest
from kerasweep.reports import optuna_plots
from kerasweep.reports.axis_marks import axis_marks
from kerasweep.reports.curves import curves_range, learning_curves, validation_curves
from kerasweep.reports.figures import (
    cost_bar,
    cost_parts,
    fold_rows,
    fold_spread,
    size_points,
)
from kerasweep.reports.sensitivity import tornado, tornado_rows
from kerasweep.reports.theme import ACCENT, BEST, focus, log_ticks, plain, translucent, unplain
from kerasweep.spaces import Categorical, Float, Int, position_in_range
from kerasweep.studies import TrialDetails, TrialRecord
from kerasweep.studies.comparison import Cost, Effect
from kerasweep.studies.comparison.sensitivity import Shift
from kerasweep.studies.curves import curve_band, curve_pairs
from kerasweep.studies.importance import importance_shares

if TYPE_CHECKING:
    from conftest import Shelf


def details(**curves: Any) -> TrialDetails:
    return TrialDetails(curves, "")


def test_a_band_is_the_mean_and_one_standard_deviation_of_the_folds() -> None:
    band = curve_band(details(val_loss=[[1.0, 0.5], [3.0, 0.5], [2.0, 0.8]]), "val_loss")
    assert band is not None
    assert band.epochs == (1, 2)
    assert band.mean == pytest.approx((2.0, 0.6))
    assert band.low == pytest.approx((1.0, 0.6 - math.sqrt(0.03)))
    assert band.high == pytest.approx((3.0, 0.6 + math.sqrt(0.03)))
    assert band.folds == 3


def test_a_band_ends_where_the_first_fold_does_and_skips_what_is_not_finite() -> None:
    band = curve_band(details(loss=[[1.0, math.nan, 3.0, 4.0], [1.0, 2.0, 5.0]]), "loss")
    assert band is not None
    assert band.epochs == (1, 3)
    assert band.mean == (1.0, 4.0)


@pytest.mark.parametrize("curves", [{}, {"loss": []}, {"loss": [[]]}, {"loss": [[math.inf], [1.0]]}])
def test_no_band_without_finite_values(curves: dict[str, Any]) -> None:
    assert curve_band(details(**curves), "loss") is None
    assert curve_pairs(details(**curves)) == []


def test_curves_come_in_pairs() -> None:
    pairs = curve_pairs(details(loss=[[1.0]], val_loss=[[2.0]], val_mae=[[3.0]]))
    assert [(train and train.metric, valid and valid.metric) for train, valid in pairs] == [
        ("loss", "val_loss"),
        (None, "val_mae"),
    ]


def test_learning_curves_draw_a_band_only_for_several_folds() -> None:
    one = curve_band(details(loss=[[2.0, 1.0]]), "loss")
    two = curve_band(details(loss=[[2.0, 1.0], [2.0, 1.1]]), "loss")
    assert len(learning_curves(one, None, 2).data) == 1
    assert len(learning_curves(two, None, 2).data) == 2
    assert validation_curves({1: details(loss=[[1.0]])}, "val_loss") is None


def test_curves_are_shown_where_they_differ() -> None:
    rise = [0.1, 0.5, *[0.9 + 0.001 * step for step in range(20)]]
    shown = curves_range([rise])
    assert shown is not None
    assert 0.8 < shown[0] < 0.91
    assert shown[1] > 0.919
    assert curves_range([[1.0, 1.1, 1.2, 1.3, 1.4, 1.5]]) is None


def test_focus_cuts_only_the_bad_end() -> None:
    assert focus([0.1, 0.2, 0.3], "maximize") is None
    assert focus([0.90, 0.91, 0.92, 0.93, 0.94, 0.95], "maximize") is None
    low, high = focus([0.1, 0.90, 0.91, 0.92, 0.93, 0.94, 0.95], "maximize") or (0, 0)
    assert 0.1 < low < 0.9
    assert high > 0.95
    low, high = focus([1e9, 0.90, 0.91, 0.92, 0.93, 0.94, 0.95, math.inf, math.nan], "minimize") or (0, 0)
    assert low < 0.9
    assert 0.95 < high < 1e6


def test_rows_of_folds() -> None:
    trials = [
        TrialRecord(0, "complete", {}, 0.5, (0.4, 0.6)),
        TrialRecord(1, "complete", {}, 0.5, (math.nan,)),
    ]
    assert fold_rows(trials) == [(0.4, None), (0.6, None)]
    assert fold_rows([]) == []
    assert len(fold_spread(trials, "m", "maximize").data) == 3


def test_cost_parts_leave_out_zeros() -> None:
    cost = Cost(3, 90, 150, 40, 20, 0, 0, 1.0)
    assert cost_parts(cost) == [("trained", 90), ("saved by pruning", 40), ("saved by early stopping", 20)]
    assert [bar.x[0] for bar in cost_bar(cost).data] == [90, 40, 20]


def test_points_of_size_need_value_and_size() -> None:
    trials = [
        TrialRecord(0, "complete", {}, 0.5, parameters=10),
        TrialRecord(1, "complete", {}, 0.5),
        TrialRecord(2, "pruned", {}, 0.5, parameters=10),
        TrialRecord(3, "complete", {}, math.inf, parameters=10),
        TrialRecord(4, "complete", {}, 0.5, parameters=10, duplicate_of=0),
    ]
    assert [trial.number for trial in size_points(trials)] == [0]


@pytest.mark.parametrize(
    ("hyperparameter", "value", "position"),
    [
        (Float("a", 0.0, 10.0), 2.5, 0.25),
        (Float("a", 0.001, 0.1, log=True), 0.01, 0.5),
        (Int("a", 1, 3), 3, 1.0),
        (Int("a", 1, 3), 9, None),
        (Float("a", 0.0, 1.0), None, None),
        (Categorical("a", ("x", "y", "z")), "y", 0.5),
        (Categorical("a", (False, True)), True, 1.0),
        (Categorical("a", ("x",)), "x", 0.0),
        (Categorical("a", ("x",)), "w", None),
    ],
)
def test_position_in_range(hyperparameter: Any, value: Any, position: float | None) -> None:
    found = position_in_range(hyperparameter, value)
    assert found == (None if position is None else pytest.approx(position))


def test_log_ticks_are_written_out() -> None:
    assert log_ticks(0.001, 0.1)["ticktext"] == ["0.001", "0.002", "0.005", "0.01", "0.02", "0.05", "0.1"]
    assert log_ticks(10, 1_000_000)["ticktext"] == ["10", "100", "1,000", "10,000", "100,000", "1,000,000"]
    assert log_ticks(0, 1) == {}
    assert log_ticks(3, 3) == {}


def test_plain_text_is_not_markup_and_reads_the_same() -> None:
    text = plain("<b>x</b> &lt; %{y} $z$", limit=99)
    assert not any(part in text for part in ("<b", "</b", "&lt", "%{y", "z$"))
    assert unplain(text) == "<b>x</b> &lt; %{y} $z$"
    assert plain("a" * 50) == "a" * 39 + "…"
    assert plain("한국어\n값") == "한국어 값"
    assert translucent(ACCENT, 0.5) == "rgba(63, 131, 216, 0.5)"


def test_history_shows_every_complete_trial(shelf: Shelf) -> None:
    view = shelf.view("ordinary")
    markers, line = optuna_plots.history([view.plots], "val_accuracy").data[:2]
    complete = [trial for trial in view.trials if trial.state == "complete"]
    assert list(markers.x) == [trial.number for trial in complete]
    assert list(markers.y) == [trial.value for trial in complete]
    assert line.y[-1] == view.best[0].value


def test_the_copy_for_plots_keeps_numbers_states_and_values(shelf: Shelf) -> None:
    view = shelf.view("ordinary")
    copy = view.plots.get_trials(deepcopy=False)
    names = {"COMPLETE": "complete", "PRUNED": "pruned", "FAIL": "failed"}
    assert [names[trial.state.name] for trial in copy] == [trial.state for trial in view.trials]
    assert [trial.params.get("units") for trial in copy] == [
        t.configuration.get("units") for t in view.trials
    ]


def test_parallel_coordinates_draw_the_best_last_and_are_capped(shelf: Shelf) -> None:
    figure = optuna_plots.parallel_coordinates(shelf.view("large").plots, "val_accuracy")
    heights = [trace.y[0] for trace in figure.data]
    assert len(heights) == optuna_plots.MOST_LINES
    assert heights == sorted(heights)
    falling = optuna_plots.parallel_coordinates(shelf.view("regression").plots, "val_loss")
    assert [trace.y[0] for trace in falling.data] == sorted((t.y[0] for t in falling.data), reverse=True)


def test_importances_rank_what_the_synthetic_score_depends_on(shelf: Shelf) -> None:
    found = importance_shares(shelf.view("large").plots)
    assert list(found.values()) == sorted(found.values(), reverse=True)
    assert sum(found.values()) == pytest.approx(1)
    bars = optuna_plots.importances(found).data[0]
    assert list(bars.y) == list(reversed(found))
    assert list(bars.x) == sorted(found.values())


def test_slices_leave_out_what_never_varied(shelf: Shelf) -> None:
    found = optuna_plots.slices(shelf.view("one value").plots, "val_accuracy", {"units": 6})
    assert [name for name, _ in found] == ["units"]
    marks = found[0][1].layout.shapes
    assert [mark.x0 for mark in marks] == [6]


def test_choices_are_shown_as_people_write_them(shelf: Shelf) -> None:
    found = dict(optuna_plots.slices(shelf.view("large").plots, "val_accuracy", {"normalization": "none"}))
    assert list(found["normalization"].layout.xaxis.ticktext) == ["none ★", "batch"]
    assert list(found["activation"].layout.xaxis.ticktext) == ["relu", "elu", "tanh"]


def test_intermediate_values_mark_the_winner_and_the_pruned(shelf: Shelf) -> None:
    view = shelf.view("ordinary")
    figure = optuna_plots.intermediate_values(view.plots, "val_accuracy", view.best[0].number)
    assert [trace.name for trace in figure.data] == ["pruned", "complete", "winner"]
    pruned, _, winner = figure.data
    assert len(set(pruned.customdata)) == sum(t.state == "pruned" for t in view.trials)
    assert set(winner.customdata) == {view.best[0].number}
    gaps = [place for place, value in enumerate(pruned.y) if value is None]
    assert len(gaps) == len(set(pruned.customdata)), "no line leads from a trial to the next"
    assert len(pruned.x) == len(pruned.y) == len(pruned.customdata)


@pytest.mark.parametrize(
    ("values", "log", "whole", "marks"),
    [
        ([1, 3], False, True, {"1": 0.0, "2": 0.5, "3": 1.0}),
        ([0.156, 0.455], False, False, {"0.2": 0.147, "0.3": 0.482, "0.4": 0.816}),
        ([17, 333], True, True, {"20": 0.055, "50": 0.363, "100": 0.596, "200": 0.829}),
        ([0.001, 0.1], True, False, {"0.001": 0.0, "0.01": 0.5, "0.1": 1.0}),
        ([0.011, 0.018], True, False, {}),
        ([5, 5], False, True, {}),
        ([0.01, 0.02, 0.04, 0.01], True, False, {"0.01": 0.0, "0.02": 0.5, "0.04": 1.0}),
        (
            [32, 33, 256, 256],
            False,
            True,
            {"50": 0.08, "100": 0.304, "150": 0.527, "200": 0.75, "250": 0.973},
        ),
    ],
)
def test_marks_of_an_axis_are_round_and_at_their_places(
    values: list[float], log: bool, whole: bool, marks: dict[str, float]
) -> None:
    found = {text: place for place, text in axis_marks(values, log=log, whole=whole)}
    assert marks.items() <= {text: round(place, 3) for text, place in found.items()}.items()
    assert bool(found) == bool(marks)
    assert len(found) <= 6


def test_parallel_coordinates_are_marked_where_the_lines_pass(shelf: Shelf) -> None:
    view = shelf.view("large")
    figure = optuna_plots.parallel_coordinates(view.plots, "val_accuracy")
    axis = list(figure.layout.xaxis.ticktext).index("learning_rate")
    marks = {float(mark.text): mark.y for mark in figure.layout.annotations if mark.x == axis}
    rates = [trial.configuration["learning_rate"] for trial in view.scored[: optuna_plots.MOST_LINES]]
    low, high = math.log(min(rates)), math.log(max(rates))
    assert len(marks) > 1
    assert all(place == pytest.approx((math.log(rate) - low) / (high - low)) for rate, place in marks.items())


def test_a_tornado_has_a_bar_for_each_change_that_was_trained() -> None:
    def effect(name: str, after: float, mean: float | None, told: float = 1.0) -> Effect:
        error = abs(mean or 1) / 20 / told
        return Effect(
            name, 2.0, after, (1,), None if mean is None else Shift(mean, 3, 5, 0.0, 3 * error**2, 8)
        )

    effects = [effect("<b>strong</b>", 3.0, 0.04), effect("<b>strong</b>", 1.0, -0.05), effect("weak", 3.0, 0.001, 0.01),
               effect("none", 3.0, None)]  # fmt: skip
    rows = tornado_rows(effects)
    assert {name: [one.after for one in changes] for name, changes in rows.items()} == {
        "<b>strong</b>": [1.0, 3.0],
        "weak": [3.0],
    }
    first, second = tornado(effects, "val_accuracy").data
    assert [unplain(name) for name in first.y] == ["weak", "<b>strong</b>"]
    assert (list(first.x), list(second.x)) == ([0.001, -0.05], [0.04])
    assert (first.marker.color[1], second.marker.color[0]) == (ACCENT, BEST)
