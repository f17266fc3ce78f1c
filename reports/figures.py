"""Kerasweep's own figures. Each is a data function, which tests check, and a figure function, which draws it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from ..spaces import position_in_range, value_text
from ..studies import pareto_front
from ..studies.comparison import Cost, RecommendedRow, StudyRow
from ..texts import number_text
from .theme import (
    ACCENT,
    BEST,
    GOOD,
    GRID,
    PURPLE,
    QUIET,
    focus,
    hover,
    labels,
    log_ticks,
    plain,
    themed,
    translucent,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..studies import StudyRecord, TrialRecord

_WIDE = 20
"""Ratio of the largest to the smallest value from which an axis is logarithmic."""


def fold_rows(trials: Sequence[TrialRecord]) -> list[tuple[float | None, ...]]:
    """Return scores by fold (row) and trial (column); None where a trial has no finite score on that fold."""
    count = max((len(trial.fold_scores) for trial in trials), default=0)
    return [
        tuple(
            trial.fold_scores[fold]
            if fold < len(trial.fold_scores) and math.isfinite(trial.fold_scores[fold])
            else None
            for trial in trials
        )
        for fold in range(count)
    ]


def fold_spread(trials: Sequence[TrialRecord], metric: str, direction: str) -> go.Figure:
    """Draw every fold's score of the best trials, one line a fold, and each trial's mean with its standard error."""
    labels = [f"{trial.number}" for trial in trials]
    figure = go.Figure()
    for fold, scores in enumerate(fold_rows(trials), start=1):
        figure.add_scatter(
            x=labels,
            y=scores,
            mode="lines+markers",
            name="one fold",
            legendgroup="folds",
            showlegend=fold == 1,
            line={"color": translucent(QUIET, 0.45), "width": 1},
            marker={"color": QUIET, "size": 6},
            hovertemplate=f"trial %{{x}}, fold {fold}: %{{y:.5g}}<extra></extra>",
        )
    figure.add_scatter(
        x=labels,
        y=[trial.value for trial in trials],
        error_y=_bars([trial.standard_error for trial in trials], width=5),
        mode="markers",
        name="mean ± standard error",
        marker={
            "color": [BEST if not rank else ACCENT for rank in range(len(trials))],
            "size": 9,
            "symbol": "diamond",
        },
        hovertemplate="trial %{x}, mean: %{y:.5g}<extra></extra>",
    )
    figure.update_xaxes(type="category")
    figure = themed(figure, height=380, x="Trial, best first", y=metric)
    shown = focus([score for scores in fold_rows(trials) for score in scores if score is not None], direction)
    return figure.update_yaxes(range=shown) if shown else figure


def _bars(errors: list[float | None], *, width: int) -> dict[str, Any]:
    """Return Plotly's error bars of standard errors."""
    return {
        "type": "data",
        "array": [error or 0 for error in errors],
        "color": ACCENT,
        "thickness": 2,
        "width": width,
    }


def cost_parts(cost: Cost) -> list[tuple[str, int]]:
    """Return what became of the planned epochs, in words and numbers; parts of zero are left out."""
    parts = [
        ("trained", cost.epochs_spent),
        ("saved by pruning", cost.saved_by_pruning),
        ("saved by early stopping", cost.saved_by_stopping),
        ("saved by repeated results", cost.saved_by_duplicates),
        ("saved by constraints", cost.saved_by_constraints),
        ("not trained: failed", cost.lost_to_failures),
    ]
    return [(name, epochs) for name, epochs in parts if epochs]


def cost_bar(cost: Cost) -> go.Figure:
    """Draw the planned epochs as one bar in parts."""
    colours = {"trained": ACCENT, "saved by pruning": GOOD, "saved by early stopping": "#6fbf9f"}
    colours |= {"saved by repeated results": PURPLE, "saved by constraints": "#b58a2f"}
    figure = go.Figure()
    for name, epochs in cost_parts(cost):
        figure.add_bar(
            x=[epochs],
            y=[""],
            orientation="h",
            name=name,
            marker={"color": colours.get(name, QUIET)},
            hovertemplate=f"{name}: {epochs:,} epochs<extra></extra>",
        )
    figure.update_layout(barmode="stack", legend={"traceorder": "normal"})
    figure = themed(figure, height=150, x="epochs of one fold")
    return figure.update_yaxes(showticklabels=False, ticks="")


def size_points(trials: Sequence[TrialRecord]) -> list[TrialRecord]:
    """Return the complete trials whose value and number of parameters are known, no repetitions."""
    return [
        trial
        for trial in trials
        if trial.state == "complete"
        and trial.duplicate_of is None
        and trial.parameters
        and trial.value is not None
        and math.isfinite(trial.value)
    ]


def size_against_value(trials: Sequence[TrialRecord], metric: str, winner: int | None) -> go.Figure:
    """Draw value by number of parameters: what a smaller model would cost in score."""
    points = size_points(trials)
    figure = go.Figure()
    figure.add_scatter(
        x=[trial.parameters for trial in points],
        y=[trial.value for trial in points],
        mode="markers",
        customdata=[[trial.number, f"{trial.parameters:,}"] for trial in points],
        marker={
            "color": [BEST if trial.number == winner else ACCENT for trial in points],
            "size": [13 if trial.number == winner else 8 for trial in points],
            "opacity": 0.8,
        },
        **hover(trial="%{customdata[0]}", parameters="%{customdata[1]}", value="%{y:.5g}"),
    )
    figure.update_layout(showlegend=False)
    sizes = [trial.parameters or 1 for trial in points]
    figure.update_xaxes(type="log", **log_ticks(min(sizes, default=1), max(sizes, default=1)))
    return themed(figure, height=300, x="parameters (log)", y=metric)


def front_figure(study: StudyRecord, trials: Sequence[TrialRecord], place: int) -> go.Figure:
    """Draw the first objective by another one: the trials of the Pareto front, all others, and those that break a constraint.

    Args:
        study: Has several objectives.
        trials: All of its trials.
        place: Of the other objective.
    """
    front = {trial.number for trial in pareto_front(study, trials)}
    groups: dict[str, list[TrialRecord]] = {"breaks a constraint": [], "complete": [], "Pareto front": []}
    for trial in trials:
        if trial.state == "complete" and trial.duplicate_of is None and all(map(math.isfinite, trial.values)):
            kind = "complete" if trial.feasible else "breaks a constraint"
            groups["Pareto front" if trial.number in front else kind].append(trial)
    groups["Pareto front"].sort(key=lambda trial: trial.values[place])
    looks = {
        "breaks a constraint": {"color": QUIET, "size": 8, "symbol": "x-thin-open"},
        "complete": {"color": ACCENT, "size": 7, "opacity": 0.6},
        "Pareto front": {"color": BEST, "size": 11},
    }
    figure = go.Figure()
    for name, members in groups.items():
        if not members:
            continue
        steps = name == "Pareto front" and len(study.objectives) == 2
        figure.add_scatter(
            x=[trial.values[place] for trial in members],
            y=[trial.values[0] for trial in members],
            mode="lines+markers" if steps else "markers",
            line={
                "color": translucent(BEST, 0.5),
                "width": 1.5,
                # beside a point lies what it beats
                "shape": "hv" if study.objectives[place].direction == "minimize" else "vh",
            },
            marker=looks[name],
            name=name,
            customdata=[[trial.number] for trial in members],
            **hover(trial="%{customdata[0]}", y="%{y:.5g}", x="%{x:.5g}"),
        )
    x, y = (plain(study.objectives[one].metric) for one in (place, 0))
    values = [trial.values[place] for members in groups.values() for trial in members]
    low, high = min(values, default=0.0), max(values, default=0.0)
    if low > 0 and high >= _WIDE * low:
        figure.update_xaxes(type="log", **log_ticks(low, high))
        x = f"{x} (log)"
    return themed(figure, height=400, x=x, y=y)


def against_recommended_figure(compared: Sequence[RecommendedRow]) -> go.Figure:
    """Draw where the recommended and the winning value lie in each hyperparameter's range."""
    rows = [row for row in reversed(compared) if row.winner_active or row.recommended_active]
    names = list(labels(row.hyperparameter.name for row in rows).values())
    figure = go.Figure()
    for name, row in zip(names, rows, strict=True):
        figure.add_scatter(
            x=[0, 1], y=[name, name], mode="lines", line={"color": GRID, "width": 6}, hoverinfo="skip"
        )
        ends = [position_in_range(row.hyperparameter, value) for value in (row.recommended, row.winner)]
        if row.winner_active and row.recommended_active:
            line = {"color": translucent(BEST, 0.6), "width": 2}
            figure.add_scatter(x=ends, y=[name, name], mode="lines", line=line, hoverinfo="skip")
    figure.update_traces(showlegend=False)
    for label, symbol, size, colour in (
        ("recommended", "circle-open", 15, ACCENT),
        ("winner", "circle", 9, BEST),
    ):
        chosen = [
            (name, row, getattr(row, label))
            for name, row in zip(names, rows, strict=True)
            if getattr(row, f"{label}_active")
        ]
        figure.add_scatter(
            x=[position_in_range(row.hyperparameter, value) for _, row, value in chosen],
            y=[name for name, _, _ in chosen],
            mode="markers",
            name=label,
            customdata=[plain(value_text(value)) for _, _, value in chosen],
            marker={"symbol": symbol, "size": size, "color": colour, "line": {"width": 2.5, "color": colour}},
            hovertemplate=f"%{{y}}, {label}: %{{customdata}}<extra></extra>",
        )
    figure.update_xaxes(range=[-0.04, 1.04], tickvals=[0, 1], ticktext=["low", "high"])
    figure.update_xaxes(showgrid=False)
    figure.update_yaxes(showgrid=False, type="category")
    return themed(figure, height=90 + 34 * max(len(rows), 1))


def study_points(rows: Sequence[StudyRow]) -> list[tuple[str, float, float | None]]:
    """Return name, best value and standard error of the studies that have a best trial."""
    return [
        (plain(row.study.name), row.best.value, row.best.standard_error)
        for row in rows
        if row.best is not None and row.best.value is not None
    ]


def study_values(rows: Sequence[StudyRow], metric: str) -> go.Figure:
    """Draw the best value of each study with its standard error."""
    points = list(reversed(study_points(rows)))
    figure = go.Figure()
    figure.add_scatter(
        x=[value for _, value, _ in points],
        y=[name for name, _, _ in points],
        error_x=_bars([error for *_, error in points], width=6),
        mode="markers",
        marker={"size": 12, "color": ACCENT, "symbol": "diamond"},
        customdata=[number_text(value, error) for _, value, error in points],
        hovertemplate="%{y}: %{customdata}<extra></extra>",
    )
    figure.update_layout(showlegend=False)
    figure.update_yaxes(type="category")
    return themed(figure, height=90 + 44 * max(len(points), 1), x=f"best {metric} ± standard error")
