"""A trial's learning curves, a line for each fold."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

import plotly.graph_objects as go

from ..reports.curves import curves_range
from ..reports.theme import COLOURS, GOOD, plain, themed
from ..studies import TrialDetails


def fold_lines(details: TrialDetails, metric: str) -> list[tuple[int, list[float | None]]]:
    """Return fold -> value by epoch, of folds that have any; None where a value is not finite."""
    found = []
    curves = details.curves.get(metric)
    for fold, values in enumerate(curves if isinstance(curves, list) else []):
        line = [_finite(value) for value in values] if isinstance(values, list) else []
        if any(value is not None for value in line):
            found.append((fold, line))
    return found


def _finite(value: object) -> float | None:
    real = isinstance(value, int | float) and math.isfinite(value)
    return float(value) if real else None  # type: ignore[arg-type]  # mypy does not follow the line above


def fold_curves(details: TrialDetails, chosen: int | None) -> Iterator[tuple[str, go.Figure]]:
    """Yield the metrics of a trial and a figure of each: validation drawn through, training dotted.

    Args:
        details: The trial's.
        chosen: The number of epochs that was chosen; a line marks it.
    """
    for metric in dict.fromkeys(name.removeprefix("val_") for name in details.curves):
        lines = [(fold, line, "dot") for fold, line in fold_lines(details, metric)]
        lines += [(fold, line, "solid") for fold, line in fold_lines(details, f"val_{metric}")]
        if lines:
            yield metric, _figure(metric, lines, chosen)


def _figure(metric: str, lines: list[tuple[int, list[float | None], str]], chosen: int | None) -> go.Figure:
    figure = go.Figure()
    seen: set[int] = set()
    for fold, line, dash in lines:
        part = "validation" if dash == "solid" else "training"
        figure.add_scatter(
            x=list(range(1, len(line) + 1)),
            y=line,
            mode="lines" if _has_pairs(line) else "markers",
            name=f"fold {fold + 1}",
            legendgroup=f"fold {fold}",
            showlegend=fold not in seen,
            line={"color": COLOURS[fold % len(COLOURS)], "width": 1.4, "dash": dash},
            hovertemplate=f"fold {fold + 1}, {part}, epoch %{{x}}: %{{y:.5g}}<extra></extra>",
        )
        seen.add(fold)
    if chosen and isinstance(chosen, int):
        figure.add_vline(x=chosen, line={"color": GOOD, "width": 1.5, "dash": "dash"})
    shown = curves_range([[value for value in line if value is not None] for _, line, _ in lines])
    figure = themed(figure, height=320, x="Epoch", y=plain(metric))
    return figure.update_yaxes(range=shown) if shown else figure


def _has_pairs(line: list[float | None]) -> bool:
    """Tell whether any two values follow each other, so that there is a line to be seen."""
    return any(left is not None and right is not None for left, right in pairwise(line))
