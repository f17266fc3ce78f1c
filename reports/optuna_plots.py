"""Optuna's own plots, in the look of the reports. Their study is a copy of ``plot_study``."""

from __future__ import annotations

import math
from ast import literal_eval
from typing import TYPE_CHECKING, Any

import optuna
import plotly.graph_objects as go
from optuna.distributions import FloatDistribution, IntDistribution
from optuna.trial import FrozenTrial, TrialState
from plotly.colors import sample_colorscale

from ..spaces import value_text
from ..studies.importance import complete_trials, quietly
from .axis_marks import axis_marks
from .theme import ACCENT, BEST, COLOURS, GRID, QUIET, SCALE, focus, log_ticks, plain, themed, translucent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST_LINES = 200
"""Lines that a figure of one line a trial shows: more are neither legible nor quick to draw."""


def _finite(study: optuna.Study) -> list[float]:
    trials = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    return [trial.value for trial in trials if trial.value is not None and math.isfinite(trial.value)]


def _direction(study: optuna.Study) -> str:
    return "maximize" if study.direction == optuna.study.StudyDirection.MAXIMIZE else "minimize"


def history(studies: Sequence[optuna.Study], metric: str) -> go.Figure:
    """Return the objective by trial and the best so far, of one study or of several on the same axes."""
    with quietly():
        figure = optuna.visualization.plot_optimization_history(list(studies), target_name=metric)
    several = len(studies) > 1
    position = -1
    for trace in figure.data:
        if trace.name == "Infeasible Trial":
            trace.showlegend = False
            continue
        position += 1
        colour = COLOURS[position // 2 % len(COLOURS)] if several else (ACCENT, BEST)[position % 2]
        if trace.mode == "lines":
            trace.update(line={"color": colour, "width": 2.2, "shape": "hv"})
        else:
            trace.update(marker={"color": colour, "size": 7, "opacity": 0.6 if several else 0.85})
        if not several:
            trace.name = "best so far" if trace.mode == "lines" else "trial"
    figure = themed(figure, x="Trial", y=metric)
    shown = focus([value for study in studies for value in _finite(study)], _direction(studies[0]))
    return figure.update_yaxes(range=shown) if shown else figure


def parallel_coordinates(study: optuna.Study, metric: str, names: Sequence[str] | None = None) -> go.Figure:
    """Return one line a trial through hyperparameters, the best on top; the best 200 where there are more.

    Args:
        study: The copy for plots.
        metric: Name of the objective.
        names: Labels of the hyperparameters; all where None.
    """
    chosen = complete_trials(study, MOST_LINES)
    trials = chosen.get_trials(deepcopy=False)
    had = {name for trial in trials for name in trial.params}
    axes = sorted(had if names is None else had.intersection(names))
    with quietly():
        figure = optuna.visualization.plot_parallel_coordinate(chosen, params=axes, target_name=metric)
    # Of studies with constraints, lines without a value are the legend's; what breaks one is not drawn.
    lines = [trace for trace in figure.data if trace.mode == "lines" and trace.y[0] is not None]
    flip = _direction(study) == "minimize"
    for trace in lines:
        share = 1 - trace.y[0] if flip else trace.y[0]
        trace.line = {"color": sample_colorscale(SCALE, share)[0], "width": 1.2 + 1.6 * share**6}
        trace.opacity = 0.3 + 0.65 * share**3
    lines.sort(key=lambda trace: trace.y[0], reverse=flip)
    figure.data = ()
    figure.add_traces(lines)
    _restyle_axes(figure, trials, axes)
    figure = themed(figure, height=430)
    figure.update_layout(showlegend=False, margin={"l": 56, "t": 16, "r": 24})
    # Names that are slanted end at their axis: one that reached beyond the figure would not be drawn.
    return figure.update_xaxes(ticks="", autotickangles=[0, -60, -90], ticklabeloverflow="allow")


def _restyle_axes(figure: go.Figure, trials: Sequence[FrozenTrial], axes: Sequence[str]) -> None:
    """Mark axes of numbers at round ones, and let marks take the page's colour."""
    marks: dict[int, list[Any]] = {}
    for mark in figure.layout.annotations:
        mark.font.color = None
        mark.font.size = 11
        marks.setdefault(int(mark.x), []).append(mark)
    for place, name in enumerate(axes, start=1):
        found = _marks_of(trials, name)
        if found and place in marks:
            marks[place] = [go.layout.Annotation(marks[place][0]).update(y=y, text=text) for y, text in found]
    if 0 in marks and (found := axis_marks([trial.value or 0.0 for trial in trials], log=False)):
        marks[0] = [go.layout.Annotation(marks[0][0]).update(y=y, text=text) for y, text in found]
    figure.layout.annotations = [mark for kept in marks.values() for mark in kept]
    for shape in figure.layout.shapes:
        shape.line.color = GRID


def _marks_of(trials: Sequence[FrozenTrial], name: str) -> list[tuple[float, str]]:
    """Return the marks of a range of numbers that all trials have; none of choices, and where a trial lacks it."""
    laws = [trial.distributions[name] for trial in trials if name in trial.distributions]
    if len(laws) < len(trials) or not all(
        isinstance(law, FloatDistribution | IntDistribution) for law in laws
    ):
        return []
    log = all(isinstance(law, FloatDistribution | IntDistribution) and law.log for law in laws)
    whole = all(isinstance(law, IntDistribution) for law in laws)
    return axis_marks([float(trial.params[name]) for trial in trials], log=log, whole=whole)


def importances(shares: Mapping[str, float]) -> go.Figure:
    """Return the bars of hyperparameter importances: label -> share, largest first."""
    names, values = list(shares)[::-1], list(shares.values())[::-1]
    texts = [f"{value:.2f}" if value >= 0.01 else "<0.01" for value in values]
    figure = go.Figure()
    figure.add_bar(
        x=values,
        y=names,
        text=texts,
        textposition="outside",
        cliponaxis=False,
        orientation="h",
        marker={"color": ACCENT},
        hovertemplate="%{y}: %{x:.3f}<extra></extra>",
    )
    figure.update_layout(showlegend=False, bargap=0.35)
    figure = themed(figure, height=70 + 34 * len(shares), x="importance", y="")
    return figure.update_xaxes(range=[0, 1.12 * max(values, default=1)])


def slices(
    study: optuna.Study, metric: str, recommended: Mapping[str, Any], chosen: Sequence[str] | None = None
) -> list[tuple[str, go.Figure]]:
    """Return one figure a hyperparameter that took several values: the objective by its value, late trials darker.

    Args:
        study: The copy for plots.
        metric: Name of the objective.
        recommended: Recommended values by (shown) name; a dotted line marks a number, a star a choice.
        chosen: Labels of the hyperparameters, in order; all where None.
    """
    trials = [
        trial
        for trial in study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        if trial.value is not None
    ]
    names = dict.fromkeys(name for trial in trials for name in trial.params) if chosen is None else chosen
    shown = focus(_finite(study), _direction(study))
    figures = []
    for name in names:
        if len({trial.params[name] for trial in trials if name in trial.params}) < 2:
            continue
        with quietly():
            figure = optuna.visualization.plot_slice(study, [name], target_name=metric)
        _restyle_slice(figure, recommended.get(name))
        figure = themed(figure, height=240, x="", y=metric)
        figures.append((name, figure.update_yaxes(range=shown) if shown else figure))
    return figures


def _restyle_slice(figure: go.Figure, recommended: Any) -> None:
    scale = [[0, translucent(QUIET, 0.75)], [1, ACCENT]]
    figure.update_traces(
        marker={"size": 7, "opacity": 0.85, "colorscale": scale, "showscale": False, "line": {"width": 0}},
        hovertemplate="%{x}: %{y:.5g}<br>trial %{marker.color}<extra></extra>",
    )
    figure.update_layout(showlegend=False)
    categories = figure.layout.xaxis.categoryarray
    if categories is not None:
        _unquote(figure, [str(category) for category in categories], recommended)
        return
    numbers = [value for trace in figure.data for value in trace.x]
    if figure.layout.xaxis.type == "log":
        figure.update_xaxes(log_ticks(min(numbers), max(numbers)))
    elif all(isinstance(value, int) for value in numbers) and max(numbers) - min(numbers) < 6:
        figure.update_xaxes(dtick=1)
    if isinstance(recommended, int | float) and not isinstance(recommended, bool):
        figure.add_vline(x=recommended, line={"color": BEST, "width": 1.5, "dash": "dot"})


def _unquote(figure: go.Figure, categories: list[str], recommended: Any) -> None:
    """Show choices as people write them, where Optuna shows their ``repr``; a star marks the recommended one."""
    favourite = recommended if isinstance(recommended, int | float) else plain(recommended)
    favourite = (
        plain(value_text(recommended)) if isinstance(recommended, bool) or recommended is None else favourite
    )
    shown = {category: str(literal_eval(category)) for category in categories}
    for trace in figure.data:
        trace.x = [shown[str(category)] for category in trace.x]
    texts = [text if len(text) <= 14 else text[:13] + "…" for text in shown.values()]
    marks = [
        f"{text} ★" if category == repr(favourite) else text
        for category, text in zip(shown, texts, strict=True)
    ]
    figure.update_xaxes(
        categoryarray=list(shown.values()), tickmode="array", tickvals=list(range(len(marks))), ticktext=marks
    )


def intermediate_values(study: optuna.Study, metric: str, winner: int | None) -> go.Figure:
    """Return the mean of the folds by epoch, a line for each trial: complete, pruned, and the winner; the last 200.

    Lines that look alike are one trace, with gaps between trials: Plotly takes as long for each trace as for its thousand points.
    """
    trials = [trial for trial in study.get_trials(deepcopy=False) if trial.intermediate_values]
    kinds: dict[str, list[FrozenTrial]] = {}
    for trial in trials[-MOST_LINES:]:
        pruned = trial.state == TrialState.PRUNED
        kind = "winner" if trial.number == winner else "pruned" if pruned else "complete"
        kinds.setdefault(kind, []).append(trial)
    figure = go.Figure()
    for kind, colour, width in (("pruned", QUIET, 1.3), ("complete", ACCENT, 1.3), ("winner", BEST, 3)):
        lines = [(trial.number, sorted(trial.intermediate_values.items())) for trial in kinds.get(kind, ())]
        if not lines:
            continue
        single = any(len(line) == 1 for _, line in lines)
        points = [5 * (len(line) == 1) for _, line in lines for _ in (*line, None)] if single else None
        figure.add_scatter(
            x=[step for _, line in lines for step in (*(step for step, _ in line), None)],
            y=[value for _, line in lines for value in (*(value for _, value in line), None)],
            customdata=[number for number, line in lines for _ in (*line, None)],
            mode="lines+markers" if points else "lines",  # a line of one epoch is a point
            line={"color": colour, "width": width, "dash": "dot" if kind == "pruned" else "solid"},
            marker={"color": colour, "size": points},
            opacity=1.0 if kind == "winner" else 0.6,
            name=kind,
            connectgaps=False,
            hovertemplate="trial %{customdata}, epoch %{x}: %{y:.5g}<extra></extra>",
        )
    figure.update_layout(showlegend=True)
    figure = themed(figure, x="Epoch", y=metric)
    shown = focus(_finite(study), _direction(study))
    return figure.update_yaxes(range=shown) if shown else figure


def distributions(studies: Sequence[optuna.Study], metric: str) -> go.Figure:
    """Return the share of each study's trials whose value is at most x (empirical distribution functions)."""
    with quietly():
        figure = optuna.visualization.plot_edf(list(studies), target_name=metric)
    for position, trace in enumerate(figure.data):
        trace.update(line={"color": COLOURS[position % len(COLOURS)], "width": 2.2})
    figure = themed(figure, x=metric, y="share of trials at or below")
    shown = focus([value for study in studies for value in _finite(study)], _direction(studies[0]))
    return figure.update_xaxes(range=shown) if shown else figure
