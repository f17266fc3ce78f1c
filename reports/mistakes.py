"""Cards of a refit's test rows: scores by usual metrics, which classes are confused or how large errors are, and the worst mistakes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from ..texts import ABSENT, count_text, number_text
from .cards import Content, Figure, Row, Table, card, columns_of, not_yet
from .data import labels_of, pictures_of
from .theme import ACCENT, BEST, QUIET, themed, translucent

if TYPE_CHECKING:
    from .view import StudyView

_NO_REFIT = "kerasweep refit trains the winner on all rows and looks at the test rows once."
_OLD = "The refit kept nothing of its predictions: it was made before they were kept, or its task has none to show."
_FIRST = ("balanced_accuracy", "r2", "f1_macro")
"""Metrics of which the first that there is stands in the sentence."""
_SCORES_NOTE = "As scikit-learn computes them: more is better in all of them, and a neg_ metric is an error or a loss with a minus."
_PAIRS = 8
"""Confusions that a table names."""
_TEXTS = 15
"""Classes up to which the counts of a confusion matrix are written into it."""


@card("predictions", "Predictions of the test rows")
def predictions(view: StudyView) -> Content:
    """Show the confusion matrix, what is said of each label, or the residuals."""
    found = _of_refit(view)
    if isinstance(found, Content):
        return found
    number, kept = found
    make = {"classes": _of_classes, "labels": _of_labels}.get(str(kept.get("kind")), _of_numbers)
    return make(number, kept)


@card("scores", "Test rows by other metrics")
def scores(view: StudyView) -> Content:
    """Show what scikit-learn's usual metrics are on the test rows, whatever the trials were compared by."""
    found = _of_refit(view)
    if isinstance(found, Content):
        return found
    number, kept = found
    scored = {str(name): float(value) for name, value in kept.get("scores") or ()}
    if not scored:
        return Content(f"The refit of trial {number} keeps no other scores.", ready=False)
    name = next((one for one in _FIRST if one in scored), next(iter(scored)))
    reading = f"On the test rows the refit of trial {number} has {name} {number_text(scored[name])}."
    columns = columns_of("Metric", ">Test")
    rows = tuple(Row((name, number_text(value))) for name, value in scored.items())
    return Content(reading, Table("Scores of the test rows", columns, rows), note=_SCORES_NOTE)


@card("mistakes", "Worst mistakes")
def mistakes(view: StudyView) -> Content:
    """Show the test rows that the model was surest of and wrong, or farthest from."""
    found = _of_refit(view)
    if isinstance(found, Content):
        return found
    number, kept = found
    worst = [one for one in kept.get("worst") or () if isinstance(one, Mapping)]
    if not worst:
        right = kept.get("wrong") == 0
        words = "makes no mistake on the test rows" if right else "keeps no single mistakes"
        return Content(f"The refit of trial {number} {words}.", ready=right)
    by_error = "error" in worst[0]
    note = "Rows are counted from 0 in the test split."
    if shown := pictures_of([{**one, "label": _caption(one)} for one in worst]):
        return Content(_worst_text(worst[0]), pictures=shown, note=note)
    columns = columns_of(">Test row", *([">Error"] if by_error else ["Predicted", "Truth", ">Confidence"]))
    rows = tuple(Row(_cells(one, by_error=by_error)) for one in worst)
    return Content(_worst_text(worst[0]), Table("Worst mistakes, the worst first", columns, rows), note=note)


def _of_refit(view: StudyView) -> tuple[int, Mapping[str, Any]] | Content:
    """Return what is kept of the winner's refit, else of the first trial's that has one; why not where nothing is."""
    if not view.predictions:
        return Content(_OLD, ready=False) if view.study.refits else not_yet(_NO_REFIT)
    winner = view.winner.number if view.winner else None
    number = winner if winner is not None and winner in view.predictions else min(view.predictions)
    return number, view.predictions[number]


def _worst_text(one: Mapping[str, Any]) -> str:
    if "error" in one:
        return f"The largest error is {number_text(one['error'])}, of test row {one['row']}."
    sure = f", {_sure_text(one['confidence'])} sure," if "confidence" in one else ""
    return f"The surest mistake is test row {one['row']}: it is taken for {one['predicted']}{sure} and is {one['truth']}."


def _caption(one: Mapping[str, Any]) -> str:
    if "error" in one:
        return f"row {one['row']}: {number_text(one['error'])} off"
    sure = f" ({_sure_text(one['confidence'])})" if "confidence" in one else ""
    return f"{one['truth']}, taken for {one['predicted']}{sure}"


def _cells(one: Mapping[str, Any], *, by_error: bool) -> tuple[str, ...]:
    if by_error:
        return str(one["row"]), number_text(one["error"])
    sure = _sure_text(one["confidence"]) if "confidence" in one else ABSENT
    return str(one["row"]), str(one["predicted"]), str(one["truth"]), sure


def confusions(kept: Mapping[str, Any]) -> list[tuple[str, str, int]]:
    """Return which class was taken for which other one, and how often, the most frequent first."""
    if "counts" not in kept:
        return [(str(truth), str(said), int(count)) for truth, said, count in kept.get("pairs") or ()]
    names = [str(name) for name in kept["labels"]]
    found = [
        (names[row], names[column], int(count))
        for row, counts in enumerate(kept["counts"])
        for column, count in enumerate(counts)
        if count and row != column
    ]
    return sorted(found, key=lambda one: -one[2])


def _of_classes(number: int, kept: Mapping[str, Any]) -> Content:
    rows, wrong = int(kept["rows"]), int(kept["wrong"])
    pairs = confusions(kept)
    reading = f"The refit of trial {number} is wrong on {wrong:,} of {count_text(rows, 'test row')} ({wrong / max(rows, 1):.1%})"
    reading += f"; most often it takes {pairs[0][0]} for {pairs[0][1]}." if pairs else "."
    columns = columns_of("Truth", "Taken for", ">Rows")
    cells = tuple(Row((truth, said, f"{count:,}")) for truth, said, count in pairs[:_PAIRS])
    table = Table("Classes that are confused most", columns, cells) if pairs else None
    if "counts" not in kept:
        return Content(reading, table)
    plot = Figure("Confusion matrix", confusion_matrix(kept))
    note = "Coloured is the share of each true class; on the diagonal it is right."
    return Content(reading, table, (plot,), note=note)


def confusion_matrix(kept: Mapping[str, Any]) -> go.Figure:
    """Draw the share of each true class (row) that was taken for each class (column), with the counts."""
    names = labels_of([str(name) for name in kept["labels"]], 16)
    counts = [[int(count) for count in row] for row in kept["counts"]]
    shares = [[count / (sum(row) or 1) for count in row] for row in counts]
    figure = go.Figure()
    figure.add_heatmap(
        x=names,
        y=names,
        z=shares,
        zmin=0,
        zmax=1,
        customdata=counts,
        colorscale=[[0, translucent(QUIET, 0.08)], [0.2, translucent(ACCENT, 0.35)], [1, ACCENT]],
        showscale=False,
        hovertemplate="%{y} taken for %{x}: %{customdata:,} (%{z:.1%})<extra></extra>",
    )
    if len(names) <= _TEXTS:
        _write_counts(figure, names, counts, shares)
    figure.update_layout(showlegend=False)
    figure.update_xaxes(type="category", showgrid=False)
    figure.update_yaxes(type="category", autorange="reversed", showgrid=False)
    return themed(figure, height=min(700, 120 + 32 * max(len(names), 3)), x="taken for", y="truth")


def _write_counts(
    figure: go.Figure,
    names: Sequence[str],
    counts: Sequence[Sequence[int]],
    shares: Sequence[Sequence[float]],
) -> None:
    """Write counts into their cells: white where these are full, else in the page's colour, which is light on dark."""
    places = [
        (row, column) for row in range(len(names)) for column in range(len(names)) if counts[row][column]
    ]
    for full in (False, True):
        chosen = [(row, column) for row, column in places if (shares[row][column] > 0.4) == full]
        figure.add_scatter(
            x=[names[column] for _, column in chosen],
            y=[names[row] for row, _ in chosen],
            text=[f"{counts[row][column]:,}" for row, column in chosen],
            mode="text",
            textfont={"size": 11, "color": "white" if full else None},
            hoverinfo="skip",
        )


def _sure_text(confidence: float) -> str:
    """Return a confidence, of which nobody says that it is 100 %."""
    return ">99.9%" if confidence > 0.9994 else f"{confidence:.1%}"


def _of_labels(number: int, kept: Mapping[str, Any]) -> Content:
    scored = sorted(
        (
            (str(name), right, false, missed, _f1(right, false, missed))
            for name, right, false, missed, _ in kept["labels"]
        ),
        key=lambda one: one[-1],
    )
    name, right, false, missed, _ = scored[0]
    reading = (
        f"Of {count_text(len(scored), 'label')}, the refit of trial {number} is weakest at {name}: {right:,} found, "
        f"{missed:,} missed, {count_text(false, 'false alarm')}."
    )
    columns = columns_of("Label", ">Found", ">False alarms", ">Missed", ">F1")
    rows = tuple(
        Row((name, f"{right:,}", f"{false:,}", f"{missed:,}", number_text(score)))
        for name, right, false, missed, score in scored
    )
    return Content(reading, Table("Labels, the weakest first", columns, rows, searchable=len(rows) > 20))


def _f1(right: int, false: int, missed: int) -> float:
    return 2 * right / (2 * right + false + missed) if right + false + missed else 1.0


def _of_numbers(number: int, kept: Mapping[str, Any]) -> Content:
    quantiles = {float(share): float(value) for share, value in kept["quantiles"]}
    low, high, mean = quantiles[0.05], quantiles[0.95], float(kept["mean"])
    leans = abs(mean) > 0.1 * (high - low)
    reading = (
        f"For 90 % of {count_text(int(kept['rows']), 'test row')} the refit of trial {number} errs by {number_text(low)} to "
        f"{number_text(high)}"
    )
    reading += (
        f"; on average it is {number_text(abs(mean))} too {'high' if mean > 0 else 'low'}." if leans else "."
    )
    plot = Figure("Prediction minus truth", residuals(kept["edges"], kept["counts"]))
    return Content(reading, figures=(plot,), note="The few largest errors are counted in the outermost bars.")


def residuals(edges: Sequence[float], counts: Sequence[int]) -> go.Figure:
    """Draw how many test rows are how far from the truth."""
    bars = list(pairwise(edges))
    figure = go.Figure()
    figure.add_bar(
        x=[(low + high) / 2 for low, high in bars],
        y=list(counts),
        width=[high - low for low, high in bars],
        marker={"color": translucent(ACCENT, 0.7), "line": {"color": ACCENT, "width": 1}},
        hovertemplate="about %{x:.4g}: %{y:,} rows<extra></extra>",
    )
    figure.add_vline(x=0, line={"color": BEST, "width": 1.5, "dash": "dash"})
    figure.update_layout(showlegend=False, bargap=0)
    return themed(figure, height=300, x="prediction − truth", y="test rows")
