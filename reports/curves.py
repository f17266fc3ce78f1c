"""Figures of learning curves over the folds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go

from ..studies.curves import Band, curve_band
from .theme import ACCENT, BEST, COLOURS, GOOD, focus, themed, translucent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..studies import TrialDetails


def learning_curves(train: Band | None, validation: Band | None, chosen: int | None) -> go.Figure:
    """Draw the training and validation curve of one metric with the spread of the folds.

    Args:
        train: Band on the training part.
        validation: Band on the validation part.
        chosen: The number of epochs that was chosen; a line marks it.
    """
    figure = go.Figure()
    metric = ""
    for band, colour, name in ((train, ACCENT, "training"), (validation, BEST, "validation")):
        if band is None:
            continue
        metric = band.metric.removeprefix("val_")
        around = [*band.high, *reversed(band.low)]
        if band.folds > 1:
            figure.add_scatter(
                x=[*band.epochs, *reversed(band.epochs)],
                y=around,
                mode="lines",
                fill="toself",
                fillcolor=translucent(colour, 0.18),
                line={"width": 0},
                hoverinfo="skip",
                showlegend=False,
            )
        _add_mean(figure, band, name, colour, 2.4)
    if chosen:
        figure.add_vline(x=chosen, line={"color": GOOD, "width": 1.5, "dash": "dash"})
    return _finished(figure, [band.mean for band in (train, validation) if band is not None], metric)


def validation_curves(details: dict[int, TrialDetails], metric: str) -> go.Figure | None:
    """Draw the mean validation curves of several trials on the same axes; None without any curve."""
    figure = go.Figure()
    for position, (number, detail) in enumerate(details.items()):
        band = curve_band(detail, metric)
        if band is None:
            continue
        colour = BEST if position == 0 else COLOURS[(position + 1) % len(COLOURS)] if position else ACCENT
        _add_mean(figure, band, f"trial {number}", colour, 3 if position == 0 else 1.6)
    if not figure.data:
        return None
    return _finished(figure, [trace.y for trace in figure.data], metric)


def _add_mean(figure: go.Figure, band: Band, name: str, colour: str, width: float) -> None:
    figure.add_scatter(
        x=band.epochs,
        y=band.mean,
        mode="lines" if len(band.epochs) > 1 else "markers",
        name=name,
        line={"color": colour, "width": width},
        hovertemplate=f"{name}, epoch %{{x}}: %{{y:.5g}}<extra></extra>",
    )


def _finished(figure: go.Figure, curves: Sequence[Sequence[float]], metric: str) -> go.Figure:
    """Give the figure its look, and show the part of the axis where the curves differ."""
    shown = curves_range(curves)
    figure = themed(figure, height=320, x="Epoch", y=metric)
    return figure.update_yaxes(range=shown) if shown else figure


def curves_range(curves: Sequence[Sequence[float]]) -> tuple[float, float] | None:
    """Return the part of the value axis where curves differ, without the steep first epochs; None for all."""
    values = [value for curve in curves for value in curve]
    rises = sum(curve[-1] - curve[0] for curve in curves if curve) > 0
    return focus(values, "maximize" if rises else "minimize")
