"""Optuna's own plots, in the look of the reports.

The study is first copied into memory, with hyperparameter names and choices as Plotly will show them literally; its
trials keep their numbers.
"""

from __future__ import annotations

import math
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, IntDistribution
from optuna.trial import FrozenTrial, TrialState, create_trial
from plotly.colors import sample_colorscale

from ..spaces import value_text
from .theme import ACCENT, BEST, COLOURS, GRID, QUIET, SCALE, focus, log_ticks, plain, themed, translucent

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import plotly.graph_objects as go

MOST_LINES = 200
"""Lines that a figure of one line a trial shows: more are neither legible nor quick to draw."""
FEWEST_FOR_IMPORTANCE = 4
_NOTABLE = 5
"""Trials that should count as good when importances are estimated; Optuna's documentation asks for five."""


@contextmanager
def quietly() -> Iterator[None]:
    """Silence what Optuna says about experimental plots and about studies too small for them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        warnings.simplefilter("ignore", UserWarning)
        yield


def copy_for_plots(study: optuna.Study) -> optuna.Study:
    """Return an in-memory copy of a study whose names and choices are safe to plot."""
    copy = optuna.create_study(
        study_name=plain(study.study_name),
        direction=study.directions[0],
        storage=_memory(),
        load_if_exists=False,
    )
    with quietly():
        copy.add_trials([_copy_trial(trial) for trial in study.get_trials(deepcopy=False)])
    return copy


def _memory() -> optuna.storages.InMemoryStorage:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna.storages.InMemoryStorage()


def _copy_trial(trial: FrozenTrial) -> FrozenTrial:
    parameters: dict[str, Any] = {}
    distributions: dict[str, BaseDistribution] = {}
    for name, law in trial.distributions.items():
        shown = plain(name, 30)
        value = trial.params[name]
        if isinstance(law, CategoricalDistribution):
            texts = _choices(law)
            value = texts[law.choices.index(value)]
            law = CategoricalDistribution(texts)  # noqa: PLW2901 - the copy's own
        parameters[shown], distributions[shown] = value, law
    ended = trial.state == TrialState.COMPLETE
    finite = {step: v for step, v in trial.intermediate_values.items() if math.isfinite(v)}
    copy = create_trial(
        state=trial.state if trial.state.is_finished() else TrialState.RUNNING,
        value=trial.values[0] if ended and trial.values else None,
        params=parameters,
        distributions=distributions,
        intermediate_values=finite,
        user_attrs={"repeats": True} if "kerasweep:duplicate_of" in trial.user_attrs else {},
    )
    copy.datetime_start, copy.datetime_complete = trial.datetime_start, trial.datetime_complete
    return copy


def _choices(law: CategoricalDistribution) -> list[Any]:
    """Return choices as shown: numbers stay numbers, so that they are sorted; no two look the same to Plotly."""
    texts: list[Any] = []
    for choice in law.choices:
        number = isinstance(choice, int | float) and not isinstance(choice, bool)
        text = choice if number else plain(value_text(choice))
        while text in texts:
            text = f"{text}\u200b"
        texts.append(text)
    return texts


def _selection(study: optuna.Study, most: int | None = None) -> optuna.Study:
    """Return a study of the complete trials with a finite value, repetitions left out: the best ones, best last."""
    maximize = study.direction == optuna.study.StudyDirection.MAXIMIZE
    chosen = [
        trial
        for trial in study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        if "repeats" not in trial.user_attrs and trial.value is not None and math.isfinite(trial.value)
    ]
    chosen.sort(key=lambda trial: trial.value or 0.0, reverse=not maximize)
    copy = optuna.create_study(study_name=study.study_name, direction=study.direction, storage=_memory())
    copy.add_trials(chosen[-most:] if most else chosen)
    return copy


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


def parallel_coordinates(study: optuna.Study, metric: str) -> go.Figure:
    """Return one line a trial through all hyperparameters, the best on top; the best 200 where there are more."""
    with quietly():
        figure = optuna.visualization.plot_parallel_coordinate(
            _selection(study, MOST_LINES), target_name=metric
        )
    lines = [trace for trace in figure.data if trace.mode == "lines"]
    flip = _direction(study) == "minimize"
    for trace in lines:
        share = 1 - trace.y[0] if flip else trace.y[0]
        trace.line = {"color": sample_colorscale(SCALE, share)[0], "width": 1.2 + 1.6 * share**6}
        trace.opacity = 0.3 + 0.65 * share**3
    lines.sort(key=lambda trace: trace.y[0], reverse=flip)
    figure.data = ()
    figure.add_traces(lines)
    _restyle_axes(figure, study)
    figure = themed(figure, height=430)
    return figure.update_layout(showlegend=False, margin={"l": 56, "t": 16}).update_xaxes(ticks="")


def _restyle_axes(figure: go.Figure, study: optuna.Study) -> None:
    """Let the marks of the axes take the page's colour, and drop those between whole numbers."""
    laws = {name: law for trial in study.trials for name, law in trial.distributions.items()}
    names = [None, *sorted({name for trial in study.trials for name in trial.params})]
    kept = []
    for mark in figure.layout.annotations:
        whole = isinstance(
            laws.get(names[int(mark.x)]) if int(mark.x) < len(names) else None, IntDistribution
        )
        if whole and "." in mark.text and "e" not in mark.text:
            continue
        mark.font.color = None
        mark.font.size = 11
        kept.append(mark)
    figure.layout.annotations = kept
    for shape in figure.layout.shapes:
        shape.line.color = GRID


def importances(study: optuna.Study, metric: str) -> tuple[go.Figure, dict[str, float]]:
    """Return the bars of hyperparameter importances, and the importances, largest first.

    PED-ANOVA (Watanabe et al. 2023, Optuna's default): how far the values of the best trials differ from those of all.
    The share that counts as best is a tenth, or what it takes to have five trials.
    """
    selection = _selection(study)
    count = len(selection.get_trials(deepcopy=False))
    quantile = min(0.5, max(0.1, _NOTABLE / max(count, 1)))
    with quietly():
        evaluator = optuna.importance.PedAnovaImportanceEvaluator(target_quantile=quantile)
        figure = optuna.visualization.plot_param_importances(
            selection, evaluator=evaluator, target_name=metric
        )
    figure.update_traces(marker={"color": ACCENT}, hovertemplate="%{y}: %{x:.3f}<extra></extra>")
    figure.update_layout(showlegend=False, bargap=0.35)
    bars = figure.data[0] if figure.data else None
    found = dict(zip(reversed(bars.y), reversed(bars.x), strict=True)) if bars else {}
    figure = themed(figure, height=70 + 34 * len(found), x="importance", y="")
    return figure.update_xaxes(range=[0, 1.12 * max(found.values(), default=1)]), found


def slices(study: optuna.Study, metric: str, recommended: dict[str, Any]) -> list[tuple[str, go.Figure]]:
    """Return one figure a hyperparameter that took several values: the objective by its value, late trials darker.

    Args:
        study: The copy for plots.
        metric: Name of the objective.
        recommended: Recommended values by (shown) name; a dotted line marks a number, a star a choice.
    """
    trials = [
        trial
        for trial in study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        if trial.value is not None
    ]
    names = list(dict.fromkeys(name for trial in trials for name in trial.params))
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
    texts = []
    for category in categories:
        quoted = category[:1] in "'\"" and category[-1:] in "'\""
        text = category[1:-1].replace("\\u200b", "\u200b").replace("\\\\", "\\") if quoted else category
        short = text if len(text) <= 14 else text[:13] + "…"
        texts.append(f"{short} ★" if category == repr(favourite) else short)
    figure.update_xaxes(tickmode="array", tickvals=list(range(len(texts))), ticktext=texts)


def intermediate_values(study: optuna.Study, metric: str, winner: int | None) -> go.Figure:
    """Return the mean of the folds by epoch, one line a trial: complete, pruned, and the winner; the last 200."""
    trials = {trial.number: trial for trial in study.get_trials(deepcopy=False)}
    with quietly():
        figure = optuna.visualization.plot_intermediate_values(study)
    traces = list(figure.data)[-MOST_LINES:]
    named: set[str] = set()
    for trace in traces:
        number = int(trace.name.removeprefix("Trial"))
        kind = (
            "winner"
            if number == winner
            else "pruned"
            if trials[number].state == TrialState.PRUNED
            else "complete"
        )
        colour = {"winner": BEST, "pruned": QUIET, "complete": ACCENT}[kind]
        width = 3 if kind == "winner" else 1.3
        trace.update(
            mode="lines+markers" if len(trace.x) == 1 else "lines",
            line={"color": colour, "width": width, "dash": "dot" if kind == "pruned" else "solid"},
            marker={"color": colour, "size": 5},
            opacity=1.0 if kind == "winner" else 0.6,
            name=kind,
            legendgroup=kind,
            showlegend=kind not in named,
            hovertemplate=f"trial {number}, epoch %{{x}}: %{{y:.5g}}<extra></extra>",
        )
        named.add(kind)
    figure.data = ()
    figure.add_traces(sorted(traces, key=lambda trace: trace.name == "winner"))
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
