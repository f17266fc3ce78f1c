"""Which cards a report has, in which order: of one study, and of several side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..spaces import short_text
from ..studies.comparison import (
    StudyComparison,
    StudyRow,
    basic_names,
    compare_pair,
    compare_studies,
    informative_names,
    is_sensitivity_study,
)
from ..texts import ABSENT, count_text, duration_text, number_text
from . import figures, insights, optuna_plots, sensitivity
from .axis_selection import COLUMNS, is_wide
from .cards import Card, Content, Figure, Row, Table, card, columns_of, not_yet
from .data import data
from .diagnostics import failures, model
from .front import front
from .health import finding_cards, health
from .leaderboard import leaderboard
from .mistakes import mistakes, predictions, scores
from .recommended import recommended
from .summary import summary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .view import StudyView

_FEW = "two comparable studies with a complete trial are needed."


def study_cards(view: StudyView) -> list[Card]:
    """Return the cards of one study, group by group: results first, then what explains them.

    Of several objectives there is a front and no winner, so that what ranks trials or explains one value is left out.
    """
    # What a refit makes of the test rows there is after a refit alone, which most studies are without at first.
    refits = [predictions(view), scores(view), mistakes(view)] if view.study.refits else []
    if view.study.has_several:
        return [
            summary(view),
            front(view),
            *refits,
            data(view),
            insights.expense(view),
            failures(view),
            *finding_cards(view),
            health(view),
        ]
    # What was changed one at a time is ranked by that, of which the importance of many at a time would say nothing.
    one_at_a_time = is_sensitivity_study(view.study)
    return [
        summary(view),
        *([sensitivity.small_changes(view)] if one_at_a_time else []),
        leaderboard(view),
        *refits,
        insights.history(view),
        recommended(view),
        *([] if one_at_a_time else [insights.importances(view)]),
        insights.parallel(view),
        insights.slices(view),
        data(view),
        model(view),
        insights.learning(view),
        insights.folds(view),
        insights.pruning(view),
        insights.expense(view),
        failures(view),
        *finding_cards(view),
        health(view),
    ]


def comparison_cards(views: Sequence[StudyView]) -> list[Card]:
    """Return the cards of several studies side by side."""
    return [side_by_side(views), races(views), spreads(views)]


def _comparison(views: Sequence[StudyView]) -> StudyComparison:
    return compare_studies([view.study for view in views], [view.trials for view in views])


@card("studies", "Studies side by side")
def side_by_side(views: Sequence[StudyView]) -> Content:
    """Set the best values and the costs of several studies side by side."""
    found = _comparison(views)
    columns = columns_of(
        *("Study", "Model", "Data", "Metric", ">Best ± SE", ">Test"),
        *(">Trials", ">Pruned", ">Failed", ">Epochs", ">Time", "Best configuration"),
    )
    comparable = sorted(
        (row for row in found.rows if not row.remarks and row.best is not None),
        key=lambda row: row.best.value or 0.0 if row.best else 0.0,
        reverse=views[0].study.direction == "maximize",
    )
    leader = comparable[0] if len(comparable) > 1 else None
    rows = tuple(Row(_study_cells(row, found.which(row)), highlighted=row is leader) for row in found.rows)
    plots: tuple[Figure, ...] = ()
    if leader is not None:
        shown = [row for row in found.rows if row in comparable]
        plots = (Figure("Best value of each study", figures.study_values(shown, views[0].study.metric)),)
    note = "Not comparable with the first study. " + " ".join(found.notes) if found.notes else ""
    table = Table("Studies, in the order given", columns, rows, in_blocks=True)
    return Content(_side_by_side_reading(found, comparable), table, plots, note=note)


def _side_by_side_reading(found: StudyComparison, comparable: Sequence[StudyRow]) -> str:
    """Say which study leads and whether by more than noise: studies that compare have the same folds."""
    apart = len(found.notes)
    unlike = f" {apart} of {len(found.rows)} studies cannot be compared with the first." if apart else ""
    if len(comparable) < 2:
        return unlike.strip() or "Fewer than two studies have a complete trial."
    first, second = comparable[0], comparable[1]
    assert first.best is not None and second.best is not None  # noqa: S101, PT018 - for the type checker
    return compare_pair(first.study, first.best, second.best, second.study).text + unlike


def _study_cells(row: StudyRow, which: str) -> tuple[str, ...]:
    study, best = row.study, row.best
    settings = best.configuration if best else {}
    names, rest = list(settings), ""
    if is_wide(names):
        names = informative_names([settings], basic_names(study.model))[:COLUMNS]
        rest = f" and {len(settings) - len(names)} more"
    texts = [f"{name} {short_text(settings[name])}" for name in names]
    return (
        study.name,
        study.model or ABSENT,
        str(study.data.get("name", ABSENT)),
        study.metric,
        number_text(best.value, best.standard_error) if best else ABSENT,
        number_text(row.test_score),
        f"{sum(study.counts.values()):,}",
        f"{study.counts.get('pruned', 0):,}",
        f"{study.counts.get('failed', 0):,}",
        f"{row.cost.epochs_spent:,}",
        duration_text(row.cost.seconds),
        f"{which}; {', '.join(texts)}{rest}" if which else ABSENT,
    )


def _comparable(views: Sequence[StudyView]) -> list[StudyView]:
    """Return the studies that compare with the first and have a complete trial."""
    rows = _comparison(views).rows
    return [view for view, row in zip(views, rows, strict=True) if not row.remarks and row.best is not None]


@card("races", "Optimization histories")
def races(views: Sequence[StudyView]) -> Content:
    """Show the best value so far of the studies that compare."""
    chosen = _comparable(views)
    if len(chosen) < 2:
        return not_yet(_FEW)
    metric = chosen[0].study.metric
    figure = optuna_plots.history([view.plots for view in chosen], metric)
    reading = f"How fast {count_text(len(chosen), 'comparable study')} found their best value."
    return Content(reading, figures=(Figure("Objective by trial and study", figure),))


@card("spreads", "Distribution of values")
def spreads(views: Sequence[StudyView]) -> Content:
    """Show the distribution of values of the studies that compare."""
    chosen = _comparable(views)
    if len(chosen) < 2:
        return not_yet(_FEW)
    figure = optuna_plots.distributions([view.plots for view in chosen], chosen[0].study.metric)
    better = "right" if chosen[0].study.direction == "maximize" else "left"
    reading = f"Share of complete trials at or below a value: the further {better} a curve, the better that search was."
    return Content(reading, figures=(Figure("Distribution of values by study", figure),))
