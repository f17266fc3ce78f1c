"""How figures look: one template that reads on light and on dark, and text that Plotly cannot take for markup."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

if TYPE_CHECKING:
    from collections.abc import Iterable

ACCENT = "#3f83d8"
BEST = "#e07b39"
QUIET = "#8d99a6"
GOOD = "#3a9d7c"
BAD = "#cf5757"
PURPLE = "#9367c4"
COLOURS = (ACCENT, BEST, GOOD, PURPLE, BAD, "#b58a2f", "#2f9fae", "#c2619f")
SCALE = [[0.0, "#8d99a6"], [0.75, "#3f83d8"], [0.9, "#9367c4"], [1.0, "#e07b39"]]
"""From weak to strong; the last tenth stands out."""
INK = "#6b7886"
"""Text that is legible on white and on near-black; the report's script replaces it by the page's own colour."""
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Noto Sans KR', sans-serif"
GRID = "rgba(128, 140, 155, 0.22)"
_AXIS = {
    "gridcolor": GRID,
    "linecolor": "rgba(128, 140, 155, 0.5)",
    "zeroline": False,
    "automargin": True,
    "ticks": "outside",
    "tickcolor": GRID,
    "title": {"standoff": 8, "font": {"size": 13}},
    "tickfont": {"size": 12},
}
_TEMPLATE = go.layout.Template(
    layout={
        "colorway": list(COLOURS),
        "paper_bgcolor": "rgba(0, 0, 0, 0)",
        "plot_bgcolor": "rgba(0, 0, 0, 0)",
        "font": {"family": FONT, "size": 13, "color": INK},
        "xaxis": _AXIS,
        "yaxis": _AXIS,
        "hoverlabel": {"font": {"family": FONT, "size": 13}},
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "bgcolor": "rgba(0, 0, 0, 0)"},
    }
)
_LOOKALIKE = str.maketrans({"<": "<\u200b", "&": "&\u200b", "{": "{\u200b"})


def themed(figure: go.Figure, *, height: int = 360, x: str | None = None, y: str | None = None) -> go.Figure:
    """Give a figure the look of the reports; its title goes, because the card has one.

    Args:
        figure: Any figure; it is changed and returned.
        height: In pixels; the width is the page's.
        x: Title of the horizontal axis, where it is not the figure's own.
        y: Title of the vertical axis.
    """
    figure.update_layout(
        template=_TEMPLATE,
        title=None,
        height=height,
        width=None,
        autosize=True,
        margin={"l": 8, "r": 12, "t": 34 if figure.layout.showlegend is not False else 14, "b": 8},
        paper_bgcolor=None,
        plot_bgcolor=None,
    )
    if x is not None:
        figure.update_xaxes(title={"text": plain(x) or None})
    if y is not None:
        figure.update_yaxes(title={"text": plain(y) or None})
    return figure


def plain(text: object, limit: int = 40) -> str:
    """Return text that Plotly shows as it is, cut to a length.

    Plotly reads ``<b>``, ``<a href>``, ``&lt;``, ``%{x}`` and ``$...$`` within labels and hover texts. A zero-width
    space after the first character keeps markup from being read, and looks the same; a wide dollar sign stands for a
    second ``$``, because two of those are taken for a formula.
    """
    shown = " ".join(str(text).split())
    shown = shown if len(shown) <= limit else shown[: limit - 1] + "…"
    first, dollar, rest = shown.partition("$")
    return f"{first}{dollar}{rest.replace('$', '＄')}".translate(_LOOKALIKE)


def labels(names: Iterable[str]) -> dict[str, str]:
    """Return a label for each name; no two are the same to Plotly, even where names are alike to the last letter."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for name in dict.fromkeys(names):
        label = plain(name, 30)
        while label in taken:
            label = f"{label}\u200b"
        taken.add(label)
        found[name] = label
    return found


def unplain(text: str) -> str:
    """Return text as it was before ``plain`` kept Plotly from reading it."""
    return text.replace("\u200b", "").replace("＄", "$")


def translucent(colour: str, opacity: float) -> str:
    """Return ``#rrggbb`` with an opacity, as Plotly wants it."""
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {opacity:g})"


def focus(values: Iterable[float], direction: str) -> tuple[float, float] | None:
    """Return a range of the value axis that keeps a few hopeless trials from squashing the rest.

    The bad end is cut at twice the distance from the best value to the worst quarter, where values lie far beyond
    it; None means that everything fits anyway. Double-clicking a figure, or its "autoscale", shows the rest.
    """
    finite = sorted(value for value in values if math.isfinite(value))
    if len(finite) < 5:
        return None
    if direction == "maximize":
        finite.reverse()
    best, quarter, worst = finite[0], finite[3 * len(finite) // 4], finite[-1]
    reach = best + 2 * (quarter - best)
    if best == quarter or abs(worst - best) <= 1.5 * abs(reach - best):
        return None
    margin = 0.06 * abs(reach - best)
    return (reach - margin, best + margin) if direction == "maximize" else (best - margin, reach + margin)


def log_ticks(low: float, high: float) -> dict[str, Any]:
    """Return the ticks of a logarithmic axis, written out: powers of ten, with 2 and 5 where the range is short."""
    if not 0 < low <= high or not math.isfinite(high):
        return {}
    steps = (1, 2, 5) if high / low < 200 else (1,)
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    values = [step * 10.0**power for power in powers for step in steps]
    kept = [value for value in values if low / 1.3 <= value <= high * 1.3]
    texts = [f"{value:,.0f}" if value >= 1 else f"{value:g}" for value in kept]
    return {"tickmode": "array", "tickvals": kept, "ticktext": texts} if len(kept) > 1 else {}


def hover(**parts: str) -> dict[str, Any]:
    """Return a hover template of ``name: %{...}`` lines, without Plotly's box for the trace's name."""
    return {
        "hovertemplate": "<br>".join(f"{name} {part}" for name, part in parts.items()) + "<extra></extra>"
    }
