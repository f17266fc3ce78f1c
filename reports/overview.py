"""Which cards a report has, in which order: of one study, and of several side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..spaces import value_text
from ..studies.comparison import StudyComparison, StudyRow, number_text, study_row
from . import figures, insights, optuna_plots, results
from .cards import Card, Column, Content, Figure, Row, Table, card, count_text, duration_text, not_yet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .view import StudyView

_ABSENT = "–"


def study_cards(view: StudyView) -> list[Card]:
    """Return the cards of one study: results first, then what explains them."""
    return [
        results.summary(view),
        results.leaderboard(view),
        results.recommended(view),
        insights.history(view),
        insights.parallel(view),
        insights.importances(view),
        insights.slices(view),
        insights.curves(view),
        insights.folds(view),
        insights.pruning(view),
        insights.expense(view),
        results.failures(view),
        results.model(view),
    ]


def comparison_cards(views: Sequence[StudyView]) -> list[Card]:
    """Return the cards of several studies side by side."""
    return [side_by_side(views), races(views), spreads(views)]


def _comparison(views: Sequence[StudyView]) -> StudyComparison:
    rows = tuple(study_row(view.study, view.trials, views[0].study) for view in views)
    notes = tuple(f"{row.study.name}: {'; '.join(row.remarks)}." for row in rows if row.remarks)
    return StudyComparison(rows, notes)


@card("studies", "Studies side by side")
def side_by_side(views: Sequence[StudyView]) -> Content:
    """Set the best values and the costs of several studies side by side."""
    found = _comparison(views)
    columns = (
        Column("Study"),
        Column("Model"),
        Column("Data"),
        Column("Metric"),
        Column("Best ± SE", numeric=True),
        Column("Test", numeric=True),
        *(Column(name, numeric=True) for name in ("Trials", "Pruned", "Failed", "Epochs", "Time")),
        Column("Best configuration"),
    )
    leader = _leader(found)
    rows = tuple(Row(_study_cells(row), highlighted=row is leader) for row in found.rows)
    reading = f"{count_text(len(rows), 'study').replace('studys', 'studies')}"
    reading += f"; {leader.study.name} has the best value." if leader else "."
    plots = ()
    comparable = [row for row in found.rows if not row.remarks]
    if len(figures.study_points(comparable)) > 1:
        plots = (Figure("Best value of each study", figures.study_values(comparable, views[0].study.metric)),)
    note = "Not comparable with the first: " + " ".join(found.notes) if found.notes else ""
    return Content(reading, Table("Studies, in the order given", columns, rows), plots, note=note)


def _leader(found: StudyComparison) -> StudyRow | None:
    """Return the study with the best value, where all compare and more than one has a value."""
    scored = [row for row in found.rows if row.best is not None and row.best.value is not None]
    if len(scored) < 2 or found.notes:
        return None
    best = scored[0]
    for row in scored[1:]:
        if row.study.is_better(row.best.value, best.best.value):  # type: ignore[union-attr, arg-type]
            best = row
    return best


def _study_cells(row: StudyRow) -> tuple[str, ...]:
    study, best = row.study, row.best
    settings = best.configuration.items() if best else ()
    texts = [
        f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value_text(value)}"
        for name, value in settings
    ]
    return (
        study.name,
        study.model or _ABSENT,
        study.source or _ABSENT,
        study.metric,
        number_text(best.value, best.standard_error) if best else _ABSENT,
        number_text(row.test_score),
        f"{sum(study.counts.values()):,}",
        f"{study.counts.get('pruned', 0):,}",
        f"{study.counts.get('failed', 0):,}",
        f"{row.cost.epochs_spent:,}",
        duration_text(row.cost.seconds),
        ", ".join(texts) or _ABSENT,
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
        return not_yet("two comparable studies with a complete trial are needed.")
    metric = chosen[0].study.metric
    figure = optuna_plots.history([view.plots for view in chosen], metric)
    reading = f"How fast {count_text(len(chosen), 'comparable study').replace('studys', 'studies')} found their best value."
    return Content(reading, figures=(Figure("Objective by trial and study", figure),))


@card("spreads", "Distribution of values")
def spreads(views: Sequence[StudyView]) -> Content:
    """Show the distribution of values of the studies that compare."""
    chosen = _comparable(views)
    if len(chosen) < 2:
        return not_yet("two comparable studies with a complete trial are needed.")
    figure = optuna_plots.distributions([view.plots for view in chosen], chosen[0].study.metric)
    better = "right" if chosen[0].study.direction == "maximize" else "left"
    reading = f"Share of complete trials at or below a value: the further {better} a curve, the better that search was."
    return Content(reading, figures=(Figure("Distribution of values by study", figure),))
