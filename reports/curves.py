"""Learning curves over the folds: the data, with their spread, and the figures."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from .theme import ACCENT, BEST, COLOURS, GOOD, focus, themed, translucent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..studies import TrialDetails


@dataclass(frozen=True)
class Band:
    """A curve over epochs: the mean of the folds and one standard deviation to each side."""

    metric: str
    epochs: tuple[int, ...]
    """From 1, as people count."""
    mean: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    folds: int


def curve_band(details: TrialDetails, metric: str) -> Band | None:
    """Return the band of a metric's curves: the epochs that all folds reached with finite values; None without any."""
    folds = [fold for fold in details.curves.get(metric, []) if fold]
    epochs, mean, low, high = [], [], [], []
    for epoch, values in enumerate(zip(*folds, strict=False), start=1):
        if not all(isinstance(value, int | float) and math.isfinite(value) for value in values):
            continue
        centre = sum(values) / len(values)
        squares = sum((value - centre) ** 2 for value in values)
        spread = math.sqrt(squares / (len(values) - 1)) if len(values) > 1 else 0.0
        epochs.append(epoch)
        mean.append(centre)
        low.append(centre - spread)
        high.append(centre + spread)
    if not epochs:
        return None
    return Band(metric, tuple(epochs), tuple(mean), tuple(low), tuple(high), len(folds))


def curve_pairs(details: TrialDetails) -> list[tuple[Band | None, Band | None]]:
    """Return training and validation bands of each metric, loss first; a metric without any values is left out."""
    names = dict.fromkeys(name.removeprefix("val_") for name in details.curves)
    pairs = [(curve_band(details, name), curve_band(details, f"val_{name}")) for name in names]
    return [pair for pair in pairs if pair != (None, None)]


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
